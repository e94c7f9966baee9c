//! Every kind of Google credential from its file to a cancel, over real HTTP: the emulator plays the places that hand
//! out tokens, and takes only those.
#![cfg(feature = "emulator")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers are tests too, which clippy cannot see here"
)]

use std::io::Write as _;
use std::process::Output;
use std::time::Duration;

use curfew::clock::Clock;
use curfew::emulator::{Emulator, Scenario};
use curfew::google::retry::RetryPolicy;
use curfew::google::{Client, CredentialSource, Credentials, Endpoint};
use curfew::operation::{OperationName, ServiceName};
use curfew::service::{CancelReply, FailureKind, OperationsService};
use curfew::trust::Trust;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::process::Command;

const OPERATION: &str = "projects/p/locations/l/operations/o";
const ACCOUNT: &str = "/v1/projects/-/serviceAccounts/curfew@p.iam.gserviceaccount.com:generateAccessToken";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/providers/curfew";

async fn emulator(keys: &str) -> Emulator {
    let scenario = format!("operations: [{{ name: {OPERATION}, age: 3h }}]\n{keys}");
    let scenario = Scenario::parse(&scenario, "test").unwrap();
    Emulator::start(&scenario, "127.0.0.1:0".parse().unwrap(), Clock::system()).await.unwrap()
}

fn file(content: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.to_string().as_bytes()).unwrap();
    file
}

fn client(emulator: &Emulator, credentials: &NamedTempFile) -> Client {
    let credentials = Credentials::new(CredentialSource::file(credentials.path()));
    // Retries as in production, only without the waiting.
    let retry = RetryPolicy { initial_backoff: Duration::from_millis(1), ..RetryPolicy::GOOGLE };
    let client = Client::new(Endpoint::parse(&emulator.url()).unwrap(), credentials, Trust::Machine).unwrap();
    client.begin_run(&Clock::system());
    client.with_retry_policy(retry)
}

async fn cancel(client: &Client) -> CancelReply {
    let name = OperationName::parse(OPERATION).unwrap();
    client.cancel(&ServiceName::parse("clouddeploy").unwrap(), &name, None).await
}

fn user(emulator: &Emulator) -> Value {
    json!({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r",
           "token_uri": format!("{}/token", emulator.url())})
}

fn federated(emulator: &Emulator, subject_token_type: &str, source: Value) -> Value {
    json!({"type": "external_account", "audience": AUDIENCE, "subject_token_type": subject_token_type,
           "token_url": format!("{}/v1/token", emulator.url()), "credential_source": source})
}

fn of_account(emulator: &Emulator, mut credential: Value) -> Value {
    credential["service_account_impersonation_url"] = format!("{}{ACCOUNT}", emulator.url()).into();
    credential
}

/// The requests so far: path and status.
fn requests(emulator: &Emulator) -> Vec<(String, Option<u16>)> {
    emulator.journal().requests.into_iter().map(|entry| (entry.path, entry.status)).collect()
}

fn request(path: &str, status: u16) -> (String, Option<u16>) {
    (path.to_owned(), Some(status))
}

fn cancelled() -> (String, Option<u16>) {
    request(&format!("/v1/{OPERATION}:cancel"), 200)
}

#[tokio::test]
async fn a_users_refresh_token_is_enough_to_cancel() {
    let emulator = emulator("tokens: issued").await;
    let file = file(&user(&emulator));
    assert_eq!(cancel(&client(&emulator, &file)).await, CancelReply::accepted(1));
    assert_eq!(requests(&emulator), [request("/token", 200), cancelled()]);
}

#[tokio::test]
async fn a_user_may_impersonate_an_account() {
    let emulator = emulator("tokens: issued").await;
    let impersonated = json!({"type": "impersonated_service_account", "source_credentials": user(&emulator)});
    let file = file(&of_account(&emulator, impersonated));
    assert_eq!(cancel(&client(&emulator, &file)).await, CancelReply::accepted(1));
    assert_eq!(requests(&emulator), [request("/token", 200), request(ACCOUNT, 200), cancelled()]);
}

#[tokio::test]
async fn a_foreign_token_in_a_file_is_exchanged_with_and_without_an_account() {
    let mut subject = NamedTempFile::new().unwrap();
    subject.write_all(b"jwt").unwrap();
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    for with_account in [false, true] {
        let emulator = emulator("tokens: issued").await;
        let mut credential = federated(&emulator, jwt, json!({"file": subject.path()}));
        let mut want = vec![request("/v1/token", 200), cancelled()];
        if with_account {
            credential = of_account(&emulator, credential);
            want.insert(1, request(ACCOUNT, 200));
        }
        assert_eq!(cancel(&client(&emulator, &file(&credential))).await, CancelReply::accepted(1));
        assert_eq!(requests(&emulator), want);
    }
}

