use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::follow_up::FollowedUp;
use crate::operation::OperationName;
use crate::plan::Violator;
use crate::policy::Action;
use crate::service::CancelReply;
use crate::snapshot::GapReason;
use crate::testing::{clouddeploy, gap, now};

fn violator(id: &str, withheld: Option<Withheld>) -> Violator {
    Violator {
        service: clouddeploy(),
        operation: OperationName::parse(&format!("projects/p/locations/l/operations/{id}")).unwrap(),
        verb: Some(Arc::from("create")),
        target: None,
        created_at: now(),
        age_s: 11_520,
        rule: Arc::from("stuck-changes"),
        action: Action::Cancel,
        why: "age 3h 12m exceeds max_age 2h".to_owned(),
        withheld,
        opens_at: None,
        window: None,
    }
}

fn untouched(id: &str, withheld: Option<Withheld>) -> OperationRecord {
    OperationRecord::untouched(&violator(id, withheld), "sweep-1", Mode::Enforce)
}

fn seen(state: State, message: Option<&str>) -> FollowedUp {
    FollowedUp { state, polls: 2, took: Duration::from_millis(4_100), message: message.map(str::to_owned) }
}

fn refused(message: &str) -> CancelReply {
    CancelReply {
        answer: CancelAnswer::Refused,
        attempts: 3,
        code: Some("FAILED_PRECONDITION".to_owned()),
        message: Some(message.to_owned()),
    }
}

/// A cancel that was accepted, and led to this state.
fn cancelled(id: &str, state: State) -> OperationRecord {
    let mut record = untouched(id, None);
    record.answer(CancelReply::accepted(1));
    record.follow(seen(state, None));
    record
}

