//! Two policies on one snapshot: which operations change sides.
//!
//! Both are held against what was read at one instant, limits and all. A side is what an enforcing sweep would do with
//! an operation; that a policy only audits is told apart, for it concerns all of them. Pure: nothing is read or
//! printed here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::judge::Verdict;
use crate::offline::seen_by;
use crate::operation::{OperationName, ServiceName};
use crate::plan::{Assessment, OperationKey, Withheld, plan};
use crate::policy::{Mode, Policy};
use crate::request::Narrow;
use crate::snapshot::{Gap, Snapshot};

/// What an enforcing sweep under one policy would do with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The policy does not look there.
    NotCovered,
    /// It has ended.
    Ended,
    /// It may go on.
    Spare,
    /// It breaks a rule that only reports.
    Report,
    /// It breaks a rule and is not cancelled this time.
    Withhold,
    /// It is cancelled.
    Cancel,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Side::NotCovered => "not covered",
            Side::Ended => "ended",
            Side::Spare => "spare",
            Side::Report => "report",
            Side::Withhold => "withhold",
            Side::Cancel => "cancel",
        })
    }
}

/// A side, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reasoned {
    /// The side.
    pub side: Side,
    /// The verdict with its actual values, and why it is withheld if it is.
    pub reason: String,
}

/// An operation that changes sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The service.
    pub service: ServiceName,
    /// The operation.
    pub operation: OperationName,
    /// Under the old policy.
    pub old: Reasoned,
    /// Under the new one.
    pub new: Reasoned,
}

/// What differs between two policies on one snapshot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The two policies' own modes.
    pub modes: (Mode, Mode),
    /// How many operations either of them covers.
    pub operations: usize,
    /// Those that change sides, by service and name.
    pub changes: Vec<Change>,
    /// How many of all would be cancelled under the new policy that would not be under the old one. Where the old
    /// policy only audits and the new one enforces, it is all that the new one cancels.
    pub new_cancels: usize,
    /// What one of the policies covers and the snapshot does not hold: the comparison says nothing about it.
    pub gaps: Vec<Gap>,
}

/// Compares two policies on a snapshot.
#[must_use]
pub fn diff(snapshot: &Snapshot, old: &Policy, new: &Policy) -> Diff {
    let seen = [old, new].map(|policy| seen_by(snapshot.clone(), policy));
    let [old_seen, new_seen] = &seen;
    let old_sides = sides(old_seen, &plan(old_seen, old, &Narrow::default()));
    let new_sides = sides(new_seen, &plan(new_seen, new, &Narrow::default()));

    let keys: BTreeSet<OperationKey<'_>> = old_sides.keys().chain(new_sides.keys()).copied().collect();
    let is_armed = old.mode < new.mode;
    let mut changes = Vec::new();
    let mut new_cancels = 0;
    for (service, operation) in &keys {
        let under = |sides: &BTreeMap<OperationKey<'_>, Reasoned>| {
            sides.get(&(*service, *operation)).cloned().unwrap_or_else(not_covered)
        };
        let (old, new) = (under(&old_sides), under(&new_sides));
        new_cancels += usize::from(new.side == Side::Cancel && (is_armed || old.side != Side::Cancel));
        if old.side != new.side {
            changes.push(Change { service: (*service).clone(), operation: (*operation).clone(), old, new });
        }
    }
    let gaps: BTreeSet<Gap> = seen.iter().flat_map(|snapshot| snapshot.gaps.iter().cloned()).collect();
    Diff {
        modes: (old.mode, new.mode),
        operations: keys.len(),
        changes,
        new_cancels,
        gaps: gaps.into_iter().collect(),
    }
}

fn not_covered() -> Reasoned {
    Reasoned { side: Side::NotCovered, reason: "outside of the policy's scopes".to_owned() }
}

