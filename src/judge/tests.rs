use super::*;
use crate::testing::{ended, now, policy, running};
use chrono::TimeDelta;

const TWO_RULES: &str = r#"
protect:
  - name: production
    match: { target: "**/targets/prod-*" }
rules:
  - name: stuck-changes
    match: { verb: [create, update] }
    max_age: 2h
  - name: rest
    max_age: 1d
    action: report
"#;

fn said(operation: &Operation, policy_text: &str) -> String {
    judge(operation, &policy(policy_text), now()).verdict.to_string()
}

#[test]
fn an_operation_is_over_its_age_only_beyond_it() {
    assert_eq!(
        said(&running("o", 41), TWO_RULES),
        "rule stuck-changes: age 41m is within max_age 2h, due in 1h 19m"
    );
    assert_eq!(
        said(&running("o", 120), TWO_RULES),
        "rule stuck-changes: age 2h is within max_age 2h, due in 0s"
    );
    assert_eq!(said(&running("o", 192), TWO_RULES), "rule stuck-changes: age 3h 12m exceeds max_age 2h");
}

#[test]
fn the_first_rule_whose_match_holds_decides() {
    let deleting = Operation { verb: Some(Arc::from("delete")), ..running("o", 192) };
    assert_eq!(said(&deleting, TWO_RULES), "rule rest: age 3h 12m is within max_age 1d, due in 20h 48m");
}

#[test]
fn a_missing_create_time_never_selects() {
    let operation = Operation { create_time: None, ..running("o", 999_999) };
    assert_eq!(said(&operation, TWO_RULES), "undecidable: no create time");
}

#[test]
fn a_create_time_in_the_future_is_not_an_age() {
    let operation = Operation { create_time: Some(now() + TimeDelta::seconds(1)), ..running("o", 0) };
    assert_eq!(said(&operation, TWO_RULES), "undecidable: the create time lies in the future");
}

#[test]
fn an_operation_is_not_cancelled_when_it_cannot_be_read_whether_somebody_asked_before() {
    let unreadable = Operation { cancellation_requested: None, ..running("o", 192) };
    assert_eq!(said(&unreadable, TWO_RULES), "undecidable: no cancellation_requested");
    let reported = "rules: [{ name: r, max_age: 2h, action: report }]";
    assert_eq!(said(&unreadable, reported), "rule r: age 3h 12m exceeds max_age 2h");
}

#[test]
fn an_unknown_match_does_not_pass_the_operation_on_to_a_later_rule() {
    let operation = Operation { verb: None, ..running("o", 100_000) };
    assert_eq!(said(&operation, TWO_RULES), "undecidable: no verb");
}

#[test]
fn a_protection_holds_whatever_a_rule_says() {
    let target = Some(Arc::from("projects/p/locations/l/targets/prod-eu"));
    let operation = Operation { target, ..running("o", 100_000) };
    assert_eq!(said(&operation, TWO_RULES), "protected by production");
}

#[test]
fn a_protection_holds_when_the_data_that_would_lift_it_is_missing() {
    let operation = Operation { target: None, ..running("o", 100_000) };
    assert_eq!(
        said(&operation, TWO_RULES),
        "protected by production, which cannot be ruled out: data is missing"
    );
}

#[test]
fn an_operation_that_has_ended_is_never_judged_by_a_rule() {
    assert_eq!(judge(&ended("o", 100_000), &policy(TWO_RULES), now()).verdict, Verdict::Ended);
}

#[test]
fn an_operation_that_no_rule_covers_is_spared() {
    let only_updates = "rules:\n  - { name: u, match: { verb: update }, max_age: 1m }\n";
    assert_eq!(said(&running("o", 999), only_updates), "no rule matches");
}
