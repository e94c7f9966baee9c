//! Runs a test: judges its operations with the code of a sweep, and holds every verdict against what is expected.
//!
//! Each step is a sweep of its own, later, over the same operations: none ends in between, and nothing is cancelled.
//! The mode is not looked at, for a plan knows none: a policy is judged as if both keys were turned.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::coverage::Coverage;
use super::expectation::Expectation;
use super::model::{Expected, Selector, Step, Test};
use super::world::World;
use crate::operation::{OperationName, ServiceName};
use crate::plan::{Assessment, Withheld, plan};
use crate::policy::duration::format as format_duration;
use crate::policy::reading::fields::nearest;
use crate::policy::{Policy, unknown_help};
use crate::request::Narrow;
use crate::snapshot::Snapshot;

/// How a test went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestResult {
    /// Its name.
    pub name: Arc<str>,
    /// The line of its name.
    pub line: usize,
    /// What was not as expected, in the order of time. Empty: it passed.
    pub failures: Vec<Failure>,
}

/// Something that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The line of the expectation; of its `expect`, when there is none for the operation.
    pub line: usize,
    /// When: `+1h 30m` after the test's beginning.
    pub at: String,
    /// The operation, by its id or, where that is not enough, by its whole name.
    pub operation: String,
    /// What was expected.
    pub want: String,
    /// What it got instead, in the words of expectations.
    pub got: String,
    /// Why, with the actual values, or what would help.
    pub because: Option<String>,
}

/// Runs one test. `saved` is the snapshot that it names, if it names one.
#[must_use]
pub fn run(test: &Test, policy: &Policy, saved: Option<&Snapshot>, coverage: &mut Coverage) -> TestResult {
    let world = World::of(test, policy, saved);
    let mut failures: Vec<Failure> =
        world.twice.iter().map(|name| described_twice(name, test.line)).collect();
    failures.extend(world.untold.iter().map(|(service, field)| never_told(service, field, test.line)));
    failures.extend(world.unknown.iter().map(|service| unknown_service(service, test.line, policy)));
    for step in &test.steps {
        let snapshot = Snapshot { now: step.instant(world.snapshot.now), ..world.snapshot.clone() };
        let assessment = plan(&snapshot, policy, &Narrow::default());
        coverage.observe(policy, &snapshot, &assessment);
        let look = Look { step, policy, world: &world, seen: seen(&snapshot, &assessment) };
        failures.extend(look.failures());
    }
    TestResult { name: test.name.clone(), line: test.line, failures }
}

/// An operation of which a test says two things is neither.
fn described_twice(name: &OperationName, line: usize) -> Failure {
    Failure {
        line,
        at: "+0s".to_owned(),
        operation: name.to_string(),
        want: "one operation of this name".to_owned(),
        got: "several".to_owned(),
        because: Some("the test describes it more than once".to_owned()),
    }
}

/// An operation of a service that there is not would only ever be told to lie outside of the policy.
fn unknown_service(service: &ServiceName, line: usize, policy: &Policy) -> Failure {
    Failure {
        line,
        at: "+0s".to_owned(),
        operation: service.to_string(),
        want: "a service".to_owned(),
        got: "none of this name".to_owned(),
        because: Some(unknown_help(service.as_str(), &policy.services)),
    }
}

/// A test of what no operation can be would only seem to prove something.
fn never_told(service: &ServiceName, field: &str, line: usize) -> Failure {
    Failure {
        line,
        at: "+0s".to_owned(),
        operation: service.to_string(),
        want: format!("operations with `{field}`"),
        got: "operations that do not tell it".to_owned(),
        because: Some(format!("`curfew services {service}` shows what its operations tell")),
    }
}

/// What one operation got.
struct Seen<'a> {
    name: &'a OperationName,
    got: Expectation,
    because: String,
}

fn seen<'a>(snapshot: &'a Snapshot, assessment: &Assessment) -> Vec<Seen<'a>> {
    let violators = assessment.plan.violators();
    let pairs = snapshot.operations.iter().zip(&assessment.verdicts);
    pairs
        .map(|(operation, verdict)| {
            let violator = violators.get(&(&operation.service, &operation.name)).copied();
            let got = Expectation::met_by(verdict, violator);
            let withheld_by = match &got {
                Expectation::Withheld(Withheld::Limit) => assessment.plan.limit.as_ref(),
                Expectation::Withheld(Withheld::Window) => violator.and_then(|one| one.window.as_ref()),
                _ => None,
            };
            let because = match withheld_by {
                Some(withheld_by) => format!("{verdict}; {withheld_by}"),
                None => verdict.to_string(),
            };
            Seen { name: &operation.name, got, because }
        })
        .collect()
}

/// One step, judged.
struct Look<'a> {
    step: &'a Step,
    policy: &'a Policy,
    world: &'a World,
    seen: Vec<Seen<'a>>,
}

