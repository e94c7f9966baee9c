//! `max_running`: which members of a group are over the limit.
//!
//! An operation is over the limit when at least `count` others of its group are preferred to it: newer ones, for
//! `cancel: oldest`. Only operations that are known to run on are preferred to anything: one whose cancellation
//! has been requested is on its way out and keeps nothing else from running. So every piece of missing data makes
//! the set of violators smaller, never larger.
//!
//! A group of which members might be hidden by a gap is not decided at all: its members keep the verdict with
//! which they came, undecidable.

use std::collections::HashMap;

use crate::judge::{Judgement, Spared, Verdict, Why, age, violates};
use crate::operation::Operation;
use crate::policy::{CancelOrder, Field, Limit, MaxRunning, Policy, Rule};
use crate::snapshot::{Gap, Snapshot};

/// A group: the index of its rule, and the values of the rule's `per` fields.
type Key<'a> = (usize, Vec<&'a str>);

/// Settles every group, and gives each operation its final verdict.
pub(super) fn settle(snapshot: &Snapshot, policy: &Policy, mut judgements: Vec<Judgement>) -> Vec<Verdict> {
    for (key, mut members) in group(snapshot, policy, &judgements) {
        let Some(rule) = policy.rules.get(key.0) else { continue };
        let Limit::MaxRunning(max_running) = &rule.limit else { continue };
        if snapshot.gaps.iter().any(|gap| could_hide(gap, rule, max_running, &key)) {
            continue;
        }
        order(&mut members, max_running.cancel);
        let running = members.len();
        let mut preferred = 0;
        for (index, operation) in members {
            let verdict = if preferred >= max_running.count {
                let why = Why::MaxRunning {
                    running,
                    count: max_running.count,
                    preferred,
                    order: max_running.cancel,
                };
                violation(operation, rule, why, snapshot)
            } else {
                Verdict::Spared(Spared::WithinMaxRunning {
                    rule: rule.name.clone(),
                    running,
                    count: max_running.count,
                })
            };
            if let Some(judgement) = judgements.get_mut(index)
                && !matches!(judgement.verdict, Verdict::Spared(Spared::Protected { .. }))
            {
                judgement.verdict = verdict;
            }
            if operation.runs_on() {
                preferred += 1;
            }
        }
    }
    judgements.into_iter().map(|judgement| judgement.verdict).collect()
}

/// Sorts the counted operations into their groups.
fn group<'a>(
    snapshot: &'a Snapshot,
    policy: &Policy,
    judgements: &[Judgement],
) -> HashMap<Key<'a>, Vec<(usize, &'a Operation)>> {
    let mut groups: HashMap<Key<'a>, Vec<(usize, &'a Operation)>> = HashMap::new();
    for (index, (operation, judgement)) in snapshot.operations.iter().zip(judgements).enumerate() {
        let Some(rule_index) = judgement.counts_in else { continue };
        let Some(Limit::MaxRunning(max_running)) = policy.rules.get(rule_index).map(|rule| &rule.limit)
        else {
            continue;
        };
        // The judge counts an operation only when it has all these values.
        let key = max_running.per.iter().filter_map(|field| field.text_in(operation)).collect();
        groups.entry((rule_index, key)).or_default().push((index, operation));
    }
    groups
}

/// Puts the members that may rather run first. Operations of one instant are told apart by name, so that the same
/// snapshot always gives the same plan.
fn order(members: &mut [(usize, &Operation)], cancel: CancelOrder) {
    members.sort_by(|(_, a), (_, b)| {
        let by_age = (a.create_time, &a.service, &a.name).cmp(&(b.create_time, &b.service, &b.name));
        match cancel {
            CancelOrder::Oldest => by_age.reverse(),
            CancelOrder::Newest => by_age,
        }
    });
}

fn violation(operation: &Operation, rule: &Rule, why: Why, snapshot: &Snapshot) -> Verdict {
    match age(operation, snapshot.now) {
        Ok(known) => violates(operation, rule, known, why),
        Err(missing) => Verdict::Spared(Spared::Undecidable { rule: rule.name.clone(), missing }),
    }
}

