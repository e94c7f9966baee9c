//! What is expected of an operation, and what it gets: one set of words for both, so that they can be compared.
//!
//! The words of reasons are those of the code's own enums. A reason that is added there can be expected here.

use std::fmt;
use std::sync::Arc;

use crate::judge::{Spared, SparedBecause, Verdict};
use crate::plan::{Violator, Withheld};

/// What becomes of an operation under a policy, in a word, with the name that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// An enforcing sweep would cancel it.
    Cancel {
        /// The rule that it breaks.
        rule: Arc<str>,
    },
    /// A protection covers it, or cannot be ruled out.
    Protected {
        /// The protection.
        name: Arc<str>,
    },
    /// It may go on for another reason.
    Spare(SparedBecause),
    /// It breaks a rule that only reports.
    Report {
        /// The rule; `None` expects any.
        rule: Option<Arc<str>>,
    },
    /// It breaks a rule and is not cancelled, for this reason.
    Withheld(Withheld),
    /// It has ended.
    Ended,
}

impl Expectation {
    /// What an operation gets: of its verdict and, if it breaks a rule, of its place in the plan.
    pub(super) fn met_by(verdict: &Verdict, violator: Option<&Violator>) -> Self {
        match verdict {
            Verdict::Ended => Expectation::Ended,
            Verdict::Spared(Spared::Protected { name, .. }) => Expectation::Protected { name: name.clone() },
            Verdict::Spared(spared) => Expectation::Spare(spared.because()),
            Verdict::Violates(violation) => match violator.and_then(|violator| violator.withheld) {
                None => Expectation::Cancel { rule: violation.rule.clone() },
                Some(Withheld::ReportOnly) => Expectation::Report { rule: Some(violation.rule.clone()) },
                Some(withheld) => Expectation::Withheld(withheld),
            },
        }
    }

    /// Whether this is what was expected.
    pub(super) fn admits(&self, got: &Expectation) -> bool {
        match (self, got) {
            (Expectation::Report { rule: None }, Expectation::Report { .. }) => true,
            _ => self == got,
        }
    }

    /// The reasons that can be expected of a spared operation by their word alone. A protection is expected by its
    /// name, and a test narrows nothing.
    pub(super) fn spared_words() -> impl Iterator<Item = SparedBecause> {
        let other = |because: &SparedBecause| {
            !matches!(because, SparedBecause::Protected | SparedBecause::OutsideRequest)
        };
        SparedBecause::ALL.into_iter().filter(other)
    }

    /// The reasons to withhold that can be expected: those of a plan. `report` has a word of its own.
    pub(super) fn withheld_words() -> impl Iterator<Item = Withheld> {
        Withheld::ALL
            .into_iter()
            .filter(|withheld| withheld.is_planned() && *withheld != Withheld::ReportOnly)
    }
}

/// As it is written in a test.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expectation::Cancel { rule } => write!(f, "cancel by {rule}"),
            Expectation::Protected { name } => write!(f, "spare: protected by {name}"),
            Expectation::Spare(because) => write!(f, "spare: {because}"),
            Expectation::Report { rule: Some(rule) } => write!(f, "report by {rule}"),
            Expectation::Report { rule: None } => f.write_str("report"),
            Expectation::Withheld(withheld) => write!(f, "withheld: {withheld}"),
            Expectation::Ended => f.write_str("ended"),
        }
    }
}