/// A report of these operations, with ten others that were spared and one that has ended.
fn report(operations: Vec<OperationRecord>) -> Report {
    Report {
        sweep_id: "sweep-1".to_owned(),
        mode: Mode::Enforce,
        policy_digest: Some("sha256:00".to_owned()),
        policy_source: Some("ssm:/curfew/policy".to_owned()),
        trigger: Some("schedule".to_owned()),
        started_at: now(),
        duration_ms: 5_210,
        listing_ms: 900,
        collections: 2,
        pages: 3,
        seen: 11 + operations.len(),
        done: 1,
        spared: 10,
        spared_because: BTreeMap::from([(SparedBecause::NoRule, 4), (SparedBecause::Protected, 6)]),
        operations,
        ..Report::default()
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn json_of(value: &impl serde::Serialize) -> Value {
    // Through text: what stands in the log is what counts.
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

#[test]
fn an_operation_is_one_flat_line_with_every_key() {
    let got = json_of(&cancelled("o", State::Cancelled));
    let want = json!({
        "event": "operation", "sweep_id": "sweep-1", "mode": "enforce", "service": "clouddeploy",
        "operation": "projects/p/locations/l/operations/o", "verb": "create", "target": null,
        "created_at": "2026-11-24T12:00:00Z", "age_s": 11520, "rule": "stuck-changes", "action": "cancel",
        "why": "age 3h 12m exceeds max_age 2h", "withheld": null, "opens_at": null, "cancel": "accepted", "cancel_code": null,
        "cancel_attempts": 1, "state": "cancelled", "polls": 2, "follow_up_ms": 4100, "message": null,
    });
    assert_eq!(got, want);
    assert!(!serde_json::to_string(&cancelled("o", State::Cancelled)).unwrap().contains('\n'));
}

#[test]
fn an_operation_that_was_left_alone_has_the_same_keys() {
    let got = json_of(&untouched("o", Some(Withheld::ReportOnly)));
    assert_eq!(keys(&got), keys(&json_of(&cancelled("o", State::Gone))));
    for (key, want) in [("withheld", json!("report_only")), ("cancel", Value::Null), ("state", Value::Null)] {
        assert_eq!(got[key], want, "{key}");
    }
    assert_eq!((&got["cancel_attempts"], &got["polls"]), (&json!(0), &json!(0)));
}

#[test]
fn what_a_window_withholds_says_when_it_opens_and_why() {
    let held = Violator {
        opens_at: "2027-01-06T23:00:00Z".parse().ok(),
        window: Some("frozen by year-end; opens 2027-01-07 00:00 Europe/Berlin".to_owned()),
        ..violator("o", Some(Withheld::Window))
    };
    let got = json_of(&OperationRecord::untouched(&held, "sweep-1", Mode::Enforce));
    assert_eq!(keys(&got), keys(&json_of(&cancelled("o", State::Gone))));
    assert_eq!((&got["withheld"], &got["opens_at"]), (&json!("window"), &json!("2027-01-06T23:00:00Z")));
    assert_eq!(got["message"], "frozen by year-end; opens 2027-01-07 00:00 Europe/Berlin");
}

#[test]
fn every_reason_answer_and_state_has_its_word() {
    for (withheld, want) in [
        (Withheld::Audit, "audit"),
        (Withheld::Off, "off"),
        (Withheld::ReportOnly, "report_only"),
        (Withheld::Window, "window"),
        (Withheld::Limit, "limit"),
        (Withheld::Deadline, "deadline"),
        (Withheld::AlreadyRequested, "already_requested"),
        (Withheld::Changed, "changed"),
    ] {
        assert_eq!(json_of(&withheld), want);
        assert_eq!(withheld.to_string(), want);
    }
    for (answer, want) in [
        (CancelAnswer::Accepted, "accepted"),
        (CancelAnswer::Unsupported, "unsupported"),
        (CancelAnswer::Denied, "denied"),
        (CancelAnswer::NotFound, "not_found"),
        (CancelAnswer::Refused, "refused"),
        (CancelAnswer::Unreachable, "unreachable"),
    ] {
        assert_eq!(json_of(&answer), want);
        assert_eq!(answer.to_string(), want);
    }
    let states = ["cancelled", "completed", "failed", "finished", "cancelling", "ignored", "running", "gone"];
    for (state, want) in State::ALL.into_iter().zip(states.into_iter().chain(["unknown"])) {
        assert_eq!(json_of(&state), want);
        assert_eq!(state.to_string(), want);
    }
}

#[test]
fn a_refused_cancel_keeps_its_code_and_both_messages() {
    let mut record = untouched("o", None);
    record.answer(refused("already finished"));
    record.follow(seen(State::Unknown, Some("could not be read: HTTP 500: broken")));
    let got = json_of(&record);
    assert_eq!(got["cancel"], "refused");
    assert_eq!(got["cancel_code"], "FAILED_PRECONDITION");
    assert_eq!(got["cancel_attempts"], 3);
    assert_eq!(got["message"], "already finished; could not be read: HTTP 500: broken");
}

#[test]
fn a_gap_is_one_flat_line_with_every_key() {
    let (whole, known) = (gap(None), gap(Some("l")));
    let want = json!({
        "event": "gap", "sweep_id": "sweep-1", "mode": "audit", "service": "clouddeploy",
        "path": "projects/p/locations/l/operations", "project": "p", "location": "l", "reason": "unreachable", "message": "could not be read",
    });
    assert_eq!(json_of(&GapRecord::new(&known, "sweep-1", Mode::Audit)), want);
    assert_eq!(json_of(&GapRecord::new(&whole, "sweep-1", Mode::Audit))["location"], Value::Null);
}

#[test]
fn a_sweep_is_one_line_with_its_sums() {
    let mut requested = untouched("asked", Some(Withheld::AlreadyRequested));
    requested.follow(seen(State::Cancelling, None));
    let mut report = report(vec![
        cancelled("a", State::Cancelled),
        cancelled("b", State::Cancelled),
        cancelled("c", State::Ignored),
        untouched("d", Some(Withheld::Limit)),
        requested,
    ]);
    report.limit = Some("max_cancellations: at most 3 in one sweep; 4 break a rule".to_owned());
    let want = json!({
        "event": "sweep", "sweep_id": "sweep-1", "mode": "enforce", "trigger": "schedule",
        "policy_digest": "sha256:00", "policy_source": "ssm:/curfew/policy", "plan_digest": null,
        "started_at": "2026-11-24T12:00:00Z", "now": null, "duration_ms": 5210,
        "listing_ms": 900, "complete": true, "collections": 2, "gaps": [], "gaps_omitted": 0, "seen": 16,
        "done": 1, "spared": 10, "violating": 5, "withheld": { "limit": 1, "already_requested": 1 },
        "limit": "max_cancellations: at most 3 in one sweep; 4 break a rule", "attempted": 3,
        "answers": { "accepted": 3 }, "states": { "cancelled": 2, "ignored": 1 },
        "followed_up": { "cancelling": 1 }, "outside_policy": [], "accounting_mismatches": [],
    });
    assert_eq!(json_of(&report.line()), want);
    let whole = json_of(&report.whole());
    assert_eq!(whole["spared_because"], json!({ "no_rule": 4, "protected": 6 }));
    assert_eq!(whole["operations"][0]["operation"], "projects/p/locations/l/operations/a");
    assert_eq!((whole["operations"].as_array().unwrap().len(), &whole["operations_omitted"]), (5, &json!(0)));
    for (key, value) in want.as_object().unwrap() {
        assert_eq!(&whole[key], value, "{key}");
    }
}

#[test]
fn a_run_returns_a_thousand_operations_and_says_how_many_it_left_out() {
    for (count, kept, omitted) in [(1_000, 1_000, 0), (1_001, 1_000, 1), (2_500, 1_000, 1_500)] {
        let report = report((0..count).map(|n| cancelled(&format!("o{n}"), State::Cancelled)).collect());
        let got = json_of(&report.whole());
        assert_eq!(got["operations"].as_array().unwrap().len(), kept);
        assert_eq!(got["operations"][0]["operation"], "projects/p/locations/l/operations/o0");
        assert_eq!(got["operations_omitted"], omitted);
        assert_eq!(got["violating"], count, "the sums are of all");
        assert_eq!(got["states"]["cancelled"], count);
    }
}

#[test]
fn a_sweep_line_stays_small_however_many_gaps_there_are() {
    let mut report = report(Vec::new());
    report.gaps = vec![gap(Some("l")); 250];
    let got = json_of(&report.line());
    assert_eq!((got["gaps"].as_array().unwrap().len(), &got["gaps_omitted"]), (100, &json!(150)));
    assert_eq!(keys(&got["gaps"][0]), ["location", "message", "path", "project", "reason", "service"]);
    assert_eq!(got["complete"], false);
}

#[test]
fn sums_that_do_not_add_up_are_told_everywhere() {
    type Wrong = fn(&mut Report);
    let wrongs: [(Wrong, &str); 6] = [
        (|report| report.seen += 1, "seen is 14, but done + spared + violating is 13"),
        (|report| report.spared_because.clear(), "spared is 10, but the sum of spared_because is 0"),
        (|report| report.operations[0].cancel = None, "attempted is 1, but the sum of answers is 0"),
        (|report| report.operations[0].state = None, "attempted is 1, but the sum of states is 0"),
        (
            |report| report.operations[1].state = Some(State::Gone),
            "withheld as already_requested is 0, but the sum of followed_up is 1",
        ),
        (
            |report| report.operations[1].withheld = Some(Withheld::AlreadyRequested),
            "withheld as already_requested is 1, but the sum of followed_up is 0",
        ),
    ];
    for (wrong, want) in wrongs {
        let mut report =
            report(vec![cancelled("a", State::Cancelled), untouched("b", Some(Withheld::Audit))]);
        assert_eq!(report.mismatches(), [""; 0]);
        assert_eq!(report.standing(), Standing::AllWell);
        wrong(&mut report);
        assert_eq!(report.mismatches(), [want]);
        assert_eq!(json_of(&report.line())["accounting_mismatches"], json!([want]));
        assert_eq!(report.standing(), Standing::NeedsAttention);
        assert!(
            report
                .to_string()
                .contains(&format!("ACCOUNTING MISMATCH (a bug in curfew, please report it): {want}"))
        );
    }
}

#[test]
fn all_is_well_only_when_every_violator_is_verifiably_cancelled() {
    for state in State::ALL {
        let want = if state == State::Cancelled { Standing::AllWell } else { Standing::NeedsAttention };
        assert_eq!(report(vec![cancelled("o", state)]).standing(), want, "{state}");
        let mut requested = untouched("o", Some(Withheld::AlreadyRequested));
        requested.follow(seen(state, None));
        assert_eq!(report(vec![requested]).standing(), want, "already requested, {state}");
    }
}

#[test]
fn what_was_not_meant_to_be_cancelled_needs_no_attention() {
    for (withheld, want) in [
        (Withheld::Audit, Standing::AllWell),
        (Withheld::ReportOnly, Standing::AllWell),
        (Withheld::Changed, Standing::AllWell),
        (Withheld::Window, Standing::AllWell),
        (Withheld::Limit, Standing::NeedsAttention),
        (Withheld::Deadline, Standing::NeedsAttention),
    ] {
        let report = report(vec![untouched("o", Some(withheld))]);
        assert_eq!(report.standing(), want, "{withheld}");
        assert_eq!(report.is_complete(), withheld != Withheld::Deadline, "{withheld}");
    }
}

#[test]
fn a_gap_needs_attention_and_nothing_but_gaps_is_nothing_read() {
    let mut report = report(Vec::new());
    report.gaps = vec![gap(Some("l"))];
    assert_eq!((report.standing(), report.is_complete()), (Standing::NeedsAttention, false));
    report.pages = 0;
    assert_eq!(report.standing(), Standing::NothingRead);
    report.mode = Mode::Off;
    assert_eq!(report.standing(), Standing::AllWell);
}

#[test]
fn a_report_says_its_sums_in_words() {
    let mut report = report(vec![
        cancelled("a", State::Cancelled),
        cancelled("b", State::Ignored),
        untouched("c", Some(Withheld::Limit)),
    ]);
    report.limit = Some("max_share: 25% of 8 allows 2; 3 break a rule".to_owned());
    report.gaps = vec![gap(Some("m"))];
    report.outside_policy = vec!["clouddeploy projects/q".to_owned()];
    let want = "\
14 seen: 1 ended, 10 spared (6 protected, 4 no_rule), 3 violating
2 attempted (2 accepted) → 1 cancelled, 1 ignored; withheld: 1 limit
limit: max_share: 25% of 8 allows 2; 3 break a rule
gap: clouddeploy projects/p/locations/m: could not be read
outside of the policy, not looked at: clouddeploy projects/q";
    assert_eq!(report.to_string(), want);
    report.mode = Mode::Off;
    assert_eq!(report.to_string(), "nothing was read, nothing was sent");
}

#[test]
fn every_gap_reason_has_its_word() {
    for (reason, want) in [
        (GapReason::NotFound, "not_found"),
        (GapReason::Denied, "denied"),
        (GapReason::Unauthenticated, "unauthenticated"),
        (GapReason::NoCredential, "no_credential"),
        (GapReason::Unsupported, "unsupported"),
        (GapReason::Refused, "refused"),
        (GapReason::Unreachable, "unreachable"),
        (GapReason::Deadline, "deadline"),
        (GapReason::Incomplete, "incomplete"),
    ] {
        assert_eq!(json_of(&reason), want);
    }
}
