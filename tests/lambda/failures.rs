//! Runs that can do nothing: each fails under its own stable name, says what to do, tells no secret, and is over as
//! soon as the cause is.

use serde_json::json;

use crate::support::world::emulate;
use crate::{Deployment, POLICY, SCENARIO, SCHEDULE, plenty, records, text};

/// It belongs to no account and opens nothing.
const SERVICE_ACCOUNT: &str = include_str!("../../src/google/tests/throwaway-service-account.json");

/// Stands in for a secret; wherever it shows up, a real one would.
const MARK: &str = "MARKED-FAKE-KEY-6f1d";

/// Invokes a deployment once: the failure's type and message, which the log must tell too.
async fn fail(deployment: &Deployment) -> (String, String) {
    let mut lambda = deployment.start().await;
    let (error_type, message) = lambda.invoke(SCHEDULE, plenty()).await.error();
    let output = lambda.stop().await;
    let lines = records(&output.stdout);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(text(&lines[0], "event"), "failure");
    assert_eq!((text(&lines[0], "error_type"), text(&lines[0], "message")), (&*error_type, &*message));
    (error_type, message)
}

#[tokio::test]
async fn each_kind_of_failure_has_its_stable_type_and_sends_nothing() {
    let emulator = emulate(SCENARIO).await;
    let sound = || Deployment::new(&emulator, POLICY);
    for (deployment, want, says) in [
        (Deployment::without_policy(&emulator), "Curfew.PolicyUnreadable", "policy.yaml"),
        (sound().with("CURFEW_POLICY", "file:/no/such.yaml"), "Curfew.PolicyUnreadable", "/no/such.yaml"),
        (sound().with("CURFEW_POLICY", "nonsense"), "Curfew.ConfigurationInvalid", "CURFEW_POLICY"),
        (sound().with("CURFEW_MODE", "brave"), "Curfew.ConfigurationInvalid", "CURFEW_MODE"),
        (sound().with("CURFEW_CREDENTIALS", "nonsense"), "Curfew.ConfigurationInvalid", "CURFEW_CREDENTIALS"),
        (
            sound().with("CURFEW_CREDENTIALS", "file:no-such-key.json"),
            "Curfew.CredentialUnavailable",
            "no-such-key.json",
        ),
        (
            sound().with("CURFEW_GOOGLE_ENDPOINT", "http://example.com"),
            "Curfew.ConfigurationInvalid",
            "loopback",
        ),
        (
            sound().with("CURFEW_GOOGLE_ENDPOINT", "not a url"),
            "Curfew.ConfigurationInvalid",
            "CURFEW_GOOGLE_ENDPOINT is `not a url`",
        ),
    ] {
        let (error_type, message) = fail(&deployment).await;
        assert_eq!(error_type, want, "{message}");
        assert!(message.contains(says), "{want} should say {says}: {message}");
    }
    assert_eq!(emulator.journal().requests, []);
}

#[tokio::test]
async fn an_invalid_policy_is_told_with_line_and_caret_and_sends_nothing() {
    let emulator = emulate(SCENARIO).await;
    let wrong = POLICY.replace("max_age: 1h", "max_age: 90");
    let (error_type, message) = fail(&Deployment::new(&emulator, &wrong)).await;
    assert_eq!(error_type, "Curfew.PolicyInvalid");
    assert!(message.contains("policy.yaml:9:31"), "{message}");
    assert!(message.contains("max_age: 90") && message.contains('^'), "{message}");
    assert!(!message.contains('\u{1b}'), "a log holds no colour: {message}");
    assert_eq!(emulator.journal().requests, []);
}

#[tokio::test]
async fn a_credential_that_is_refused_everywhere_is_a_failure_and_not_a_report() {
    let emulator = emulate(&format!("require_token: true\n{SCENARIO}")).await;
    let (error_type, message) = fail_with_gaps(&Deployment::new(&emulator, POLICY)).await;
    assert_eq!(error_type, "Curfew.CredentialRejected");
    assert!(message.contains("check that the credential is current"), "{message}");
    assert!(emulator.journal().requests.len() >= 3 && emulator.journal().count("POST") == 0);
}

