//! What fails at AWS or with the credential: nothing is cancelled, the failure has its stable type, and its sentence
//! names what failed and says what to do.

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::fake_aws::{Aws, MARK};
use crate::support::world::{cancelled, emulate};
use crate::{Function, OLD, POLICY, google, user};

/// What a failure must say: its type, and each of these.
type Says = (&'static str, &'static [&'static str]);

/// Invokes a function whose AWS has a sound policy and a sound secret but for what `spoil` does to it.
async fn fails(spoil: impl FnOnce(&Aws), variables: &[(&'static str, &str)], (want, says): Says) -> Aws {
    let aws = Aws::without_moto().await;
    let emulator = emulate(&format!("{OLD}\ntokens: issued")).await;
    aws.parameter(POLICY);
    aws.secret(&user(&emulator, 1));
    spoil(&aws);
    let mut function = Function::start(&aws, &emulator, variables).await;
    let (error_type, message) = function.failure().await;
    assert_eq!(error_type, want, "{message}");
    for part in says {
        assert!(message.contains(part), "want {part:?} in: {message}");
    }
    let records = function.stop().await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!((&records[0]["error_type"], &records[0]["message"]), (&error_type.into(), &message.into()));
    let seen = google(&emulator);
    assert!(seen.iter().all(|request| request.starts_with("POST token")), "nothing is listed: {seen:?}");
    aws
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_fails_the_run() {
    let missing = |aws: &Aws| aws.fail("GetSecretValue", 400, "ResourceNotFoundException");
    let says: Says = (
        "Curfew.CredentialUnavailable",
        &["the secret curfew/google does not exist", "correct CURFEW_CREDENTIALS"],
    );
    let aws = fails(missing, &[], says).await;
    assert_eq!(aws.count("GetSecretValue"), 1, "asking again would not help");

    let denied = |aws: &Aws| {
        let body = r#"{"__type":"AccessDeniedException","Message":"role r is not authorized"}"#;
        aws.answer("GetSecretValue", 400, body.to_owned());
    };
    let says: Says = (
        "Curfew.CredentialUnavailable",
        &["role r is not authorized", "allow secretsmanager:GetSecretValue"],
    );
    fails(denied, &[], says).await;

    let signature = |aws: &Aws| aws.fail("GetSecretValue", 400, "InvalidSignatureException");
    let says: Says =
        ("Curfew.CredentialUnavailable", &["does not take the keys", "the clock of this machine"]);
    fails(signature, &[], says).await;
}

#[tokio::test]
async fn a_secret_that_holds_no_credential_fails_the_run_and_is_not_repeated() {
    let not_json = |aws: &Aws| aws.secret(&format!("{MARK} is not JSON"));
    let says: Says =
        ("Curfew.CredentialUnavailable", &["the secret curfew/google is not JSON", "credentials file"]);
    fails(not_json, &[], says).await;

    let unknown = |aws: &Aws| aws.secret(&format!(r#"{{"type":"{MARK}","private_key":"{MARK}"}}"#));
    let says: Says = ("Curfew.CredentialUnavailable", &["the secret curfew/google has no known type"]);
    fails(unknown, &[], says).await;

    let empty = |aws: &Aws| aws.answer("GetSecretValue", 200, "{}".to_owned());
    let says: Says =
        ("Curfew.CredentialUnavailable", &["the secret curfew/google is empty", "store Google's"]);
    fails(empty, &[], says).await;

    // base64 of bytes that are no UTF-8.
    let bytes = |aws: &Aws| aws.answer("GetSecretValue", 200, r#"{"SecretBinary":"//79"}"#.to_owned());
    let says: Says = ("Curfew.CredentialUnavailable", &["the secret curfew/google is no text"]);
    fails(bytes, &[], says).await;
}

#[tokio::test]
async fn a_policy_that_is_gone_or_denied_fails_the_run() {
    let gone = |aws: &Aws| aws.fail("GetParameter", 400, "ParameterNotFound");
    let says: Says = (
        "Curfew.PolicyUnreadable",
        &["the parameter /curfew/policy does not exist", "correct CURFEW_POLICY"],
    );
    fails(gone, &[], says).await;

    let denied =
        |aws: &Aws| aws.answer("GetParameter", 400, r#"{"__type":"AccessDeniedException"}"#.to_owned());
    let says: Says =
        ("Curfew.PolicyUnreadable", &["the parameter /curfew/policy may not", "allow ssm:GetParameter"]);
    fails(denied, &[], says).await;

    let denied = |aws: &Aws| {
        aws.answer("GetObject", 403, "<Error><Code>AccessDenied</Code></Error>".to_owned());
    };
    let says: Says = (
        "Curfew.PolicyUnreadable",
        &["the object s3://acme/policy.yaml may not", "allow s3:GetObject", "s3:ListBucket"],
    );
    fails(denied, &[("CURFEW_POLICY", "s3://acme/policy.yaml")], says).await;

    let says: Says = ("Curfew.PolicyUnreadable", &["no AppConfig extension answers", "add its layer"]);
    let variables = [("CURFEW_POLICY", "appconfig:a/e/p"), ("AWS_APPCONFIG_EXTENSION_HTTP_PORT", "1")];
    fails(|_| {}, &variables, says).await;
}

#[tokio::test]
async fn a_policy_that_does_not_check_fails_the_run_with_its_line() {
    let wrong = |aws: &Aws| aws.parameter(&POLICY.replace("max_age: 1h", "max_age: 90"));
    let says: Says = ("Curfew.PolicyInvalid", &["ssm:/curfew/policy:4:", "max_age: 90", "^"]);
    fails(wrong, &[], says).await;
}

#[tokio::test]
async fn what_aws_throttles_is_tried_three_times_and_then_left_to_the_next_run() {
    let policy = |aws: &Aws| aws.fail("GetParameter", 400, "ThrottlingException");
    let says: Says = ("Curfew.PolicyUnreadable", &["asks for fewer requests", "the next run tries again"]);
    let aws = fails(policy, &[], says).await;
    assert_eq!(aws.count("GetParameter"), 3);

    let secret = |aws: &Aws| aws.fail("GetSecretValue", 400, "ThrottlingException");
    let says: Says =
        ("Curfew.CredentialUnavailable", &["the secret curfew/google", "asks for fewer requests"]);
    let aws = fails(secret, &[], says).await;
    assert_eq!(aws.count("GetSecretValue"), 3);
}

#[tokio::test]
async fn an_aws_that_cannot_be_reached_fails_the_run() {
    let says: Says =
        ("Curfew.PolicyUnreadable", &["the parameter /curfew/policy", "AWS could not be reached", "VPC"]);
    fails(|_| {}, &[("AWS_ENDPOINT_URL", "http://aws.invalid")], says).await;

    let says: Says = ("Curfew.PolicyUnreadable", &["there are no AWS credentials", "AWS_ACCESS_KEY_ID"]);
    let none =
        [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_EC2_METADATA_DISABLED", "true")];
    fails(|_| {}, &none, says).await;
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_or_has_no_address_fails_the_run() {
    let says: Says = ("Curfew.CredentialUnavailable", &["no token", "could not be reached"]);
    let unknown = |aws: &Aws| {
        aws.secret(&format!(
            r#"{{"type":"authorized_user","client_id":"c","client_secret":"{MARK}","refresh_token":"{MARK}",
                "token_uri":"http://oauth2.invalid/token"}}"#
        ));
    };
    fails(unknown, &[], says).await;

    let aws = Aws::without_moto().await;
    let emulator =
        emulate(&format!("{OLD}\nfaults: [{{ call: token, times: always, answer: {{ status: 503 }} }}]"))
            .await;
    aws.parameter(POLICY);
    aws.secret(&user(&emulator, 1));
    let mut function = Function::start(&aws, &emulator, &[]).await;
    let (error_type, message) = function.failure().await;
    assert_eq!(error_type, "Curfew.CredentialUnavailable");
    assert!(message.contains("the token endpoint answered HTTP 503"), "{message}");
    assert_eq!(aws.count("GetSecretValue"), 1, "the secret is not to blame");
    function.stop().await;
}

#[tokio::test]
async fn a_key_that_was_revoked_for_good_fails_the_run_after_one_fresh_read() {
    let aws = Aws::without_moto().await;
    let fault = "faults: [{ call: list, times: always, answer: { status: 401, code: UNAUTHENTICATED } }]";
    let emulator = emulate(&format!("{OLD}\n{fault}")).await;
    aws.parameter(POLICY);
    aws.secret(&user(&emulator, 1));
    let mut function = Function::start(&aws, &emulator, &[]).await;
    let (error_type, message) = function.failure().await;
    assert_eq!(error_type, "Curfew.CredentialRejected");
    assert!(message.contains("check that the credential is current"), "{message}");
    assert_eq!((aws.count("GetSecretValue"), cancelled(&emulator).len()), (2, 1));
    function.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_as_the_cause() {
    let answer = || async {
        let date = [("date", "Tue, 24 Nov 2026 12:00:00 GMT")];
        (StatusCode::UNAUTHORIZED, date, r#"{"error":{"code":401,"status":"UNAUTHENTICATED"}}"#)
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let google = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let aws = Aws::without_moto().await;
    aws.parameter(POLICY);
    aws.secret(include_str!("../../src/google/tests/throwaway-service-account.json"));
    let emulator = emulate(OLD).await;
    let mut function = Function::start(&aws, &emulator, &[("CURFEW_GOOGLE_ENDPOINT", &google)]).await;
    let (error_type, message) = function.failure().await;
    assert_eq!(error_type, "Curfew.CredentialRejected");
    assert!(message.contains("this machine's clock is") && message.contains("set it right"), "{message}");
    function.stop().await;
}

#[tokio::test]
async fn the_kill_switch_asks_aws_for_nothing() {
    let aws = Aws::without_moto().await;
    let emulator = emulate(OLD).await;
    let mut function = Function::start(&aws, &emulator, &[("CURFEW_MODE", "off")]).await;
    let report = function.report().await;
    assert_eq!((&report["mode"], &report["policy_source"]), (&"off".into(), &serde_json::Value::Null));
    assert_eq!((aws.calls(), emulator.journal().requests), (vec![], vec![]));
    function.stop().await;
}