fn sides<'a>(snapshot: &'a Snapshot, assessment: &Assessment) -> BTreeMap<OperationKey<'a>, Reasoned> {
    let violators = assessment.plan.violators();
    let side = |key: &OperationKey<'a>, verdict: &Verdict| {
        let mut reason = verdict.to_string();
        let side = match verdict {
            Verdict::Ended => Side::Ended,
            Verdict::Spared(_) => Side::Spare,
            Verdict::Violates(_) => {
                let violator = violators.get(key).copied();
                match violator.and_then(|violator| violator.withheld) {
                    None => Side::Cancel,
                    Some(Withheld::ReportOnly) => Side::Report,
                    Some(withheld) => {
                        reason = format!("{reason}; withheld: {withheld}");
                        if let Some(window) = violator.and_then(|violator| violator.window.as_ref()) {
                            reason = format!("{reason}: {window}");
                        }
                        Side::Withhold
                    }
                }
            }
        };
        Reasoned { side, reason }
    };
    let judged = snapshot.operations.iter().zip(&assessment.verdicts);
    judged
        .map(|(operation, verdict)| {
            let key = (&operation.service, &operation.name);
            (key, side(&key, verdict))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ended, policy, running, snapshot};

    fn changed(old: &str, new: &str) -> Vec<String> {
        let snapshot = snapshot(vec![running("a", 30), running("b", 90), running("c", 200), ended("d", 500)]);
        let got = diff(&snapshot, &policy(old), &policy(new));
        assert_eq!(got.operations, 4);
        let changes = got.changes.iter();
        changes
            .map(|change| format!("{}: {} → {}", change.operation.id(), change.old.side, change.new.side))
            .collect()
    }

    const TWO_HOURS: &str = "rules: [{ name: old, max_age: 2h }]";

    #[test]
    fn a_policy_and_itself_do_not_differ() {
        assert!(changed(TWO_HOURS, TWO_HOURS).is_empty());
    }

    #[test]
    fn a_shorter_age_takes_in_more() {
        assert_eq!(changed(TWO_HOURS, "rules: [{ name: old, max_age: 1h }]"), ["b: spare → cancel"]);
    }

    #[test]
    fn a_rule_that_only_reports_is_a_side_of_its_own() {
        let reports = "rules: [{ name: old, max_age: 2h, action: report }]";
        assert_eq!(changed(TWO_HOURS, reports), ["c: cancel → report"]);
    }

    #[test]
    fn what_the_limits_withhold_has_changed_sides() {
        let limited = format!("{TWO_HOURS}\nlimits: {{ max_cancellations: 0 }}");
        assert_eq!(changed(TWO_HOURS, &limited), ["c: cancel → withhold"]);
    }

    #[test]
    fn both_reasons_are_given_with_their_values() {
        let snapshot = snapshot(vec![running("b", 90)]);
        let got = diff(&snapshot, &policy(TWO_HOURS), &policy("rules: [{ name: new, max_age: 1h }]"));
        let [change] = &got.changes[..] else { panic!("{got:?}") };
        assert_eq!(change.old.reason, "rule old: age 1h 30m is within max_age 2h, due in 30m");
        assert_eq!(change.new.reason, "rule new: age 1h 30m exceeds max_age 1h");
        assert_eq!(got.new_cancels, 1);
    }

    #[test]
    fn to_arm_a_policy_makes_every_cancel_a_new_one() {
        let text =
            "version: 1\nscopes: [{ projects: [p], locations: [l] }]\nrules: [{ name: r, max_age: 1h }]\n";
        let parse = |mode: &str| Policy::parse(format!("{text}mode: {mode}").as_bytes(), "p.yaml").unwrap();
        let snapshot = snapshot(vec![running("b", 90), running("c", 200)]);
        let got = diff(&snapshot, &parse("audit"), &parse("enforce"));
        assert_eq!((got.changes.len(), got.new_cancels), (0, 2));
        let got = diff(&snapshot, &parse("enforce"), &parse("audit"));
        assert_eq!((got.changes.len(), got.new_cancels), (0, 0));
    }

    #[test]
    fn what_only_one_of_them_covers_changes_sides_too() {
        let narrow =
            "version: 1\nscopes: [{ projects: [p], locations: [m] }]\nrules: [{ name: r, max_age: 1h }]";
        let narrow = Policy::parse(narrow.as_bytes(), "p.yaml").unwrap();
        let snapshot = snapshot(vec![running("c", 200)]);
        let got = diff(&snapshot, &policy(TWO_HOURS), &narrow);
        let [change] = &got.changes[..] else { panic!("{got:?}") };
        assert_eq!((change.old.side, change.new.side), (Side::Cancel, Side::NotCovered));
        assert!(got.gaps.is_empty());
    }
}
