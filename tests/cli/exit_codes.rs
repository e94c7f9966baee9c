//! The exit codes, which scripts are built upon: each with what leads to it.

use crate::{Desk, POLICY, SCENARIO};

/// The exit code of an enforcing sweep of this world, with one violator whose cancel goes as said.
async fn enforcing(on_cancel: &str) -> i32 {
    let scenario = format!(
        "operations: [{{ name: projects/acme-web/locations/europe-west1/operations/o, age: 3h, verb: create, \
         target: t/1, on_cancel: {on_cancel} }}]"
    );
    Desk::new(POLICY, &scenario).await.run(&["sweep", "--mode", "enforce"]).await.code
}

#[tokio::test]
async fn zero_means_that_every_violator_is_verified_as_cancelled() {
    assert_eq!(enforcing("cancelled").await, 0);
    let nothing = "locations: { acme-web: [europe-west1] }";
    Desk::new(POLICY, nothing).await.run(&["sweep", "--mode", "enforce"]).await.exits(0);
}

#[tokio::test]
async fn one_means_that_a_violator_was_not_cancelled() {
    for on_cancel in ["ignored", "cancelling", "denied", "completed", "{ answer: unimplemented }"] {
        assert_eq!(enforcing(on_cancel).await, 1, "{on_cancel}");
    }
    let none = POLICY.replace("follow_up:", "limits: { max_cancellations: 0 }\nfollow_up:");
    let limited = Desk::new(&none, SCENARIO).await.run(&["sweep", "--mode", "enforce"]).await.exits(1);
    limited.says("withheld: limit");
}

#[tokio::test]
async fn one_means_that_a_collection_could_not_be_read_while_others_were() {
    let policy = POLICY.replace("[europe-west1]", "[europe-west1, us-central1]");
    let fault = "
faults:
  - { call: list, name: \"**/us-central1\", times: always, answer: { status: 403, code: PERMISSION_DENIED } }
";
    let desk = Desk::new(&policy, &format!("{SCENARIO}{fault}")).await;
    for command in [&["sweep"][..], &["explain"], &["sweep", "--format", "json"]] {
        let ran = desk.run(command).await.exits(1);
        assert!(format!("{}{}", ran.out, ran.err).contains("PERMISSION_DENIED"), "{ran:?}");
    }
}

#[tokio::test]
async fn two_means_bad_usage_policy_or_configuration() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    for (arguments, says) in [
        (&["sweep", "--nope"][..], "--nope"),
        (&["sweep", "--mode", "brave"], "`off`, `audit` or `enforce`"),
        (&["sweep", "--format", "xml"], "json"),
        (&["sweep", "--operation", "o"], "projects/{project}/locations/{location}/operations/{id}"),
        (&["explain", "projects/p/locations/l/operations/.."], "is not an operation name"),
        (&["sweep", "--policy", "no-such.yaml"], "no-such.yaml"),
        (&["sweep", "--policy", "s3://bucket"], "s3://BUCKET/KEY"),
        (&["sweep", "--policy", "git:policy.yaml"], "git:policy.yaml"),
        (&["sweep", "--credentials", "nonsense"], "write adc, file:PATH, secretsmanager:ID or none"),
        (&["sweep", "--credentials", "file:no-such.json"], "no-such.json"),
        (&["sweep", "--endpoint", "nonsense"], "write one like"),
        (&["sweep", "--endpoint", "http://example.com"], "loopback"),
        (&["explain", "--endpoint", "nonsense"], "write one like"),
        (&["emulator", "--scenario", "no-such.yaml"], "no-such.yaml"),
        (&["emulator", "--listen", "nonsense"], "--listen"),
        (&["nonsense"], "nonsense"),
    ] {
        let ran = desk.run(arguments).await.exits(2);
        ran.complains(says);
        ran.complains("error: ");
        assert_eq!(ran.out, "", "{arguments:?}");
    }
    assert_eq!(desk.emulator.journal().requests, []);
}

#[tokio::test]
async fn three_means_that_nothing_could_be_read() {
    let refused = Desk::new(POLICY, &format!("require_token: true\n{SCENARIO}")).await;
    for command in [&["sweep", "--mode", "enforce"][..], &["sweep", "--format", "json"], &["explain"]] {
        refused.run(command).await.exits(3);
    }
    let away = Desk::new(POLICY, SCENARIO).await;
    let nobody = ["sweep", "--endpoint", "http://127.0.0.1:1"];
    away.run(&nobody).await.exits(3).says("no connection");
}

#[tokio::test]
async fn a_secret_that_was_put_into_the_wrong_place_is_not_repeated() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let secret = r#"{"private_key": "MARKED-FAKE-KEY"}"#;
    for arguments in [&["sweep"][..], &["sweep", "--help"], &["explain", "--help"]] {
        let ran = desk.run_with(arguments, &[("CURFEW_CREDENTIALS", secret)]).await;
        assert!(!format!("{ran:?}").contains("MARKED-FAKE-KEY"), "{ran:?}");
    }
}
