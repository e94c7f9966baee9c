//! What each payload becomes, and that every other one is an error.

use serde_json::json;

use std::collections::BTreeSet;

use super::*;
use crate::operation::{LocationId, OperationName, ResourcePath, ServiceName};
use crate::request::{Narrow, NarrowScope};

/// A payload that the repository ships as a sample.
macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../events/", $name))
    };
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn scope(project: &str, location: Option<&str>) -> NarrowScope {
    NarrowScope {
        service: ServiceName::parse("clouddeploy").unwrap(),
        within: Some(ResourcePath::parse(&format!("projects/{project}")).unwrap()),
        location: location.map(|text| LocationId::parse(text).unwrap()),
    }
}

fn operations(names: &[&str]) -> Option<BTreeSet<(ServiceName, OperationName)>> {
    let service = ServiceName::parse("clouddeploy").unwrap();
    Some(names.iter().map(|name| (service.clone(), OperationName::parse(name).unwrap())).collect())
}

fn sweep_event(detail: Value) -> Value {
    json!({"source": "acme.deployments", "detail-type": "Curfew Sweep", "detail": detail})
}

/// The sweep that a payload asks for.
fn sweep(payload: &str) -> Request {
    match read(payload).unwrap() {
        Asked::Sweep(request) => request,
        other => panic!("want a sweep, got {other:?}"),
    }
}

#[test]
fn a_plan_is_handed_on_as_it_is_with_its_age_and_a_mode() {
    let plan = json!({"curfew_plan": 1, "anything": [1, null]});
    let request = Request::everything(Trigger::Direct);
    let want = Asked::Apply { request, plan: plan.clone(), max_age: Duration::from_secs(3600) };
    assert_eq!(read_value(&json!({"apply": plan})).unwrap(), want);
    let request = Request { mode: Some(Mode::Audit), ..Request::everything(Trigger::Direct) };
    let want = Asked::Apply { request, plan: plan.clone(), max_age: Duration::from_secs(1800) };
    assert_eq!(read_value(&json!({"apply": plan, "max_age": "30m", "mode": "audit"})).unwrap(), want);
}