/// A rejection is only known after the listing, whose gaps stand in the log before it.
async fn fail_with_gaps(deployment: &Deployment) -> (String, String) {
    let mut lambda = deployment.start().await;
    let failure = lambda.invoke(SCHEDULE, plenty()).await.error();
    let lines = records(&lambda.stop().await.stdout);
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!((count("gap"), count("failure")), (3, 1), "{lines:?}");
    failure
}

#[tokio::test]
async fn a_warm_environment_reads_the_policy_anew_for_each_invocation() {
    let emulator = emulate(SCENARIO).await;
    let deployment = Deployment::new(&emulator, &POLICY.replace("max_age: 1h", "max_age: 3h30m"));
    let mut lambda = deployment.start().await;
    let first = lambda.invoke(SCHEDULE, plenty()).await.response();
    assert_eq!(first["states"], json!({"cancelled": 1}));
    deployment.write("policy.yaml", POLICY);
    let second = lambda.invoke(SCHEDULE, plenty()).await.response();
    // The first run's operation has ended; the changed policy selects the other.
    assert_eq!((&second["done"], &second["states"]), (&json!(1), &json!({"cancelled": 1})));
    assert_ne!(first["sweep_id"], second["sweep_id"]);
    assert_ne!(first["policy_digest"], second["policy_digest"]);
    let third = lambda.invoke(SCHEDULE, plenty()).await.response();
    assert_eq!((&third["done"], &third["attempted"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn the_environment_recovers_when_what_was_missing_appears() {
    let emulator = emulate(&format!("require_token: true\n{SCENARIO}")).await;
    let deployment = Deployment::without_policy(&emulator).with("CURFEW_CREDENTIALS", "file:key.json");
    let mut lambda = deployment.start().await;
    let (error_type, _) = lambda.invoke(SCHEDULE, plenty()).await.error();
    assert_eq!(error_type, "Curfew.PolicyUnreadable");
    deployment.write("policy.yaml", POLICY);
    let (error_type, _) = lambda.invoke(SCHEDULE, plenty()).await.error();
    assert_eq!(error_type, "Curfew.CredentialUnavailable");
    deployment.write("key.json", SERVICE_ACCOUNT);
    let report = lambda.invoke(SCHEDULE, plenty()).await.response();
    assert_eq!(report["states"], json!({"cancelled": 2}));
}

#[tokio::test]
async fn neither_a_key_nor_a_token_shows_up_in_any_output() {
    let emulator = emulate(&format!("require_token: true\n{SCENARIO}")).await;
    let broken = json!({
        "type": "service_account", "client_email": "a@example.invalid", "private_key_id": MARK,
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n"),
        "token_uri": "http://127.0.0.1:1/never-called",
    });
    let cut_off = format!("{{\"type\": \"service_account\", \"private_key\": \"{MARK}\", ");
    let key: serde_json::Value = serde_json::from_str(SERVICE_ACCOUNT).unwrap();
    let key_line = text(&key, "private_key").lines().nth(1).unwrap();
    for (file, works) in [(broken.to_string(), false), (cut_off, false), (SERVICE_ACCOUNT.to_owned(), true)] {
        let deployment = Deployment::new(&emulator, POLICY).with("CURFEW_CREDENTIALS", "file:key.json");
        deployment.write("key.json", &file);
        let mut lambda = deployment.start().await;
        let outcome = lambda.invoke(SCHEDULE, plenty()).await;
        let said = format!("{outcome} {:?}", lambda.stop().await);
        // `eyJ` begins every JSON web token.
        for secret in [MARK, key_line, "eyJ", "Bearer"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
        match works {
            true => assert!(outcome.response()["complete"] == true),
            false => assert_eq!(outcome.error().0, "Curfew.CredentialUnavailable"),
        }
    }
}