#[tokio::test]
async fn a_service_account_asks_nobody_for_its_token() {
    let emulator = emulator("require_token: true").await;
    let key = include_str!("../src/google/tests/throwaway-service-account.json");
    let file = file(&serde_json::from_str(key).unwrap());
    assert_eq!(cancel(&client(&emulator, &file)).await, CancelReply::accepted(1));
    assert_eq!(requests(&emulator), [cancelled()]);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_replaced_within_the_call() {
    let emulator = emulator("tokens: { revoke_after: 1 }").await;
    let file = file(&user(&emulator));
    let client = client(&emulator, &file);
    client.authenticate().await.unwrap();
    assert_eq!(cancel(&client).await, CancelReply::accepted(1));
    let name = OperationName::parse(OPERATION).unwrap();
    for _ in 0..2 {
        let got = client.get(&ServiceName::parse("clouddeploy").unwrap(), &name, None).await.unwrap();
        assert!(!got.is_running());
    }
    let got = ("/v1/".to_owned() + OPERATION, Some(401));
    let refused = requests(&emulator).into_iter().filter(|request| *request == got).count();
    assert_eq!((refused, emulator.journal().requests.len()), (2, 8));
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_is_no_credential_and_sends_nothing() {
    let emulator = emulator("faults: [{ call: token, times: always, answer: { status: 503 } }]").await;
    let file = file(&user(&emulator));
    let error = client(&emulator, &file).authenticate().await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::NoCredential, 0));
    assert_eq!(error.message, "no token: the token endpoint answered HTTP 503");
    assert_eq!(requests(&emulator), [request("/token", 503), request("/token", 503)]);
}

#[tokio::test]
async fn a_token_endpoint_that_stumbles_costs_a_retry() {
    for fault in ["{ status: 503 }", "drop", "lost"] {
        let emulator =
            emulator(&format!("tokens: issued\nfaults: [{{ call: token, answer: {fault} }}]")).await;
        let file = file(&user(&emulator));
        assert_eq!(cancel(&client(&emulator, &file)).await, CancelReply::accepted(1), "{fault}");
    }
}

/// A sweep of the one operation, by the shipped command line, with AWS keys in its environment alone.
#[cfg(feature = "cli")]
async fn sweep(emulator: &Emulator, credential: &Value) -> Output {
    let mut policy = NamedTempFile::new().unwrap();
    let text = "version: 1\nmode: enforce\nscopes: [{ projects: [p], locations: [l] }]\n\
                rules: [{ name: old, max_age: 1h }]\nfollow_up: { for: 5s }\n";
    policy.write_all(text.as_bytes()).unwrap();
    let credential = file(credential);
    Command::new(env!("CARGO_BIN_EXE_curfew"))
        .args(["sweep", "--mode", "enforce", "--format", "json", "--endpoint", &emulator.url()])
        .args(["--credentials", &format!("file:{}", credential.path().display())])
        .args(["--policy", &policy.path().display().to_string()])
        .env_clear()
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "s3cret-key")
        .env("AWS_SESSION_TOKEN", "s3cret-session")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap()
}

/// What `gcloud iam workload-identity-pools create-cred-config --aws --enable-imdsv2` writes, but for the URLs of
/// Google and of the metadata service.
#[cfg(feature = "cli")]
fn on_aws(emulator: &Emulator, version: &str) -> Value {
    let source = json!({
        "environment_id": version,
        "region_url": "http://127.0.0.1:1/region",
        "url": "http://127.0.0.1:1/credentials",
        "regional_cred_verification_url":
            "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        // Nothing answers here, as on Lambda.
        "imdsv2_session_token_url": "http://127.0.0.1:1/token",
    });
    let credential = federated(emulator, "urn:ietf:params:aws:token-type:aws4_request", source);
    of_account(emulator, credential)
}

#[cfg(feature = "cli")]
#[tokio::test]
async fn on_aws_the_functions_own_keys_are_enough_and_nothing_asks_the_metadata_service() {
    let emulator = emulator("tokens: issued").await;
    let output = sweep(&emulator, &on_aws(&emulator, "aws1")).await;
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!((&report["attempted"], &report["states"]), (&json!(1), &json!({"cancelled": 1})));
    let got = requests(&emulator);
    assert_eq!(got[..2], [request("/v1/token", 200), request(ACCOUNT, 200)]);
    let tokens = got.iter().filter(|(path, _)| path == "/v1/token" || path == ACCOUNT).count();
    assert_eq!(tokens, 2, "one token is enough for the whole run");
    assert!(got.contains(&cancelled()));
    let shown = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(!shown.contains("s3cret") && !shown.contains("ya29"), "{shown}");
}

#[cfg(feature = "cli")]
#[tokio::test]
async fn an_unknown_version_of_the_aws_source_is_told_before_anything_is_sent() {
    let emulator = emulator("tokens: issued").await;
    let output = sweep(&emulator, &on_aws(&emulator, "aws2")).await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("environment_id") && told.contains("aws1"), "{told}");
    assert_eq!(requests(&emulator), []);
}
