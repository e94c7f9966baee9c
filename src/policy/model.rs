//! The checked policy: values that cannot be wrong any more.
//!
//! `document` reads what was written and makes these; everything after it (`judge`, `plan`, `sweep`) sees only
//! these. No positions, no YAML, no strings that still have to be parsed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::path_glob::PathGlob;
use super::plain_parts::PlainParts;
use super::scope::Scope;
use super::window::{self, Closed, Windows};
use crate::catalogue::Services;
use crate::operation::{OperationName, ServiceName};

/// What a run may do. Ordered by caution: the effective mode is the smaller of two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The kill switch: nothing is read or sent.
    #[default]
    Off,
    /// Everything but the cancels.
    Audit,
    /// Violators are cancelled.
    Enforce,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Off => "off",
            Mode::Audit => "audit",
            Mode::Enforce => "enforce",
        })
    }
}

/// A whole policy, checked.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The policy's own key: `audit` unless it says `enforce`.
    pub mode: Mode,
    /// Where to look. Never empty.
    pub scopes: Vec<Scope>,
    /// What is never cancelled.
    pub protect: Vec<Protection>,
    /// In order: the first whose match holds decides. Never empty.
    pub rules: Vec<Rule>,
    /// When anything is cancelled at all.
    pub windows: Windows,
    /// How much one sweep may cancel.
    pub limits: Limits,
    /// How long to watch a cancelled operation in the run that cancelled it.
    pub follow_up_for: Duration,
    /// The services that can be asked: those that are built in, and those that the policy defines.
    pub services: Services,
    /// Findings of the linter that are accepted. They change nothing about a run.
    pub allow: Vec<Allowance>,
    /// `sha256:` and the hex digest of the bytes that were read.
    pub digest: String,
}

impl Policy {
    /// Whether the policy's scopes cover an operation, by its name.
    #[must_use]
    pub fn covers(&self, service: &ServiceName, name: &OperationName) -> bool {
        self.scopes.iter().any(|scope| scope.service.name == *service && scope.covers(name))
    }

    /// The windows that keep a rule's violators from being cancelled at an instant: the policy's, and the rule's own.
    /// `None`: nothing does.
    #[must_use]
    pub fn closed(&self, rule: &Rule, at: DateTime<Utc>) -> Option<Closed> {
        window::closed(&[&self.windows, &rule.windows], at)
    }

    /// A rule by its name.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| &*rule.name == name)
    }
}

/// A finding of the linter that somebody has looked at and accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The check's name: one that there is.
    pub check: Arc<str>,
    /// Why. Never empty.
    pub reason: Arc<str>,
    /// The rule or the protection for which it is accepted; without one, wherever it is found.
    pub rule: Option<Arc<str>>,
}

/// Something that is never cancelled, whatever a rule says. It holds unless its match is false.
#[derive(Debug, Clone)]
pub struct Protection {
    /// Unique among the protections.
    pub name: Arc<str>,
    /// What it covers.
    pub matches: Match,
}

/// One rule: what it covers, its one limit, and what happens to a violator.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Unique among the rules.
    pub name: Arc<str>,
    /// What it covers; without a `match`, everything: an `All` of nothing.
    pub matches: Match,
    /// The limit.
    pub limit: Limit,
    /// What happens to an operation over the limit.
    pub action: Action,
    /// When its violators are cancelled: the policy's windows hold as well.
    pub windows: Windows,
}

/// A rule's limit: exactly one.
#[derive(Debug, Clone)]
pub enum Limit {
    /// An operation may not be older than this. Positive.
    MaxAge(Duration),
    /// Of a group, at most so many may run.
    MaxRunning(MaxRunning),
}

/// At most `count` operations of a group may run.
#[derive(Debug, Clone)]
pub struct MaxRunning {
    /// How many. Zero is allowed: none may run.
    pub count: usize,
    /// The fields that make a group: operations with equal values are in one. Empty: all the rule's operations are
    /// one group. Never `CancellationRequested` and no metadata pointer.
    pub per: Vec<Field>,
    /// Which of them are over the limit.
    pub cancel: CancelOrder,
}

/// Which members of a group that is too large are over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOrder {
    /// The oldest: newer work supersedes them.
    Oldest,
    /// The newest: first come, first served.
    Newest,
}

/// What happens to a violator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is cancelled.
    Cancel,
    /// It is reported and goes on.
    Report,
}

