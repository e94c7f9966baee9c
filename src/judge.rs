//! One operation against the policy.
//!
//! Pure and total: no clock, no I/O, an answer for every operation. Every answer carries its reason with the
//! actual values, for the spared as well as for those that break a rule.
//!
//! Missing data never selects and never unprotects. A rule decides only when its match is *true*; when it is
//! *unknown*, no later rule gets to decide either, because the missing value might have made this one spare the
//! operation.
//!
//! Whether a group has too many members cannot be seen from one operation: [`judge`] says which rule counts it,
//! and `plan`, which sees them all, decides.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::operation::Operation;
use crate::policy::duration::format as format_duration;
use crate::policy::{Action, CancelOrder, Field, Limit, Match, MaxRunning, Policy, Rule, Truth};

/// What the policy says of one operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It has ended: nothing to say.
    Ended,
    /// It may go on, and why.
    Spared(Spared),
    /// It breaks a rule.
    Violates(Violation),
}

/// Why an operation may go on.
#[derive(Debug, Clone, PartialEq)]
pub enum Spared {
    /// A protection covers it, or cannot be ruled out.
    Protected {
        /// The protection.
        name: Arc<str>,
        /// Whether its match is true; if not, it is unknown, which protects just as well.
        certain: bool,
    },
    /// It is young enough.
    WithinMaxAge {
        /// The rule that decided.
        rule: Arc<str>,
        /// Its age.
        age: Duration,
        /// How old it may get.
        max_age: Duration,
    },
    /// It is among those of its group that may run.
    WithinMaxRunning {
        /// The rule that decided.
        rule: Arc<str>,
        /// How many of the group run.
        running: usize,
        /// How many may.
        count: usize,
    },
    /// No rule's match holds.
    NoRule,
    /// Something that had to be known is not.
    Undecidable {
        /// The rule that could not decide.
        rule: Arc<str>,
        /// What is missing.
        missing: Missing,
    },
    /// It breaks a rule, but the run was narrowed to others.
    OutsideRequest {
        /// The rule that it breaks.
        rule: Arc<str>,
    },
}

/// What had to be known and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// No create time, or none that can be read.
    CreateTime,
    /// The create time lies after now: one of two clocks is wrong, so there is no age.
    CreateTimeInFuture,
    /// A field that the rule's match or its group needs.
    Field(Field),
    /// Members of the group might be where nothing could be read.
    Group,
}

/// How an operation breaks a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The rule.
    pub rule: Arc<str>,
    /// What the rule wants done.
    pub action: Action,
    /// Its age.
    pub age: Duration,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The limit that it exceeds, with the actual values.
    pub why: Why,
}

/// The limit that is exceeded.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// It is too old.
    MaxAge {
        /// Its age.
        age: Duration,
        /// How old it may get.
        max_age: Duration,
    },
    /// Too many of its group run.
    MaxRunning {
        /// How many of the group run.
        running: usize,
        /// How many may.
        count: usize,
        /// How many of them come before it: newer ones, or older ones, by the rule's order.
        preferred: usize,
        /// Which ones are over the limit.
        order: CancelOrder,
    },
}

/// The reason of a spared operation, without its values: what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SparedBecause {
    /// A protection.
    Protected,
    /// Young enough.
    WithinMaxAge,
    /// Among those of its group that may run.
    WithinMaxRunning,
    /// No rule's match holds.
    NoRule,
    /// Something is not known.
    Undecidable,
    /// The run was narrowed to others.
    OutsideRequest,
}

impl SparedBecause {
    /// Every reason.
    pub const ALL: [SparedBecause; 6] = [
        SparedBecause::Protected,
        SparedBecause::WithinMaxAge,
        SparedBecause::WithinMaxRunning,
        SparedBecause::NoRule,
        SparedBecause::Undecidable,
        SparedBecause::OutsideRequest,
    ];
}

