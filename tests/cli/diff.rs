//! `curfew diff`: what changes sides between two policies.

use std::fs;

use crate::{Desk, POLICY, SCENARIO, name};

/// A desk with a saved snapshot, and a policy beside the first: production is not protected, and the rest may run
/// longer.
async fn desk() -> Desk {
    let desk = Desk::new(POLICY, SCENARIO).await;
    desk.run(&["snapshot", "-o", "now.json"]).await.exits(0);
    let new = POLICY.replace("prod-*", "live-*").replace("max_age: 2h", "max_age: 4h");
    fs::write(desk.path().join("new.yaml"), new).unwrap();
    desk
}

#[tokio::test]
async fn the_operations_that_change_sides_are_named_with_both_reasons() {
    let desk = desk().await;
    let ran = desk.run(&["diff", "policy.yaml", "new.yaml", "--snapshot", "now.json"]).await.exits(0);
    for want in [
        &*format!(
            "clouddeploy {}\n  - spare: protected by production\n  + cancel: rule stuck-changes: age 9h exceeds \
             max_age 4h\n",
            name("guarded")
        ),
        &format!(
            "clouddeploy {}\n  - cancel: rule stuck-changes: age 3h 12m exceeds max_age 2h\n  + spare: rule \
             stuck-changes: age 3h 12m is within max_age 4h, due in 48m",
            name("stuck")
        ),
        "2 change sides; new cancels: 1",
    ] {
        ran.says(want);
    }
    assert!(!ran.out.contains("young"), "{}", ran.out);
}

#[tokio::test]
async fn a_build_fails_on_more_new_cancels_than_it_allows() {
    let desk = desk().await;
    let diff = ["diff", "policy.yaml", "new.yaml", "--snapshot", "now.json", "--fail-on-new-cancels"];
    desk.run(&[&diff[..], &["0"]].concat()).await.exits(1);
    desk.run(&[&diff[..], &["1"]].concat()).await.exits(0);
    let back = ["diff", "policy.yaml", "policy.yaml", "--snapshot", "now.json", "--fail-on-new-cancels", "0"];
    desk.run(&back).await.exits(0).says("0 change sides; new cancels: 0");
}

#[tokio::test]
async fn arming_a_policy_is_told_and_counts() {
    let desk = desk().await;
    fs::write(desk.path().join("audit.yaml"), POLICY.replace("mode: enforce", "mode: audit")).unwrap();
    let diff = ["diff", "audit.yaml", "policy.yaml", "--snapshot", "now.json", "--fail-on-new-cancels", "0"];
    let ran = desk.run(&diff).await.exits(1);
    ran.says("mode: audit → enforce: what is to be cancelled is cancelled from now on");
    ran.says("0 change sides; new cancels: 1");
    let json = desk.run(&[&diff[..], &["--format", "json"]].concat()).await.exits(1).json();
    assert_eq!((&json["new_cancels"], &json["modes"][1]), (&1.into(), &"enforce".into()));
}

#[tokio::test]
async fn a_place_that_the_snapshot_lacks_fails_the_comparison() {
    let desk = desk().await;
    let wider = POLICY.replace("[europe-west1]", "[europe-west1, us-central1]");
    fs::write(desk.path().join("wider.yaml"), wider).unwrap();
    let ran = desk.run(&["diff", "policy.yaml", "wider.yaml", "--snapshot", "now.json"]).await.exits(1);
    ran.says("us-central1: the snapshot was saved without it");
}
