//! Tests of running tests: what is expected is met, and what is not met is told.

use super::*;
use crate::snapshot::Snapshot;
use crate::suite::{PolicyCoverage, Suite};
use crate::testing::{policy, running, snapshot};

const POLICY: &str = r#"
protect:
  - name: production
    match: { target: "**/targets/prod-*" }
rules:
  - name: superseded
    match: { verb: update }
    max_running: { count: 1, per: [target] }
  - name: flagged
    match: { verb: flag, metadata: { "/stuck": true } }
    max_age: 5m
  - name: stuck
    match: { verb: create }
    max_age: 2h
  - name: told
    match: { verb: delete }
    max_age: 1h
    action: report
limits:
  max_cancellations: 2
"#;

/// Runs a test file of one test against a saved snapshot, and answers its failures and what was exercised.
fn run_on(policy_text: &str, test: &str, saved: Option<&Snapshot>) -> (Vec<Failure>, Vec<PolicyCoverage>) {
    let source = format!("policy: policy.yaml\ntests:\n  - name: t\n{test}");
    let suite = Suite::parse(source.as_bytes(), "policy.test.yaml").unwrap_or_else(|error| panic!("{error}"));
    let policy = policy(policy_text);
    let mut coverage = Coverage::default();
    coverage.add("policy.yaml", &policy);
    (run(&suite.tests[0], &policy, saved, &mut coverage).failures, coverage.policies())
}

fn failures(test: &str) -> Vec<Failure> {
    run_on(POLICY, test, None).0
}

/// The failures of a test with these operations and one expectation, each as `want | got | because`.
fn told(operations: &str, key: &str, expectation: &str) -> Vec<String> {
    let test = format!("    operations: {operations}\n    expect: {{ \"{key}\": \"{expectation}\" }}");
    failures(&test)
        .into_iter()
        .map(|failure| {
            let because = failure.because.unwrap_or_default();
            format!("{} | {} | {because}", failure.want, failure.got)
        })
        .collect()
}

/// Operations, a key, and the one expectation that its operation meets.
const CASES: [(&str, &str, &str); 11] = [
    ("[{ id: o, age: 3h }]", "o", "cancel by stuck"),
    ("[{ id: o, age: 2h }]", "o", "spare: within_max_age"),
    ("[{ id: o, age: 9h, target: t/targets/prod-1 }]", "o", "spare: protected by production"),
    ("[{ id: o, age: 9h, target: ~ }]", "o", "spare: protected by production"),
    ("[{ id: o, age: ~ }]", "o", "spare: undecidable"),
    ("[{ id: o, verb: rollback, age: 9d }]", "o", "spare: no_rule"),
    ("[{ id: o, verb: update, age: 9d }]", "o", "spare: within_max_running"),
    ("[{ id: o, verb: delete, age: 2h }]", "o", "report by told"),
    ("[{ id: o, age: 3h, cancellation_requested: true }]", "o", "withheld: already_requested"),
    ("[{ id: o, age: 3h, done: true }]", "o", "ended"),
    ("[{ id: o, verb: flag, age: 6m, metadata: { stuck: true } }]", "o", "cancel by flagged"),
];

#[test]
fn each_kind_of_expectation_is_met_by_its_own_verdict_and_by_no_other() {
    for (operations, key, fits) in CASES {
        assert_eq!(told(operations, key, fits), Vec::<String>::new(), "{operations}");
        for (_, _, other) in CASES.iter().filter(|(.., other)| *other != fits) {
            let got = told(operations, key, other);
            assert!(got.len() == 1 && got[0].starts_with(&format!("{other} | {fits} | ")), "{got:?}");
        }
    }
}

#[test]
fn the_limit_withholds_the_youngest_and_says_its_sum() {
    let operations = "[{ id: a, age: 5h }, { id: b, age: 4h }, { id: c, age: 3h }]";
    let test = |c: &str| {
        failures(&format!(
            "    operations: {operations}\n    expect: {{ a: cancel by stuck, b: cancel by stuck, c: \"{c}\" }}"
        ))
    };
    assert_eq!(test("withheld: limit"), []);
    let got = test("cancel by stuck").remove(0);
    assert_eq!((got.operation.as_str(), got.got.as_str()), ("c", "withheld: limit"));
    let because = got.because.unwrap();
    assert!(because.contains("age 3h exceeds max_age 2h; max_cancellations: at most 2"), "{because}");
}

