//! The retry engine in paused time.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;

const POLICY: RetryPolicy = RetryPolicy::GOOGLE;

fn unavailable() -> Failure {
    Failure::broken("the connection broke")
}

fn answered(remedy: Remedy, kind: FailureKind, status: u16) -> Failure {
    Failure { remedy, kind, http_status: Some(status), code: None, message: "m".to_owned() }
}

fn limited(seconds: u64) -> Failure {
    answered(Remedy::Retry { at_least: Duration::from_secs(seconds) }, FailureKind::Refused, 429)
}

fn unauthenticated() -> Failure {
    answered(Remedy::Reauthenticate, FailureKind::Unauthenticated, 401)
}

/// What came of a call whose attempts end as scripted, and when each attempt was made, in ms.
struct Run {
    outcome: Result<Reply<()>, CallError>,
    at_ms: Vec<u128>,
    reauthenticated: Vec<bool>,
}

/// Runs a script in paused time, at the full length of every pause. After the script, every attempt succeeds.
async fn script(until: Option<Duration>, script: impl IntoIterator<Item = Failure>) -> Run {
    let start = Instant::now();
    let left = Mutex::new(script.into_iter().collect::<VecDeque<_>>());
    let seen = Mutex::new(Vec::new());
    let outcome = run(
        &POLICY,
        until.map(|until| start + until),
        || 1.0,
        |attempt| {
            seen.lock().unwrap().push((start.elapsed().as_millis(), attempt.reauthenticate));
            let next = left.lock().unwrap().pop_front();
            async move { next.map_or(Ok(()), Err) }
        },
    )
    .await;
    let (at_ms, reauthenticated) = seen.into_inner().unwrap().into_iter().unzip();
    Run { outcome, at_ms, reauthenticated }
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_with_doubling_pauses() {
    let got = script(None, vec![unavailable(); 3]).await;
    assert_eq!(got.outcome, Ok(Reply { value: (), attempts: 4 }));
    assert_eq!(got.at_ms, [0, 500, 1500, 3500]);
}

#[tokio::test(start_paused = true)]
async fn the_fifth_failure_is_the_last() {
    let got = script(None, vec![unavailable(); 9]).await;
    let error = got.outcome.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::Unreachable, 5));
    assert_eq!(got.at_ms.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_tried_once() {
    let got = script(None, [answered(Remedy::GiveUp, FailureKind::Denied, 403)]).await;
    let error = got.outcome.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::Denied, 1));
    assert_eq!(got.at_ms, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_waited_out_when_there_is_time() {
    let got = script(Some(Duration::from_secs(30)), [limited(20)]).await;
    assert_eq!(got.outcome, Ok(Reply { value: (), attempts: 2 }));
    // What was asked for, and the jitter on top of it.
    assert_eq!(got.at_ms, [0, 20_250]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_does_not_fit_is_given_up_at_once() {
    for until in [Some(Duration::from_secs(10)), None] {
        let start = Instant::now();
        let got = script(until, [limited(70)]).await;
        let error = got.outcome.unwrap_err();
        assert_eq!((error.kind, error.http_status, error.attempts), (FailureKind::Refused, Some(429), 1));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
    let endless = Failure { remedy: Remedy::Retry { at_least: Duration::MAX }, ..limited(0) };
    assert_eq!(script(None, [endless]).await.outcome.unwrap_err().kind, FailureKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_is_read_anew_once() {
    let got = script(None, [unauthenticated()]).await;
    assert_eq!(got.outcome, Ok(Reply { value: (), attempts: 2 }));
    assert_eq!((got.at_ms, got.reauthenticated), (vec![0, 0], vec![false, true]));

    let got = script(None, [unauthenticated(), unauthenticated()]).await;
    let error = got.outcome.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::Unauthenticated, 2));
}

#[tokio::test(start_paused = true)]
async fn a_credential_is_read_anew_only_once_in_a_call() {
    let got = script(None, [unauthenticated(), unavailable(), unauthenticated()]).await;
    assert_eq!(got.outcome.unwrap_err().kind, FailureKind::Unauthenticated);
    assert_eq!(got.reauthenticated, [false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_sent_nothing_is_not_counted() {
    let got = script(None, [Failure::no_credential("no file", false)]).await;
    let error = got.outcome.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::NoCredential, 0));

    let got = script(None, [Failure::no_credential("the token endpoint is down", true)]).await;
    assert_eq!(got.outcome, Ok(Reply { value: (), attempts: 1 }));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_is_timed_out_and_tried_again() {
    let start = Instant::now();
    let mut tries = 0;
    let outcome = run(
        &POLICY,
        None,
        || 0.0,
        |_| {
            tries += 1;
            let hangs = tries == 1;
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                Ok(start.elapsed())
            }
        },
    )
    .await
    .unwrap();
    assert_eq!((outcome.attempts, outcome.value), (2, Duration::from_millis(10_250)));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_time_allowed_ends_an_attempt() {
    let start = Instant::now();
    let error = run(
        &POLICY,
        Some(start + Duration::from_secs(3)),
        || 0.0,
        |_| std::future::pending::<Result<(), Failure>>(),
    )
    .await
    .unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::OutOfTime, 1));
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn an_answer_counts_also_when_it_comes_at_the_last_moment() {
    let until = Instant::now() + Duration::from_secs(3);
    let error = run(
        &POLICY,
        Some(until),
        || 0.0,
        |_| async move {
            tokio::time::sleep_until(until).await;
            Err::<(), _>(answered(Remedy::GiveUp, FailureKind::Denied, 403))
        },
    )
    .await
    .unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::Denied, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_the_time_allowed_is_over() {
    let got = script(Some(Duration::ZERO), []).await;
    let error = got.outcome.unwrap_err();
    assert_eq!((error.kind, error.attempts), (FailureKind::OutOfTime, 0));
    assert!(got.at_ms.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_does_not_fit_is_not_begun() {
    let got = script(Some(Duration::from_secs(2)), vec![unavailable(); 9]).await;
    assert_eq!(got.outcome.unwrap_err().kind, FailureKind::Unreachable);
    assert_eq!(got.at_ms, [0, 500, 1500]);
}

#[test]
fn a_pause_stays_between_half_and_the_whole_of_its_backoff() {
    let left = Duration::from_secs(60);
    for (tries, whole_ms) in [(1, 500), (2, 1000), (3, 2000), (4, 4000)] {
        for (jitter, want_ms) in [
            (0.0, whole_ms / 2),
            (0.5, whole_ms * 3 / 4),
            (1.0, whole_ms),
            (7.0, whole_ms),
            (-1.0, whole_ms / 2),
            (f64::NAN, whole_ms),
        ] {
            let state = RetryState { tries, reauthenticated: false };
            let got = next_step(&POLICY, state, &unavailable(), jitter, left);
            assert_eq!(got, Step::Wait(Duration::from_millis(want_ms)), "try {tries}, jitter {jitter}");
        }
    }
}

#[test]
fn a_backoff_never_exceeds_its_maximum() {
    let patient = RetryPolicy { max_attempts: u32::MAX, ..POLICY };
    for tries in [6, 40, u32::MAX - 1] {
        let state = RetryState { tries, reauthenticated: false };
        let got = next_step(&patient, state, &unavailable(), 1.0, Duration::MAX);
        assert_eq!(got, Step::Wait(POLICY.max_backoff));
    }
}
