//! Whether a match holds: three-valued, because an operation may not say everything about itself.
//!
//! A predicate on data that is missing or unreadable is [`Truth::Unknown`], and the three values combine by Kleene's
//! logic. So to know less can only turn an answer into *unknown*, never a *no* into a *yes*. What follows from an
//! answer (a rule selects on *true* only, a protection holds unless *false*) is decided by the judge, not here.

use std::fmt;
use std::ops::Not;

use serde::Serialize;
use serde_json::{Number, Value};

use super::model::{Field, Match, Pattern, Predicate, Test, ValueTest};
use crate::operation::{Operation, ServiceName};

/// What the `@type` of a metadata object begins with; a policy may leave it out.
pub const TYPE_PREFIX: &str = "type.googleapis.com/";

/// The largest whole number up to which a 64-bit float has no gaps: 2^53.
const EXACT_IN_FLOAT: f64 = 9_007_199_254_740_992.0;

/// An answer. Ordered, so that *and* is the smaller of two and *or* the larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It does not hold.
    False,
    /// The data that would say so is missing or unreadable.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Truth::True } else { Truth::False }
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Truth::False => "false",
            Truth::Unknown => "unknown",
            Truth::True => "true",
        })
    }
}

/// What a match is held against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// An operation that was read.
    Operation(&'a Operation),
    /// Any operation of a place that could not be read; of it only the place is known.
    Place(&'a ServiceName, Option<&'a str>, Option<&'a str>),
}

impl Match {
    /// Whether it holds for an operation.
    #[must_use]
    pub fn evaluate(&self, operation: &Operation) -> Truth {
        self.truth(Subject::Operation(operation))
    }

    /// Whether it could hold for an operation that was not read, of which only the place is known (`None`: some
    /// project or location). With this, a gap is asked whether it may hide operations that a rule covers.
    #[must_use]
    pub fn could_cover(&self, service: &ServiceName, project: Option<&str>, location: Option<&str>) -> bool {
        self.truth(Subject::Place(service, project, location)) != Truth::False
    }

    pub(super) fn truth(&self, subject: Subject<'_>) -> Truth {
        match self {
            Match::All(parts) => all(parts.iter().map(|part| part.truth(subject))),
            Match::Any(parts) => any(parts.iter().map(|part| part.truth(subject))),
            Match::Not(part) => !part.truth(subject),
            Match::Field(predicate) => predicate.truth(subject),
        }
    }
}

/// All hold; of nothing, true. Stops at the first that does not.
pub(super) fn all(parts: impl IntoIterator<Item = Truth>) -> Truth {
    let mut result = Truth::True;
    for part in parts {
        result = result.and(part);
        if result == Truth::False {
            break;
        }
    }
    result
}

/// One holds; of nothing, false. Stops at the first that does.
pub(super) fn any(parts: impl IntoIterator<Item = Truth>) -> Truth {
    let mut result = Truth::False;
    for part in parts {
        result = result.or(part);
        if result == Truth::True {
            break;
        }
    }
    result
}

impl Field {
    /// The field's text in an operation; `None` when it is missing. The flag and metadata are no texts: `None`.
    #[must_use]
    pub fn text_in<'a>(&self, operation: &'a Operation) -> Option<&'a str> {
        match self {
            Field::Service => Some(operation.service.as_str()),
            Field::Project => operation.name.project(),
            Field::Location => operation.name.location(),
            Field::Name => Some(operation.name.as_str()),
            Field::Verb => operation.verb.as_deref(),
            Field::Target => operation.target.as_deref(),
            Field::Kind => operation.kind.as_deref(),
            Field::CancellationRequested | Field::Metadata(_) => None,
        }
    }

    fn text_of<'a>(&self, subject: Subject<'a>) -> Option<&'a str> {
        match (subject, self) {
            (Subject::Operation(operation), field) => field.text_in(operation),
            (Subject::Place(service, _, _), Field::Service) => Some(service.as_str()),
            (Subject::Place(_, project, _), Field::Project) => project,
            (Subject::Place(_, _, location), Field::Location) => location,
            (Subject::Place(..), _) => None,
        }
    }
}

impl Predicate {
    fn truth(&self, subject: Subject<'_>) -> Truth {
        let read = match (&self.field, &self.test) {
            (Field::CancellationRequested, Test::Is(want)) => {
                subject.cancellation_requested().map(|got| (got == *want).into())
            }
            (Field::Metadata(pointer), Test::Value(tests)) => {
                subject.metadata(pointer).map(|value| any(tests.iter().map(|test| test.truth(&value))))
            }
            (Field::Kind, Test::OneOf(patterns)) => {
                self.field.text_of(subject).map(|kind| takes_kind(patterns, kind).into())
            }
            (field, Test::OneOf(patterns)) => field.text_of(subject).map(|text| takes(patterns, text).into()),
            // A test that is not made for its field; no policy that was read has one.
            _ => None,
        };
        read.unwrap_or(Truth::Unknown)
    }
}

impl Subject<'_> {
    pub(super) fn cancellation_requested(self) -> Option<bool> {
        match self {
            Subject::Operation(operation) => operation.cancellation_requested,
            Subject::Place(..) => None,
        }
    }

    pub(super) fn metadata(self, pointer: &str) -> Option<Value> {
        match self {
            Subject::Operation(operation) => operation.metadata.as_ref()?.pointer(pointer),
            Subject::Place(..) => None,
        }
    }
}

fn takes(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(text))
}

fn takes_kind(patterns: &[Pattern], kind: &str) -> bool {
    // Most policies leave the prefix out.
    kind.strip_prefix(TYPE_PREFIX).is_some_and(|short| takes(patterns, short)) || takes(patterns, kind)
}

impl ValueTest {
    /// Whether a value passes. A value of another type than the one that is asked for is unknown, with one exception:
    /// a number is also found in a string that spells a whole number, for that is how 64-bit integers come in
    /// Google's JSON.
    pub(super) fn truth(&self, value: &Value) -> Truth {
        match (self, value) {
            (ValueTest::Text(pattern), Value::String(text)) => pattern.is_match(text).into(),
            (ValueTest::Equals(Value::Bool(want)), Value::Bool(got)) => (want == got).into(),
            (ValueTest::Equals(Value::Number(want)), Value::Number(got)) => equal(want, got).into(),
            (ValueTest::Equals(Value::Number(want)), Value::String(text)) => match text.parse() {
                Ok(got) => is_whole(want, got).into(),
                Err(_) => Truth::Unknown,
            },
            _ => Truth::Unknown,
        }
    }
}

/// Whether two JSON numbers are the same number, however they are written: `1` is `1.0`.
fn equal(a: &Number, b: &Number) -> bool {
    match (a.as_i128(), b.as_i128()) {
        (_, Some(whole)) => is_whole(a, whole),
        (Some(whole), None) => is_whole(b, whole),
        (None, None) => a.as_f64() == b.as_f64(),
    }
}

/// Whether a number is exactly this whole number. Beyond 2^53 a float stands for several, and none of them is it.
fn is_whole(number: &Number, whole: i128) -> bool {
    match number.as_i128() {
        Some(number) => number == whole,
        None => number.as_f64().is_some_and(|float| float.abs() < EXACT_IN_FLOAT && float == whole as f64),
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