#[test]
fn a_report_may_be_expected_of_any_rule_or_of_one() {
    let operations = "[{ id: o, verb: delete, age: 2h }]";
    assert!(told(operations, "o", "report").is_empty());
    assert_eq!(
        told(operations, "o", "report by tolt"),
        ["report by tolt | report by told | rule told: age 2h exceeds max_age 1h; \
          the policy has no rule `tolt`: did you mean `told`?"]
    );
}

#[test]
fn a_failure_says_where_it_was_expected_and_the_whole_reason() {
    let got = failures("    operations: [{ id: o, age: 3h }]\n    expect:\n      o: \"spare: no_rule\"\n");
    let want = Failure {
        line: 6,
        at: "+0s".to_owned(),
        operation: "o".to_owned(),
        want: "spare: no_rule".to_owned(),
        got: "cancel by stuck".to_owned(),
        because: Some("rule stuck: age 3h exceeds max_age 2h".to_owned()),
    };
    assert_eq!(got, [want]);
}

#[test]
fn a_cancel_that_nobody_expects_fails_the_test() {
    let got = failures("    operations: [{ id: a, age: 3h }, { id: b, age: 1h }]\n    expect: {}\n");
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].line, got[0].operation.as_str(), got[0].got.as_str()), (5, "a", "cancel by stuck"));
    // What is withheld or only reported is no cancel.
    let quiet = "    operations: [{ id: a, age: 3h, cancellation_requested: true }, { id: b, age: 2h, verb: delete }]";
    assert_eq!(failures(&format!("{quiet}\n    expect: {{}}")), []);
}

#[test]
fn an_operation_that_is_not_there_fails_the_test() {
    assert_eq!(
        told("[{ id: op-1, age: 1h }]", "op-2", "spare: within_max_age"),
        ["spare: within_max_age | no such operation | did you mean `op-1`?"]
    );
    let elsewhere = "[{ name: projects/x/locations/l/operations/o, age: 9h }]";
    assert_eq!(
        told(elsewhere, "o", "cancel by stuck"),
        [
            "cancel by stuck | never seen | projects/x/locations/l/operations/o lies outside of the policy's scopes"
        ]
    );
}

#[test]
fn a_key_is_an_id_a_whole_name_or_a_glob_and_the_one_that_names_an_operation_itself_wins() {
    let row = "[{ id: o, count: 2, age: 3h }]";
    assert!(told(row, "o-*", "cancel by stuck").is_empty());
    assert_eq!(told(row, "o-*", "ended").len(), 2);
    assert_eq!(told(row, "o-0001", "cancel by stuck").len(), 1, "nobody expects the other one");
    assert!(told("[{ id: o }]", "projects/p/locations/l/operations/o", "spare: within_max_age").is_empty());
    let both = "    operations: [{ id: o, count: 2, age: 3h }, { id: o-0003, age: 1h }]\n";
    let expect = "    expect: { \"o-*\": cancel by stuck, o-0003: \"spare: within_max_age\" }";
    assert_eq!(failures(&format!("{both}{expect}")), []);
}

#[test]
fn an_id_of_two_operations_has_to_be_told_apart() {
    let two = "[{ id: o }, { name: projects/p/locations/m/operations/o }]";
    let got = told(two, "o", "spare: within_max_age");
    assert!(got.len() == 1 && got[0].contains("2 operations of this id"), "{got:?}");
    assert!(told(two, "projects/p/locations/m/operations/o", "spare: within_max_age").is_empty());
}

#[test]
fn an_operation_that_is_described_in_two_ways_fails_the_test() {
    for operations in [
        "[{ id: o }, { name: projects/p/locations/l/operations/o }]",
        "[{ id: o, count: 2 }, { id: o-0002, age: 1h }]",
    ] {
        let got = failures(&format!("    operations: {operations}\n    expect: {{}}"));
        assert!(got.len() == 1 && got[0].want == "one operation of this name", "{got:?}");
    }
}

#[test]
fn time_passes_between_the_steps() {
    let steps = |at: &str| {
        failures(&format!(
            "    operations: [{{ id: o, age: 30m }}]\n    steps:\n      - {{ at: +90m, expect: {{ o: \"spare: \
             within_max_age\" }} }}\n      - {{ at: {at}, expect: {{ o: cancel by stuck }} }}"
        ))
    };
    assert_eq!(steps("+90m1s"), []);
    let got = failures(
        "    operations: [{ id: o, age: 30m }]\n    steps: [{ at: +90m, expect: { o: cancel by stuck } }]",
    );
    assert_eq!((got[0].at.as_str(), got[0].line), ("+1h 30m", 5));
}

