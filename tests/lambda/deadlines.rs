//! Lambda's deadline: a run answers before it, and says what it did not reach.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::world::{assert_adds_up, cancelled, emulate};
use crate::{Deployment, POLICY, SCENARIO, SCHEDULE, ids, in_};

/// Lists that are all answered so late that, of five seconds, no more than the last few are left.
const SLOW_LISTS: &str = "
faults:
  - { call: list, times: always, answer: { slow: 3700ms } }
";

/// One list that is not answered at all.
const HANGING_LIST: &str = "
faults:
  - { call: list, name: projects/acme-web/locations/us-central1, times: always, answer: { slow: 10m } }
";

#[tokio::test]
async fn what_a_near_deadline_leaves_no_time_for_is_withheld_and_the_answer_is_in_time() {
    let emulator = emulate(&format!("{SCENARIO}{SLOW_LISTS}")).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let total = Duration::from_secs(5);
    let (started, deadline) = (Instant::now(), in_(total));

    let report = lambda.invoke(SCHEDULE, deadline).await.response();

    assert!(started.elapsed() < total, "the answer came after {:?}", started.elapsed());
    assert_adds_up(&report);
    let late = ids(&report, |record| record["withheld"] == "deadline");
    assert_eq!(late.into_iter().collect::<Vec<_>>(), ["old", "older"]);
    assert_eq!(report["complete"], false);
    assert!(cancelled(&emulator).is_empty());
}

#[tokio::test]
async fn a_collection_that_hangs_takes_no_time_from_the_violators_of_the_others() {
    let emulator = emulate(&format!("{SCENARIO}{HANGING_LIST}")).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;

    let report = lambda.invoke(SCHEDULE, in_(Duration::from_secs(5))).await.response();

    assert_adds_up(&report);
    let gaps = report["gaps"].as_array().unwrap();
    assert!(
        gaps.iter().any(|gap| gap["reason"] == "deadline" && gap["location"] == "us-central1"),
        "{gaps:?}"
    );
    assert_eq!(report["withheld"].get("deadline"), None);
    assert_eq!(cancelled(&emulator).len(), 2);
}

#[tokio::test]
async fn a_cancel_that_is_not_answered_in_time_is_recorded_before_the_deadline() {
    let never = "faults: [{ call: cancel, times: always, answer: { slow: 10m } }]\n";
    let emulator = emulate(&format!("{SCENARIO}{never}")).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let total = Duration::from_secs(4);
    let (started, deadline) = (Instant::now(), in_(total));

    let report = lambda.invoke(SCHEDULE, deadline).await.response();

    assert!(started.elapsed() < total, "the answer came after {:?}", started.elapsed());
    assert_adds_up(&report);
    assert_eq!(report["answers"], serde_json::json!({"unreachable": 2}));
}

#[tokio::test]
async fn a_deadline_that_has_passed_cancels_nothing_and_still_answers() {
    let emulator = emulate(SCENARIO).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let passed = in_(Duration::ZERO) - 1_000;

    let report = lambda.invoke(SCHEDULE, passed).await.response();

    assert_adds_up(&report);
    assert_eq!(report["complete"], false);
    assert!(cancelled(&emulator).is_empty());
}

#[tokio::test]
async fn a_deadline_in_1970_is_unknown_and_the_run_is_whole() {
    for unknown in [0, 600_000] {
        let emulator = emulate(SCENARIO).await;
        let mut lambda = Deployment::new(&emulator, POLICY).start().await;
        let report = lambda.invoke(SCHEDULE, unknown).await.response();
        assert_eq!(report["complete"], true);
        assert_eq!(report["states"], serde_json::json!({"cancelled": 2}), "deadline {unknown}");
    }
}
