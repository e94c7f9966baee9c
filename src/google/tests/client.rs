//! The client against a scripted server: what is sent, and what is made of every kind of answer.

use std::io::Write as _;

use serde_json::json;
use tempfile::NamedTempFile;

use super::*;
use crate::google::auth::CredentialSource;
use crate::google::test_server::{Answer, Server, header};
use crate::operation::LocationId;
use crate::service::{CancelAnswer, FailureKind};
use crate::trust::Trust;

/// Pauses short enough for a test, and time enough for a slow machine.
const QUICK: RetryPolicy = RetryPolicy {
    initial_backoff: Duration::from_millis(2),
    max_backoff: Duration::from_millis(4),
    max_attempts: 5,
    attempt_timeout: Duration::from_secs(20),
    patience: Duration::from_secs(60),
};

const NAME: &str = "projects/p/locations/l/operations/o";

pub(super) fn service() -> ServiceName {
    ServiceName::parse("clouddeploy").unwrap()
}

pub(super) fn name() -> OperationName {
    OperationName::parse(NAME).unwrap()
}

pub(super) fn collection() -> Collection {
    crate::testing::collection("p", "l")
}

fn client_with(url: &str, source: CredentialSource, retry: RetryPolicy) -> Client {
    let credentials = Credentials::new(source);
    Client::new(Endpoint::parse(url).unwrap(), credentials, Trust::Machine).unwrap().with_retry_policy(retry)
}

pub(super) fn client(server: &Server) -> Client {
    client_with(&server.url, CredentialSource::None, QUICK)
}

fn credentials_file(token_uri: &str, refresh_token: &str) -> String {
    json!({"type": "authorized_user", "client_id": "c", "client_secret": "s",
           "refresh_token": refresh_token, "token_uri": token_uri})
    .to_string()
}

/// A token endpoint that gives out `old` for the refresh token `old`, and so on.
async fn token_server() -> Server {
    Server::start(|_, request| {
        let which = if request.contains("refresh-new") { "new" } else { "old" };
        let body = json!({"access_token": which, "token_type": "Bearer", "expires_in": 3600});
        Answer::with_headers(200, "Content-Type: application/json\r\n", &body.to_string())
    })
    .await
}

