use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::operation::OperationName;
use crate::plan::{Violator, Withheld};
use crate::policy::{Action, Mode};
use crate::report::OperationRecord;
use crate::testing::{clouddeploy, gap, now};

fn line(report: &Report, time_left: Option<Duration>) -> Value {
    let text = serde_json::to_string(&Metrics::new(report, "curfew-production", time_left)).unwrap();
    assert!(!text.contains('\n'), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn record(withheld: Option<Withheld>, cancel: Option<CancelAnswer>, state: Option<State>) -> OperationRecord {
    let violator = Violator {
        service: clouddeploy(),
        operation: OperationName::parse("projects/p/locations/l/operations/o").unwrap(),
        verb: None,
        target: None,
        created_at: now(),
        age_s: 7_200,
        rule: Arc::from("r"),
        action: Action::Cancel,
        why: String::new(),
        withheld,
        opens_at: None,
        window: None,
    };
    OperationRecord { cancel, state, ..OperationRecord::untouched(&violator, "sweep-1", Mode::Enforce) }
}

fn attempted(answer: CancelAnswer, state: State) -> OperationRecord {
    record(None, Some(answer), Some(state))
}

/// A report in which no two numbers that could be mixed up are the same.
fn busy() -> Report {
    let operations = vec![
        attempted(CancelAnswer::Accepted, State::Cancelled),
        attempted(CancelAnswer::Accepted, State::Cancelled),
        attempted(CancelAnswer::Accepted, State::Ignored),
        attempted(CancelAnswer::Unreachable, State::Unknown),
        attempted(CancelAnswer::Unreachable, State::Running),
        attempted(CancelAnswer::Unreachable, State::Running),
        attempted(CancelAnswer::Denied, State::Running),
        record(Some(Withheld::Limit), None, None),
        record(Some(Withheld::AlreadyRequested), None, Some(State::Cancelling)),
    ];
    Report {
        sweep_id: "sweep-1".to_owned(),
        mode: Mode::Enforce,
        policy_digest: Some("sha256:00".to_owned()),
        started_at: now(),
        duration_ms: 5_210,
        listing_ms: 900,
        gaps: vec![gap(Some("l")), gap(None), gap(None), gap(None)],
        seen: 40,
        done: 20,
        spared: 11,
        spared_because: BTreeMap::from([(crate::judge::SparedBecause::NoRule, 11)]),
        operations,
        ..Report::default()
    }
}

/// Holds a line to CloudWatch's specification of the embedded metric format, and gives its metrics' units by name.
#[track_caller]
fn validated(line: &Value) -> BTreeMap<String, String> {
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    let aws = line["_aws"].as_object().unwrap();
    assert!(aws["Timestamp"].is_u64(), "milliseconds since 1970: {aws:?}");
    let directives = aws["CloudWatchMetrics"].as_array().unwrap();
    assert_eq!(directives.len(), 1);
    let directive = directives[0].as_object().unwrap();
    let keys: BTreeSet<&str> = directive.keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["Namespace", "Dimensions", "Metrics"]), "no other key is specified");
    let sets = directive["Dimensions"].as_array().unwrap();
    assert!(!sets.is_empty());
    for key in sets.iter().flat_map(strings) {
        let value = line[&key].as_str().unwrap_or_else(|| panic!("the dimension {key} is no string"));
        assert!((1..=1024).contains(&value.len()), "{key}: {value}");
    }
    let metrics = directive["Metrics"].as_array().unwrap();
    assert!((1..=100).contains(&metrics.len()), "{} metrics", metrics.len());
    let mut units = BTreeMap::new();
    for metric in metrics {
        let name = metric["Name"].as_str().unwrap();
        assert!(line[name].is_u64(), "{name} is {}", line[name]);
        let unit = metric["Unit"].as_str().unwrap();
        assert!(["Count", "Milliseconds"].contains(&unit), "{name}: {unit}");
        assert_eq!(units.insert(name.to_owned(), unit.to_owned()), None, "{name} stands there twice");
    }
    units
}

#[test]
fn a_line_keeps_to_the_embedded_metric_format() {
    for report in [busy(), Report::default()] {
        let line = line(&report, Some(Duration::from_secs(7)));
        let units = validated(&line);
        for (name, unit) in units {
            let want = if name.ends_with("Ms") { "Milliseconds" } else { "Count" };
            assert_eq!(unit, want, "{name}");
        }
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Curfew");
    }
}

#[test]
fn the_dimensions_are_the_function_and_its_mode_and_ids_are_properties() {
    let line = line(&busy(), None);
    let want = json!([["FunctionName"], ["FunctionName", "Mode"]]);
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], want);
    assert_eq!((&line["FunctionName"], &line["Mode"]), (&json!("curfew-production"), &json!("enforce")));
    assert_eq!((&line["sweep_id"], &line["policy_digest"]), (&json!("sweep-1"), &json!("sha256:00")));
    assert!(!validated(&line).contains_key("sweep_id"));
}

#[test]
fn every_number_is_that_of_the_report() {
    let line = line(&busy(), Some(Duration::from_millis(294_790)));
    let want = json!({
        "Sweeps": 1, "Seen": 40, "Done": 20, "Spared": 11, "Violating": 9, "Withheld": 2, "Attempted": 7,
        "Cancelled": 2, "Completed": 0, "Failed": 0, "Finished": 0, "Cancelling": 0, "Ignored": 1, "Running": 3,
        "Gone": 0, "Unknown": 1, "Unreachable": 3, "Gaps": 4, "AccountingMismatches": 0,
        "DurationMs": 5210, "ListingMs": 900, "TimeLeftMs": 294_790,
    });
    let names: BTreeSet<String> = validated(&line).into_keys().collect();
    assert_eq!(names, want.as_object().unwrap().keys().cloned().collect());
    for (name, value) in want.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name}");
    }
}

#[test]
fn the_states_add_up_to_the_attempted() {
    let line = line(&busy(), None);
    let states: u64 = State::ALL.into_iter().map(|state| line[name(state)].as_u64().unwrap()).sum();
    assert_eq!(json!(states), line["Attempted"]);
}

#[test]
fn a_sum_that_is_wrong_is_counted() {
    let report = Report { seen: 41, ..busy() };
    assert_eq!(line(&report, None)["AccountingMismatches"], 1);
}

#[test]
fn a_run_that_is_switched_off_sends_its_sweep_and_zeroes() {
    let line = line(&Report { started_at: now(), ..Report::default() }, Some(Duration::ZERO));
    let mut units = validated(&line);
    assert_eq!((&line["Mode"], &line["Sweeps"]), (&json!("off"), &json!(1)));
    units.remove("Sweeps");
    assert_eq!(units.len(), 21);
    for name in units.keys() {
        assert_eq!(line[name], 0, "{name}");
    }
}

#[test]
fn without_a_deadline_nothing_is_said_of_the_time_left() {
    let line = line(&busy(), None);
    assert!(!validated(&line).contains_key("TimeLeftMs") && line.get("TimeLeftMs").is_none(), "{line}");
}

#[test]
fn a_line_is_stamped_with_the_end_of_the_run() {
    let got = &line(&busy(), None)["_aws"]["Timestamp"];
    assert_eq!(*got, json!(now().timestamp_millis() + 5_210));
}
