//! `curfew apply`: an approved plan, and every reason to refuse one.

use std::collections::BTreeSet;
use std::fs;

use chrono::TimeDelta;
use curfew::clock::Clock;
use serde_json::{Value, json};

use crate::forged::forged;
use crate::world::{OPERATION_KEYS, SWEEP_KEYS, assert_adds_up, assert_has_keys, cancelled};
use crate::{Desk, POLICY, SCENARIO, name};

/// A desk with a plan on it.
async fn planned() -> (Desk, String) {
    let desk = Desk::new(POLICY, SCENARIO).await;
    desk.run(&["plan", "-o", "plan.json"]).await.exits(0);
    let plan = fs::read_to_string(desk.path().join("plan.json")).unwrap();
    (desk, plan)
}

#[tokio::test]
async fn an_approved_plan_is_carried_out_and_the_report_is_about_its_operations_alone() {
    let (desk, plan) = planned().await;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let report = desk.run(&["apply", "plan.json", "--format", "json"]).await.exits(0).json();
    assert_eq!(cancelled(&desk.emulator), BTreeSet::from(["stuck".to_owned()]));
    assert_has_keys(&report, &SWEEP_KEYS);
    assert_adds_up(&report);
    assert_eq!((&report["mode"], &report["plan_digest"]), (&json!("enforce"), &plan["digest"]));
    assert_eq!((&report["seen"], &report["violating"]), (&json!(1), &json!(1)));
    assert_eq!(report["states"], json!({"cancelled": 1}));
    let operations = report["operations"].as_array().unwrap();
    operations.iter().for_each(|record| assert_has_keys(record, &OPERATION_KEYS));
    assert_eq!(operations.len(), 1);
    assert_eq!(operations[0]["operation"], name("stuck"));
}

#[tokio::test]
async fn a_plan_that_was_carried_out_finds_nothing_left_to_do_and_that_is_well() {
    let (desk, _) = planned().await;
    desk.run(&["apply", "plan.json"]).await.exits(0).says("1 attempted (1 accepted) → 1 cancelled");
    let again = desk.run(&["apply", "plan.json"]).await.exits(0);
    assert!(again.line("/stuck ").contains("withheld: changed"), "{}", again.out);
    assert!(again.line("/stuck ").ends_with("; it has ended"), "{}", again.out);
    assert_eq!(desk.emulator.journal().count("POST"), 1);
}

#[tokio::test]
async fn an_operation_that_was_recreated_under_its_name_is_left_alone() {
    let (desk, plan) = planned().await;
    let later = Desk::new(POLICY, SCENARIO).await;
    fs::write(later.path().join("plan.json"), plan).unwrap();
    let report = later.run(&["apply", "plan.json", "--format", "json"]).await.exits(0).json();
    assert_eq!(report["withheld"], json!({"changed": 1}));
    let message = report["operations"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("recreated: created at ") && message.contains(" instead of "), "{message}");
    assert_eq!((later.emulator.journal().count("POST"), desk.emulator.journal().count("POST")), (0, 0));
}

