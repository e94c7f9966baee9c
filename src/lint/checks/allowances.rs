//! Allowances that silence nothing.

use super::super::finding::{Finding, Subject};
use super::CHECKS;
use crate::policy::{Allowance, DocPath};

pub(in super::super) const WITHOUT_EFFECT: &str = "allow-without-effect";

/// Whether an allowance silences a finding.
pub(in super::super) fn silences(allowance: &Allowance, finding: &Finding) -> bool {
    *allowance.check == *finding.check && (allowance.rule.is_none() || allowance.rule == finding.rule)
}

pub(in super::super) fn without_effect(subject: &Subject<'_>) -> Vec<Finding> {
    let allowed = &subject.policy.allow;
    // Only what is named is looked for again. An allowance of this very check would ask about itself.
    let found: Vec<Finding> = CHECKS
        .iter()
        .filter(|check| {
            check.name != WITHOUT_EFFECT && allowed.iter().any(|allowance| *allowance.check == *check.name)
        })
        .flat_map(|check| (check.run)(subject))
        .collect();
    let idle = allowed.iter().enumerate().filter(|(_, allowance)| {
        *allowance.check != *WITHOUT_EFFECT && !found.iter().any(|finding| silences(allowance, finding))
    });
    let finding = |(index, allowance): (usize, &Allowance)| {
        let check = &allowance.check;
        let (message, help) = match &allowance.rule {
            None => (format!("`{check}` finds nothing that this could silence"), "leave it out"),
            Some(rule) => (
                format!("`{check}` finds nothing about `{rule}` that this could silence"),
                "leave it out, or correct `rule`: what is not about a rule is silenced without one",
            ),
        };
        let path = DocPath::section("lint").key("allow").item(index).key("check");
        Finding::new(WITHOUT_EFFECT, path, message, help)
    };
    idle.map(finding).collect()
}