/// Whether members of a group might be where nothing could be read: unless the rule's match excludes the place, or
/// the group is of another place.
fn could_hide(gap: &Gap, rule: &Rule, max_running: &MaxRunning, (_, key): &Key<'_>) -> bool {
    let elsewhere = max_running.per.iter().zip(key).any(|(field, value)| match field {
        Field::Service => *value != gap.service.as_str(),
        Field::Project => gap.path.project().is_some_and(|project| *value != project),
        Field::Location => gap.path.location().is_some_and(|location| *value != location),
        _ => false,
    });
    !elsewhere && rule.matches.could_cover(&gap.service, gap.path.project(), gap.path.location())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::plan;
    use crate::request::Narrow;
    use crate::testing::{gap, policy, running, snapshot, snapshot_with_gaps};

    const NEWEST_ONE_RUNS: &str = r#"
rules:
  - name: superseded
    max_running: { count: 1, per: [verb, target], cancel: oldest }
"#;

    fn violating(snapshot: &Snapshot, policy_text: &str) -> Vec<String> {
        let plan = plan(snapshot, &policy(policy_text), &Narrow::default()).plan;
        plan.violating.iter().map(|violator| violator.operation.id().to_owned()).collect()
    }

    fn on_target(id: &str, age_minutes: i64, target: &str) -> Operation {
        Operation { target: Some(Arc::from(target)), ..running(id, age_minutes) }
    }

    #[test]
    fn the_newest_of_each_group_runs_on() {
        let snapshot = snapshot(vec![
            on_target("a1", 30, "a"),
            on_target("a2", 20, "a"),
            on_target("a3", 10, "a"),
            on_target("b1", 40, "b"),
        ]);
        assert_eq!(violating(&snapshot, NEWEST_ONE_RUNS), ["a1", "a2"]);
    }

    #[test]
    fn first_come_first_served_spares_the_oldest() {
        let snapshot = snapshot(vec![running("o1", 30), running("o2", 20), running("o3", 10)]);
        let rule = "rules: [{ name: r, max_running: { count: 2, cancel: newest } }]";
        assert_eq!(violating(&snapshot, rule), ["o3"]);
    }

    #[test]
    fn none_may_run_when_the_count_is_zero() {
        let snapshot = snapshot(vec![running("o1", 30), running("o2", 20)]);
        assert_eq!(violating(&snapshot, "rules: [{ name: r, max_running: { count: 0 } }]"), ["o1", "o2"]);
    }

    #[test]
    fn a_group_of_which_a_gap_could_hide_members_is_spared() {
        let operations = || vec![running("o1", 30), running("o2", 20)];
        for hidden in [gap(Some("l")), gap(Some("m")), gap(None)] {
            let snapshot = snapshot_with_gaps(operations(), vec![hidden]);
            let assessment = plan(&snapshot, &policy(NEWEST_ONE_RUNS), &Narrow::default());
            assert_eq!(
                assessment.verdicts[0].to_string(),
                "undecidable: a gap could hide members of the group"
            );
            assert!(assessment.plan.violating.is_empty());
        }
    }

    #[test]
    fn a_gap_in_a_place_that_the_group_excludes_hides_nothing() {
        let snapshot = snapshot_with_gaps(vec![running("o1", 30), running("o2", 20)], vec![gap(Some("m"))]);
        let per_location = "rules: [{ name: r, max_running: { count: 1, per: [location] } }]";
        let matched = "rules: [{ name: r, match: { location: l }, max_running: { count: 1 } }]";
        assert_eq!(violating(&snapshot, per_location), ["o1"]);
        assert_eq!(violating(&snapshot, matched), ["o1"]);
    }

    #[test]
    fn a_member_without_its_groups_values_is_undecidable() {
        let nameless = Operation { target: None, ..running("o3", 5) };
        let snapshot = snapshot(vec![running("o1", 30), running("o2", 20), nameless]);
        let assessment = plan(&snapshot, &policy(NEWEST_ONE_RUNS), &Narrow::default());
        assert_eq!(assessment.verdicts[2].to_string(), "undecidable: no target");
        assert_eq!(assessment.plan.violating.len(), 1);
    }

    #[test]
    fn an_operation_on_its_way_out_supersedes_nothing() {
        let leaving = Operation { cancellation_requested: Some(true), ..running("o2", 10) };
        let snapshot = snapshot(vec![running("o1", 30), leaving]);
        assert!(violating(&snapshot, NEWEST_ONE_RUNS).is_empty());
    }

    #[test]
    fn a_protected_member_counts_as_running_and_is_never_over_the_limit() {
        let protect = "protect: [{ name: p, match: { name: '**/keep-*' } }]";
        let policy_text = format!("{protect}{NEWEST_ONE_RUNS}");
        let newest_protected = snapshot(vec![running("o1", 30), running("keep-1", 10)]);
        assert_eq!(violating(&newest_protected, &policy_text), ["o1"]);
        let oldest_protected = snapshot(vec![running("keep-1", 30), running("o1", 10)]);
        assert!(violating(&oldest_protected, &policy_text).is_empty());
    }

    #[test]
    fn operations_of_one_instant_are_told_apart_by_name() {
        let snapshot = snapshot(vec![running("b", 30), running("a", 30), running("c", 30)]);
        assert_eq!(violating(&snapshot, NEWEST_ONE_RUNS), ["a", "b"]);
    }
}
