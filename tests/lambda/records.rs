//! The log: one JSON line for each violator, each gap and each sweep, in the keys that queries are written against.

use serde_json::Value;

use crate::support::world::{OPERATION_KEYS, SWEEP_KEYS, assert_adds_up, assert_has_keys, emulate};
use crate::{Deployment, POLICY, SCHEDULE, plenty, records, text};

const MIXED: &str = "\
operations:
  - { name: projects/acme-web/locations/europe-west1/operations/stops, age: 9h, verb: create, target: a/b }
  - { name: projects/acme-web/locations/europe-west1/operations/deaf, age: 8h, on_cancel: ignored }
  - { name: projects/acme-web/locations/europe-west1/operations/denied, age: 7h, on_cancel: denied }
  - { name: projects/acme-web/locations/europe-west1/operations/asked, age: 6h, cancellation_requested: true }
  - { name: projects/acme-web/locations/europe-west1/operations/young, age: 1m }
  - { name: projects/acme-web/locations/europe-west1/operations/ended, age: 9h, runs_for: 1m }
faults:
  - call: list
    name: projects/acme-data/locations/europe-west1
    times: always
    answer: { status: 403, code: PERMISSION_DENIED, message: no list for you }
  - { call: list, name: projects/acme-web/locations/us-central1, times: always, answer: { status: 500 } }
";

#[tokio::test]
async fn a_run_logs_a_line_for_each_violator_each_gap_and_the_sweep() {
    let emulator = emulate(MIXED).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let report = lambda.invoke(SCHEDULE, plenty()).await.response();
    let output = lambda.stop().await;

    let lines = records(&output.stdout);
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    assert_eq!((of("operation").len(), of("gap").len(), of("sweep").len()), (4, 2, 1), "{lines:?}");
    assert_eq!((lines.len(), text(&lines[7], "event")), (8, "metrics"), "the metrics come last");
    assert_eq!(output.stderr, Vec::<String>::new());
    assert!(lines.iter().all(|line| line["sweep_id"] == report["sweep_id"]), "{lines:?}");
    for line in &lines[..7] {
        assert_eq!(line["mode"], "enforce");
        let nested = |value: &Value| value.is_object() || value.is_array();
        let flat = line["event"] == "sweep" || !line.as_object().unwrap().values().any(nested);
        assert!(flat, "a record has flat keys: {line}");
    }
    for record in of("operation") {
        assert_has_keys(record, &OPERATION_KEYS);
        assert!(report["operations"].as_array().unwrap().contains(record), "{record} is not in the report");
    }
    for gap in of("gap") {
        assert_has_keys(gap, &["service", "path", "project", "location", "reason", "message"]);
    }
    let sweep = of("sweep")[0];
    assert_has_keys(sweep, &SWEEP_KEYS);
    assert_adds_up(sweep);
    assert!(sweep.get("operations").is_none(), "the log's sweep line holds the sums alone: {sweep}");
    assert_eq!(sweep["gaps"].as_array().unwrap().len(), 2);
    for key in SWEEP_KEYS {
        assert_eq!(sweep[key], report[key], "{key} is the same in the log and in the answer");
    }
}

#[tokio::test]
async fn the_metrics_of_a_run_are_its_sums_under_the_name_of_the_function() {
    let emulator = emulate(MIXED).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let report = lambda.invoke(SCHEDULE, plenty()).await.response();
    let lines = records(&lambda.stop().await.stdout);
    let metrics: Vec<&Value> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    let [metrics] = metrics[..] else { panic!("one line of metrics a run: {lines:?}") };
    for (metric, key) in [
        ("Seen", "seen"),
        ("Done", "done"),
        ("Spared", "spared"),
        ("Violating", "violating"),
        ("Attempted", "attempted"),
        ("DurationMs", "duration_ms"),
        ("ListingMs", "listing_ms"),
    ] {
        assert_eq!(metrics[metric], report[key], "{metric}");
    }
    assert_eq!((text(metrics, "FunctionName"), text(metrics, "Mode")), ("curfew", "enforce"));
    let left = metrics["TimeLeftMs"].as_u64().unwrap();
    assert!((1..300_000).contains(&left), "{left} ms left of five minutes");
}

#[tokio::test]
async fn a_run_that_could_do_nothing_has_no_metrics_and_one_that_is_switched_off_has() {
    let emulator = emulate(MIXED).await;
    for (variable, value, want) in [("CURFEW_POLICY", "file:none.yaml", 0), ("CURFEW_MODE", "off", 1)] {
        let mut lambda = Deployment::new(&emulator, POLICY).with(variable, value).start().await;
        lambda.invoke(SCHEDULE, plenty()).await;
        let lines = records(&lambda.stop().await.stdout);
        let got = lines.iter().filter(|line| line["Sweeps"] == 1).count();
        assert_eq!(got, want, "{variable}={value}: {lines:?}");
    }
}

#[tokio::test]
async fn a_record_says_what_was_done_and_what_became_of_it() {
    let emulator = emulate(MIXED).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let report = lambda.invoke(SCHEDULE, plenty()).await.response();

    let record = |id: &str| {
        let mut all = report["operations"].as_array().unwrap().iter();
        all.find(|record| text(record, "operation").ends_with(id))
            .unwrap_or_else(|| panic!("no {id}: {report}"))
    };
    let stops = record("/stops");
    assert_eq!((text(stops, "verb"), text(stops, "target")), ("create", "a/b"));
    assert_eq!((text(stops, "rule"), text(stops, "action")), ("an-hour", "cancel"));
    assert_eq!(text(stops, "why"), "age 9h exceeds max_age 1h");
    assert!(stops["age_s"].as_u64().unwrap() >= 9 * 3600, "{stops}");
    assert_eq!((text(stops, "cancel"), text(stops, "state")), ("accepted", "cancelled"));
    assert!(stops["withheld"].is_null() && stops["cancel_attempts"] == 1, "{stops}");
    let deaf = record("/deaf");
    assert_eq!((text(deaf, "cancel"), text(deaf, "state")), ("accepted", "ignored"));
    let denied = record("/denied");
    assert_eq!((text(denied, "cancel"), text(denied, "state")), ("denied", "running"));
    assert!(text(denied, "message").contains("denied"), "{denied}");
    let asked = record("/asked");
    assert_eq!((text(asked, "withheld"), text(asked, "state")), ("already_requested", "cancelling"));
    assert_eq!((&asked["cancel"], &asked["cancel_attempts"]), (&Value::Null, &Value::from(0)));

    assert_eq!(report["answers"], serde_json::json!({"accepted": 2, "denied": 1}));
    assert_eq!(report["states"], serde_json::json!({"cancelled": 1, "ignored": 1, "running": 1}));
    assert_eq!(report["withheld"], serde_json::json!({"already_requested": 1}));
    assert_eq!(report["followed_up"], serde_json::json!({"cancelling": 1}));
    assert_eq!((&report["done"], &report["spared"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(report["complete"], false);
}
