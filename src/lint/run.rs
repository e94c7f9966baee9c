//! All checks, asked of one policy.

use std::sync::Arc;
use std::time::Duration;

use super::checks::{CHECKS, silences};
use super::finding::{Finding, Subject};
use crate::policy::{Outline, Place, Policy, Warning, Warnings};

/// After how long AWS ends the function, as the deployment template sets it.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(240);

/// What was found in a policy.
#[derive(Debug, Clone)]
pub struct Findings {
    /// What the policy is called: a path, a URL.
    pub origin: String,
    /// From the top of the file to its end.
    pub found: Vec<Located>,
    /// What was found, too, and is accepted: with the reason.
    pub silenced: Vec<(Located, Arc<str>)>,
    source: String,
}

/// A finding, and where in the text it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The finding.
    pub finding: Finding,
    /// Where.
    pub place: Place,
}

/// Asks every check. `outline` is of the bytes that the policy was read from; `function_timeout` is after how long AWS
/// ends the function that the policy is for.
#[must_use]
pub fn lint(policy: &Policy, outline: &Outline, origin: &str, function_timeout: Duration) -> Findings {
    let subject = Subject::new(policy, outline, function_timeout);
    let (mut found, mut silenced) = (Vec::new(), Vec::new());
    for finding in CHECKS.iter().flat_map(|check| (check.run)(&subject)) {
        let reason = policy.allow.iter().find(|allowance| silences(allowance, &finding)).map(|a| &a.reason);
        let located = Located { place: outline.place(&finding.path), finding };
        match reason {
            Some(reason) => silenced.push((located, Arc::clone(reason))),
            None => found.push(located),
        }
    }
    found.sort_by_key(|located| located.place);
    silenced.sort_by_key(|(located, _)| located.place);
    Findings { origin: origin.to_owned(), found, silenced, source: outline.source().to_owned() }
}

impl Findings {
    /// What was found, drawn: each with its line, a caret, and what to do.
    #[must_use]
    pub fn warnings(&self) -> Warnings {
        let warnings = self.found.iter().map(|Located { finding, place }| Warning {
            place: *place,
            message: format!("{} [{}]", finding.message, finding.check),
            note: finding.example.as_ref().map(|example| format!("for example {example}")),
            help: finding.help.clone(),
        });
        Warnings::new(&self.origin, &self.source, warnings.collect())
    }
}