impl Spared {
    /// The reason without its values.
    #[must_use]
    pub fn because(&self) -> SparedBecause {
        match self {
            Spared::Protected { .. } => SparedBecause::Protected,
            Spared::WithinMaxAge { .. } => SparedBecause::WithinMaxAge,
            Spared::WithinMaxRunning { .. } => SparedBecause::WithinMaxRunning,
            Spared::NoRule => SparedBecause::NoRule,
            Spared::Undecidable { .. } => SparedBecause::Undecidable,
            Spared::OutsideRequest { .. } => SparedBecause::OutsideRequest,
        }
    }
}

/// What can be said of one operation by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict. Where a group decides, it is undecidable for as long as the group has not been seen.
    pub verdict: Verdict,
    /// The index of the `max_running` rule that counts the operation as running. A protected operation is counted
    /// too: it runs.
    pub counts_in: Option<usize>,
}

impl Judgement {
    fn alone(verdict: Verdict) -> Self {
        Self { verdict, counts_in: None }
    }
}

/// Judges one operation at `now`.
#[must_use]
pub fn judge(operation: &Operation, policy: &Policy, now: DateTime<Utc>) -> Judgement {
    if !operation.is_running() {
        return Judgement::alone(Verdict::Ended);
    }
    let by_rules = judge_by_rules(operation, policy, now);
    let protection =
        policy.protect.iter().find_map(|protection| match protection.matches.evaluate(operation) {
            Truth::False => None,
            truth => Some(Spared::Protected { name: protection.name.clone(), certain: truth == Truth::True }),
        });
    match protection {
        Some(protected) => Judgement { verdict: Verdict::Spared(protected), ..by_rules },
        None => by_rules,
    }
}

fn judge_by_rules(operation: &Operation, policy: &Policy, now: DateTime<Utc>) -> Judgement {
    for (index, rule) in policy.rules.iter().enumerate() {
        match rule.matches.evaluate(operation) {
            Truth::False => {}
            Truth::Unknown => {
                return Judgement::alone(undecidable(rule, missing_field(&rule.matches, operation)));
            }
            Truth::True => {
                return match &rule.limit {
                    Limit::MaxAge(max_age) => Judgement::alone(judge_age(operation, rule, *max_age, now)),
                    Limit::MaxRunning(max_running) => match ungroupable(operation, max_running, now) {
                        Some(missing) => Judgement::alone(undecidable(rule, missing)),
                        None => {
                            Judgement { verdict: undecidable(rule, Missing::Group), counts_in: Some(index) }
                        }
                    },
                };
            }
        }
    }
    Judgement::alone(Verdict::Spared(Spared::NoRule))
}

fn judge_age(operation: &Operation, rule: &Rule, max_age: Duration, now: DateTime<Utc>) -> Verdict {
    let (created_at, age) = match age(operation, now) {
        Ok(known) => known,
        Err(missing) => return undecidable(rule, missing),
    };
    if age > max_age {
        violates(operation, rule, (created_at, age), Why::MaxAge { age, max_age })
    } else {
        Verdict::Spared(Spared::WithinMaxAge { rule: rule.name.clone(), age, max_age })
    }
}

/// The verdict on an operation that is over a rule's limit.
///
/// Where the rule wants it cancelled, it must be known whether its cancellation has been requested before: if that
/// cannot be read, a cancel might be the second one, and none is sent. Of a service that never tells it, an operation is
/// cancelled again in every run, for as long as it runs.
pub(crate) fn violates(
    operation: &Operation,
    rule: &Rule,
    (created_at, age): (DateTime<Utc>, Duration),
    why: Why,
) -> Verdict {
    let unreadable = operation.tells_cancellation && operation.cancellation_requested.is_none();
    if rule.action == Action::Cancel && unreadable {
        return undecidable(rule, Missing::Field(Field::CancellationRequested));
    }
    Verdict::Violates(Violation { rule: rule.name.clone(), action: rule.action, age, created_at, why })
}

/// An operation's create time and its age at `now`, in whole seconds: what is compared is what is shown.
///
/// # Errors
/// What is missing: no create time, or one in the future.
pub fn age(operation: &Operation, now: DateTime<Utc>) -> Result<(DateTime<Utc>, Duration), Missing> {
    let created_at = operation.create_time.ok_or(Missing::CreateTime)?;
    let age = (now - created_at).to_std().map_err(|_| Missing::CreateTimeInFuture)?;
    Ok((created_at, Duration::from_secs(age.as_secs())))
}

