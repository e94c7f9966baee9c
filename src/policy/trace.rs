//! A match held against an operation, step by step, for a person who asks why.
//!
//! It gives the same answers as `evaluate`, for it combines the same answers of the same predicates in the same way;
//! it only keeps what `evaluate` throws away, and looks also at the parts that could not change the answer any more.

use std::fmt;

use super::matching::{Subject, Truth, all, any};
use super::model::{Field, Match, Predicate};
use super::problem::quoted;
use crate::operation::Operation;

/// One step of an evaluation, with the steps that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What was asked: a field's name, or `all of`, `any of`, `not`, `everything`.
    pub label: String,
    /// For a field: what it must be.
    pub wanted: Option<String>,
    /// For a field: what it is, in backticks, or `missing`.
    pub actual: Option<String>,
    /// The answer.
    pub truth: Truth,
    /// For a combination: its parts, in order.
    pub children: Vec<Trace>,
}

impl Match {
    /// Holds the match against an operation and says how the answer came about.
    #[must_use]
    pub fn explain(&self, operation: &Operation) -> Trace {
        let explain = |parts: &[Match]| parts.iter().map(|part| part.explain(operation)).collect();
        match self {
            Match::All(parts) if parts.is_empty() => {
                Trace::combined("everything", Vec::new(), |children| all(truths(children)))
            }
            Match::All(parts) => Trace::combined("all of", explain(parts), |children| all(truths(children))),
            Match::Any(parts) => Trace::combined("any of", explain(parts), |children| any(truths(children))),
            Match::Not(part) => {
                Trace::combined("not", vec![part.explain(operation)], |children| !any(truths(children)))
            }
            Match::Field(predicate) => Trace {
                label: predicate.field.to_string(),
                wanted: Some(predicate.test.to_string()),
                actual: Some(predicate.actual(operation)),
                truth: self.evaluate(operation),
                children: Vec::new(),
            },
        }
    }
}

impl Trace {
    fn combined(label: &str, children: Vec<Trace>, combine: impl FnOnce(&[Trace]) -> Truth) -> Self {
        let truth = combine(&children);
        Self { label: label.to_owned(), wanted: None, actual: None, truth, children }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = depth * 2;
        // The widest answer is `unknown`.
        write!(f, "{:indent$}{:<7}  {}", "", self.truth, self.label)?;
        if let Some(actual) = &self.actual {
            write!(f, " is {actual}")?;
        }
        if let Some(wanted) = &self.wanted {
            write!(f, ", wanted {wanted}")?;
        }
        for child in &self.children {
            writeln!(f)?;
            child.write(f, depth + 1)?;
        }
        Ok(())
    }
}

/// One line a step, the parts indented below what they are part of. No line break at the end.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

fn truths(children: &[Trace]) -> impl Iterator<Item = Truth> {
    children.iter().map(|child| child.truth)
}

impl Predicate {
    /// What the field is in an operation, for people.
    fn actual(&self, operation: &Operation) -> String {
        let subject = Subject::Operation(operation);
        let actual = match &self.field {
            Field::CancellationRequested => subject.cancellation_requested().map(|flag| flag.to_string()),
            Field::Metadata(pointer) => subject.metadata(pointer).map(|value| value.to_string()),
            field => field.text_in(operation).map(str::to_owned),
        };
        actual.map_or_else(|| "missing".to_owned(), |text| quoted(&text))
    }
}
