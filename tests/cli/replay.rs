//! `curfew replay`: a recorded report, decided again.

use std::fs;

use crate::{Desk, POLICY, SCENARIO, name};

#[tokio::test]
async fn a_recorded_sweep_is_decided_again_without_asking_the_service() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let sweep = ["sweep", "--mode", "enforce", "--record", "--format", "json"];
    let report = desk.run(&sweep).await.exits(0);
    fs::write(desk.path().join("report.json"), &report.out).unwrap();
    let asked = desk.emulator.journal().requests.len();

    let replayed =
        desk.run_with(&["replay", "report.json"], &[("CURFEW_CREDENTIALS", "file:gone")]).await.exits(0);
    replayed.says("5 decisions made again: equal, byte for byte");
    assert_eq!(desk.emulator.journal().requests.len(), asked);

    // As a tool that indents, sorts and shortens JSON leaves it.
    fs::write(desk.path().join("compact.json"), report.json().to_string()).unwrap();
    desk.run(&["replay", "compact.json"]).await.exits(0);
}

#[tokio::test]
async fn a_narrowed_sweep_is_decided_again_as_narrowed() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let sweep = ["sweep", "--operation", &name("stuck"), "--record", "--format", "json"];
    let report = desk.run(&sweep).await.exits(0);
    fs::write(desk.path().join("report.json"), &report.out).unwrap();
    desk.run(&["replay", "report.json"]).await.exits(0).says("equal, byte for byte");
}

#[tokio::test]
async fn a_report_that_was_changed_is_told_apart_with_both_readings() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let report = desk.run(&["sweep", "--record", "--format", "json"]).await.exits(0);
    let changed = report.out.replacen("age 3h 12m exceeds", "age 9h 12m exceeds", 1);
    assert_ne!(changed, report.out);
    fs::write(desk.path().join("report.json"), changed).unwrap();
    let ran = desk.run(&["replay", "report.json"]).await.exits(1);
    ran.says("NOT equal");
    ran.says("replayed: clouddeploy projects/acme-web/locations/europe-west1/operations/stuck: stuck-changes: age 3h 12m");
}

#[tokio::test]
async fn without_a_recording_or_with_another_policy_it_says_what_to_do() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let bare = desk.run(&["sweep", "--format", "json"]).await.exits(0);
    assert!(bare.json().get("recording").is_none());
    fs::write(desk.path().join("bare.json"), &bare.out).unwrap();
    desk.run(&["replay", "bare.json"]).await.exits(2).complains("curfew sweep --record");

    let report = desk.run(&["sweep", "--record", "--format", "json"]).await.exits(0);
    fs::write(desk.path().join("report.json"), &report.out).unwrap();
    fs::write(desk.path().join("policy.yaml"), POLICY.replace("2h", "3h")).unwrap();
    let ran = desk.run(&["replay", "report.json"]).await.exits(2);
    ran.complains("it was made under the policy sha256:");
}