#[tokio::test]
async fn a_plan_that_may_not_be_carried_out_is_refused_and_nothing_is_sent() {
    let (desk, plan) = planned().await;
    let asked = desk.emulator.journal().requests.len();
    let snapshot_at = serde_json::from_str::<Value>(&plan).unwrap()["snapshot_at"].to_string();
    let tomorrow = serde_json::to_string(&(Clock::system().now() + TimeDelta::days(1))).unwrap();
    let operation = format!("\"operation\": \"{}\"", name("stuck"));
    let twice = format!("\"operation\": \"{}\"", name("deleting"));
    let foreign = operation.replace("acme-web", "acme-data");
    let cases = [
        ("", "it is not a plan that `curfew plan` wrote"),
        ("{}", "it is not a plan that `curfew plan` wrote: missing field `curfew_plan`"),
        (&plan.replacen("\"seen\"", "\"saw\"", 1), "unknown field `saw`"),
        (&plan.replace("\"curfew_plan\": 1", "\"curfew_plan\": 2"), "it is a plan of version 2"),
        (&plan.replace("stuck-changes", "stuck-changez"), "its digest does not fit the rest of it"),
        (&plan.replace("operations/stuck", "operations/young"), "its digest does not fit the rest of it"),
        (&plan.replace('\n', "\r\n"), "not in the bytes that `curfew plan` wrote"),
        (plan.trim_end(), "not in the bytes that `curfew plan` wrote"),
        (&forged(&plan, &operation, &twice), "operations/deleting more than once"),
        (&forged(&plan, &operation, &foreign), "which lies outside of the policy's scopes"),
        (&forged(&plan, &snapshot_at, "\"2026-01-01T00:00:00Z\""), "old, and a plan may be 1h old at most"),
        (
            &forged(&plan, &snapshot_at, &tomorrow),
            "in the future: the clock that made it or this one is wrong",
        ),
    ];
    for (text, want) in cases {
        fs::write(desk.path().join("other.json"), text).unwrap();
        for mode in ["enforce", "audit"] {
            let ran = desk.run(&["apply", "other.json", "--mode", mode]).await.exits(2);
            ran.complains("error: the plan other.json is refused: ");
            ran.complains(want);
            assert_eq!(ran.out, "");
        }
    }
    desk.run(&["apply", "plan.json", "--max-age", "0s"]).await.exits(2).complains("a plan may be 0s old");
    desk.run(&["apply", "plan.json", "--max-age", "5"]).await.exits(2).complains("a duration needs a unit");
    desk.run(&["apply", "none.json"]).await.exits(2).complains("the plan none.json could not be read");
    desk.run(&["apply"]).await.exits(2).complains("<PLAN>");
    assert_eq!(desk.emulator.journal().requests.len(), asked);
}

#[tokio::test]
async fn a_plan_of_another_project_or_of_a_policy_that_has_changed_is_refused_before_a_credential_is_read() {
    let (desk, plan) = planned().await;
    let asked = desk.emulator.journal().requests.len();
    let elsewhere = POLICY.replace("acme-web", "acme-data");
    let stricter = POLICY.replace("max_age: 2h", "max_age: 4h");
    for policy in [&elsewhere, &stricter, &format!("{POLICY}# one comment more\n")] {
        fs::write(desk.path().join("policy.yaml"), policy).unwrap();
        let ran = desk.run(&["apply", "plan.json", "--credentials", "file:gone.json"]).await.exits(2);
        ran.complains("the plan plan.json is refused: it was made under the policy sha256:");
    }
    assert!(plan.contains("sha256:"));
    assert_eq!(desk.emulator.journal().requests.len(), asked);
}

#[tokio::test]
async fn a_rehearsal_reads_everything_and_sends_no_cancel() {
    let (desk, _) = planned().await;
    for (arguments, variables) in [
        (&["apply", "plan.json", "--mode", "audit"][..], &[][..]),
        (&["apply", "plan.json"], &[("CURFEW_MODE", "audit")]),
    ] {
        let ran = desk.run_with(arguments, variables).await.exits(0);
        ran.says("mode audit: plan sha256:");
        ran.says(": 1 to be cancelled\n");
        ran.says("0 attempted; withheld: 1 audit");
    }
    assert_eq!(desk.emulator.journal().count("POST"), 0);
    // An empty variable counts as unset.
    desk.run_with(&["apply", "plan.json"], &[("CURFEW_MODE", "")]).await.exits(0).says("mode enforce");
    assert_eq!(desk.emulator.journal().count("POST"), 1);
}

#[tokio::test]
async fn the_policys_own_key_counts_for_a_plan_as_well() {
    let auditing = POLICY.replace("mode: enforce", "mode: audit");
    let desk = Desk::new(&auditing, SCENARIO).await;
    desk.run(&["plan", "-o", "plan.json"]).await.exits(0);
    let ran = desk.run(&["apply", "plan.json", "--mode", "enforce"]).await.exits(0);
    ran.says("withheld: 1 audit");
    ran.complains("the policy says `mode: audit`: this was a rehearsal, and nothing was cancelled");
    assert_eq!(desk.emulator.journal().count("POST"), 0);
}

#[tokio::test]
async fn off_reads_and_sends_nothing_whatever_else_is_broken() {
    let desk = Desk::new("broken: [", SCENARIO).await;
    let off = desk.run(&["apply", "no-such-plan.json", "--mode", "off"]).await.exits(0);
    off.says("mode off: nothing was read, nothing was sent");
    desk.run_with(&["apply", "no-such-plan.json"], &[("CURFEW_MODE", "off")]).await.exits(0);
    assert_eq!(desk.emulator.journal().requests, []);
}
