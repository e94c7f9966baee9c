//! What a check is, what it looks at, and what it finds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::example::Places;
use super::solve::Solver;
use crate::policy::{DocPath, Outline, Policy};

/// One check: a question that is asked of every policy.
#[derive(Clone, Copy)]
pub struct Check {
    /// Its name, by which it is silenced.
    pub name: &'static str,
    /// What it looks for, in a few words.
    pub about: &'static str,
    /// Why that is worth a second look, and what to do.
    pub why: &'static str,
    /// Asks it.
    pub(super) run: fn(&Subject<'_>) -> Vec<Finding>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.name).finish()
    }
}

/// What a check looks at.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// The policy.
    pub(super) policy: &'a Policy,
    /// The policy as it was written.
    pub(super) outline: &'a Outline,
    /// After how long AWS ends the function.
    pub(super) function_timeout: Duration,
    /// Answers whether there can be operations of some kind.
    pub(super) solver: Solver,
}

impl<'a> Subject<'a> {
    pub(super) fn new(policy: &'a Policy, outline: &'a Outline, function_timeout: Duration) -> Self {
        Self { policy, outline, function_timeout, solver: Solver::new(Places::of(policy)) }
    }
}

/// Something that the policy may say, and hardly means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// Where in the document.
    pub path: DocPath,
    /// The rule or the protection that it is about, if it is about one.
    pub rule: Option<Arc<str>>,
    /// What was found: one line, lower case.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// An operation that shows it, in its words.
    pub example: Option<String>,
}

impl Finding {
    /// A finding about the whole policy.
    pub(super) fn new(
        check: &'static str,
        path: DocPath,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { check, path, rule: None, message: message.into(), help: help.into(), example: None }
    }

    /// The same about a rule or a protection.
    pub(super) fn about(self, name: &Arc<str>) -> Self {
        Self { rule: Some(Arc::clone(name)), ..self }
    }
}

/// The path of a rule.
pub(super) fn rule_path(index: usize) -> DocPath {
    DocPath::section("rules").item(index)
}

/// The path of a protection.
pub(super) fn protection_path(index: usize) -> DocPath {
    DocPath::section("protect").item(index)
}