impl Look<'_> {
    fn failures(&self) -> Vec<Failure> {
        let expected = self.step.expected.iter().flat_map(|expected| self.against(expected));
        // What only a limit or a window holds back is selected as well: in a larger world, or an hour later, it is
        // cancelled.
        let is_selected = |got: &Expectation| {
            matches!(
                got,
                Expectation::Cancel { .. } | Expectation::Withheld(Withheld::Limit | Withheld::Window)
            )
        };
        let unexpected = self.seen.iter().filter(|seen| {
            is_selected(&seen.got) && !self.step.expected.iter().any(|expected| expected.who.names(seen.name))
        });
        let unexpected = unexpected.map(|seen| {
            self.failure(
                self.step.line,
                seen.name.id(),
                "not to be cancelled, for nothing is expected of it",
                seen,
            )
        });
        expected.chain(unexpected).collect()
    }

    /// Holds one expectation against all the operations that its key names.
    fn against(&self, expected: &Expected) -> Vec<Failure> {
        let Expected { who, line, what } = expected;
        let named: Vec<&Seen<'_>> = self.seen.iter().filter(|seen| who.names(seen.name)).collect();
        let key = who.pattern.as_str();
        match named.as_slice() {
            [] => vec![self.no_operation(expected)],
            [_, second, ..] if !who.is_glob => vec![Failure {
                because: Some(format!("another one is {}: expect something of a whole name", second.name)),
                ..self.bare(*line, key, what, format!("{} operations of this id", named.len()))
            }],
            named => {
                let theirs = named.iter().filter(|seen| !(who.is_glob && self.is_named_itself(seen.name)));
                let wrong = theirs.filter(|seen| !what.admits(&seen.got));
                wrong
                    .map(|seen| {
                        let shown = if who.is_glob { seen.name.id() } else { key };
                        let mut failure = self.failure(*line, shown, &what.to_string(), seen);
                        if let (Some(because), Some(hint)) = (&mut failure.because, self.hint(what)) {
                            *because = format!("{because}; {hint}");
                        }
                        failure
                    })
                    .collect()
            }
        }
    }

    /// Whether another key names this operation alone: that one counts, then, and no glob.
    fn is_named_itself(&self, name: &OperationName) -> bool {
        self.step.expected.iter().any(|expected| !expected.who.is_glob && expected.who.names(name))
    }

    fn no_operation(&self, Expected { who, line, what }: &Expected) -> Failure {
        let outside = self.world.outside.iter().find(|name| who.names(name));
        let (got, because) = match outside {
            Some(name) => ("never seen", Some(format!("{name} lies outside of the policy's scopes"))),
            None => ("no such operation", self.meant(who)),
        };
        Failure { because, ..self.bare(*line, who.pattern.as_str(), what, got.to_owned()) }
    }

    /// The operation that a key was perhaps meant to name.
    fn meant(&self, who: &Selector) -> Option<String> {
        let ids: Vec<&str> = self.seen.iter().map(|seen| seen.name.id()).collect();
        nearest(who.pattern.as_str(), &ids).map(|id| format!("did you mean `{id}`?"))
    }

    /// What is wrong with an expectation that this policy can never meet.
    fn hint(&self, what: &Expectation) -> Option<String> {
        let rules = || self.policy.rules.iter().map(|rule| &*rule.name).collect::<Vec<_>>();
        let (kind, name, names) = match what {
            Expectation::Cancel { rule } | Expectation::Report { rule: Some(rule) } => {
                ("rule", rule, rules())
            }
            Expectation::Protected { name } => {
                ("protection", name, self.policy.protect.iter().map(|one| &*one.name).collect())
            }
            Expectation::Report { rule: None }
            | Expectation::Spare(_)
            | Expectation::Withheld(_)
            | Expectation::Ended => return None,
        };
        if names.contains(&&**name) {
            return None;
        }
        let meant = nearest(name, &names).map(|meant| format!(": did you mean `{meant}`?"));
        Some(format!("the policy has no {kind} `{name}`{}", meant.unwrap_or_default()))
    }

    fn failure(&self, line: usize, operation: &str, want: &str, seen: &Seen<'_>) -> Failure {
        Failure {
            line,
            at: self.at(),
            operation: operation.to_owned(),
            want: want.to_owned(),
            got: seen.got.to_string(),
            because: Some(seen.because.clone()),
        }
    }

    fn bare(&self, line: usize, operation: &str, want: &Expectation, got: String) -> Failure {
        let (operation, want) = (operation.to_owned(), want.to_string());
        Failure { line, at: self.at(), operation, want, got, because: None }
    }

    fn at(&self) -> String {
        let after: Duration = self.step.after;
        format!("+{}", format_duration(after))
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
