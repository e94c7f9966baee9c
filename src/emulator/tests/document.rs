use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::emulator::rpc::Code;
use crate::emulator::scenario::{FORM, FaultAnswer};

fn problem(text: &str) -> String {
    Scenario::parse(text, "s.yaml").unwrap_err().to_string()
}

/// An error of one operation with these keys, without its position.
fn of_operation(keys: &str) -> String {
    problem(&format!("operations: [{{ name: projects/p/locations/l/operations/o, {keys} }}]"))
}

/// The YAML in the documentation of the form, block by block.
fn documented() -> Vec<Scenario> {
    let blocks = FORM.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|yaml| Scenario::parse(yaml, "documentation").unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

#[test]
fn the_documented_scenario_is_one() {
    let got = &documented()[0];
    assert_eq!((got.latency, got.require_token, got.page_size), (Duration::from_millis(20), true, 50));
    assert_eq!((got.operations.len(), got.faults.len()), (100, 1));
    let last = &got.operations[99];
    assert_eq!(last.name.id(), "op-1-0100");
    assert_eq!(last.age, TimeDelta::minutes(3 * 60 + 12));
    assert_eq!(last.on_cancel.effect, Effect::Ends(End::Cancelled, TimeDelta::milliseconds(500)));
    assert_eq!(last.runs_for, Some((TimeDelta::hours(5), End::Completed)));
    assert_eq!(got.faults[0].times, Some(3));
}

#[test]
fn every_answer_of_a_fault_is_documented() {
    let got: Vec<_> = documented()[1].faults.iter().map(|fault| fault.answer.clone()).collect();
    let error = |status, code, message: &str, retry_after| FaultAnswer::Error {
        status,
        code,
        message: message.to_owned(),
        retry_after,
        retry_after_header: None,
    };
    let (default, two) = ("A fault that the scenario asks for.", Some(Duration::from_secs(2)));
    let want = vec![
        FaultAnswer::Status { status: 503, retry_after_header: None },
        error(503, Code::Unavailable, "try again", None),
        error(429, Code::ResourceExhausted, default, two),
        FaultAnswer::Status { status: 429, retry_after_header: two },
        FaultAnswer::Drop,
        FaultAnswer::ExpiredToken,
        FaultAnswer::Lost,
        FaultAnswer::Truncate,
        FaultAnswer::NotJson,
        FaultAnswer::Slow(Duration::from_secs(3)),
        FaultAnswer::EmptyPage,
        FaultAnswer::NoDone,
        FaultAnswer::NoMetadata,
    ];
    assert_eq!(got, want);
}

#[test]
fn what_is_left_out_has_its_documented_value() {
    let got = Scenario::parse(
        "operations: [{ name: projects/p/locations/l/operations/o, age: 1h }]\nfaults: [{ answer: drop }]",
        "s",
    )
    .unwrap();
    assert_eq!((got.latency, got.require_token, got.page_size), (Duration::ZERO, false, 1000));
    let operation = &got.operations[0];
    let want = OnCancel { answer: Answer::Accepted, effect: Effect::Ends(End::Cancelled, TimeDelta::zero()) };
    assert_eq!((operation.on_cancel, operation.runs_for), (want, None));
    assert_eq!(
        (got.faults[0].call, got.faults[0].times, &got.faults[0].answer),
        (None, Some(1), &FaultAnswer::Drop)
    );
}

#[test]
fn an_error_points_at_line_and_column() {
    let text = "operations:\n  - name: projects/p/locations/l/operations/o\n    age: 30\n";
    assert_eq!(problem(text), "s.yaml:3:10: the duration `30` has no unit: write 30s, or m, h, d");
}

#[test]
fn an_error_says_what_would_be_right() {
    for (got, want) in [
        (problem(" "), "needs at least `operations: []`"),
        (problem("operation: []"), "expected one of latency"),
        (problem("page_size: 0"), "at least 1"),
        (problem("latency: -5s"), "cannot be negative"),
        (problem("latency: soon"), "not a duration such as"),
        (problem("latency: 101years"), "longer than 100 years"),
        (problem("locations: { a/b: [x] }"), "it holds a slash"),
        (of_operation("age: 1h, on_cancel: gone"), "expected one of cancelled"),
        (of_operation("age: 1h, on_cancel: { becom: x }"), "expected one of answer"),
        (of_operation("age: 1h, on_cancel: { becomes: ignored, after: 1s }"), "here it goes on"),
        (of_operation("age: 1h, on_cancel: [x]"), "a word such as `ignored`, or a map"),
        (of_operation("age: 1h, ends: failed"), "needs `runs_for`"),
        (of_operation("age: 1h, metadata: some"), "none"),
        (of_operation("age: 1h, count: 1000000000000"), "more than 1000000 operations"),
        (of_operation("verb: create"), "missing field `age`"),
        (problem("operations: [{ name: o, age: 1h }]"), "it must be projects/{project}"),
        (problem("faults: [{ answer: { status: 200 } }]"), "from 300 to 599"),
        (problem("faults: [{ answer: { status: 503, slow: 1s } }]"), "either `status`"),
        (problem("faults: [{ answer: { } }]"), "either `status`"),
        (problem("faults: [{ answer: { status: 503, code: OOPS } }]"), "one of CANCELLED"),
        (problem("faults: [{ answer: drop, times: -1 }]"), "cannot be negative"),
        (problem("faults: [{ answer: drop, times: often }]"), "a whole number or `always`"),
        (problem("faults: [{ answer: drop, name: '[' }]"), "glob"),
        (problem("faults: [{ answer: empty_page, call: get }]"), "have pages"),
        (problem("faults: [{ answer: no_done, call: cancel }]"), "answer with operations"),
    ] {
        assert!(got.contains(want), "{got:?} does not say {want:?}");
        assert!(got.starts_with("s.yaml:1:"), "{got}");
    }
}

#[test]
fn two_operations_of_one_name_are_an_error_at_the_second() {
    let text = "operations:\n  - { name: projects/p/locations/l/operations/o-0002, age: 1h }\n  \
                - { name: projects/p/locations/l/operations/o, age: 1h, count: 2 }\n";
    let got = problem(text);
    assert!(got.starts_with("s.yaml:3:") && got.contains("o-0002"), "{got}");
}

#[test]
fn a_load_of_operations_can_be_written_out_one_by_one() {
    let entry = |number| {
        format!(
            "- {{ name: projects/p/locations/l/operations/o-{number}, age: 1h, verb: create, target: t, \
             runs_for: 2h, ends: failed, on_cancel: {{ answer: accepted, becomes: cancelled, after: 1s }}, \
             metadata: {{ a: 1, b: 2, c: 3 }} }}\n"
        )
    };
    let text: String = (0..12_000).map(entry).collect();
    let got = Scenario::parse(&format!("operations:\n{text}"), "s").unwrap();
    assert_eq!(got.operations.len(), 12_000);
}

#[test]
fn an_operation_and_a_fault_may_name_their_service() {
    let got = Scenario::parse(
        "service: alloydb\n\
         operations:\n\
         - { name: projects/p/locations/l/operations/o, age: 1h }\n\
         - { service: vision, name: operations/o, age: 1h }\n\
         - { service: netapp, name: projects/p/locations/l/operations/o, age: 1h }\n\
         faults: [{ service: vision, answer: drop }, { answer: drop }]",
        "test",
    )
    .unwrap();
    let of = |operation: &PlannedOperation| operation.service.name.to_string();
    assert_eq!(got.operations.iter().map(of).collect::<Vec<_>>(), ["alloydb", "vision", "netapp"]);
    let of = |fault: &Fault| fault.service.as_ref().map(ToString::to_string);
    assert_eq!(got.faults.iter().map(of).collect::<Vec<_>>(), [Some("vision".to_owned()), None]);
}

#[test]
fn a_service_that_cannot_be_meant_is_an_error_that_says_what_could() {
    for (text, want) in [
        ("service: alloy", "no service is called `alloy`; `curfew services` lists those that there are"),
        ("faults: [{ service: alloy, answer: drop }]", "no service is called `alloy`"),
        (
            "faults: [{ service: alloydb, call: token, answer: drop }]",
            "`permissions` and `token` are no calls of a",
        ),
        (
            "operations: [{ service: vision, name: projects/p/locations/l/operations/o, age: 1h }]",
            "`vision` gives no such name; it gives operations/*",
        ),
        (
            "service: storage\noperations: [{ name: operations/o, age: 1h }]",
            "`storage` gives no such name; it gives projects/_/buckets/{bucket}/operations/*",
        ),
    ] {
        let got = problem(text);
        assert!(got.contains(want), "{text}: {got}");
    }
}
