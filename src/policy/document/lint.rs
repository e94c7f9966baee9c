//! `lint`: findings of the linter that somebody has looked at and accepted, each with the reason.
//!
//! What a check looks for is not known here, only how it is called: a policy is read by the function, too, which has
//! no linter.

use std::sync::Arc;

use super::super::model::Allowance;
use super::super::problem::{Problems, quoted};
use super::super::tree::Node;
use super::fields::{Fields, listed, nearest};
use super::{keys, scalars};

/// The checks that can be silenced, by their names, in the order of the linter's table.
pub const LINT_CHECKS: &[&str] = &[
    "unreachable-rule",
    "rule-fully-protected",
    "match-never-true",
    "match-outside-scopes",
    "matches-everything",
    "max-age-too-short",
    "max-age-too-long",
    "max-running-of-none",
    "enforce-without-limits",
    "enforce-cancels-nothing",
    "cancels-anything",
    "scope-listed-twice",
    "host-not-googles",
    "names-differ-only-in-case",
    "follow-up-beyond-timeout",
    "unknown-verb",
    "field-not-told",
    "allow-without-effect",
];

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Vec<Allowance>> {
    let fields = Fields::read(node, "`lint`", &keys::LINT, problems)?;
    fields.optional("allow", Vec::new(), problems, |node, problems| {
        if matches!(&node.value, super::Value::List(items) if items.is_empty()) {
            return Some(Vec::new());
        }
        let help = "list what is accepted: `- {check: max-age-too-long, reason: …}`";
        let items = scalars::list(node, "allow", help, problems)?;
        scalars::each(items, problems, read_allowance)
    })
}

fn read_allowance(node: &Node, problems: &mut Problems) -> Option<Allowance> {
    const REASON: &str = "say why the finding is accepted, for the next person who reads this";
    let fields = Fields::read(node, "an allowance", &keys::ALLOWANCE, problems)?;
    let check = fields
        .required("check", "name the check that is silenced: `check: max-age-too-long`", problems)
        .and_then(|node| read_check(node, problems));
    let reason = fields
        .required("reason", REASON, problems)
        .and_then(|node| read_line(node, "reason", REASON, problems));
    let rule = fields.optional("rule", None, problems, |node, problems| {
        read_line(node, "rule", "name the rule or the protection for which it is accepted", problems)
            .map(Some)
    });
    Some(Allowance { check: check?, reason: reason?, rule: rule? })
}

fn read_check(node: &Node, problems: &mut Problems) -> Option<Arc<str>> {
    let help = format!("the checks are {}", listed(LINT_CHECKS));
    let given = scalars::text(node, "check", &help, problems)?;
    if !LINT_CHECKS.contains(&given) {
        let help = match nearest_check(given) {
            Some(meant) => format!("did you mean `{meant}`? `curfew lint --list` shows them all"),
            None => help,
        };
        problems.report(node.place, format!("there is no check {}", quoted(given)), help);
        return None;
    }
    Some(given.into())
}

/// The names of checks have hyphens where keys have underscores.
fn nearest_check(given: &str) -> Option<&'static str> {
    let keys: Vec<String> = LINT_CHECKS.iter().map(|name| name.replace('-', "_")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let meant = nearest(given, &keys)?;
    LINT_CHECKS.iter().copied().find(|name| name.replace('-', "_") == meant)
}

fn read_line(node: &Node, what: &str, help: &str, problems: &mut Problems) -> Option<Arc<str>> {
    let text = scalars::text(node, what, help, problems)?;
    if text.trim().is_empty() {
        problems.report(node.place, format!("`{what}` is empty"), help);
        return None;
    }
    Some(text.into())
}
