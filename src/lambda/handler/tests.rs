use std::io::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::*;
use crate::config;
use crate::emulator::{Emulator, Scenario};

const SCHEDULED: &str = include_str!("../../../events/scheduler.json");

fn file(content: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn policy() -> NamedTempFile {
    file("version: 1\nscopes: [{ projects: [p], locations: [l] }]\nrules: [{ name: old, max_age: 1h }]\n")
}

async fn emulator(keys: &str) -> Emulator {
    let scenario = Scenario::parse(&format!("locations: {{ p: [l] }}\n{keys}"), "test").unwrap();
    Emulator::start(&scenario, "127.0.0.1:0".parse().unwrap(), Clock::system()).await.unwrap()
}

fn credential(emulator: &Emulator, refresh_token: &str) -> String {
    json!({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": refresh_token,
           "token_uri": format!("{}/token", emulator.url())})
    .to_string()
}

async fn handler(emulator: &Emulator, policy: &NamedTempFile, credential: &NamedTempFile) -> Handler {
    Handler::start(Config::read(|name| match name {
        config::POLICY => Some(format!("file:{}", policy.path().display())),
        config::CREDENTIALS => Some(format!("file:{}", credential.path().display())),
        config::GOOGLE_ENDPOINT => Some(emulator.url()),
        _ => None,
    }))
    .await
}

/// Invokes the function so many minutes after its first start.
async fn invoke(handler: &Handler, minutes: i64) -> Result<Value, String> {
    let start: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
    let clock = Clock::starting_at(start + TimeDelta::minutes(minutes));
    // A deadline of zero is an unknown one.
    let report = handler.handle(SCHEDULED, 0, "run".to_owned(), &clock, Vec::new()).await;
    report
        .map(|report| serde_json::from_str(report.get()).unwrap())
        .map_err(|failure| format!("{}: {}", failure.error_type(), failure.told()))
}

/// How often a token was asked for.
fn exchanges(emulator: &Emulator) -> usize {
    emulator.journal().requests.iter().filter(|entry| entry.path == "/token").count()
}

#[tokio::test]
async fn a_warm_run_keeps_its_token_and_one_after_a_freeze_does_not() {
    let emulator = emulator("tokens: issued").await;
    let (policy, credential) = (policy(), file(&credential(&emulator, "r")));
    let handler = handler(&emulator, &policy, &credential).await;
    for (minutes, want) in [(0, 1), (1, 1), (20, 1), (39, 1), (41, 2), (600, 3)] {
        let report = invoke(&handler, minutes).await.unwrap();
        assert_eq!((&report["complete"], exchanges(&emulator)), (&json!(true), want), "{minutes} minutes");
    }
}

#[tokio::test]
async fn a_credential_that_is_mended_while_warm_is_picked_up_by_the_next_run() {
    let emulator = emulator("tokens: issued").await;
    let (policy, credential_file) = (policy(), file("not yet"));
    let handler = handler(&emulator, &policy, &credential_file).await;
    let told = invoke(&handler, 0).await.unwrap_err();
    assert!(told.starts_with("Curfew.CredentialUnavailable: ") && told.contains("is not JSON"), "{told}");
    std::fs::write(credential_file.path(), credential(&emulator, "r")).unwrap();
    assert_eq!(invoke(&handler, 1).await.unwrap()["complete"], true);
}

#[tokio::test]
async fn a_policy_that_does_not_hold_is_told_before_a_credential_that_does_not() {
    let emulator = emulator("").await;
    let (policy, credential) = (file("version: 7"), file("{}"));
    let told = invoke(&handler(&emulator, &policy, &credential).await, 0).await.unwrap_err();
    assert!(told.starts_with("Curfew.PolicyInvalid: "), "{told}");
}

#[tokio::test]
async fn a_credential_that_is_not_taken_anywhere_fails_the_run() {
    let emulator = emulator("faults: [{ call: list, times: always, answer: { status: 401 } }]").await;
    let (policy, credential) = (policy(), file(&credential(&emulator, "r")));
    let told = invoke(&handler(&emulator, &policy, &credential).await, 0).await.unwrap_err();
    assert!(told.starts_with("Curfew.CredentialRejected: "), "{told}");
    let lists = emulator.journal().requests.iter().filter(|entry| entry.status == Some(401)).count();
    assert_eq!((lists, exchanges(&emulator)), (2, 2), "once anew, and no more");
}
