//! Which parts of the policies have decided something in the tests, and which have not.
//!
//! A rule is exercised when it decided a verdict, a protection when it protected, a limit when it withheld, and
//! windows when they withheld. A limit that a policy does not set is no part of it: nobody has to test the defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::judge::{Spared, Verdict};
use crate::plan::{Assessment, SweepLimit, Withheld, tighter};
use crate::policy::{Limits, Policy};
use crate::snapshot::Snapshot;

/// A part of a policy that can be exercised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A protection, by its name.
    Protection(Arc<str>),
    /// A rule, by its name.
    Rule(Arc<str>),
    /// When it acts: the policy's windows, or those of this rule.
    Windows(Option<Arc<str>>),
    /// A limit of one sweep.
    Limit(SweepLimit),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Protection(name) => write!(f, "protection {name}"),
            Part::Rule(name) => write!(f, "rule {name}"),
            Part::Windows(None) => f.write_str("windows of the policy"),
            Part::Windows(Some(rule)) => write!(f, "windows of rule {rule}"),
            Part::Limit(limit) => write!(f, "limit {limit}"),
        }
    }
}

/// What the tests have exercised of the policies, told apart by their digests: test files share a policy.
#[derive(Debug, Default)]
pub struct Coverage {
    policies: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    name: String,
    parts: Vec<Part>,
    exercised: BTreeSet<Part>,
}

/// What the tests have exercised of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyCoverage {
    /// The policy, as it was first called.
    pub policy: String,
    /// How many parts it has.
    pub parts: usize,
    /// The parts that nothing has exercised, in the order of the policy.
    pub not_exercised: Vec<String>,
}

impl Coverage {
    /// Takes up a policy, though no test of it should run.
    pub fn add(&mut self, name: &str, policy: &Policy) {
        self.policies.entry(policy.digest.clone()).or_insert_with(|| Known {
            name: name.to_owned(),
            parts: parts(policy),
            exercised: BTreeSet::new(),
        });
    }

    /// Notes what decided in one look at a snapshot.
    pub(super) fn observe(&mut self, policy: &Policy, snapshot: &Snapshot, assessment: &Assessment) {
        let Some(known) = self.policies.get_mut(&policy.digest) else { return };
        known.exercised.extend(assessment.verdicts.iter().filter_map(decided_by));
        for violator in &assessment.plan.violating {
            match violator.withheld {
                Some(Withheld::Limit) => {
                    known.exercised.insert(Part::Limit(tighter(&policy.limits, snapshot.running())));
                }
                Some(Withheld::Window) => {
                    let at = snapshot.now;
                    let of_policy = (!policy.windows.allow_at(at)).then_some(Part::Windows(None));
                    let rule = policy.rule(&violator.rule).filter(|rule| !rule.windows.allow_at(at));
                    let of_rule = rule.map(|rule| Part::Windows(Some(rule.name.clone())));
                    known.exercised.extend(of_policy.into_iter().chain(of_rule));
                }
                _ => {}
            }
        }
    }

    /// What was exercised of each policy, by its name.
    #[must_use]
    pub fn policies(&self) -> Vec<PolicyCoverage> {
        let mut policies: Vec<PolicyCoverage> = self
            .policies
            .values()
            .map(|known| {
                let missing = known.parts.iter().filter(|part| !known.exercised.contains(part));
                PolicyCoverage {
                    policy: known.name.clone(),
                    parts: known.parts.len(),
                    not_exercised: missing.map(Part::to_string).collect(),
                }
            })
            .collect();
        policies.sort_by(|a, b| a.policy.cmp(&b.policy));
        policies
    }
}

fn parts(policy: &Policy) -> Vec<Part> {
    let Limits { max_cancellations, max_share, .. } = &policy.limits;
    let protections = policy.protect.iter().map(|protection| Part::Protection(protection.name.clone()));
    let rules = policy.rules.iter().map(|rule| Part::Rule(rule.name.clone()));
    let windows = (!policy.windows.is_empty()).then_some(Part::Windows(None));
    let of_rules = policy.rules.iter().filter(|rule| !rule.windows.is_empty());
    let of_rules = of_rules.map(|rule| Part::Windows(Some(rule.name.clone())));
    let number = (*max_cancellations != Limits::DEFAULT_MAX_CANCELLATIONS)
        .then_some(Part::Limit(SweepLimit::MaxCancellations));
    let share = max_share.map(|_| Part::Limit(SweepLimit::MaxShare));
    protections.chain(rules).chain(windows).chain(of_rules).chain(number).chain(share).collect()
}

/// The part that decided a verdict. A rule that could not decide has not.
fn decided_by(verdict: &Verdict) -> Option<Part> {
    match verdict {
        Verdict::Violates(violation) => Some(Part::Rule(violation.rule.clone())),
        Verdict::Spared(Spared::Protected { name, .. }) => Some(Part::Protection(name.clone())),
        Verdict::Spared(
            Spared::WithinMaxAge { rule, .. }
            | Spared::WithinMaxRunning { rule, .. }
            | Spared::OutsideRequest { rule },
        ) => Some(Part::Rule(rule.clone())),
        Verdict::Spared(Spared::NoRule | Spared::Undecidable { .. }) | Verdict::Ended => None,
    }
}
