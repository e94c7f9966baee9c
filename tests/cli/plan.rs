//! `curfew plan`: what is shown, and what is written down.

use serde_json::json;

use crate::{Desk, POLICY, SCENARIO, name};

#[tokio::test]
async fn a_plan_shows_what_is_cancelled_reported_and_spared_and_ends_with_the_sums() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let plan = desk.run(&["plan"]).await.exits(0);
    let want = format!(
        "\
To be cancelled, in this order:

  - clouddeploy {}
      create of projects/acme-web/locations/europe-west1/targets/test-1, 3h 12m",
        name("stuck")
    );
    assert!(plan.out.starts_with(&want), "{}", plan.out);
    plan.says("\n      rule stuck-changes: age 3h 12m");
    plan.says(&format!("To be reported, and not cancelled:\n\n  ! clouddeploy {}\n", name("deleting")));
    assert!(plan.out.ends_with("\nPlan: 1 to cancel, 1 to report, 0 withheld, 2 spared\n"), "{}", plan.out);
    plan.says("5 operations seen at ");
    assert!(!plan.out.contains("young") && !plan.out.contains("NOT EVERYTHING"), "{}", plan.out);
    assert_eq!((desk.emulator.journal().count("POST"), plan.err.as_str()), (0, ""));
    assert_eq!(std::fs::read_dir(desk.path()).unwrap().count(), 1, "a file was written");
}

#[tokio::test]
async fn what_is_withheld_says_why() {
    let limited = POLICY.replace("follow_up:", "limits: { max_cancellations: 0 }\nfollow_up:");
    let plan = Desk::new(&limited, SCENARIO).await.run(&["plan"]).await.exits(0);
    plan.says(&format!("Withheld:\n\n  ~ clouddeploy {}\n", name("stuck")));
    plan.says("      withheld: limit: max_cancellations: 0 allows none; 1 breaks a rule\n");
    plan.says("Plan: 0 to cancel, 1 to report, 1 withheld, 2 spared");
}

#[tokio::test]
async fn what_a_window_withholds_says_when_it_opens_here_and_in_the_file() {
    let frozen =
        POLICY.replace("rules:", "freeze: [{ name: for-good, dates: 2000-01-01..2099-12-31 }]\nrules:");
    let desk = Desk::new(&frozen, SCENARIO).await;
    let plan = desk.run(&["plan", "-o", "plan.json"]).await.exits(0);
    plan.says("      withheld: window: frozen by for-good; does not open within 5 years\n");
    let file = std::fs::read_to_string(desk.path().join("plan.json")).unwrap();
    assert!(file.contains("\"window\": \"frozen by for-good; does not open within 5 years\""), "{file}");
    desk.run(&["apply", "plan.json"]).await.exits(0).says("0 to be cancelled");
}

#[tokio::test]
async fn a_plan_of_a_policy_that_only_audits_says_that_it_will_cancel_nothing() {
    let auditing = POLICY.replace("mode: enforce", "mode: audit");
    let plan = Desk::new(&auditing, SCENARIO).await.run(&["plan"]).await.exits(0);
    plan.says("The policy says `mode: audit`: to apply this plan is a rehearsal");
}

#[tokio::test]
async fn what_could_not_be_read_is_told_loudly_and_stands_in_the_file() {
    let policy = POLICY.replace("[europe-west1]", "[europe-west1, us-central1]");
    let fault = "faults: [{ call: list, name: \"**/us-central1\", times: always, answer: { status: 403 } }]";
    let desk = Desk::new(&policy, &format!("{SCENARIO}{fault}")).await;
    let plan = desk.run(&["plan", "-o", "plan.json"]).await.exits(1);
    plan.says("NOT EVERYTHING COULD BE READ. What lies there is not in this plan:\n  gap: clouddeploy projects/acme-web");
    let printed = desk.run(&["plan", "--format", "json"]).await.exits(1);
    printed.complains("gap: clouddeploy projects/acme-web/locations/us-central1");
    let gap = &printed.json()["gaps"][0];
    assert_eq!(gap["path"], "projects/acme-web/locations/us-central1/operations");
    assert_eq!((&gap["location"], &gap["reason"]), (&json!("us-central1"), &json!("denied")));

    let nothing = "locations: { acme-web: [europe-west1] }
faults: [{ call: list, times: always, answer: { status: 403 } }]";
    Desk::new(POLICY, nothing).await.run(&["plan"]).await.exits(3);
}

#[tokio::test]
async fn the_file_holds_what_was_planned_and_what_is_printed_can_be_applied_as_well() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let told = desk.run(&["plan", "--output", "plan.json"]).await.exits(0);
    let text = std::fs::read_to_string(desk.path().join("plan.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    told.complains(&format!("plan.json: {}", file["digest"].as_str().unwrap()));
    assert_eq!((&file["curfew_plan"], &file["policy_source"]), (&json!(1), &json!("file:policy.yaml")));
    assert_eq!((&file["seen"], &file["done"], &file["spared"]), (&json!(5), &json!(1), &json!(2)));
    let stuck = &file["operations"].as_array().unwrap()[1];
    assert_eq!((&stuck["operation"], &stuck["withheld"]), (&json!(name("stuck")), &json!(null)));
    assert_eq!(
        (&stuck["rule"], &stuck["action"], &stuck["verb"]),
        (&json!("stuck-changes"), &json!("cancel"), &json!("create"))
    );

    let printed = desk.run(&["plan", "--format", "json"]).await.exits(0);
    std::fs::write(desk.path().join("piped.json"), &printed.out).unwrap();
    desk.run(&["apply", "piped.json", "--mode", "audit"]).await.exits(0).says("withheld: 1 audit");
}

#[tokio::test]
async fn a_plan_can_be_made_of_a_saved_snapshot_without_the_service() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    desk.run(&["snapshot", "-o", "now.json"]).await.exits(0);
    let asked = desk.emulator.journal().requests.len();
    let offline = ["plan", "--snapshot", "now.json", "--credentials", "file:gone.json", "-o", "plan.json"];
    desk.run(&offline).await.exits(0).says("Plan: 1 to cancel");
    assert_eq!(desk.emulator.journal().requests.len(), asked, "the service was asked");
    desk.run(&["apply", "plan.json"]).await.exits(0).says("1 attempted (1 accepted) → 1 cancelled");
}
