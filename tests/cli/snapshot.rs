//! `curfew snapshot`, and judging what it saved.

use serde_json::{Value, json};

use crate::{Desk, POLICY, SCENARIO};

/// A policy that nobody's operation breaks, for the same place and one more.
const WIDER: &str = "
version: 1
scopes:
  - projects: [acme-web]
    locations: [europe-west1, us-central1]
rules:
  - name: anything
    max_age: 9d
";

#[tokio::test]
async fn what_is_saved_is_judged_like_the_service_without_it_and_without_a_credential() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    desk.run(&["snapshot", "--output", "now.json"])
        .await
        .exits(0)
        .complains("5 operations in 1 collections, 4 of them");
    assert_eq!(desk.emulator.journal().count("POST"), 0);

    let asked = desk.emulator.journal().count("GET");
    let offline =
        ["explain", "--snapshot", "now.json", "--credentials", "file:gone.json", "--format", "json"];
    let got = desk.run(&offline).await.exits(0).json();
    assert_eq!(desk.emulator.journal().count("GET"), asked, "the service was asked");
    let verdicts = |list: &Value| -> Vec<String> {
        let entries = list.as_array().unwrap().iter();
        entries.map(|entry| format!("{} {}", entry["operation"], entry["verdict"])).collect()
    };
    let want = desk.run(&["explain", "--format", "json"]).await.exits(0).json();
    assert_eq!(verdicts(&got), verdicts(&want));
}

#[tokio::test]
async fn without_a_file_the_snapshot_is_printed() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let printed = desk.run(&["snapshot"]).await.exits(0).json();
    assert_eq!(printed["curfew_snapshot"], 2);
    let path = "projects/acme-web/locations/europe-west1/operations";
    let collection = json!({ "service": "clouddeploy", "path": path, "names": [format!("{path}/*")] });
    assert_eq!(printed["collections"], json!([collection]));
    assert_eq!(printed["operations"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_place_that_the_snapshot_was_saved_without_is_a_gap_and_not_empty() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    desk.run(&["snapshot", "-o", "now.json"]).await.exits(0);
    std::fs::write(desk.path().join("wider.yaml"), WIDER).unwrap();
    let ran = desk.run(&["explain", "--policy", "wider.yaml", "--snapshot", "now.json"]).await.exits(1);
    ran.complains("us-central1: the snapshot was saved without it");
}

#[tokio::test]
async fn a_snapshot_of_another_version_is_told_to_be_saved_anew() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    desk.run(&["snapshot", "-o", "now.json"]).await.exits(0);
    let now = std::fs::read_to_string(desk.path().join("now.json")).unwrap();
    let old = now.replacen("\"curfew_snapshot\": 2", "\"curfew_snapshot\": 1", 1);
    std::fs::write(desk.path().join("old.json"), old).unwrap();
    let ran = desk.run(&["explain", "--snapshot", "old.json"]).await.exits(2);
    ran.complains("old.json");
    ran.complains("of version 1, and this curfew reads version 2: save it anew");
}

#[tokio::test]
async fn a_file_that_is_no_snapshot_is_bad_input() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    for (file, text) in [("empty.json", ""), ("other.json", "{}"), ("policy.json", "[1]")] {
        std::fs::write(desk.path().join(file), text).unwrap();
        let ran = desk.run(&["explain", "--snapshot", file]).await.exits(2);
        ran.complains(file);
        ran.complains("not a snapshot");
    }
    let ran = desk.run(&["explain", "--snapshot", "gone.json"]).await.exits(2);
    ran.complains("gone.json");
}
