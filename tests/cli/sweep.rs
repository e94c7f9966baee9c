//! `curfew sweep`: both keys, the table, the report.

use std::collections::BTreeSet;

use serde_json::json;

use crate::world::{OPERATION_KEYS, SWEEP_KEYS, assert_adds_up, assert_has_keys, cancelled};
use crate::{Desk, POLICY, SCENARIO, name};

#[tokio::test]
async fn a_sweep_audits_unless_it_is_told_to_enforce() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let audit = desk.run(&["sweep"]).await.exits(0);
    audit.says("mode audit");
    assert!(audit.line("/stuck ").contains("withheld: audit"), "{}", audit.out);
    assert_eq!(desk.emulator.journal().count("POST"), 0);
    // A script that pipes it is not told how far it is.
    assert_eq!(audit.err, "");
    assert!(audit.out.lines().all(|line| !line.ends_with(' ') && !line.contains('\u{1b}')), "{}", audit.out);
}

#[tokio::test]
async fn an_enforcing_sweep_cancels_the_violators_alone_and_shows_what_became_of_them() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let sweep = desk.run(&["sweep", "--mode", "enforce"]).await.exits(0);
    assert_eq!(cancelled(&desk.emulator), BTreeSet::from(["stuck".to_owned()]));
    let words: Vec<&str> = sweep.line("/stuck ").split_whitespace().collect();
    let want = ["acme-web/europe-west1/stuck", "3h", "12m", "stuck-changes", "accepted", "cancelled"];
    assert_eq!(words[..6], want);
    assert!(sweep.line("/deleting ").contains("withheld: report_only"), "{}", sweep.out);
    sweep.says("5 seen: 1 ended, 2 spared (1 protected, 1 within_max_age), 2 violating");
    assert_eq!(sweep.err, "");
}

#[tokio::test]
async fn both_keys_must_turn() {
    let auditing = POLICY.replace("mode: enforce", "mode: audit");
    for (policy, arguments, variables, want) in [
        (POLICY, &["sweep", "-f", "json"][..], &[][..], "audit"),
        (POLICY, &["sweep", "-f", "json", "--mode", "enforce"], &[], "enforce"),
        (POLICY, &["sweep", "-f", "json"], &[("CURFEW_MODE", "enforce")], "enforce"),
        (POLICY, &["sweep", "-f", "json", "--mode", "audit"], &[("CURFEW_MODE", "enforce")], "audit"),
        (&auditing, &["sweep", "-f", "json", "--mode", "enforce"], &[], "audit"),
    ] {
        let desk = Desk::new(policy, SCENARIO).await;
        let got = desk.run_with(arguments, variables).await.exits(0).json();
        assert_eq!(got["mode"], want, "{arguments:?} {variables:?}\n{policy}");
        assert_eq!(desk.emulator.journal().count("POST"), usize::from(want == "enforce"));
    }
}

#[tokio::test]
async fn off_reads_and_sends_nothing_even_with_a_broken_policy() {
    let desk = Desk::new("broken: [", SCENARIO).await;
    let off = desk.run(&["sweep", "--mode", "off"]).await.exits(0);
    off.says("mode off: nothing was read, nothing was sent");
    assert_eq!(desk.run(&["sweep", "--mode", "off", "-f", "json"]).await.exits(0).json()["mode"], "off");
    assert_eq!(desk.emulator.journal().requests, []);
}

#[tokio::test]
async fn the_json_report_has_the_keys_of_the_contract_and_adds_up() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let report = desk.run(&["sweep", "--mode", "enforce", "--format", "json"]).await.exits(0).json();
    assert_has_keys(&report, &SWEEP_KEYS);
    assert_adds_up(&report);
    let operations = report["operations"].as_array().unwrap();
    assert_eq!(operations.len(), 2);
    operations.iter().for_each(|record| assert_has_keys(record, &OPERATION_KEYS));
    assert_eq!(report["states"], json!({"cancelled": 1}));
    assert_eq!(report["withheld"], json!({"report_only": 1}));
    assert_eq!(report["spared_because"], json!({"protected": 1, "within_max_age": 1}));
    assert_eq!((&report["operations_omitted"], &report["trigger"]), (&json!(0), &json!("command_line")));
}

#[tokio::test]
async fn a_named_operation_narrows_the_sweep_to_it() {
    let two = "{ name: projects/acme-web/locations/europe-west1/operations/other, age: 5h, verb: create, target: t/9 }";
    let desk = Desk::new(POLICY, &format!("{SCENARIO}  - {two}\n")).await;
    let stuck = name("stuck");
    desk.run(&["sweep", "--mode", "enforce", "--operation", &stuck]).await.exits(0);
    assert_eq!(cancelled(&desk.emulator), BTreeSet::from(["stuck".to_owned()]));
}

#[tokio::test]
async fn an_operation_outside_of_the_policy_is_an_error_that_names_the_scopes() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let stranger = "projects/stranger/locations/europe-west1/operations/o";
    for arguments in [&["sweep", "--mode", "enforce", "--operation", stranger][..], &["explain", stranger]] {
        let ran = desk.run(arguments).await.exits(2);
        ran.complains("lies outside of the policy's scopes");
        ran.complains("clouddeploy: acme-web in europe-west1");
    }
    assert_eq!(desk.emulator.journal().requests, []);
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let empty = [("CURFEW_MODE", ""), ("CURFEW_POLICY", "")];
    desk.run_with(&["sweep"], &empty).await.exits(0).says("mode audit");
    desk.run_with(&["explain"], &empty).await.exits(0);
    desk.run_with(&["validate"], &empty).await.exits(0).says("policy.yaml: valid");
    // Without an endpoint it is Google's: with no credential at all, nothing is sent there.
    let to_google = [("CURFEW_GOOGLE_ENDPOINT", ""), ("CURFEW_CREDENTIALS", "file:no-such-key.json")];
    desk.run_with(&["sweep"], &to_google).await.exits(2).complains("no-such-key.json");
}
