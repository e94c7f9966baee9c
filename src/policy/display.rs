//! A policy's parts in one line each, for people: what `explain` and `validate` print.
//!
//! The words are those of the policy file, but it is not YAML and nothing reads it back.

use std::fmt::{self, Display, Formatter};

use super::duration;
use super::model::{
    Action, CancelOrder, Limit, Limits, Match, MaxRunning, Predicate, Protection, Rule, Test, ValueTest,
    WhenExceeded,
};
use super::scope::{Locations, Scope};
use crate::catalogue::Part;

impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.limit)?;
        if self.action == Action::Report {
            f.write_str(", report only")?;
        }
        if !self.windows.active.is_empty() {
            f.write_str(", active ")?;
            join(f, &self.windows.active, " or ")?;
        }
        if !self.windows.freeze.is_empty() {
            f.write_str(", frozen by ")?;
            join(f, &self.windows.freeze, " and ")?;
        }
        write!(f, ", for {}", self.matches)
    }
}

impl Display for Protection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.matches)
    }
}

impl Display for Limit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Limit::MaxAge(age) => write!(f, "max_age {}", duration::format(*age)),
            Limit::MaxRunning(limit) => limit.fmt(f),
        }
    }
}

impl Display for MaxRunning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "max_running {}", self.count)?;
        if !self.per.is_empty() {
            f.write_str(" per ")?;
            join(f, &self.per, ", ")?;
        }
        match self.cancel {
            CancelOrder::Oldest => Ok(()),
            CancelOrder::Newest => f.write_str(", cancel newest"),
        }
    }
}

impl Display for Match {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Match::All(parts) if parts.is_empty() => f.write_str("everything"),
            Match::All(parts) => bracketed(f, "all of ", parts),
            Match::Any(parts) => bracketed(f, "any of ", parts),
            Match::Not(part) => write!(f, "not ({part})"),
            Match::Field(predicate) => predicate.fmt(f),
        }
    }
}

impl Display for Predicate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.test)
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Test::OneOf(patterns) => join(f, patterns, " or "),
            Test::Is(want) => want.fmt(f),
            Test::Value(tests) => join(f, tests, " or "),
        }
    }
}

impl Display for ValueTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ValueTest::Text(pattern) => pattern.fmt(f),
            ValueTest::Equals(value) => value.fmt(f),
        }
    }
}

fn bracketed(f: &mut Formatter<'_>, what: &str, parts: &[Match]) -> fmt::Result {
    write!(f, "{what}(")?;
    join(f, parts, "; ")?;
    f.write_str(")")
}

fn join<T: Display>(f: &mut Formatter<'_>, items: &[T], separator: &str) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

impl Display for Scope {
    /// `clouddeploy: acme-web, acme-data in europe-west1`; where the places are others than projects, they are named:
    /// `spanner: projects acme-web; instances orders, stock`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.service.name.as_str())?;
        let is_usual = matches!(self.parts.as_slice(), [(Part::Project, _)]);
        for (index, (part, values)) in self.parts.iter().enumerate() {
            f.write_str(if index == 0 { ": " } else { "; " })?;
            if !is_usual {
                write!(f, "{} ", part.key())?;
            }
            join(f, values, ", ")?;
        }
        match &self.locations {
            None => Ok(()),
            Some(Locations::All) => f.write_str(" in all locations"),
            Some(Locations::Listed(locations)) => {
                f.write_str(" in ")?;
                join(f, locations, ", ")
            }
        }
    }
}

impl Display for Limits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} cancellations in one sweep", self.max_cancellations)?;
        if let Some(share) = self.max_share {
            write!(f, ", and {share} of the running operations")?;
        }
        match self.when_exceeded {
            WhenExceeded::CancelOldest => f.write_str("; beyond that, the oldest only"),
            WhenExceeded::CancelNone => f.write_str("; beyond that, none at all"),
        }
    }
}