/// What keeps an operation out of its group: without a place in the order, or without the values that make the
/// group, it can be neither over the limit nor within it.
fn ungroupable(operation: &Operation, max_running: &MaxRunning, now: DateTime<Utc>) -> Option<Missing> {
    if let Some(field) = max_running.per.iter().find(|field| field.text_in(operation).is_none()) {
        return Some(Missing::Field(field.clone()));
    }
    age(operation, now).err()
}

fn undecidable(rule: &Rule, missing: Missing) -> Verdict {
    Verdict::Spared(Spared::Undecidable { rule: rule.name.clone(), missing })
}

/// The first field that keeps a match unknown.
fn missing_field(matches: &Match, operation: &Operation) -> Missing {
    fn find<'a>(matches: &'a Match, operation: &Operation) -> Option<&'a Field> {
        if matches.evaluate(operation) != Truth::Unknown {
            return None;
        }
        match matches {
            Match::All(parts) | Match::Any(parts) => parts.iter().find_map(|part| find(part, operation)),
            Match::Not(part) => find(part, operation),
            Match::Field(predicate) => Some(&predicate.field),
        }
    }
    find(matches, operation).map_or(Missing::Group, |field| Missing::Field(field.clone()))
}

impl fmt::Display for Spared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Spared::Protected { name, certain: true } => write!(f, "protected by {name}"),
            Spared::Protected { name, certain: false } => {
                write!(f, "protected by {name}, which cannot be ruled out: data is missing")
            }
            Spared::WithinMaxAge { rule, age, max_age } => write!(
                f,
                "rule {rule}: age {} is within max_age {}, due in {}",
                format_duration(*age),
                format_duration(*max_age),
                format_duration(max_age.saturating_sub(*age)),
            ),
            Spared::WithinMaxRunning { rule, running, count } if running <= count => {
                write!(f, "rule {rule}: {running} running is within max_running {count}")
            }
            Spared::WithinMaxRunning { rule, running, count } => {
                write!(f, "rule {rule}: among the {count} that may run, of {running} running")
            }
            Spared::NoRule => f.write_str("no rule matches"),
            Spared::Undecidable { missing, .. } => write!(f, "undecidable: {missing}"),
            Spared::OutsideRequest { rule } => {
                write!(f, "breaks rule {rule}, but lies outside of what this run was asked for")
            }
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::CreateTime => f.write_str("no create time"),
            Missing::CreateTimeInFuture => f.write_str("the create time lies in the future"),
            // It may be there, with a value of another type than the policy names.
            Missing::Field(field @ Field::Metadata(_)) => write!(f, "no {field} that can be compared"),
            Missing::Field(field) => write!(f, "no {field}"),
            Missing::Group => f.write_str("a gap could hide members of the group"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::MaxAge { age, max_age } => {
                write!(f, "age {} exceeds max_age {}", format_duration(*age), format_duration(*max_age))
            }
            Why::MaxRunning { running, count, preferred, order } => {
                let than = match order {
                    CancelOrder::Oldest => "newer",
                    CancelOrder::Newest => "older",
                };
                write!(f, "{running} running exceeds max_running {count}, {preferred} of them {than}")
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Ended => f.write_str("it has ended"),
            Verdict::Spared(spared) => spared.fmt(f),
            Verdict::Violates(violation) => write!(f, "rule {}: {}", violation.rule, violation.why),
        }
    }
}

impl fmt::Display for SparedBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SparedBecause::Protected => "protected",
            SparedBecause::WithinMaxAge => "within_max_age",
            SparedBecause::WithinMaxRunning => "within_max_running",
            SparedBecause::NoRule => "no_rule",
            SparedBecause::Undecidable => "undecidable",
            SparedBecause::OutsideRequest => "outside_request",
        })
    }
}

#[cfg(test)]
mod tests;
