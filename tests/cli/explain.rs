//! `curfew explain`: the reason for each operation, and everything that led to one.

use serde_json::json;

use crate::{Desk, POLICY, SCENARIO, name};

#[tokio::test]
async fn every_operation_is_listed_with_its_verdict_and_reason_and_nothing_is_cancelled() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let list = desk.run(&["explain"]).await.exits(0);
    for (id, verdict, reason) in [
        ("stuck", "cancel", "rule stuck-changes: age 3h 12m exceeds max_age 2h"),
        ("young", "spared", "rule stuck-changes: age 41m is within max_age 2h, due in 1h 1"),
        ("guarded", "spared", "protected by production"),
        ("deleting", "report", "rule anything-else: age 2d exceeds max_age 1d"),
        ("over", "ended", "it has ended"),
    ] {
        let line = list.line(&format!("/{id} "));
        assert!(line.contains(&format!("  {verdict}  ")) && line.contains(reason), "{line}");
    }
    assert_eq!(list.err, "");
    assert_eq!(desk.emulator.journal().count("POST"), 0);
}

#[tokio::test]
async fn the_list_as_json_says_the_same() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let list = desk.run(&["explain", "--format", "json"]).await.exits(0).json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 5);
    let stuck = list.iter().find(|entry| entry["operation"] == name("stuck")).unwrap();
    let want = json!({
        "service": "clouddeploy", "operation": name("stuck"), "verdict": "violates", "would": "cancel",
        "reason": "rule stuck-changes: age 3h 12m exceeds max_age 2h", "opens_at": null, "window": null,
    });
    assert_eq!(*stuck, want);
}

#[tokio::test]
async fn one_operation_in_full_shows_protections_and_rules_in_order_with_actual_values() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let full = desk.run(&["explain", &name("stuck")]).await.exits(0);
    let order = [
        "verb                    create",
        "protection production: does not hold",
        "false    target is `projects/acme-web/locations/europe-west1/targets/test-1`, wanted **/targets/prod-*",
        "rule stuck-changes: max_age 2h, for verb: create or update: its match holds: it decides",
        "true     verb is `create`, wanted create or update",
        "rule anything-else: max_age 1d, report only, for everything: not reached",
        "verdict: rule stuck-changes: age 3h 12m exceeds max_age 2h",
        "an enforcing sweep would: cancel",
    ];
    let mut rest = full.out.as_str();
    for want in order {
        let (_, after) = rest.split_once(want).unwrap_or_else(|| panic!("want {want:?} here:\n{rest}"));
        rest = after;
    }
    let young = desk.run(&["explain", &name("young")]).await.exits(0);
    young.says("verdict: rule stuck-changes: age 41m is within max_age 2h, due in 1h 1");
    assert!(!young.out.contains("an enforcing sweep would"), "{}", young.out);
}

#[tokio::test]
async fn what_is_missing_is_shown_as_unknown() {
    let bare = "operations: [{ name: projects/acme-web/locations/europe-west1/operations/bare, age: 9h, \
                metadata: none }]";
    let full = Desk::new(POLICY, bare).await.run(&["explain", &name("bare")]).await.exits(0);
    full.says("protection production: cannot be ruled out, so it holds");
    full.says("unknown  target is missing");
    full.says("unknown  verb is missing");
    full.says("verdict: protected by production, which cannot be ruled out: data is missing");
}

#[tokio::test]
async fn one_operation_as_json_has_the_whole_trace() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let full = desk.run(&["explain", &name("guarded"), "--format", "json"]).await.exits(0).json();
    assert_eq!((&full["verdict"], &full["would"]), (&json!("spared"), &json!(null)));
    assert_eq!(full["protections"][0]["name"], "production");
    assert_eq!(full["protections"][0]["truth"], "true");
    let want = json!({
        "what": "target", "wanted": "**/targets/prod-*", "truth": "true",
        "actual": "`projects/acme-web/locations/europe-west1/targets/prod-1`",
    });
    assert_eq!(full["protections"][0]["trace"], want);
    assert_eq!(full["rules"].as_array().unwrap().len(), 2);
    assert_eq!(full["rules"][0]["outcome"], "its match holds: it decides");
}

#[tokio::test]
async fn an_operation_over_the_limit_is_told_which_limit() {
    let one = POLICY.replace("follow_up:", "limits: { max_cancellations: 0 }\nfollow_up:");
    let full = Desk::new(&one, SCENARIO).await.run(&["explain", &name("stuck")]).await.exits(0);
    full.says("an enforcing sweep would: withhold: limit");
    full.says("limit: max_cancellations: 0 allows none");
}

#[tokio::test]
async fn an_operation_that_is_not_there_is_told_apart_from_one_outside_of_the_policy() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let ran = desk.run(&["explain", &name("no-such")]).await.exits(1);
    ran.complains("is not among the 5 operations that were read");
}

/// Every day of the week: frozen at whatever time the test runs.
const FROZEN: &str = "freeze: [{ name: always, days: [mon, tue, wed, thu, fri, sat, sun] }]\n";

#[tokio::test]
async fn a_violator_in_a_freeze_is_shown_with_what_the_windows_say() {
    let desk = Desk::new(&format!("{POLICY}{FROZEN}"), SCENARIO).await;
    let list = desk.run(&["explain"]).await.exits(0);
    let line = list.line("/stuck ");
    assert!(
        line.contains("withhold: window") && line.contains("; frozen by always; does not open"),
        "{line}"
    );

    let full = desk.run(&["explain", &name("stuck")]).await.exits(0);
    full.says("freeze always: Mon-Sun UTC (the whole policy): it is now");
    full.says("an enforcing sweep would: withhold: window");
    full.says("window: frozen by always; does not open within 5 years");

    let full = desk.run(&["explain", "--format", "json", &name("stuck")]).await.exits(0).json();
    assert_eq!((&full["would"], &full["opens_at"]), (&json!("withhold: window"), &json!(null)));
    let want = json!([{ "kind": "freeze", "rule": null, "window": "always: Mon-Sun UTC", "holds": true }]);
    assert_eq!(full["windows"], want);
}
