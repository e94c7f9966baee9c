//! What is left of a plan, case by case, and when it is not carried out at all.

use std::sync::Arc;

use super::*;
use crate::plan::plan;
use crate::testing::{ended, gap, now, policy, running, snapshot, snapshot_with_gaps};

const RULES: &str = "
protect: [{ name: production, match: { target: '**/prod-*' } }]
rules:
  - { name: deletions, match: { verb: delete }, max_age: 30m }
  - { name: old, max_age: 1h }
";

fn planned(policy: &Policy, snapshot: &Snapshot) -> PlanFile {
    PlanFile::new(&plan(snapshot, policy, &Narrow::default()).plan, &snapshot.gaps, "file:policy.yaml")
}

fn shrunk(policy: &Policy, file: &PlanFile, snapshot: &Snapshot) -> Chosen {
    file.shrink(snapshot, policy, &plan(snapshot, policy, &Narrow::default()))
}

/// What is left of a plan for operation `o`, which is two hours old, in such a world: why it is withheld, and the
/// reason if it has changed.
fn left_in(world: &Snapshot) -> (Option<Withheld>, Option<String>) {
    let policy = policy(RULES);
    let file = planned(&policy, &snapshot(vec![running("o", 120)]));
    let chosen = shrunk(&policy, &file, world);
    let [violator] = &chosen.plan.violating[..] else { panic!("{chosen:?}") };
    (violator.withheld, chosen.change_of(violator).map(str::to_owned))
}

#[track_caller]
fn assert_dropped(world: &Snapshot, want: &str) {
    assert_eq!(left_in(world), (Some(Withheld::Changed), Some(want.to_owned())));
}

#[test]
fn what_has_not_changed_is_carried_out() {
    assert_eq!(left_in(&snapshot(vec![running("o", 120)])), (None, None));
}

#[test]
fn what_ended_vanished_or_was_recreated_is_dropped_and_says_so() {
    assert_dropped(&snapshot(vec![ended("o", 120)]), "it has ended");
    assert_dropped(&snapshot(vec![running("other", 120)]), "it is not there any more");
    let want = "recreated: created at 2026-11-24T10:01:00Z instead of 2026-11-24T10:00:00Z";
    assert_dropped(&snapshot(vec![running("o", 119)]), want);
    assert_dropped(&snapshot(vec![ended("o", 119)]), want);
}

#[test]
fn what_the_policy_does_not_cancel_any_more_is_dropped_with_the_verdict_of_now() {
    let guarded = Operation { target: Some(Arc::from("t/prod-1")), ..running("o", 120) };
    assert_dropped(&snapshot(vec![guarded]), "protected by production");
    let unreadable = Operation { target: None, ..running("o", 120) };
    assert_dropped(
        &snapshot(vec![unreadable]),
        "protected by production, which cannot be ruled out: data is missing",
    );
    let other = Operation { verb: Some(Arc::from("delete")), ..running("o", 120) };
    let want = "it breaks another rule now: deletions: age 2h exceeds max_age 30m";
    assert_dropped(&snapshot(vec![other]), want);
    let ageless = Operation { create_time: None, ..running("o", 120) };
    assert_dropped(&snapshot(vec![ageless]), "undecidable: no create time");
}

#[test]
fn what_lies_where_nothing_could_be_read_is_dropped_and_names_the_gap() {
    let want = "not found, and not everything could be read where it lies: could not be read";
    for hidden in [gap(Some("l")), gap(None)] {
        assert_dropped(&snapshot_with_gaps(Vec::new(), vec![hidden]), want);
    }
    let elsewhere = snapshot_with_gaps(Vec::new(), vec![gap(Some("m"))]);
    assert_dropped(&elsewhere, "it is not there any more");
    let unlisted = Snapshot { collections: BTreeSet::new(), ..snapshot(Vec::new()) };
    assert_dropped(&unlisted, "its location is not among those that the service lists");
}

#[test]
fn what_somebody_else_has_asked_to_cancel_is_followed_and_not_dropped() {
    let requested = Operation { cancellation_requested: Some(true), ..running("o", 120) };
    assert_eq!(left_in(&snapshot(vec![requested])), (Some(Withheld::AlreadyRequested), None));
}