/// How much one sweep may cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// At most so many cancels in one sweep; 0 means none.
    pub max_cancellations: usize,
    /// At most this share of the running operations seen; `None` means not limited so.
    pub max_share: Option<Share>,
    /// What happens when there are more violators than that.
    pub when_exceeded: WhenExceeded,
}

impl Limits {
    /// How many cancels a sweep is allowed without a `max_cancellations`: enough for an ordinary day, small enough
    /// that a rule which suddenly matches everything is noticed before it has done much.
    pub const DEFAULT_MAX_CANCELLATIONS: usize = 25;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_cancellations: Self::DEFAULT_MAX_CANCELLATIONS,
            max_share: None,
            when_exceeded: WhenExceeded::CancelOldest,
        }
    }
}

/// A share, exact: hundredths of a percent. `25%` is 2,500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u16);

impl Share {
    /// A share of so many hundredths of a percent; `None` above 10,000, which is the whole.
    #[must_use]
    pub fn from_basis_points(basis_points: u16) -> Option<Self> {
        (basis_points <= 10_000).then_some(Self(basis_points))
    }

    /// The largest whole number that is at most this share of `total`.
    #[must_use]
    pub fn of(self, total: usize) -> usize {
        let exact = total as u128 * u128::from(self.0) / 10_000;
        usize::try_from(exact).unwrap_or(total)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match rest {
            0 => write!(f, "{whole}%"),
            _ if rest % 10 == 0 => write!(f, "{whole}.{}%", rest / 10),
            _ => write!(f, "{whole}.{rest:02}%"),
        }
    }
}

/// What happens when more operations break rules than the limits allow to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenExceeded {
    /// The oldest are cancelled, up to the limit.
    CancelOldest,
    /// None is cancelled.
    CancelNone,
}

/// A match: which operations a rule or a protection covers.
#[derive(Debug, Clone)]
pub enum Match {
    /// All must hold. Of nothing: true.
    All(Vec<Match>),
    /// One must hold. Never empty.
    Any(Vec<Match>),
    /// It must not hold.
    Not(Box<Match>),
    /// One predicate on one field.
    Field(Predicate),
}

/// One predicate: a field and what it must be.
#[derive(Debug, Clone)]
pub struct Predicate {
    /// The field.
    pub field: Field,
    /// What it must be.
    pub test: Test,
}

/// What an operation can be matched and grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// The Google service's short name.
    Service,
    /// The project in the operation's name.
    Project,
    /// The location in the operation's name.
    Location,
    /// The whole operation name.
    Name,
    /// What is being done.
    Verb,
    /// The resource it is done to.
    Target,
    /// The metadata's type. The prefix `type.googleapis.com/` may be left out of the glob.
    Kind,
    /// Whether cancellation has been requested.
    CancellationRequested,
    /// A value of the metadata, by JSON pointer.
    Metadata(Arc<str>),
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Service => "service",
            Field::Project => "project",
            Field::Location => "location",
            Field::Name => "name",
            Field::Verb => "verb",
            Field::Target => "target",
            Field::Kind => "kind",
            Field::CancellationRequested => "cancellation_requested",
            Field::Metadata(pointer) => return write!(f, "metadata {pointer}"),
        })
    }
}

/// What a field must be.
#[derive(Debug, Clone)]
pub enum Test {
    /// A string that one of these patterns takes. Never empty.
    OneOf(Vec<Pattern>),
    /// For the flag: this.
    Is(bool),
    /// For metadata: a value that one of these takes. Never empty.
    Value(Vec<ValueTest>),
}

/// What a metadata value must be.
#[derive(Debug, Clone)]
pub enum ValueTest {
    /// A string that the pattern takes.
    Text(Pattern),
    /// This number or boolean, exactly.
    Equals(Value),
}

/// A glob: `*` within a path segment, `**` across.
#[derive(Clone)]
pub struct Pattern {
    /// As it was written.
    pub(super) text: Arc<str>,
    /// What it was made into.
    pub(super) matcher: Matcher,
}

/// How a pattern is held against a text.
#[derive(Clone)]
pub(super) enum Matcher {
    /// It is compared as it stands.
    Literal,
    /// It has no meta character but stars and braces, and is taken when one of these takes it.
    Paths(Box<[(PlainParts, PathGlob)]>),
    /// Any other glob.
    Glob(PlainParts, globset::GlobMatcher),
}
