//! When a stored credential is read: once, again after a time, and once more for one that is not taken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::header::AUTHORIZATION;
use secrecy::SecretString;
use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::clock::Clock;
use crate::google::retry::RetryPolicy;
use crate::google::test_server::{Answer, Server, header};
use crate::google::{Client, Endpoint};
use crate::operation::{OperationName, ServiceName};
use crate::service::{CancelAnswer, CancelReply, FailureKind, OperationsService as _};
use crate::trust::Trust;

/// A store in memory. What it holds can be changed behind the back of who reads it.
#[derive(Debug)]
struct Memory {
    holds: Mutex<Result<String, CredentialError>>,
    reads: AtomicUsize,
}

impl Memory {
    fn holding(text: String) -> Arc<Self> {
        Arc::new(Self { holds: Mutex::new(Ok(text)), reads: AtomicUsize::new(0) })
    }

    fn set(&self, holds: Result<String, CredentialError>) {
        *self.holds.lock().unwrap() = holds;
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

impl CredentialStore for Memory {
    fn read(&self) -> Reading<'_> {
        Box::pin(async {
            self.reads.fetch_add(1, Ordering::Relaxed);
            // As a store across a network: others get their turn before there is an answer.
            tokio::task::yield_now().await;
            self.holds.lock().unwrap().clone().map(SecretString::from)
        })
    }

    fn origin(&self) -> String {
        "the secret test".to_owned()
    }
}

fn denied() -> CredentialError {
    CredentialError::Unusable("the secret test may not be read".to_owned())
}

fn throttled() -> CredentialError {
    CredentialError::Unavailable("the secret test could not be read".to_owned())
}

/// A credential whose tokens the server names after `user` and numbers.
fn user(server: &Server, user: &str) -> String {
    json!({"type": "authorized_user", "client_id": "c", "client_secret": "s",
           "refresh_token": "r", "token_uri": format!("{}/{user}", server.url)})
    .to_string()
}

/// A token endpoint for every user but those named `dead…`.
async fn token_server() -> Server {
    Server::start(|number, request| {
        let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let name = path.trim_start_matches('/');
        if name.starts_with("dead") {
            return Answer::new(400, r#"{"error":"invalid_grant"}"#);
        }
        let body =
            json!({"access_token": format!("{name}-{number}"), "token_type": "Bearer", "expires_in": 3600});
        Answer::with_headers(200, "Content-Type: application/json\r\n", &body.to_string())
    })
    .await
}

fn start() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn credentials(memory: &Arc<Memory>) -> Credentials {
    let source: Arc<dyn CredentialStore> = Arc::clone(memory) as _;
    Credentials::new(CredentialSource::Stored(source))
}

async fn token(credentials: &Credentials) -> Result<String, CredentialError> {
    let auth = credentials.headers(Instant::now() + Duration::from_secs(60)).await?;
    let value = auth.headers[AUTHORIZATION].to_str().unwrap();
    Ok(value.trim_start_matches("Bearer ").to_owned())
}

#[tokio::test]
async fn many_who_want_a_token_at_once_share_one_read_and_one_token() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    assert_eq!(memory.reads(), 0, "it is read when it is needed");
    let got = tokio::join!(token(&credentials), token(&credentials), credentials.load(), token(&credentials));
    assert_eq!(got, (Ok("a-0".to_owned()), Ok("a-0".to_owned()), Ok(()), Ok("a-0".to_owned())));
    assert_eq!((memory.reads(), server.requests().len()), (1, 1));
}

#[tokio::test]
async fn it_is_read_again_after_the_time_to_live_and_the_same_text_loses_nothing() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    for (minutes, reads) in [(0, 1), (14, 1), (15, 2), (16, 2), (29, 2), (31, 3)] {
        credentials.begin_run(start() + TimeDelta::minutes(minutes));
        assert_eq!(token(&credentials).await.unwrap(), "a-0");
        assert_eq!(memory.reads(), reads, "after {minutes} minutes");
    }
    memory.set(Ok(user(&server, "b")));
    credentials.begin_run(start() + TimeDelta::minutes(35));
    assert_eq!(token(&credentials).await.unwrap(), "a-0");
    credentials.begin_run(start() + TimeDelta::minutes(50));
    assert_eq!(token(&credentials).await.unwrap(), "b-1");
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nothing_last_longer() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    credentials.begin_run(start());
    assert_eq!(token(&credentials).await.unwrap(), "a-0");
    credentials.begin_run(start() - TimeDelta::minutes(1));
    assert_eq!(token(&credentials).await.unwrap(), "a-1");
    assert_eq!(memory.reads(), 2);
}

