use std::time::Duration;

use super::*;
use crate::emulator::scenario::End;
use crate::operation::{Ending, LocationId, Progress};
use crate::service::{CancelAnswer, FailureKind};

fn service() -> ServiceName {
    ServiceName::parse("clouddeploy").unwrap()
}

fn collection() -> Collection {
    crate::testing::collection("p", "l")
}

fn name(id: &str) -> OperationName {
    OperationName::parse(&format!("projects/p/locations/l/operations/{id}")).unwrap()
}

fn emulated(scenario: &str) -> InProcess {
    let scenario = Scenario::parse(scenario, "test").unwrap();
    InProcess::new(
        &scenario,
        Clock::starting_at("2026-11-24T00:00:00Z".parse().unwrap()),
        RetryPolicy::GOOGLE,
    )
}

/// One operation `o` with these further keys.
fn one(keys: &str, faults: &str) -> InProcess {
    emulated(&format!(
        "operations: [{{ name: projects/p/locations/l/operations/o, age: 3h, verb: create {keys} }}]\nfaults: [{faults}]"
    ))
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_by_following_the_tokens() {
    let emulated = emulated(
        "page_size: 3\noperations: [{ name: projects/p/locations/l/operations/o, age: 1h, count: 7 }]",
    );
    let (mut got, mut token) = (Vec::new(), None);
    loop {
        let page = emulated.list_page(&collection(), token.as_deref(), None).await.unwrap();
        assert!(page.missing.is_empty(), "{:?}", page.missing);
        got.extend(page.operations.into_iter().map(|operation| operation.name));
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    let want: Vec<_> = (1..=7).map(|number| name(&format!("o-{number:04}"))).collect();
    assert_eq!(got, want);
}

#[tokio::test(start_paused = true)]
async fn what_the_world_shows_is_what_the_client_reads() {
    let emulated = one(", target: projects/p/locations/l/targets/t, metadata: { step: 3 }", "");
    let got = emulated.get(&service(), &name("o"), None).await.unwrap();
    assert_eq!(got.progress, Progress::Running);
    assert_eq!(got.create_time, Some("2026-11-23T21:00:00Z".parse().unwrap()));
    assert_eq!(got.verb.as_deref(), Some("create"));
    assert_eq!(got.target.as_deref(), Some("projects/p/locations/l/targets/t"));
    assert_eq!(got.kind.as_deref(), Some("type.googleapis.com/google.cloud.deploy.v1.OperationMetadata"));
    assert_eq!(got.cancellation_requested, Some(false));
    assert_eq!(got.metadata.unwrap().pointer("/step"), Some(3.into()));
}

#[tokio::test(start_paused = true)]
async fn an_hour_until_a_cancel_takes_effect_passes_at_once() {
    let emulated = one(", on_cancel: { becomes: cancelled, after: 1h }", "");
    assert_eq!(emulated.cancel(&service(), &name("o"), None).await, CancelReply::accepted(1));
    tokio::time::sleep(Duration::from_secs(3599)).await;
    let got = emulated.get(&service(), &name("o"), None).await.unwrap();
    assert_eq!((got.progress, got.cancellation_requested), (Progress::Running, Some(true)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let got = emulated.get(&service(), &name("o"), None).await.unwrap();
    assert_eq!(got.progress, Progress::Ended(Ending::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn the_truth_is_what_no_fault_shows_and_leaves_no_trace() {
    let emulated = one(", on_cancel: { becomes: cancelled, after: 1s }", "{ times: always, answer: lost }");
    assert_eq!(emulated.truth(&service(), &name("o")), Some((Standing::Running, false)));
    assert_eq!(emulated.cancel(&service(), &name("o"), None).await.answer, CancelAnswer::Unreachable);
    let sent = emulated.journal().requests.len();
    let (standing, requested) = emulated.truth(&service(), &name("o")).unwrap();
    assert!(matches!(standing, Standing::Ended { how: End::Cancelled, .. }) && requested, "{standing:?}");
    assert_eq!(emulated.truth(&service(), &name("other")), None);
    assert_eq!(emulated.journal().requests.len(), sent);
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_passes_is_retried_and_counted() {
    for answer in ["{ status: 503 }", "drop", "{ status: 429, retry_after: 3s }"] {
        let emulated = one("", &format!("{{ call: cancel, times: 2, answer: {answer} }}"));
        let got = emulated.cancel(&service(), &name("o"), None).await;
        assert_eq!(got, CancelReply::accepted(3), "{answer}");
        assert_eq!(emulated.journal().count("POST"), 3, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_whose_answer_was_lost_may_find_the_operation_ended_the_second_time() {
    for answer in ["lost", "truncate"] {
        let emulated = one("", &format!("{{ call: cancel, answer: {answer} }}"));
        let got = emulated.cancel(&service(), &name("o"), None).await;
        assert_eq!((got.answer, got.attempts), (CancelAnswer::Refused, 2), "{answer}");
        assert_eq!(got.code.as_deref(), Some("FAILED_PRECONDITION"));
        let got = emulated.get(&service(), &name("o"), None).await.unwrap();
        assert_eq!(got.progress, Progress::Ended(Ending::Cancelled));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_stays_ends_in_its_own_kind() {
    for (answer, want) in [
        ("{ status: 503 }", FailureKind::Unreachable),
        ("{ status: 403, code: PERMISSION_DENIED }", FailureKind::Denied),
        ("{ status: 404, code: NOT_FOUND }", FailureKind::NotFound),
        ("{ status: 501, code: UNIMPLEMENTED }", FailureKind::Unsupported),
        ("{ status: 401, code: UNAUTHENTICATED }", FailureKind::Unauthenticated),
        ("{ status: 400, code: FAILED_PRECONDITION }", FailureKind::Refused),
        ("not_json", FailureKind::Unreachable),
    ] {
        let emulated = one("", &format!("{{ call: get, times: always, answer: {answer} }}"));
        let got = emulated.get(&service(), &name("o"), None).await.unwrap_err();
        assert_eq!(got.kind, want, "{answer}: {got}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_meets_the_callers_deadline() {
    let emulated = one("", "{ answer: { slow: 3s } }");
    let until = Instant::now() + Duration::from_secs(2);
    let got = emulated.get(&service(), &name("o"), Some(until)).await.unwrap_err();
    assert_eq!(got.kind, FailureKind::OutOfTime);
    assert_eq!(Instant::now(), until);
}

#[tokio::test(start_paused = true)]
async fn locations_are_those_of_the_operations_and_those_beside() {
    let emulated = emulated(
        "locations: { p: [a, z] }\noperations: [{ name: projects/p/locations/l/operations/o, age: 1h }]",
    );
    let got = emulated
        .locations_page(&service(), &ResourcePath::parse("projects/p/locations").unwrap(), None, None)
        .await
        .unwrap();
    let names: Vec<_> = got.locations.iter().map(LocationId::as_str).collect();
    assert_eq!(names, ["a", "l", "z"]);
}

#[tokio::test(start_paused = true)]
async fn cloud_storage_takes_a_cancel_without_a_word() {
    let world =
        emulated("operations: [{ service: storage, name: projects/_/buckets/b/operations/o, age: 3h }]");
    let (storage, name) = (
        ServiceName::parse("storage").unwrap(),
        OperationName::parse("projects/_/buckets/b/operations/o").unwrap(),
    );
    assert_eq!(world.cancel(&storage, &name, None).await, CancelReply::accepted(1));
    let sent = world.journal().requests;
    assert_eq!(
        (sent[0].path.as_str(), sent[0].status),
        ("/storage/storage/v1/b/b/operations/o/cancel", Some(204))
    );
    assert_eq!(world.get(&storage, &name, None).await.unwrap().progress, Progress::Ended(Ending::Cancelled));
}
