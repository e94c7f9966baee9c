//! Matches as plain logic: what must be so for a match to be true, or to be false.
//!
//! A match has three values, and what is asked here has two: "it is *true*" and "it is *false*". For one predicate both
//! mean that its field is known. `not` swaps them, and so an unknown never turns into either. Whatever a rule does with
//! an operation can be asked in these two: it selects what its match is true for, and lets pass what it is false for.

use crate::operation::Operation;
use crate::policy::{Field, Match, Predicate, Test, Truth, ValueTest};

/// Something that is so or not.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    /// All of these.
    And(Vec<Formula>),
    /// One of these.
    Or(Vec<Formula>),
    /// A predicate is true, or it is false.
    Atom(Atom),
}

/// What one predicate says.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    /// The predicate. One on metadata has a single test.
    pub(super) predicate: Predicate,
    /// Whether it is true; else it is false.
    pub(super) holds: bool,
}

impl Formula {
    /// The match is true.
    pub(super) fn is_true(matches: &Match) -> Self {
        Self::of(matches, true)
    }

    /// The match is false. What it is not false for, a protection protects, and a rule keeps from later rules.
    pub(super) fn is_false(matches: &Match) -> Self {
        Self::of(matches, false)
    }

    /// As deep as the match is, which is bounded.
    fn of(matches: &Match, holds: bool) -> Self {
        let all = |parts: &[Match]| parts.iter().map(|part| Self::of(part, holds)).collect();
        match (matches, holds) {
            (Match::All(parts), true) | (Match::Any(parts), false) => Self::And(all(parts)),
            (Match::All(parts), false) | (Match::Any(parts), true) => Self::Or(all(parts)),
            (Match::Not(part), _) => Self::of(part, !holds),
            (Match::Field(predicate), _) => Self::predicate(predicate, holds),
        }
    }

    pub(super) fn predicate(predicate: &Predicate, holds: bool) -> Self {
        let Test::Value(tests) = &predicate.test else {
            return Self::Atom(Atom { predicate: predicate.clone(), holds });
        };
        let single = |test: &ValueTest| {
            let test = Test::Value(vec![test.clone()]);
            Self::Atom(Atom { predicate: Predicate { field: predicate.field.clone(), test }, holds })
        };
        let parts = tests.iter().map(single).collect();
        if holds { Self::Or(parts) } else { Self::And(parts) }
    }

    /// What is left of it where some fields are missing: no predicate on them is true, and none is false.
    pub(super) fn without(self, missing: &[Field]) -> Self {
        let each = |parts: Vec<Self>| parts.into_iter().map(|part| part.without(missing)).collect();
        match self {
            Self::And(parts) => Self::And(each(parts)),
            Self::Or(parts) => Self::Or(each(parts)),
            Self::Atom(atom) if missing.contains(&atom.predicate.field) => Self::Or(Vec::new()),
            atom @ Self::Atom(_) => atom,
        }
    }

    /// Whether it is so for an operation.
    pub(super) fn holds_for(&self, operation: &Operation) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds_for(operation)),
            Self::Or(parts) => parts.iter().any(|part| part.holds_for(operation)),
            Self::Atom(Atom { predicate, holds }) => {
                let truth = Match::Field(predicate.clone()).evaluate(operation);
                truth == if *holds { Truth::True } else { Truth::False }
            }
        }
    }
}

/// The fields that a match looks at, each once, in its order.
pub(super) fn fields_of(matches: &Match) -> Vec<Field> {
    fn collect(matches: &Match, found: &mut Vec<Field>) {
        match matches {
            Match::All(parts) | Match::Any(parts) => parts.iter().for_each(|part| collect(part, found)),
            Match::Not(part) => collect(part, found),
            Match::Field(predicate) if !found.contains(&predicate.field) => {
                found.push(predicate.field.clone())
            }
            Match::Field(_) => {}
        }
    }
    let mut found = Vec::new();
    collect(matches, &mut found);
    found
}