fn google_error(http: u16, status: &str) -> Answer {
    Answer::new(http, &format!(r#"{{"error":{{"code":{http},"status":"{status}","message":"the reason"}}}}"#))
}

#[tokio::test]
async fn a_list_is_asked_for_page_by_page_and_not_filtered() {
    let server = Server::start(|number, _| match number {
        0 => Answer::new(200, r#"{"nextPageToken":"a+b&c=/é"}"#),
        _ => Answer::new(200, &format!(r#"{{"operations":[{{"name":"{NAME}"}}]}}"#)),
    })
    .await;
    let client = client(&server);
    let first = client.list_page(&collection(), None, None).await.unwrap();
    assert_eq!((first.operations.len(), first.missing.len()), (0, 0));
    let second = client.list_page(&collection(), first.next.as_deref(), None).await.unwrap();
    assert_eq!((second.operations.len(), second.next), (1, None));
    assert_eq!(
        server.request_lines(),
        [
            "GET /v1/projects/p/locations/l/operations?pageSize=1000 HTTP/1.1",
            "GET /v1/projects/p/locations/l/operations?pageSize=1000&pageToken=a%2Bb%26c%3D%2F%C3%A9 HTTP/1.1",
        ]
    );
    let request = &server.requests()[0];
    assert_eq!(header(request, "user-agent"), [USER_AGENT]);
    assert!(header(request, "authorization").is_empty() && header(request, "accept-encoding").is_empty());
}

#[tokio::test]
async fn hostile_names_in_a_page_are_missing_and_hide_nothing() {
    let server = Server::start(|_, _| {
        let body = json!({"operations": [
            {"name": "projects/p/locations/l/operations/../../../evil"},
            {"name": "projects/q/locations/l/operations/o"},
            {"name": "projects/p/locations/l/operations/o?x=1"},
            {"name": NAME},
        ]});
        Answer::new(200, &body.to_string())
    })
    .await;
    let page = client(&server).list_page(&collection(), None, None).await.unwrap();
    assert_eq!((page.operations.len(), page.missing.len()), (1, 3));
}

#[tokio::test]
async fn get_and_locations_go_to_their_own_paths() {
    let server = Server::start(|_, request| match request.contains("/locations?") {
        true => Answer::new(200, r#"{"locations":[{"locationId":"l"}]}"#),
        false => Answer::new(200, &format!(r#"{{"name":"{NAME}"}}"#)),
    })
    .await;
    // The prefix of a private endpoint is kept.
    let client = client_with(&format!("{}/prefix/", server.url), CredentialSource::None, QUICK);
    assert!(client.get(&service(), &name(), None).await.unwrap().is_running());
    let page = client
        .locations_page(&service(), &ResourcePath::parse("projects/p/locations").unwrap(), Some("t"), None)
        .await
        .unwrap();
    assert_eq!(page.locations, [LocationId::parse("l").unwrap()]);
    assert_eq!(
        server.request_lines(),
        [
            format!("GET /prefix/v1/{NAME} HTTP/1.1").as_str(),
            "GET /prefix/v1/projects/p/locations?pageSize=1000&pageToken=t HTTP/1.1",
        ]
    );
}

#[tokio::test]
async fn a_cancel_is_an_empty_post_with_a_length() {
    let server = Server::start(|_, _| Answer::new(200, "{}\n")).await;
    let reply = client(&server).cancel(&service(), &name(), None).await;
    assert_eq!(reply, CancelReply::accepted(1));
    let request = &server.requests()[0];
    assert!(request.starts_with(&format!("POST /v1/{NAME}:cancel HTTP/1.1\r\n")), "{request}");
    assert_eq!(header(request, "content-length"), ["0"]);
    assert!(header(request, "transfer-encoding").is_empty());
    assert!(request.ends_with("\r\n\r\n"), "a body was sent: {request}");
}

#[tokio::test]
async fn every_answer_to_a_cancel_is_told_apart() {
    use CancelAnswer::*;
    for (http, status, answer) in [
        (501, "UNIMPLEMENTED", Unsupported),
        (403, "PERMISSION_DENIED", Denied),
        (404, "NOT_FOUND", NotFound),
        (400, "FAILED_PRECONDITION", Refused),
        (400, "INVALID_ARGUMENT", Refused),
        (409, "ABORTED", Refused),
        (500, "INTERNAL", Unreachable),
    ] {
        let server = Server::start(move |_, _| google_error(http, status)).await;
        let reply = client(&server).cancel(&service(), &name(), None).await;
        let want = CancelReply {
            answer,
            attempts: 1,
            code: Some(status.to_owned()),
            message: Some("the reason".to_owned()),
        };
        assert_eq!(reply, want);
    }
}

#[tokio::test]
async fn only_an_empty_object_is_an_accepted_cancel() {
    for body in ["ok", "[]", r#"{"name":"x"}"#, r#"{"error":{"code":400}}"#] {
        let server = Server::start(move |_, _| Answer::new(200, body)).await;
        let reply = client(&server).cancel(&service(), &name(), None).await;
        assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Unreachable, 1), "{body}");
    }
}

#[tokio::test]
async fn what_breaks_and_passes_is_asked_again() {
    let server = Server::start(|number, _| match number {
        0 => google_error(503, "UNAVAILABLE"),
        1 => Answer::Drop,
        2 => Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned()),
        3 => Answer::new(200, "{"),
        _ => Answer::new(200, "{}"),
    })
    .await;
    let reply = client(&server).cancel(&service(), &name(), None).await;
    assert_eq!(reply, CancelReply::accepted(5));
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn what_breaks_and_does_not_pass_is_unreachable() {
    let server = Server::start(|_, _| Answer::Drop).await;
    let error = client(&server).get(&service(), &name(), None).await.unwrap_err();
    assert_eq!((error.kind, error.http_status, error.attempts), (FailureKind::Unreachable, None, 5));
    assert_eq!(server.requests().len(), 5);

    // A port on which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = client_with(&format!("http://{free}"), CredentialSource::None, QUICK);
    let error = client.get(&service(), &name(), None).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::Unreachable, 5));
    assert!(error.message.contains("no connection"), "{error}");
}

#[tokio::test]
async fn an_answer_that_would_come_again_is_asked_for_once() {
    for (answer, kind, status) in [
        ((200, "<html>s3cret</html>"), FailureKind::Unreachable, 200),
        ((200, r#"{"name":"projects/p/locations/l/operations/other"}"#), FailureKind::Unreachable, 200),
        ((404, "<html>s3cret</html>"), FailureKind::NotFound, 404),
        ((411, "<html>s3cret</html>"), FailureKind::Refused, 411),
        ((502, "<html>s3cret</html>"), FailureKind::Unreachable, 502),
    ] {
        let server = Server::start(move |_, _| Answer::new(answer.0, answer.1)).await;
        let error = client(&server).get(&service(), &name(), None).await.unwrap_err();
        assert_eq!((error.kind, error.http_status, error.attempts), (kind, Some(status), 1), "{answer:?}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_for_as_long_as_was_asked() {
    let server = Server::start(|number, _| match number {
        0 => Answer::new(
            429,
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[
                {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.2s"}]}}"#,
        ),
        _ => Answer::new(200, "{}"),
    })
    .await;
    let start = Instant::now();
    let reply = client(&server).cancel(&service(), &name(), None).await;
    assert_eq!(reply, CancelReply::accepted(2));
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_rate_limit_that_outlasts_the_time_left_is_refused_at_once() {
    let server = Server::start(|_, _| Answer::with_headers(429, "Retry-After: 3000\r\n", "")).await;
    let until = Instant::now() + Duration::from_secs(600);
    let reply = client(&server).cancel(&service(), &name(), Some(until)).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Refused, 1));
    assert_eq!(reply.code.as_deref(), Some("HTTP 429"));
}

#[tokio::test]
async fn a_slow_answer_is_given_up_and_asked_for_again() {
    let server = Server::start(|number, _| match number {
        0 => Answer::Hang,
        _ => Answer::new(200, "{}"),
    })
    .await;
    let hasty = RetryPolicy { attempt_timeout: Duration::from_millis(300), ..QUICK };
    let client = client_with(&server.url, CredentialSource::None, hasty);
    let reply = client.cancel(&service(), &name(), None).await;
    // On a busy machine another attempt may be too slow as well.
    assert!(reply.answer == CancelAnswer::Accepted && reply.attempts >= 2, "{reply:?}");
}

#[tokio::test]
async fn the_end_of_the_time_allowed_ends_a_call() {
    let server = Server::start(|_, _| Answer::Hang).await;
    let until = Instant::now() + Duration::from_millis(500);
    let error = client(&server).get(&service(), &name(), Some(until)).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::OutOfTime, 1));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_, _| Answer::new(200, "{}")).await;
    let target = elsewhere.url.clone();
    let server = Server::start(move |_, _| {
        Answer::with_headers(307, &format!("Location: {target}/v1/{NAME}:cancel\r\n"), "")
    })
    .await;
    let reply = client(&server).cancel(&service(), &name(), None).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Unreachable, 1));
    assert!(reply.message.unwrap().contains("redirect"));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_body_beyond_every_page_is_not_read() {
    let server = Server::start(|_, _| {
        Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{".to_owned())
    })
    .await;
    let error = client(&server).get(&service(), &name(), None).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::Unreachable, 1));
    assert_eq!(error.message, "the answer is larger than 32 MiB");
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_the_end() {
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000)).repeat(33);
    let server = Server::start(move |_, _| {
        Answer::Bytes(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"))
    })
    .await;
    let error = client(&server).get(&service(), &name(), None).await.unwrap_err();
    assert_eq!(error.message, "the answer is larger than 32 MiB");
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_fetched_anew_from_the_credentials_file() {
    let tokens = token_server().await;
    let server = Server::start(|_, request| match header(request, "authorization").as_slice() {
        ["Bearer new"] => Answer::new(200, "{}"),
        _ => google_error(401, "UNAUTHENTICATED"),
    })
    .await;
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(credentials_file(&tokens.url, "refresh-old").as_bytes()).unwrap();
    let client = client_with(&server.url, CredentialSource::file(file.path()), QUICK);

    let clock = Clock::system();
    client.begin_run(&clock);
    // The file is still the old one: once anew, and no more.
    let reply = client.cancel(&service(), &name(), None).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Refused, 2));
    assert_eq!((server.requests().len(), tokens.requests().len()), (2, 2));

    std::fs::write(file.path(), credentials_file(&tokens.url, "refresh-new")).unwrap();
    client.begin_run(&clock);
    assert_eq!(client.cancel(&service(), &name(), None).await, CancelReply::accepted(2));
    // The new token is kept.
    assert_eq!(client.cancel(&service(), &name(), None).await, CancelReply::accepted(1));
    assert_eq!((server.requests().len(), tokens.requests().len()), (5, 3));
}

#[tokio::test]
async fn calls_that_fail_together_with_one_token_fetch_one_new_one() {
    let tokens = token_server().await;
    let server = Server::start(|_, request| match header(request, "authorization").as_slice() {
        ["Bearer new"] => Answer::new(200, "{}"),
        _ => google_error(401, "UNAUTHENTICATED"),
    })
    .await;
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(credentials_file(&tokens.url, "refresh-old").as_bytes()).unwrap();
    let client = client_with(&server.url, CredentialSource::file(file.path()), QUICK);
    client.authenticate().await.unwrap();
    std::fs::write(file.path(), credentials_file(&tokens.url, "refresh-new")).unwrap();
    let (service, name) = (service(), name());
    let (a, b, c) = tokio::join!(
        client.cancel(&service, &name, None),
        client.cancel(&service, &name, None),
        client.cancel(&service, &name, None),
    );
    assert!([a, b, c].iter().all(|reply| reply.answer == CancelAnswer::Accepted));
    assert_eq!(tokens.requests().len(), 2);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let tokens = Server::start(|_, _| Answer::new(400, r#"{"error":"invalid_grant"}"#)).await;
    let server = Server::start(|_, _| Answer::new(200, "{}")).await;
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(credentials_file(&tokens.url, "refresh-old").as_bytes()).unwrap();
    let client = client_with(&server.url, CredentialSource::file(file.path()), QUICK);

    for error in [
        client.authenticate().await.unwrap_err(),
        client.list_page(&collection(), None, None).await.unwrap_err(),
    ] {
        assert_eq!((error.kind, error.attempts), (FailureKind::NoCredential, 0));
        assert!(error.message.contains("the token endpoint answered HTTP 400"), "{error}");
    }
    let reply = client.cancel(&service(), &name(), None).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Unreachable, 0));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_missing_credential_is_told_after_two_tries() {
    let tokens = Server::start(|_, _| Answer::new(503, "")).await;
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(credentials_file(&tokens.url, "refresh-old").as_bytes()).unwrap();
    let client = client_with(&tokens.url, CredentialSource::file(file.path()), QUICK);
    let error = client.authenticate().await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::NoCredential, 0));
    assert_eq!(tokens.requests().len(), 2);
}

#[tokio::test]
async fn to_authenticate_asks_nothing_of_the_service() {
    let tokens = token_server().await;
    let server = Server::start(|_, _| Answer::new(200, "{}")).await;
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(credentials_file(&tokens.url, "refresh-old").as_bytes()).unwrap();
    let client = client_with(&server.url, CredentialSource::file(file.path()), QUICK);
    assert_eq!(client.authenticate().await, Ok(()));
    assert_eq!((server.requests().len(), tokens.requests().len()), (0, 1));
    assert!(!format!("{client:?}").contains("refresh-old"));
}
