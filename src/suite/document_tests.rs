//! Tests of test files: what a right one says, and what is said of a wrong one.

use super::super::expectation::Expectation;
use proptest::prelude::*;

use super::*;

/// A test file of one test, with these lines for it.
fn file(test: &str) -> String {
    format!("policy: policy.yaml\ntests:\n  - name: t\n{test}")
}

fn suite(source: &str) -> Suite {
    Suite::parse(source.as_bytes(), "policy.test.yaml").unwrap_or_else(|error| panic!("{error}"))
}

/// Each problem as `line:column message | help`.
fn problems(source: &str) -> Vec<String> {
    let error = Suite::parse(source.as_bytes(), "policy.test.yaml").expect_err(source);
    let problems = error.problems().iter();
    problems.map(|p| format!("{}:{} {} | {}", p.line(), p.column(), p.message(), p.help())).collect()
}

#[track_caller]
fn assert_refused(source: &str, want: &[&str]) {
    let got = problems(source);
    assert_eq!(got.len(), want.len(), "{got:#?}\n{source}");
    for (got, want) in got.iter().zip(want) {
        assert!(got.contains(want), "want {want:?} in {got:?}");
    }
}

#[test]
fn a_test_begins_on_a_monday_at_noon_unless_it_says_otherwise() {
    assert_eq!(DEFAULT_NOW.to_rfc3339(), "2026-01-05T12:00:00+00:00");
    let begins = |test: &str| match &suite(&file(test)).tests[0].basis {
        Basis::Inline { now, .. } => *now,
        Basis::Snapshot(_) => panic!("a snapshot"),
    };
    assert_eq!(begins("    operations: []\n    expect: {}"), DEFAULT_NOW);
    let want: chrono::DateTime<chrono::Utc> = "2026-11-24T11:00:00Z".parse().unwrap();
    assert_eq!(begins("    now: 2026-11-24T12:00:00+01:00\n    operations: []\n    expect: {}"), want);
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_place_and_what_would_be_right() {
    let source = "\
policy: policy.yaml
tests:
  - name: t
    operatons: []
    operations:
      - { id: op-1, age: 90, verbs: create }
      - { id: op/2, age: 1h, created_at: yesterday }
    expect:
      op-1: cancel
      op-2: \"spare: undecidible\"
  - name: t
    operations: []
    steps:
      - { at: 90m, expect: {} }
      - { at: +90, expect: {} }
";
    assert_refused(
        source,
        &[
            "4:5 unknown key `operatons` in a test | did you mean `operations`?",
            "6:26 a duration needs a unit",
            "6:30 unknown key `verbs` in an operation | did you mean `verb`?",
            "7:15 `op/2` is not the id of an operation",
            "7:30 an operation has an `age` or a `created_at`, not both",
            "9:13 `cancel` is not an expectation | say by which rule: `cancel by RULE`",
            "10:13 unknown reason `undecidible` of `spare` | did you mean `spare: undecidable`?",
            "11:11 the name `t` is used twice | the first one is in line 3",
            "14:15 `at` must be a time such as +90m, and this is the text `90m`",
            "15:15 a duration needs a unit",
        ],
    );
}

#[test]
fn a_mistake_is_shown_with_a_caret() {
    let error = Suite::parse(b"policy: p.yaml\ntest: []\n", "policy.test.yaml").unwrap_err();
    let want = "\
error: unknown key `test` in the test file
 --> policy.test.yaml:2:1
  |
2 | test: []
  | ^^^^
  |
  = help: did you mean `tests`?";
    assert_eq!(error.to_string(), want);
}

#[test]
fn what_is_missing_is_said_with_an_example() {
    assert_refused("", &["1:1 the test file is empty | begin with `policy: policy.yaml`"]);
    assert_refused("{}", &["has no `policy`", "has no `tests`"]);
    assert_refused("policy: p\ntests: []", &["`tests` is an empty list"]);
    assert_refused("policy: p\ntests: [{}]", &["no `name`", "no operations", "expects nothing"]);
    assert_refused(&file("    operations: [{}]\n    expect: {}"), &["this operation has no name"]);
    assert_refused("policy: p\n---\ntests: []", &["no `tests`", "a test file is one document"]);
}

#[test]
fn two_of_which_only_one_can_be_are_refused() {
    for (test, want) in [
        ("operations: []\n    snapshot: s.json\n    expect: {}", "`operations` or a `snapshot`"),
        ("now: 2026-11-24T12:00:00Z\n    snapshot: s.json\n    expect: {}", "a snapshot has its own `now`"),
        ("operations: []\n    expect: {}\n    steps: [{ at: +1m, expect: {} }]", "`expect` or `steps`"),
        ("operations: [{ id: a, done: true, state: failed }]\n    expect: {}", "`done` or a `state`"),
        ("operations: [{ id: a }, { id: a }]\n    expect: {}", "here a second time"),
        (
            "operations: [{ id: a, metadata: none, verb: create }]\n    expect: {}",
            "`verb` is said by the metadata",
        ),
        (
            "operations: []\n    steps: [{ at: +2m, expect: {} }, { at: +1m, expect: {} }]",
            "not later than the one before it",
        ),
    ] {
        assert_refused(&file(&format!("    {test}")), &[want]);
    }
}

#[test]
fn a_value_that_means_nothing_is_refused() {
    for (operation, want) in [
        ("id: a, count: 0", "`count` goes from 1 to 10000"),
        ("id: a, service: cloud/deploy", "`cloud/deploy` is not a service name"),
        ("name: op-1", "is not an operation name"),
        ("id: a, state: canceled", "did you mean `cancelled`?"),
        ("id: a, created_at: 2026-11-24", "is not an instant"),
        ("id: a, verb: 7", "must be a text, and this is the number 7"),
        ("id: a, metadata: [1]", "`metadata` must be a map"),
        ("id: a, metadata: { x: 0x10 }", "not a number as JSON writes it"),
    ] {
        assert_refused(&file(&format!("    operations: [{{ {operation} }}]\n    expect: {{}}")), &[want]);
    }
}

#[test]
fn a_name_that_is_too_long_for_its_numbers_is_refused() {
    let of = |length: usize| {
        file(&format!("    operations: [{{ id: {}, count: 2 }}]\n    expect: {{}}", "o".repeat(length)))
    };
    assert_refused(&of(251), &["too long to be numbered"]);
    assert_eq!(suite(&of(250)).tests.len(), 1);
}

#[test]
fn a_test_has_at_most_ten_thousand_operations() {
    let of = |more: &str| {
        file(&format!("    operations: [{{ id: a, count: 9999 }}, {{ id: b }}{more}]\n    expect: {{}}"))
    };
    assert_eq!(suite(&of("")).tests.len(), 1);
    assert_refused(&of(", { id: c }"), &["more than 10000 operations"]);
}

#[test]
fn an_expectation_that_is_none_is_refused_with_what_there_is() {
    for (expectation, want) in [
        ("cancelled", "say by which rule: `cancel by RULE`"),
        ("cancel by", "say by which rule: `cancel by RULE`"),
        ("\"spare: protected\"", "`spare:` takes `protected by NAME`, `within_max_age`"),
        ("\"spare: outside_request\"", "unknown reason `outside_request`"),
        ("spare", "`within_max_age`"),
        ("\"withheld: audit\"", "`withheld:` takes `window`, `limit`, `already_requested`"),
        ("\"withheld: report_only\"", "write `report`, or `report by RULE`"),
        ("{ spare: undecidable }", "put the whole expectation into quotes: \"spare: undecidable\""),
        ("kill it", "write one of `cancel by RULE`"),
        ("\"\"", "is not an expectation"),
    ] {
        assert_refused(&file(&format!("    operations: []\n    expect: {{ op-1: {expectation} }}")), &[want]);
    }
}

#[test]
fn every_reason_of_the_code_can_be_expected_in_its_own_word() {
    let spared = Expectation::spared_words().map(Expectation::Spare);
    let withheld = Expectation::withheld_words().map(Expectation::Withheld);
    let others = [
        Expectation::Cancel { rule: "a rule: 1".into() },
        Expectation::Protected { name: "p".into() },
        Expectation::Report { rule: None },
        Expectation::Report { rule: Some("r".into()) },
        Expectation::Ended,
    ];
    for want in spared.chain(withheld).chain(others) {
        let source = file(&format!("    operations: []\n    expect: {{ op-1: \"{want}\" }}"));
        assert_eq!(suite(&source).tests[0].steps[0].expected[0].what, want, "{source}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(what in "\\PC*", operation in "[a-z:, {}~0-9]*", at in "[+0-9smh]*") {
        let source = file(&format!(
            "    operations: [{{ {operation} }}]\n    steps: [{{ at: {at}, expect: {{ o: {what:?} }} }}]\n"
        ));
        let _ = Suite::parse(source.as_bytes(), "policy.test.yaml");
        let _ = Suite::parse(what.as_bytes(), "policy.test.yaml");
    }
}