/// The error of a payload with its causes, as the log shows it.
fn error(payload: &Value) -> String {
    use std::error::Error;
    let error = read_value(payload).expect_err("the payload should be an error");
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[test]
fn the_schedules_own_input_sweeps_everything_and_tells_when_it_was_due() {
    let want = Request::everything(Trigger::Schedule {
        scheduled_at: Some(time("2026-11-24T06:00:00Z")),
        execution_id: Some("d32c5kddcf5bb8c3".to_owned()),
    });
    assert_eq!(sweep(sample!("scheduler.json")), want);
    let want = Request::everything(Trigger::Schedule { scheduled_at: None, execution_id: None });
    assert_eq!(sweep(r#"{"trigger": "schedule"}"#), want);
}

#[test]
fn a_scheduled_event_sweeps_everything_whatever_form_its_empty_detail_has() {
    let want = |id: &str| {
        Request::everything(Trigger::Schedule {
            scheduled_at: Some(time("2026-11-24T06:00:00Z")),
            execution_id: Some(id.to_owned()),
        })
    };
    let object = sample!("scheduled-event.json");
    assert_eq!(sweep(object), want("53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"));
    let string = sample!("scheduled-event-string-detail.json");
    assert_eq!(sweep(string), want("27a8e1f5-1f0c-4b5e-9d7a-6a3b1c0f9e21"));
    let mut absent: Value = serde_json::from_str(object).unwrap();
    absent.as_object_mut().unwrap().remove("detail");
    assert_eq!(sweep(&absent.to_string()), want("53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"));
}

#[test]
fn a_scheduled_event_with_a_detail_was_meant_to_narrow_and_is_an_error() {
    let event = json!({"detail-type": "Scheduled Event", "detail": {"scopes": []}});
    let want = "in `detail`: expected nothing: only a `Curfew Sweep` is narrowed; got the key `scopes`";
    assert_eq!(error(&event), want);
}

#[test]
fn a_curfew_sweep_is_narrowed_to_its_operations() {
    let name = "projects/acme-web/locations/europe-west1/operations/\
                operation-1763964000000-64442d5a1c8e0-9f0b7a31-2d4c6e85";
    let id = Some("6f2c1a9e-0d5b-4f0e-9a53-3f1f6f0b7c11".to_owned());
    let want = Request {
        narrow: Narrow { scopes: None, operations: operations(&[name]) },
        ..Request::everything(Trigger::Event { id })
    };
    assert_eq!(sweep(sample!("curfew-sweep-operations.json")), want);
}

#[test]
fn a_curfew_sweep_is_narrowed_to_its_scopes() {
    let id = Some("b7a4e3d0-52b1-4c0f-8a0c-1d7e9f3a6b42".to_owned());
    let want = Request {
        narrow: Narrow {
            scopes: Some(vec![scope("acme-web", Some("europe-west1")), scope("acme-data", None)]),
            operations: None,
        },
        ..Request::everything(Trigger::Event { id })
    };
    assert_eq!(sweep(sample!("curfew-sweep-scopes.json")), want);
}

#[test]
fn an_operation_of_another_service_says_which() {
    let name = "projects/p/regions/europe-west1/operations/o";
    let got =
        sweep(&sweep_event(json!({"operations": [{"service": "dataproc", "operation": name}]})).to_string());
    let want = (ServiceName::parse("dataproc").unwrap(), OperationName::parse(name).unwrap());
    assert_eq!(got.narrow.operations, Some(BTreeSet::from([want])));
    for wrong in [
        json!({"operation": name}),
        json!({"service": "dataproc"}),
        json!({"service": "a/b", "operation": name}),
    ] {
        let got = error(&sweep_event(json!({"operations": [wrong]})));
        assert!(got.starts_with("in `detail.operations[0]"), "{got}");
    }
}

#[test]
fn a_scope_lies_in_a_project_an_organization_or_a_folder_unless_its_service_has_none() {
    let within = |scope: Value| {
        let got = sweep(&sweep_event(json!({"scopes": [scope]})).to_string());
        got.narrow.scopes.unwrap()[0].within.as_ref().map(ToString::to_string)
    };
    let posture = json!({"service": "securityposture", "organization": "1", "location": "global"});
    assert_eq!(within(posture).as_deref(), Some("organizations/1"));
    assert_eq!(within(json!({"service": "logging", "folder": "2"})).as_deref(), Some("folders/2"));
    assert_eq!(within(json!({"service": "vision"})), None);
    // A policy may define it, and as a service without places.
    assert_eq!(within(json!({"service": "acme"})), None);
    for wrong in [
        json!({"service": "alloydb"}),
        json!({"service": "alloydb", "location": "l"}),
        json!({"service": "logging", "folder": "2", "project": "p"}),
        json!({"service": "logging", "folder": "2/x"}),
    ] {
        let got = error(&sweep_event(json!({"scopes": [wrong]})));
        assert!(got.starts_with("in `detail.scopes[0]"), "{got}");
    }
}

#[test]
fn a_detail_that_is_a_string_of_json_narrows_like_an_object() {
    let detail = json!({"scopes": [{"project": "p", "location": "all"}]});
    let want = Narrow { scopes: Some(vec![scope("p", None)]), operations: None };
    assert_eq!(sweep(&sweep_event(detail.clone()).to_string()).narrow, want);
    assert_eq!(sweep(&sweep_event(Value::String(detail.to_string())).to_string()).narrow, want);
}

#[test]
fn a_direct_invocation_may_ask_for_a_recording() {
    let read = |record: Value| read_value(&json!({"sweep": {"record": record}}));
    assert!(read(json!(true)).unwrap().request().record);
    assert!(!read(json!(false)).unwrap().request().record);
    assert!(!read_value(&json!({"sweep": {}})).unwrap().request().record);
    let error = read(json!("yes")).unwrap_err().to_string();
    assert_eq!(error, "in `sweep.record`: expected true or false; got the string `yes`");
}

#[test]
fn a_direct_invocation_may_narrow_and_set_a_mode() {
    let want = Request {
        narrow: Narrow { scopes: Some(vec![scope("acme-web", Some("europe-west1"))]), operations: None },
        ..Request::everything(Trigger::Direct)
    };
    assert_eq!(sweep(sample!("direct.json")), want);
    let want = Request { mode: Some(Mode::Audit), ..Request::everything(Trigger::Direct) };
    assert_eq!(sweep(sample!("direct-audit.json")), want);
    for (text, want) in [("off", Mode::Off), ("audit", Mode::Audit), ("enforce", Mode::Enforce)] {
        assert_eq!(sweep(&json!({"sweep": {"mode": text}}).to_string()).mode, Some(want));
    }
    assert_eq!(sweep(r#"{"sweep": {}}"#), Request::everything(Trigger::Direct));
}

#[test]
fn every_sample_that_is_shipped_is_understood() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/events");
    let mut read_so_far = 0;
    for sample in std::fs::read_dir(samples).unwrap() {
        let path = sample.unwrap().path();
        let payload = std::fs::read_to_string(&path).unwrap();
        read(&payload).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        read_so_far += 1;
    }
    assert!(read_so_far >= 7, "only {read_so_far} samples in {samples}");
}

#[test]
fn a_payload_of_no_known_kind_is_an_error_that_names_what_was_expected() {
    for (payload, got) in [
        (json!(null), "null"),
        (json!(true), "true"),
        (json!(42), "the number 42"),
        (json!("{\"sweep\":{}}"), "the string `{\\\"sweep\\\":{}}`"),
        (json!([]), "an empty list"),
        (json!([{"sweep": {}}]), "a list of 1"),
        (json!({}), "an empty object"),
        (json!({"Records": []}), "an object of `Records`"),
        (json!({"sweep": {}, "trigger": "schedule"}), "an object of `sweep`, `trigger`"),
        (json!({"detail-type": "Scheduled Event", "sweep": {}}), "an object of `detail-type`, `sweep`"),
        (json!({"apply": {}, "sweep": {}}), "an object of `apply`, `sweep`"),
    ] {
        let want = format!(
            "expected `{{\"trigger\": \"schedule\"}}`, an EventBridge event of detail-type `Scheduled Event` or \
             `Curfew Sweep`, `{{\"sweep\": {{…}}}}`, or `{{\"apply\": PLAN}}`; got {got}"
        );
        assert_eq!(error(&payload), want);
    }
}

#[test]
fn a_payload_that_is_not_json_is_an_error_like_every_other() {
    for (payload, bytes) in [("", 0), ("sweep", 5), ("{\"sweep\": {}", 12), ("{\"sweep\": {}} {}", 16)] {
        let got = read(payload).expect_err("it is not JSON").to_string();
        assert!(got.ends_with(&format!("; got {bytes} bytes that are not JSON")), "{got}");
    }
}

#[test]
fn nothing_that_could_narrow_is_overlooked() {
    for (payload, place) in [
        (json!({"trigger": "schedule", "mode": "audit"}), "in `the payload`"),
        (json!({"trigger": "cron"}), "in `trigger`"),
        (
            json!({"trigger": "schedule", "scheduled_time": "<aws.scheduler.scheduled-time>"}),
            "in `scheduled_time`",
        ),
        (json!({"trigger": "schedule", "execution_id": 7}), "in `execution_id`"),
        (json!({"sweep": {}, "mode": "audit"}), "in `the payload`"),
        (json!({"apply": {}, "scopes": []}), "in `the payload`"),
        (json!({"apply": {}, "mode": "Audit"}), "in `mode`"),
        (json!({"apply": {}, "mode": null}), "in `mode`"),
        (json!({"apply": {}, "max_age": "30"}), "in `max_age`"),
        (json!({"apply": {}, "max_age": 30}), "in `max_age`"),
        (json!({"apply": {}, "max_age": null}), "in `max_age`"),
        (json!({"sweep": null}), "in `sweep`"),
        (json!({"sweep": []}), "in `sweep`"),
        (json!({"sweep": {"scope": []}}), "in `sweep`"),
        (json!({"sweep": {"mode": "Audit"}}), "in `sweep.mode`"),
        (json!({"sweep": {"mode": null}}), "in `sweep.mode`"),
        (json!({"sweep": {"scopes": []}}), "in `sweep.scopes`"),
        (json!({"sweep": {"scopes": null}}), "in `sweep.scopes`"),
        (json!({"sweep": {"scopes": {"project": "p"}}}), "in `sweep.scopes`"),
        (json!({"sweep": {"scopes": ["p"]}}), "in `sweep.scopes[0]`"),
        (json!({"sweep": {"scopes": [{}]}}), "in `sweep.scopes[0]`"),
        (json!({"sweep": {"scopes": [{"location": "l"}]}}), "in `sweep.scopes[0]`"),
        (json!({"sweep": {"scopes": [{"project": "p", "region": "l"}]}}), "in `sweep.scopes[0]`"),
        (json!({"sweep": {"scopes": [{"project": "p", "location": null}]}}), "in `sweep.scopes[0].location`"),
        (json!({"sweep": {"operations": []}}), "in `sweep.operations`"),
        (json!({"sweep": {"operations": "projects/p/locations/l/operations/o"}}), "in `sweep.operations`"),
        (json!({"sweep": {"operations": [{"name": "o"}]}}), "in `sweep.operations[0]`"),
        (sweep_event(json!({})), "in `detail`"),
        (sweep_event(json!("{}")), "in `detail`"),
        (sweep_event(json!("{")), "in `detail`"),
        (sweep_event(json!(null)), "in `detail`"),
        (sweep_event(json!([])), "in `detail`"),
        (sweep_event(json!({"mode": "audit"})), "in `detail`"),
        (sweep_event(json!({"scopes": []})), "in `detail.scopes`"),
        (sweep_event(json!({"operations": []})), "in `detail.operations`"),
        (json!({"detail-type": "Curfew Sweep"}), "in `detail`"),
        (json!({"detail-type": "EC2 Instance State-change Notification"}), "in `detail-type`"),
        (json!({"detail-type": ["Scheduled Event"]}), "in `detail-type`"),
    ] {
        let got = error(&payload);
        assert!(got.starts_with(place), "{payload}\n got: {got}\nwant: {place} …");
    }
}

#[test]
fn a_name_that_could_change_the_path_of_a_request_is_an_error() {
    for (id, problem) in [
        ("..", "it is a relative path"),
        ("o?force=true", "it holds a character"),
        ("%2f", "it holds a character"),
        ("o\n", "it holds a character"),
        ("o/p", "holds a slash"),
        ("o:cancel", "its id holds a colon"),
        ("", "it is empty"),
    ] {
        let name = format!("projects/p/locations/l/operations/{id}");
        let got = error(&json!({"sweep": {"operations": ["projects/p/locations/l/operations/o", name]}}));
        assert!(got.starts_with("in `sweep.operations[1]`: `projects/p/"), "{got}");
        assert!(got.contains(problem), "{got}");
        assert!(!got.contains('\n'), "{got}");
    }
    let got = error(&sweep_event(json!({"scopes": [{"project": "p/q"}]})));
    assert!(got.starts_with("in `detail.scopes[0].project`: `p/q` is not a project"), "{got}");
}

#[test]
fn a_payload_of_megabytes_makes_a_short_error_on_one_line() {
    let long = "a\n".repeat(3_000_000);
    let keys: Map<_, _> = (0..1000).map(|n| (format!("{n}{long:.90}"), json!(n))).collect();
    for payload in [
        json!(long),
        json!(keys),
        json!({"trigger": long}),
        json!({"sweep": {"operations": [long]}}),
        json!({"sweep": {"mode": long}}),
        json!({"detail-type": long}),
        sweep_event(json!({long.clone(): 1})),
        sweep_event(json!(long)),
    ] {
        let got = error(&payload);
        assert!(got.len() < 1200 && !got.contains('\n'), "{} bytes: {got:.1500}", got.len());
    }
}

#[test]
fn a_key_that_is_given_twice_is_an_error_and_not_the_last_of_the_two() {
    for twice in [
        r#"{"sweep": {"mode": "audit"}, "sweep": {}}"#,
        r#"{"sweep": {"mode": "audit", "mode": "enforce"}}"#,
        r#"{"apply": {"curfew_plan": 1, "operations": [{"rule": "a", "rule": "b"}]}}"#,
        r#"{"detail-type": "Curfew Sweep", "detail": "{\"scopes\": [], \"scopes\": [{\"project\": \"p\"}]}"}"#,
    ] {
        assert!(read(twice).is_err(), "{twice}");
    }
    let error = read(r#"{"sweep": {}, "sweep": {}}"#).unwrap_err();
    assert!(
        matches!(error, EventError::NotJson { ref source, .. } if source.to_string().contains("`sweep` is given twice"))
    );
}
