//! A test file that was read: values that cannot be wrong any more.
//!
//! What depends on the policy (where an operation lies that has only an id) is still open here: `world` settles it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::expectation::Expectation;
use crate::operation::{LocationId, OperationName, Progress, ProjectId, ServiceName};
use crate::policy::Pattern;

/// The instant of a test that names none: a Monday at noon. It is fixed, so that a test says the same on every day.
pub const DEFAULT_NOW: DateTime<Utc> = match DateTime::from_timestamp(1_767_614_400, 0) {
    Some(instant) => instant,
    None => DateTime::UNIX_EPOCH,
};

/// A test file: a policy, and what it must say.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The policy's path as it is written, relative to the test file.
    pub policy: String,
    /// The tests, in order. Never empty.
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Debug, Clone)]
pub struct Test {
    /// Unique in its file.
    pub name: Arc<str>,
    /// The line of its name.
    pub line: usize,
    /// What there is.
    pub basis: Basis,
    /// Places that could not be read.
    pub(super) gaps: Vec<Hidden>,
    /// What is looked at, in the order of time. Never empty.
    pub(super) steps: Vec<Step>,
}

/// Where a test's operations come from.
#[derive(Debug, Clone)]
pub enum Basis {
    /// They stand in the test.
    Inline {
        /// The instant at which the test begins.
        now: DateTime<Utc>,
        /// The operations.
        operations: Vec<Given>,
    },
    /// They stand in a file that `curfew snapshot` wrote, and the test begins at its instant.
    Snapshot(String),
}

/// An operation of a test, or a row of equal ones.
#[derive(Debug, Clone)]
pub struct Given {
    /// `None`: the policy's first.
    pub(super) service: Option<ServiceName>,
    pub(super) named: Named,
    /// So many, numbered; `None` is one under its own name.
    pub(super) count: Option<usize>,
    pub(super) progress: Progress,
    pub(super) details: Option<Details>,
}

/// What an operation's metadata says.
#[derive(Debug, Clone)]
pub(super) struct Details {
    pub(super) created_at: Option<DateTime<Utc>>,
    /// Whether the test says when it was created, or how old it is.
    pub(super) states_age: bool,
    pub(super) verb: Text,
    pub(super) target: Text,
    pub(super) kind: Text,
    pub(super) cancellation_requested: Option<bool>,
    /// Further keys: a JSON object.
    pub(super) more: serde_json::Map<String, serde_json::Value>,
}

/// What the metadata says for a field.
#[derive(Debug, Clone)]
pub(super) enum Text {
    /// Not stated: what an ordinary operation of the service has.
    Usual,
    /// As stated; `None` is missing.
    Stated(Option<Arc<str>>),
}

/// How a test names an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Named {
    /// By its whole name.
    Whole(OperationName),
    /// By its id, in the first place that the policy names.
    Id(Arc<str>),
}

/// A place that could not be read.
#[derive(Debug, Clone)]
pub(super) struct Hidden {
    /// `None`: the policy's first.
    pub(super) service: Option<ServiceName>,
    pub(super) project: ProjectId,
    pub(super) location: Option<LocationId>,
}

/// A look at the operations at one instant.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// How long after the test's beginning.
    pub(super) after: Duration,
    /// The line of its `expect`.
    pub(super) line: usize,
    pub(super) expected: Vec<Expected>,
}

impl Step {
    /// The instant of the step in a test that begins at `now`.
    pub(super) fn instant(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        TimeDelta::from_std(self.after)
            .ok()
            .and_then(|after| now.checked_add_signed(after))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// What is expected of the operations that a key names.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) who: Selector,
    pub(super) line: usize,
    pub(super) what: Expectation,
}

/// The operations that a key of `expect` names. With a slash it is a whole name, without it an id.
#[derive(Debug, Clone)]
pub(super) struct Selector {
    pub(super) pattern: Pattern,
    /// Whether it may name several: it has a meta character of globs.
    pub(super) is_glob: bool,
}

impl Selector {
    /// Whether the key names this operation.
    pub(super) fn names(&self, operation: &OperationName) -> bool {
        let by_name = self.pattern.as_str().contains('/');
        self.pattern.is_match(if by_name { operation.as_str() } else { operation.id() })
    }
}
