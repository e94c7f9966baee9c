//! What is said of all operations is true of all operations that can be thought of.
//!
//! Policies and operations are small and full of coincidences, so that globs contain each other, contradict each other
//! and nearly do. Whether a finding is true is judged by what the policy does with an operation, not by the prover.

use std::collections::BTreeMap;
use std::sync::Arc;

use curfew::lint::Findings;
use curfew::operation::{Metadata, Operation, OperationName, Progress, ServiceName};
use curfew::policy::{Policy, Truth};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::findings;
use crate::policies::{LimitSpec, LimitsSpec, MatchSpec, PolicySpec, RuleSpec, WindowSpec};

/// How many policies are looked at, each with many operations.
const CASES: u32 = 600;

fn policy() -> impl Strategy<Value = PolicySpec> {
    let limit = prop_oneof![
        Just(LimitSpec::MaxAge(3_600)),
        Just(LimitSpec::MaxRunning { count: 1, per: vec!["verb"], newest: false }),
    ];
    // When a rule acts makes no difference to what it takes.
    let windows = option::weighted(0.2, select(WindowSpec::choices()));
    let rule = (option::weighted(0.85, a_match()), limit, windows).prop_map(|(matches, limit, window)| {
        RuleSpec { matches, limit, report_only: false, windows: window.into_iter().collect() }
    });
    (vec(a_match(), 0..=2), vec(rule, 1..=4)).prop_map(|(protect, rules)| PolicySpec {
        enforce: false,
        scopes: vec![(vec!["p", "q"], Some(vec!["l", "m"]))],
        protect,
        rules,
        windows: Vec::new(),
        limits: LimitsSpec::NONE,
        follow_up_s: 5,
    })
}