#[test]
fn a_gap_makes_a_group_undecidable_and_one_outside_of_the_policy_does_not() {
    let test = |gap: &str, expectation: &str| {
        let operations = "[{ id: a, age: 5m, verb: update }, { id: b, age: 4m, verb: update }]";
        failures(&format!(
            "    operations: {operations}\n    gaps: [{gap}]\n    expect: {{ a: \"{expectation}\" }}"
        ))
    };
    assert_eq!(test("{ project: p, location: m }", "spare: undecidable"), []);
    assert_eq!(test("{ project: x, location: m }", "cancel by superseded"), []);
}

#[test]
fn a_snapshot_is_judged_at_its_own_instant_and_gaps_can_be_added_to_it() {
    let saved = snapshot(vec![running("o", 130)]);
    let on = |test: &str| run_on(POLICY, &format!("    snapshot: s.json\n    {test}"), Some(&saved)).0;
    assert_eq!(on("expect: { o: cancel by stuck }"), []);
    assert_eq!(on("expect: { o: \"spare: within_max_age\" }").len(), 1);
    let young = snapshot(vec![running("o", 100)]);
    let steps = "    snapshot: s.json\n    steps: [{ at: +20m, expect: { o: \"spare: within_max_age\" } }, { at: +21m, expect: { o: cancel by stuck } }]";
    assert_eq!(run_on(POLICY, steps, Some(&young)).0, []);
    // A policy that covers less sees less, and one that covers more a gap.
    let wider = "    snapshot: s.json\n    gaps: [{ project: p, location: l }]\n    expect: { o: \"spare: undecidable\" }";
    let grouped = "rules: [{ name: r, max_running: { count: 0 } }]";
    assert_eq!(run_on(grouped, wider, Some(&saved)).0, []);
}

#[test]
fn an_operation_without_metadata_says_nothing_and_the_usual_metadata_says_what_its_fields_do() {
    assert!(told("[{ id: o, metadata: none }]", "o", "spare: protected by production").is_empty());
    let by_pointer = "rules: [{ name: r, match: { metadata: { /verb: update, /target: \"**/targets/test\" } }, max_age: 1h }]";
    let test = "    operations: [{ id: o, age: 2h, verb: update }]\n    expect: { o: cancel by r }";
    assert_eq!(run_on(by_pointer, test, None).0, []);
    let test = "    operations: [{ id: o, age: 2h, verb: update, metadata: { verb: null } }]\n    expect: { o: \"spare: undecidable\" }";
    assert_eq!(run_on(by_pointer, test, None).0, []);
}

#[test]
fn coverage_names_what_decided_nothing() {
    let not_exercised = |test: &str| run_on(POLICY, test, None).1.remove(0).not_exercised;
    let all = [
        "protection production",
        "rule superseded",
        "rule flagged",
        "rule stuck",
        "rule told",
        "limit max_cancellations",
    ];
    assert_eq!(not_exercised("    operations: []\n    expect: {}"), all);
    // An undecided rule has decided nothing.
    assert_eq!(not_exercised("    operations: [{ id: o, age: ~ }]\n    expect: {}"), all);
    let most = "    operations: [{ id: o, count: 3, age: 3h }, { id: p, verb: delete }, { id: q, target: t/targets/prod-1 }]\n    expect: {}";
    assert_eq!(not_exercised(most), ["rule superseded", "rule flagged"]);
}