#[tokio::test]
async fn a_thawed_function_sends_no_token_of_before_the_freeze() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    // The wall clock goes on in each of these freezes; the timers of the runtime do not.
    credentials.begin_run(start());
    assert_eq!(token(&credentials).await.unwrap(), "a-0");
    credentials.begin_run(start() + TimeDelta::minutes(39));
    assert_eq!(token(&credentials).await.unwrap(), "a-0", "good for the longest run that there is");
    credentials.begin_run(start() + TimeDelta::minutes(40));
    assert_eq!(token(&credentials).await.unwrap(), "a-1");
    credentials.begin_run(start() + TimeDelta::minutes(79));
    assert_eq!(token(&credentials).await.unwrap(), "a-1");
    credentials.begin_run(start() + TimeDelta::days(3));
    assert_eq!(token(&credentials).await.unwrap(), "a-2");
}

#[tokio::test]
async fn a_token_of_an_unknown_age_is_not_trusted() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    assert_eq!(token(&credentials).await.unwrap(), "a-0");
    credentials.begin_run(start());
    assert_eq!(token(&credentials).await.unwrap(), "a-1");
}

#[tokio::test]
async fn a_dead_credential_is_read_anew_once_in_a_run() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "dead"));
    let credentials = credentials(&memory);
    credentials.begin_run(start());
    for (reads, exchanges) in [(2, 1), (2, 2), (2, 3)] {
        let error = token(&credentials).await.unwrap_err();
        assert!(error.to_string().contains("HTTP 400; check the secret test"), "{error}");
        assert_eq!((memory.reads(), server.requests().len()), (reads, exchanges));
    }
    credentials.begin_run(start() + TimeDelta::minutes(1));
    assert!(token(&credentials).await.is_err());
    assert_eq!(memory.reads(), 3);
}

#[tokio::test]
async fn a_dead_credential_that_has_been_replaced_meanwhile_costs_no_call() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    credentials.begin_run(start());
    credentials.load().await.unwrap();
    memory.set(Ok(user(&server, "dead")));
    credentials.begin_run(start() + TimeDelta::minutes(20));
    credentials.load().await.unwrap();
    memory.set(Ok(user(&server, "b")));
    let got = tokio::join!(token(&credentials), token(&credentials));
    assert!(got.0.unwrap().starts_with("b-") && got.1.unwrap().starts_with("b-"));
    assert_eq!(memory.reads(), 3);
}

#[tokio::test]
async fn a_store_that_does_not_answer_leaves_the_credential_in_use() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    credentials.begin_run(start());
    assert_eq!(token(&credentials).await.unwrap(), "a-0");
    memory.set(Err(throttled()));
    for minutes in [15, 16] {
        credentials.begin_run(start() + TimeDelta::minutes(minutes));
        assert_eq!(token(&credentials).await.unwrap(), "a-0");
        assert_eq!(token(&credentials).await.unwrap(), "a-0");
    }
    assert_eq!(memory.reads(), 3, "once in each run");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_asked_again_in_the_next_run_and_not_before() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    memory.set(Err(throttled()));
    credentials.begin_run(start());
    for _ in 0..3 {
        assert_eq!(token(&credentials).await, Err(throttled()));
    }
    assert_eq!(memory.reads(), 1, "the store itself tries again as often as is sensible");
    memory.set(Ok(user(&server, "a")));
    credentials.begin_run(start() + TimeDelta::minutes(1));
    assert_eq!(token(&credentials).await.unwrap(), "a-0");
}

#[tokio::test]
async fn a_store_that_refuses_is_asked_once_in_a_run_and_its_old_credential_is_not_used() {
    let server = token_server().await;
    let memory = Memory::holding(user(&server, "a"));
    let credentials = credentials(&memory);
    credentials.begin_run(start());
    assert_eq!(token(&credentials).await.unwrap(), "a-0");
    memory.set(Err(denied()));
    credentials.begin_run(start() + TimeDelta::minutes(15));
    for _ in 0..3 {
        assert_eq!(token(&credentials).await, Err(denied()));
    }
    assert_eq!(memory.reads(), 2);
    memory.set(Ok(user(&server, "a")));
    credentials.begin_run(start() + TimeDelta::minutes(16));
    assert_eq!(token(&credentials).await.unwrap(), "a-1");
}