fn a_match() -> impl Strategy<Value = MatchSpec> {
    let globs = |field: &'static str, globs: Vec<&'static str>| {
        subsequence(globs, 1..=2).prop_map(move |globs| MatchSpec::OneOf(field, globs))
    };
    let texts = || {
        vec!["a", "b", "a*", "*b", "*", "**", "a/*", "**/b", "a/**", "?", "{a,b}", "{a,b}/*", "[ab]*", "ab?"]
    };
    let kind = || globs("kind", vec!["a", "*", "type.googleapis.com/*", "type*/a", "b", "**/b"]);
    let values =
        vec![json!(1), json!(2), json!(1.0), json!(true), json!(false), json!("a"), json!("a*"), json!("1")];
    let metadata = move || select(values.clone()).prop_map(|value| MatchSpec::Metadata("/s", value));
    // Several of one field: they contain or contradict each other more often than by chance.
    let several = |leaf: BoxedStrategy<MatchSpec>| {
        let not = leaf.clone().prop_map(|part| MatchSpec::Not(Box::new(part)));
        vec(prop_oneof![2 => leaf, 1 => not], 2..=3).prop_map(MatchSpec::All)
    };
    let leaf = prop_oneof![
        4 => globs("verb", texts()),
        4 => globs("target", texts()),
        1 => globs("project", vec!["p", "q", "p*", "*", "r"]),
        1 => globs("location", vec!["l", "m", "?"]),
        1 => globs("name", vec!["**/o", "projects/p/**", "projects/*/*/l/*/*", "operations/*", "**"]),
        1 => kind(),
        1 => any::<bool>().prop_map(MatchSpec::Requested),
        1 => metadata(),
        2 => several(kind().boxed()),
        2 => several(metadata().boxed()),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..=3).prop_map(MatchSpec::All),
            vec(inner.clone(), 1..=3).prop_map(MatchSpec::Any),
            inner.prop_map(|part| MatchSpec::Not(Box::new(part))),
        ]
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let text = |texts: &'static str| option::weighted(0.9, texts);
    let names = "(a|b|c|ab|aab|ba|\n)?(/(a|b|ab|))?(/b)?";
    let metadata = select(vec![
        None,
        Some("{}"),
        Some(r#"{"s":1}"#),
        Some(r#"{"s":2}"#),
        Some(r#"{"s":1.0}"#),
        Some(r#"{"s":"1"}"#),
        Some(r#"{"s":"a"}"#),
        Some(r#"{"s":"ab"}"#),
        Some(r#"{"s":true}"#),
        Some(r#"{"s":false}"#),
        Some(r#"{"s":[]}"#),
    ]);
    (
        select(vec!["p", "q"]),
        select(vec!["l", "m"]),
        text(names),
        text(names),
        text("(type.googleapis.com/)?(a|b|c|x/b|)"),
        option::weighted(0.9, any::<bool>()),
        metadata,
    )
        .prop_map(|(project, location, verb, target, kind, requested, metadata)| Operation {
            service: ServiceName::parse("clouddeploy").unwrap(),
            name: OperationName::parse(&format!("projects/{project}/locations/{location}/operations/o"))
                .unwrap(),
            progress: Progress::Running,
            create_time: None,
            verb: verb.map(Arc::from),
            target: target.map(Arc::from),
            kind: kind.map(Arc::from),
            cancellation_requested: requested,
            tells_cancellation: true,
            metadata: metadata.map(|text| Metadata::new(serde_json::from_str(text).unwrap())),
        })
}

/// The rule that decides on an operation, if one does and its match is true.
fn decided_by(policy: &Policy, operation: &Operation) -> Option<usize> {
    let first = policy.rules.iter().position(|rule| rule.matches.evaluate(operation) != Truth::False)?;
    (policy.rules[first].matches.evaluate(operation) == Truth::True).then_some(first)
}

/// Fails when a finding is not true of an operation of the scopes.
fn hold(findings: &Findings, policy: &Policy, operation: &Operation) {
    for finding in findings.found.iter().map(|located| &located.finding) {
        let path = finding.path.to_string();
        let index = || path.split(['[', ']']).nth(1).unwrap().parse::<usize>().unwrap();
        let truth = || {
            let matches = match path.starts_with("protect") {
                true => &policy.protect[index()].matches,
                false => &policy.rules[index()].matches,
            };
            matches.evaluate(operation)
        };
        let holds = match finding.check {
            "unreachable-rule" => decided_by(policy, operation) != Some(index()),
            "rule-fully-protected" => {
                let spared = policy.protect.iter().any(|p| p.matches.evaluate(operation) != Truth::False);
                decided_by(policy, operation) != Some(index()) || spared
            }
            "match-never-true" | "match-outside-scopes" => truth() != Truth::True,
            "matches-everything" if path.ends_with(".match") => truth() != Truth::False,
            _ => true,
        };
        assert!(holds, "{} is not true of {operation:?}", finding.message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_operation_contradicts_what_is_said(spec in policy(), operations in vec(operation(), 60)) {
        let (policy, findings) = (spec.policy(), findings(&spec.text()));
        for operation in &operations {
            hold(&findings, &policy, operation);
        }
    }
}

/// The test above is worth nothing if nothing is ever said.
#[test]
fn each_claim_is_made_of_many_generated_policies() {
    let mut runner = TestRunner::deterministic();
    let mut claims: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for _ in 0..200 {
        let spec = policy().new_tree(&mut runner).unwrap().current();
        for located in findings(&spec.text()).found {
            let (made, shown) = claims.entry(located.finding.check).or_default();
            *made += 1;
            *shown += usize::from(located.finding.example.is_some());
        }
    }
    for check in [
        "unreachable-rule",
        "rule-fully-protected",
        "match-never-true",
        "match-outside-scopes",
        "matches-everything",
    ] {
        assert!(claims.get(check).is_some_and(|(made, _)| *made >= 3), "{check}: {claims:?}");
    }
    let (made, shown) = claims["unreachable-rule"];
    assert!(shown * 10 >= made * 8, "only {shown} of {made} come with an example");
}