#[test]
fn a_window_withholds_until_it_opens_and_is_exercised_then() {
    let windows = "active: [{ days: [tue, wed] }]
rules:
  - { name: r, match: { verb: create }, max_age: 1h, freeze: [{ days: [wed] }] }
  - { name: s, max_age: 1h }
";
    // It begins on a Monday.
    let test = |steps: &str| {
        run_on(windows, &format!("    operations: [{{ id: o, age: 2h }}]\n    steps: [{steps}]"), None)
    };
    let monday = "{ at: +0h, expect: { o: \"withheld: window\" } }";
    let tuesday = "{ at: +24h, expect: { o: cancel by r } }";
    let wednesday = "{ at: +48h, expect: { o: \"withheld: window\" } }";
    let not_exercised = |coverage: Vec<PolicyCoverage>| coverage[0].not_exercised.clone();
    let (failures, coverage) = test(&format!("{monday}, {tuesday}"));
    assert_eq!(failures, []);
    assert_eq!(not_exercised(coverage), ["rule s", "windows of rule r"]);
    let (failures, coverage) = test(wednesday);
    assert_eq!(failures, []);
    assert_eq!(not_exercised(coverage), ["rule s", "windows of the policy"]);
    let (failures, _) = test("{ at: +0h, expect: { o: cancel by r } }");
    let because = failures[0].because.as_ref().unwrap();
    assert!(because.contains("age 2h exceeds max_age 1h; active Tue, Wed UTC"), "{because}");
}

#[test]
fn of_two_limits_the_one_that_withholds_is_exercised() {
    let limits = |limits: &str| format!("rules: [{{ name: r, max_age: 1h }}]\nlimits: {limits}");
    let test = "    operations: [{ id: o, count: 4, age: 2h }]\n    expect: {}";
    let not_exercised = |text: &str| run_on(&limits(text), test, None).1.remove(0).not_exercised;
    assert_eq!(not_exercised("{ max_cancellations: 3, max_share: 50% }"), ["limit max_cancellations"]);
    assert_eq!(not_exercised("{ max_cancellations: 1, max_share: 50% }"), ["limit max_share"]);
    // The defaults are no part of a policy.
    assert!(not_exercised("{}").is_empty());
}

#[test]
fn what_is_selected_and_only_held_back_is_unexpected_too() {
    let by_limit = "limits: { max_share: 50% }\nrules: [{ name: old, max_age: 1h }]";
    let by_window = "freeze: [{ days: [mon] }]\nrules: [{ name: old, max_age: 1h }]";
    for (policy_text, got) in [(by_limit, "withheld: limit"), (by_window, "withheld: window")] {
        let (failures, _) = run_on(policy_text, "    operations: [{ id: o, age: 3h }]\n    expect: {}", None);
        let [failure] = &failures[..] else { panic!("{failures:?}") };
        assert_eq!((failure.operation.as_str(), failure.got.as_str()), ("o", got));
    }
}

/// The failures of a test under a policy for one place of Vertex AI and one of Spanner.
fn failures_elsewhere(test: &str) -> Vec<String> {
    let text = "version: 1\nscopes:\n  - { service: aiplatform, projects: [p], locations: [l] }\n  \
                - { service: spanner, projects: [p], instances: [i] }\n\
                rules: [{ name: stuck, match: { project: p }, max_age: 2h }]";
    let policy = Policy::parse(text.as_bytes(), "policy.yaml").unwrap();
    let source = format!("policy: policy.yaml\ntests:\n  - name: t\n{test}");
    let suite = Suite::parse(source.as_bytes(), "policy.test.yaml").unwrap();
    let failures = run(&suite.tests[0], &policy, None, &mut Coverage::default()).failures;
    let told = failures
        .into_iter()
        .map(|failure| format!("{}: {} | {}", failure.operation, failure.want, failure.got));
    told.collect()
}

#[test]
fn an_operation_without_a_service_is_of_the_policys_first() {
    let test = "    operations: [{ id: o, age: 3h }, { id: p, service: spanner, age: 1h }]\n    \
                expect: { o: cancel by stuck, p: \"spare: within_max_age\" }";
    assert_eq!(failures_elsewhere(test), Vec::<String>::new());
}

#[test]
fn what_operations_of_a_service_never_tell_cannot_be_tested() {
    let of = |operation: &str| {
        failures_elsewhere(&format!("    operations: [{operation}]\n    expect: {{ o: cancel by stuck }}"))
    };
    for (said, field) in [
        ("verb: update", "verb"),
        ("target: t", "target"),
        ("cancellation_requested: true", "cancellation_requested"),
    ] {
        let got = of(&format!("{{ id: o, age: 3h, {said} }}"));
        let want = format!("aiplatform: operations with `{field}` | operations that do not tell it");
        assert!(got.contains(&want), "{got:?}");
    }
    let got = of("{ id: o, service: aiplatfrom, age: 3h }");
    assert!(got.contains(&"aiplatfrom: a service | none of this name".to_owned()), "{got:?}");
}
