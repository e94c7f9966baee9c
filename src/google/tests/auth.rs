//! Every form of credential against token endpoints on this machine.

use std::io::Write as _;
use std::time::Duration;

use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::time::Instant;

use super::*;
use crate::google::test_server::{Answer, Server};

const SERVICE_ACCOUNT: &str = include_str!("throwaway-service-account.json");

fn file(content: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn source(file: &NamedTempFile) -> CredentialSource {
    CredentialSource::file(file.path())
}

/// The headers for one request, without a hurry.
async fn headers(credentials: &Credentials) -> Result<AuthHeaders, CredentialError> {
    credentials.headers(Instant::now() + Duration::from_secs(60)).await
}

fn authorized_user(token_uri: &str) -> String {
    json!({"type": "authorized_user", "client_id": "c", "client_secret": "s3cret-1",
           "refresh_token": "s3cret-2", "token_uri": token_uri})
    .to_string()
}

fn token(text: &str) -> Answer {
    let body = json!({"access_token": text, "token_type": "Bearer", "expires_in": 3600,
                      "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"});
    Answer::with_headers(200, "Content-Type: application/json\r\n", &body.to_string())
}

/// An account that is impersonated by a user; `url` plays every endpoint.
fn impersonated(url: &str) -> String {
    let account = "/v1/projects/-/serviceAccounts/a@example.invalid:generateAccessToken";
    let user: Value = serde_json::from_str(&authorized_user(url)).unwrap();
    json!({"type": "impersonated_service_account", "source_credentials": user,
           "service_account_impersonation_url": format!("{url}{account}")})
    .to_string()
}

fn generated(expire_time: &str) -> Answer {
    let body = json!({"accessToken": "impersonated", "expireTime": expire_time}).to_string();
    Answer::with_headers(200, "Content-Type: application/json\r\n", &body)
}

async fn bearer(credentials: &Credentials) -> String {
    let auth = headers(credentials).await.unwrap();
    auth.headers[AUTHORIZATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_what_to_do_and_never_quoted() {
    for (content, want) in [
        ("", "is not JSON"),
        ("s3cret", "is not JSON"),
        (r#"["s3cret"]"#, "has no known type"),
        (r#"{"private_key":"s3cret"}"#, "has no known type"),
        (r#"{"type":"s3cret"}"#, "has no known type"),
        (r#"{"type":"gdch_service_account"}"#, "has no known type"),
        (r#"{"type":"service_account","private_key":"s3cret"}"#, "is not a complete service_account file"),
        (r#"{"type":"service_account","client_email":7,"private_key":"s3cret"}"#, "is not a complete"),
        (r#"{"type":"authorized_user","client_secret":["s3cret"]}"#, "is not a complete authorized_user"),
        (r#"{"type":"external_account","audience":"s3cret"}"#, "is not a complete external_account"),
        (
            r#"{"type":"impersonated_service_account","source_credentials":"s3cret"}"#,
            "is not a complete impersonated_service_account",
        ),
    ] {
        let file = file(content);
        let error = Credentials::new(source(&file)).load().await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, CredentialError::Unusable(_)));
        assert!(
            text.contains(want) && text.contains(&file.path().display().to_string()),
            "{content}: {text}"
        );
        assert!(!text.contains("s3cret"), "{text}");
    }
    let missing = CredentialSource::file("/nowhere/key.json");
    let error = Credentials::new(missing).load().await.unwrap_err().to_string();
    assert_eq!(error, "the credentials file /nowhere/key.json cannot be read: entity not found");
}

#[tokio::test]
async fn none_sends_no_token() {
    let credentials = Credentials::new(CredentialSource::None);
    assert!(headers(&credentials).await.unwrap().headers.is_empty());
}

#[tokio::test]
async fn a_service_account_signs_its_own_token() {
    let file = file(SERVICE_ACCOUNT);
    let credentials = Credentials::new(source(&file));
    let auth = headers(&credentials).await.unwrap();
    let value = &auth.headers[AUTHORIZATION];
    assert!(value.to_str().unwrap().starts_with("Bearer ey"), "a JWT");
    assert!(value.is_sensitive());
}

#[tokio::test]
async fn an_authorized_users_token_is_fetched_once_and_kept() {
    let server = Server::start(|number, _| token(&format!("t{number}"))).await;
    let file = file(&authorized_user(&server.url));
    let credentials = Credentials::new(source(&file));
    assert_eq!(bearer(&credentials).await, "Bearer t0");
    assert_eq!(bearer(&credentials).await, "Bearer t0");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].contains("s3cret-2") && requests[0].contains("cloud-platform"), "{}", requests[0]);
}

#[tokio::test]
async fn an_external_account_exchanges_the_token_in_a_file() {
    let server = Server::start(|_, _| token("federated")).await;
    let subject = file("subject-token");
    let config = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": server.url,
        "credential_source": {"file": subject.path()},
    });
    let file = file(&config.to_string());
    let credentials = Credentials::new(source(&file));
    assert_eq!(bearer(&credentials).await, "Bearer federated");
    assert!(server.requests()[0].contains("subject_token=subject-token"));
}

#[tokio::test]
async fn an_impersonated_account_exchanges_its_source_token() {
    let server = Server::start(|_, request| match request.contains(":generateAccessToken") {
        true => generated("2999-01-01T00:00:00Z"),
        false => token("source"),
    })
    .await;
    let file = file(&impersonated(&server.url));
    let credentials = Credentials::new(source(&file));
    assert_eq!(bearer(&credentials).await, "Bearer impersonated");
}

#[tokio::test]
async fn an_invalid_credential_is_built_anew_from_its_file() {
    let server = Server::start(|_, request| {
        let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
        token(path.trim_start_matches('/'))
    })
    .await;
    let file = file(&authorized_user(&format!("{}/old", server.url)));
    let credentials = Credentials::new(source(&file));
    let old = headers(&credentials).await.unwrap();
    std::fs::write(file.path(), authorized_user(&format!("{}/new", server.url))).unwrap();
    assert_eq!(bearer(&credentials).await, "Bearer old");

    credentials.reject(old.generation);
    assert_eq!(bearer(&credentials).await, "Bearer new");
    // Another request that failed with the old one must not drop the new one.
    credentials.reject(old.generation);
    assert_eq!(bearer(&credentials).await, "Bearer new");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_token_endpoint_that_refuses_is_told_without_its_answer_and_asked_anew_next_time() {
    let server = Server::start(|number, _| match number {
        0 => Answer::new(400, r#"{"error":"invalid_grant","error_description":"s3cret"}"#),
        1 => Answer::new(503, "s3cret"),
        _ => token("t"),
    })
    .await;
    let file = file(&authorized_user(&server.url));
    let credentials = Credentials::new(source(&file));
    let refused = headers(&credentials).await.err().unwrap();
    assert_eq!(
        refused,
        CredentialError::Unusable(format!(
            "no token: the token endpoint answered HTTP 400; check the credentials file {}",
            file.path().display()
        ))
    );
    let unavailable = headers(&credentials).await.err().unwrap();
    assert_eq!(
        unavailable,
        CredentialError::Unavailable("no token: the token endpoint answered HTTP 503".to_owned())
    );
    assert_eq!(bearer(&credentials).await, "Bearer t");
}

#[tokio::test]
async fn a_token_endpoint_that_does_not_answer_is_asked_anew_next_time() {
    let server = Server::start(|number, _| match number {
        0 => Answer::Hang,
        _ => token("t"),
    })
    .await;
    let file = file(&authorized_user(&server.url));
    let credentials = Credentials::new(source(&file));
    let error = credentials.headers(Instant::now() + Duration::from_millis(300)).await.err().unwrap();
    let want = "no token: the token endpoint did not answer in time";
    assert_eq!(error, CredentialError::Unavailable(want.to_owned()));
    assert_eq!(bearer(&credentials).await, "Bearer t");
}

#[tokio::test]
async fn a_token_endpoint_that_cannot_be_reached_may_be_back_soon() {
    // A port on which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = file(&authorized_user(&format!("http://{free}")));
    let error = headers(&Credentials::new(source(&file))).await.err().unwrap();
    let want = "no token: the token endpoint could not be reached";
    assert_eq!(error, CredentialError::Unavailable(want.to_owned()));
}

#[tokio::test]
async fn an_account_that_may_not_be_impersonated_is_told_by_its_status() {
    let server = Server::start(|_, request| match request.contains(":generateAccessToken") {
        true => Answer::new(403, r#"{"error":{"code":403,"status":"PERMISSION_DENIED","message":"s3cret"}}"#),
        false => token("source"),
    })
    .await;
    let file = file(&impersonated(&server.url));
    let error = headers(&Credentials::new(source(&file))).await.err().unwrap();
    assert!(matches!(error, CredentialError::Unusable(_)), "{error}");
    assert!(error.to_string().contains("IAM answered HTTP 403"), "{error}");
}

#[tokio::test]
async fn a_token_that_has_expired_by_a_wrong_clock_is_an_error_that_names_the_clock() {
    let server = Server::start(|_, request| match request.contains(":generateAccessToken") {
        true => generated("2001-01-01T00:00:00Z"),
        false => token("source"),
    })
    .await;
    let file = file(&impersonated(&server.url));
    let error = headers(&Credentials::new(source(&file))).await.err().unwrap();
    assert!(error.to_string().contains("check the clock of this machine"), "{error}");
}