#[test]
fn nothing_comes_in_that_was_not_to_be_cancelled_in_the_plan() {
    let policy = policy(&format!("{RULES}limits: {{ max_cancellations: 1 }}"));
    let before = snapshot(vec![running("a", 120), running("b", 110)]);
    let file = planned(&policy, &before);
    assert_eq!(file.operations.len(), 2);
    // `a` has ended, so that the limits would allow `b`; and `c` is new.
    let after = snapshot(vec![ended("a", 120), running("b", 110), running("c", 130)]);
    let chosen = shrunk(&policy, &file, &after);
    let got: Vec<_> = chosen.plan.violating.iter().map(|v| (v.operation.id(), v.withheld)).collect();
    assert_eq!(got, [("a", Some(Withheld::Changed))]);
}

#[test]
fn the_limits_count_anew_over_what_is_left_of_the_plan() {
    let share = policy(&format!("{RULES}limits: {{ max_share: 50% }}"));
    let young = || running("young", 1);
    let old = |id: &str, age| running(id, age);
    let file = planned(&share, &snapshot(vec![old("a", 130), old("b", 120), young(), running("y", 1)]));
    assert_eq!(file.to_cancel().count(), 2);

    // Fewer run now. What is not in the plan, or is not any more what was planned, does not use the limits up.
    let after = snapshot(vec![old("a", 129), old("b", 120), old("stranger", 500)]);
    let chosen = shrunk(&share, &file, &after);
    let got: Vec<_> = chosen.plan.violating.iter().map(|v| (v.operation.id(), v.withheld)).collect();
    assert_eq!(got, [("a", Some(Withheld::Changed)), ("b", None)]);
    let after = snapshot(vec![old("a", 130), old("b", 120), young()]);
    let chosen = shrunk(&share, &file, &after);
    let got: Vec<_> = chosen.plan.violating.iter().map(|v| (v.operation.id(), v.withheld)).collect();
    assert_eq!(got, [("a", None), ("b", Some(Withheld::Limit))]);
    assert_eq!(chosen.plan.limit.as_deref(), Some("max_share: 50% of 3 allows 1; 2 break a rule"));
}

#[test]
fn too_many_violators_are_too_many_also_when_few_of_them_were_planned() {
    let policy = policy(&format!("{RULES}limits: {{ max_cancellations: 1, when_exceeded: cancel_none }}"));
    let file = planned(&policy, &snapshot(vec![running("a", 120)]));
    let chosen = shrunk(&policy, &file, &snapshot(vec![running("a", 120), running("new", 90)]));
    let got: Vec<_> = chosen.plan.violating.iter().map(|v| v.withheld).collect();
    assert_eq!(got, [Some(Withheld::Limit)]);
}

fn approval() -> Approval {
    let plan = planned(&policy(RULES), &snapshot(vec![running("o", 120)]));
    Approval { plan, max_age: DEFAULT_MAX_AGE }
}

#[test]
fn a_plan_may_be_an_hour_old_and_no_older() {
    let at = |seconds| approval().check(&policy(RULES), now() + TimeDelta::seconds(seconds));
    assert_eq!(at(0), Ok(()));
    assert_eq!(at(3600), Ok(()));
    let refused = at(3601).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "it is 1h 1s old, and a plan may be 1h old at most: plan anew, or allow more"
    );
    let exact = approval().check(&policy(RULES), now() + TimeDelta::milliseconds(3_600_001));
    assert!(matches!(exact, Err(PlanRefused::TooOld { .. })), "{exact:?}");
}

#[test]
fn a_plan_from_the_future_is_refused_but_for_a_minute_of_clocks_that_differ() {
    let at = |seconds| approval().check(&policy(RULES), now() - TimeDelta::seconds(seconds));
    assert_eq!(at(60), Ok(()));
    let refused = at(61).unwrap_err();
    assert!(refused.to_string().starts_with("its snapshot lies 1m 1s in the future"), "{refused}");
}

#[test]
fn a_plan_of_another_policy_is_refused_and_both_are_named() {
    let other = policy(&format!("{RULES}# a comment is enough\n"));
    let refused = approval().check(&other, now()).unwrap_err().to_string();
    for digest in [&approval().plan.policy_digest, &other.digest] {
        assert!(refused.contains(digest.as_str()), "{refused}");
    }
}

#[test]
fn a_plan_with_an_operation_outside_of_the_policys_scopes_is_refused() {
    let mut foreign = running("o", 120);
    foreign.name = OperationName::parse("projects/stranger/locations/l/operations/o").unwrap();
    let plan = planned(&policy(RULES), &snapshot(vec![foreign]));
    let refused = Approval { plan, max_age: DEFAULT_MAX_AGE }.check(&policy(RULES), now()).unwrap_err();
    let want = "it has clouddeploy projects/stranger/locations/l/operations/o, which lies outside of the policy's scopes";
    assert_eq!(refused.to_string(), want);
}
