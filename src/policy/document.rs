//! From the bytes of a policy file to a checked [`Policy`], or to everything that is wrong with it.
//!
//! Each section has a module that reads its part of the tree. A reader answers `None` when its part is not right, and
//! has then reported why; reading goes on with the next part, so that one run names all the mistakes. What the parts
//! mean for an operation is not known here.

pub(crate) mod fields;
pub(super) mod keys;
mod limits;
mod lint;
mod matching;
mod rules;
pub(crate) mod scalars;
mod scopes;
mod services;
mod windows;

use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest, Sha256};

use self::fields::Fields;
pub use self::lint::LINT_CHECKS;
#[cfg(feature = "cli")]
pub(crate) use self::scopes::unknown_help;
use super::model::{Limits, Mode, Policy};
use super::problem::{PolicyError, Problems, quoted};
use super::source::{POLICY, read_document};
use super::tree::{Node, Value};
use crate::catalogue::table;

/// How long a cancelled operation is watched without a `follow_up`: most end within seconds, and a function that runs
/// every few minutes has a minute.
const DEFAULT_FOLLOW_UP: Duration = Duration::from_secs(60);

impl Policy {
    /// Reads a policy. `origin` is what its errors call it: a path, a URL.
    ///
    /// # Errors
    /// When anything is wrong with it. The error holds every mistake that was found, each with its place and with
    /// what would be right.
    pub fn parse(bytes: &[u8], origin: &str) -> Result<Self, PolicyError> {
        read_document(bytes, &POLICY, origin, |root, problems| read(root, sha256(bytes), problems))
    }
}

/// `sha256:` and the hex digest.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::from("sha256:"), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(root: &Node, digest: String, problems: &mut Problems) -> Option<Policy> {
    let fields = Fields::read(root, "the policy", &keys::POLICY, problems)?;
    // Every section is read before the first that is missing ends this.
    let version = read_version(&fields, problems);
    let mode = fields.optional("mode", Mode::Audit, problems, read_mode);
    let services = fields.optional("services", table().clone(), problems, services::read);
    // With a mistake in a service, what the scopes say of it cannot be judged.
    let known = services.as_ref().unwrap_or(table());
    let scopes = fields
        .required(
            "scopes",
            "say where to look: `scopes: [{projects: [my-project], locations: all}]`",
            problems,
        )
        .and_then(|node| scopes::read(node, known, services.is_some(), problems));
    let protect = fields.optional("protect", Vec::new(), problems, rules::read_protections);
    let rules = fields
        .required("rules", "add a rule: `rules: [{name: too-old, max_age: 1d}]`", problems)
        .and_then(|node| rules::read(node, problems));
    let windows = windows::read(&fields, problems);
    let limits = fields.optional("limits", Limits::default(), problems, limits::read);
    let follow_up_for = fields.optional("follow_up", DEFAULT_FOLLOW_UP, problems, read_follow_up);
    let allow = fields.optional("lint", Vec::new(), problems, lint::read);
    version?;
    Some(Policy {
        mode: mode?,
        services: services?,
        scopes: scopes?,
        protect: protect?,
        rules: rules?,
        windows: windows?,
        limits: limits?,
        follow_up_for: follow_up_for?,
        allow: allow?,
        digest,
    })
}

fn read_version(fields: &Fields<'_>, problems: &mut Problems) -> Option<()> {
    const RIGHT: &str = "this curfew reads `version: 1`";
    let node = fields.required("version", "begin the policy with `version: 1`", problems)?;
    match &node.value {
        Value::Scalar(scalar) if scalar.plain && scalar.text == "1" => return Some(()),
        Value::Scalar(scalar) if !scalar.plain && scalar.text == "1" => {
            problems.report(node.place, "`version` must be a number, and this is in quotes", RIGHT);
        }
        Value::Scalar(scalar) if !node.is_null() => {
            let message = format!("{} is not a version of the policy that is known", quoted(&scalar.text));
            problems.report(node.place, message, RIGHT);
        }
        _ => scalars::report_type(node, "version", "a number", RIGHT, problems),
    }
    None
}

fn read_mode(node: &Node, problems: &mut Problems) -> Option<Mode> {
    if scalars::is_text(node, "off") {
        problems.report(
            node.place,
            "`off` is not a mode of a policy",
            "take `audit` or `enforce`; the function itself is switched off with CURFEW_MODE",
        );
        return None;
    }
    scalars::choice(node, "mode", &[("audit", Mode::Audit), ("enforce", Mode::Enforce)], problems)
}

fn read_follow_up(node: &Node, problems: &mut Problems) -> Option<Duration> {
    let fields = Fields::read(node, "`follow_up`", &keys::FOLLOW_UP, problems)?;
    fields.optional("for", DEFAULT_FOLLOW_UP, problems, |node, problems| {
        scalars::duration(node, "for", problems)
    })
}

#[cfg(test)]
#[path = "document_tests/mod.rs"]
mod tests;
