//! curfew's own client and the emulator over real HTTP: what each says, the other understands.
//!
//! The two share no code for the wire, so a mistake would have to be made twice to pass here.
#![cfg(feature = "emulator")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy cannot see here")]

use std::time::Duration;

use curfew::catalogue::default_service;
use curfew::clock::Clock;
use curfew::emulator::{Emulator, Scenario};
use curfew::google::retry::RetryPolicy;
use curfew::google::{Client, CredentialSource, Credentials, Endpoint};
use curfew::operation::{Ending, Operation, OperationName, Progress, ResourcePath, ServiceName};
use curfew::service::{CallError, CancelAnswer, FailureKind, OperationsService};
use curfew::trust::Trust;

struct World {
    emulator: Emulator,
    client: Client,
}

async fn world(scenario: &str) -> World {
    let scenario = Scenario::parse(scenario, "test").unwrap();
    let emulator = Emulator::start(&scenario, "127.0.0.1:0".parse().unwrap(), Clock::system()).await.unwrap();
    let endpoint = Endpoint::parse(&emulator.url()).unwrap();
    let credentials = Credentials::new(CredentialSource::None);
    // Retries as in production, only without the waiting.
    let retry = RetryPolicy { initial_backoff: Duration::from_millis(1), ..RetryPolicy::GOOGLE };
    let client = Client::new(endpoint, credentials, Trust::Machine).unwrap().with_retry_policy(retry);
    World { emulator, client }
}

/// The running operation `o`, with these further keys and these faults.
async fn one(keys: &str, faults: &str) -> World {
    world(&format!(
        "operations: [{{ name: projects/p/locations/l/operations/o, age: 3h {keys} }}]\nfaults: [{faults}]"
    ))
    .await
}

fn service() -> ServiceName {
    ServiceName::parse("clouddeploy").unwrap()
}

fn name() -> OperationName {
    OperationName::parse("projects/p/locations/l/operations/o").unwrap()
}

fn locations() -> ResourcePath {
    ResourcePath::parse("projects/p/locations").unwrap()
}

impl World {
    async fn get(&self) -> Result<Operation, CallError> {
        self.client.get(&service(), &name(), None).await
    }
}

#[tokio::test]
async fn every_page_of_operations_and_locations_is_read() {
    let world = world(
        "page_size: 4\nlocations: { p: [a, b, c, d, e] }\n\
         operations: [{ name: projects/p/locations/l/operations/o, age: 1h, count: 9 }]\n\
         faults: [{ call: list, answer: empty_page }]",
    )
    .await;
    let collection = default_service().collection_of(&name()).unwrap();
    let (mut sizes, mut token) = (Vec::new(), None);
    loop {
        let page = world.client.list_page(&collection, token.as_deref(), None).await.unwrap();
        assert!(page.missing.is_empty(), "{:?}", page.missing);
        sizes.push(page.operations.len());
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [0, 4, 4, 1]);
    let first = world.client.locations_page(&service(), &locations(), None, None).await.unwrap();
    let token = first.next.as_deref();
    let rest = world.client.locations_page(&service(), &locations(), token, None).await.unwrap();
    assert_eq!((first.locations.len(), rest.locations.len(), rest.next), (4, 2, None));
}

#[tokio::test]
async fn what_a_cancel_led_to_is_read_back() {
    for (word, progress, requested) in [
        ("cancelled", Progress::Ended(Ending::Cancelled), true),
        ("completed", Progress::Ended(Ending::Completed), true),
        ("failed", Progress::Ended(Ending::Failed { code: 13 }), true),
        ("finished", Progress::Ended(Ending::Unstated), true),
        ("cancelling", Progress::Running, true),
        ("ignored", Progress::Running, false),
    ] {
        let world = one(&format!(", on_cancel: {word}"), "").await;
        let answer = world.client.cancel(&service(), &name(), None).await;
        assert_eq!(answer.answer, CancelAnswer::Accepted, "{word}: {answer:?}");
        let got = world.get().await.unwrap();
        assert_eq!((got.progress, got.cancellation_requested), (progress, Some(requested)), "{word}");
    }
    let world = one(", on_cancel: vanishes", "").await;
    world.client.cancel(&service(), &name(), None).await;
    assert_eq!(world.get().await.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn each_answer_to_a_cancel_is_told_apart() {
    for (word, answer, code) in [
        ("refused", CancelAnswer::Refused, "FAILED_PRECONDITION"),
        ("unimplemented", CancelAnswer::Unsupported, "UNIMPLEMENTED"),
        ("denied", CancelAnswer::Denied, "PERMISSION_DENIED"),
    ] {
        let world = one(&format!(", on_cancel: {word}"), "").await;
        let got = world.client.cancel(&service(), &name(), None).await;
        assert_eq!((got.answer, got.code.as_deref(), got.attempts), (answer, Some(code), 1));
    }
}

#[tokio::test]
async fn a_fault_that_passes_is_got_over() {
    for answer in [
        "{ status: 503 }",
        "{ status: 503, code: UNKNOWN }",
        "drop",
        "lost",
        "truncate",
        "{ status: 429, retry_after: 10ms }",
    ] {
        let world = one("", &format!("{{ call: get, times: 2, answer: {answer} }}")).await;
        let got = world.get().await;
        assert!(got.is_ok(), "{answer}: {got:?}");
        assert_eq!(world.emulator.journal().count("GET"), 3, "{answer}");
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_an_error_of_its_kind() {
    for (answer, kind, requests) in [
        ("{ status: 503 }", FailureKind::Unreachable, 5),
        ("drop", FailureKind::Unreachable, 5),
        ("not_json", FailureKind::Unreachable, 1),
        ("{ status: 500 }", FailureKind::Unreachable, 1),
        ("{ status: 403 }", FailureKind::Denied, 1),
        ("{ status: 400, code: FAILED_PRECONDITION }", FailureKind::Refused, 1),
    ] {
        let world = one("", &format!("{{ call: get, times: always, answer: {answer} }}")).await;
        let got = world.get().await.unwrap_err();
        assert_eq!(got.kind, kind, "{answer}: {got}");
        assert_eq!(world.emulator.journal().count("GET"), requests, "{answer}: {got}");
    }
}

#[tokio::test]
async fn missing_fields_are_read_as_what_they_mean() {
    let world = one("", "{ answer: no_done }, { answer: no_metadata }").await;
    let got = world.get().await.unwrap();
    assert_eq!(got.progress, Progress::Running);
    let got = world.get().await.unwrap();
    assert_eq!((got.create_time, got.cancellation_requested, got.metadata), (None, None, None));
}

#[tokio::test]
async fn a_required_token_that_is_missing_is_unauthenticated() {
    let world = world("require_token: true\nlocations: { p: [l] }").await;
    let got = world.client.locations_page(&service(), &locations(), None, None).await.unwrap_err();
    assert_eq!(got.kind, FailureKind::Unauthenticated);
}