#[tokio::test]
async fn a_text_that_is_no_credential_is_read_again_when_the_next_run_begins() {
    let server = token_server().await;
    let memory = Memory::holding("not JSON".to_owned());
    let credentials = credentials(&memory);
    credentials.begin_run(start());
    for _ in 0..2 {
        let error = token(&credentials).await.unwrap_err().to_string();
        assert!(error.starts_with("the secret test is not JSON; it must be"), "{error}");
    }
    assert_eq!(memory.reads(), 1);
    memory.set(Ok(json!({"google": user(&server, "a")}).to_string()));
    credentials.begin_run(start() + TimeDelta::minutes(1));
    assert_eq!(token(&credentials).await.unwrap(), "a-0", "also as the console of Secrets Manager keeps it");
}

/// A client of a service that takes the tokens of this user only.
async fn client(memory: &Arc<Memory>, taken: &'static str) -> (Client, Server) {
    let service = Server::start(move |_, request| {
        let authorization = header(request, "authorization").first().copied().unwrap_or_default().to_owned();
        match authorization.starts_with(&format!("Bearer {taken}-")) {
            true => Answer::new(200, "{}"),
            false => Answer::with_headers(
                401,
                "Date: Tue, 24 Nov 2026 12:10:00 GMT\r\n",
                r#"{"error":{"code":401,"status":"UNAUTHENTICATED","message":"not taken"}}"#,
            ),
        }
    })
    .await;
    let client =
        Client::new(Endpoint::parse(&service.url).unwrap(), credentials(memory), Trust::Machine).unwrap();
    let client = client
        .with_retry_policy(RetryPolicy { initial_backoff: Duration::from_millis(1), ..RetryPolicy::GOOGLE });
    client.begin_run(&Clock::starting_at(start()));
    (client, service)
}

async fn cancel(client: &Client) -> CancelReply {
    let name = OperationName::parse("projects/p/locations/l/operations/o").unwrap();
    client.cancel(&ServiceName::parse("clouddeploy").unwrap(), &name, None).await
}

#[tokio::test]
async fn a_secret_that_was_rotated_while_warm_is_picked_up_by_one_read_and_one_retry() {
    let tokens = token_server().await;
    let memory = Memory::holding(user(&tokens, "old"));
    let (client, service) = client(&memory, "new").await;
    client.authenticate().await.unwrap();
    memory.set(Ok(user(&tokens, "new")));
    let got = tokio::join!(cancel(&client), cancel(&client), cancel(&client));
    for reply in [got.0, got.1, got.2] {
        assert_eq!(reply, CancelReply::accepted(2));
    }
    assert_eq!((memory.reads(), tokens.requests().len(), service.requests().len()), (2, 2, 6));
    assert_eq!(cancel(&client).await, CancelReply::accepted(1));
}

#[tokio::test]
async fn a_key_that_was_revoked_for_ever_is_read_anew_once_and_tried_twice() {
    let tokens = token_server().await;
    let memory = Memory::holding(user(&tokens, "old"));
    let (client, service) = client(&memory, "new").await;
    let reply = cancel(&client).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Refused, 2));
    assert_eq!((memory.reads(), service.requests().len()), (2, 2));
    let name = OperationName::parse("projects/p/locations/l/operations/o").unwrap();
    let error = client.get(&ServiceName::parse("clouddeploy").unwrap(), &name, None).await.unwrap_err();
    assert_eq!((error.kind, error.http_status), (FailureKind::Unauthenticated, Some(401)));
    assert_eq!(memory.reads(), 2, "the same text would only come again");
}

#[tokio::test]
async fn a_service_account_on_a_wrong_clock_is_told_so() {
    // It signs its own token, and asks nobody who could tell it the time.
    let memory = Memory::holding(include_str!("throwaway-service-account.json").to_owned());
    let (client, service) = client(&memory, "nobody").await;
    let reply = cancel(&client).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Refused, 2));
    let message = reply.message.unwrap();
    assert!(message.contains("s behind Google's, set it right: not taken"), "{message}");
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn a_read_for_a_refused_credential_that_fails_is_made_up_for_in_the_next_run() {
    let tokens = token_server().await;
    let memory = Memory::holding(user(&tokens, "old"));
    let (client, _service) = client(&memory, "new").await;
    client.authenticate().await.unwrap();
    memory.set(Err(throttled()));
    assert_eq!(cancel(&client).await.answer, CancelAnswer::Refused);
    memory.set(Ok(user(&tokens, "new")));
    client.begin_run(&Clock::starting_at(start() + TimeDelta::minutes(1)));
    assert_eq!(cancel(&client).await, CancelReply::accepted(1));
}
