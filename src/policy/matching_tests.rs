//! Tests of matching: each field, the three values, and that to know less never selects and never unprotects.

use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::value::RawValue;

use super::*;
use crate::operation::{Metadata, OperationName, Progress};
use crate::policy::Policy;

use Truth::{False, True, Unknown};

fn operation() -> Operation {
    let metadata = r#"{"n":5,"f":1.0,"s":"strict/x","i64":"42","t":true,"z":null,"o":{"k":[1,"x"]},"big":9007199254740993}"#;
    Operation {
        service: ServiceName::parse("clouddeploy").unwrap(),
        name: OperationName::parse("projects/web/locations/eu/operations/o-1").unwrap(),
        progress: Progress::Running,
        create_time: None,
        verb: Some("create".into()),
        target: Some("projects/web/locations/eu/targets/prod-a".into()),
        kind: Some("type.googleapis.com/google.cloud.deploy.v1.OperationMetadata".into()),
        cancellation_requested: Some(false),
        tells_cancellation: true,
        metadata: Some(Metadata::new(&RawValue::from_string(metadata.to_owned()).unwrap())),
    }
}

/// An operation that says nothing but its name.
fn bare() -> Operation {
    Operation {
        verb: None,
        target: None,
        kind: None,
        cancellation_requested: None,
        metadata: None,
        ..operation()
    }
}

/// A match, read as a policy has it.
fn matching(text: &str) -> Match {
    let source = format!(
        "version: 1\nscopes: [{{projects: [p], locations: all}}]\nrules: [{{name: r, max_age: 1h, match: {text}}}]"
    );
    let mut policy = Policy::parse(source.as_bytes(), "p").unwrap_or_else(|error| panic!("{error}"));
    policy.rules.remove(0).matches
}

#[test]
fn each_field_is_tested_and_is_unknown_when_it_is_missing() {
    for (text, want, want_bare) in [
        ("{service: clouddeploy}", True, True),
        ("{service: run}", False, False),
        ("{project: web}", True, True),
        ("{location: [us, e?]}", True, True),
        ("{name: '**/o-*'}", True, True),
        ("{verb: [update, create]}", True, Unknown),
        ("{verb: delete}", False, Unknown),
        ("{target: '**/targets/prod-*'}", True, Unknown),
        ("{target: '*'}", False, Unknown),
        ("{cancellation_requested: false}", True, Unknown),
        ("{cancellation_requested: true}", False, Unknown),
        ("{kind: google.cloud.deploy.v1.OperationMetadata}", True, Unknown),
        ("{kind: type.googleapis.com/google.cloud.deploy.v1.OperationMetadata}", True, Unknown),
        ("{kind: 'google.cloud.deploy.*'}", True, Unknown),
        ("{kind: google.cloud.run.v1.OperationMetadata}", False, Unknown),
        ("{metadata: {/n: 5}}", True, Unknown),
    ] {
        assert_eq!(matching(text).evaluate(&operation()), want, "{text}");
        assert_eq!(matching(text).evaluate(&bare()), want_bare, "{text} on an operation that says nothing");
    }
}

#[test]
fn a_metadata_value_of_another_type_is_unknown() {
    for (test, want) in [
        ("/n: 5", True),
        ("/n: 5.0", True),
        ("/n: 6", False),
        ("/n: '5'", Unknown),
        ("/n: [6, 5]", True),
        ("/n: ['5', 6]", Unknown),
        ("/n: true", Unknown),
        ("/f: 1", True),
        ("/s: strict/x", True),
        ("/s: 'strict/*'", True),
        ("/s: '*'", False),
        ("/s: 5", Unknown),
        ("/i64: 42", True),
        ("/i64: 42.0", True),
        ("/i64: 43", False),
        ("/i64: '42'", True),
        ("/t: true", True),
        ("/t: false", False),
        ("/t: 'true'", Unknown),
        ("/z: '**'", Unknown),
        ("/o: '**'", Unknown),
        ("/o/k: 1", Unknown),
        ("/o/k/0: 1", True),
        ("/o/k/1: x", True),
        ("/absent: 1", Unknown),
        ("/big: 9007199254740993", True),
        ("/big: 9007199254740992.0", False),
        ("/n: 5, /t: true", True),
        ("/n: 5, /t: false", False),
        ("/n: 5, /absent: 1", Unknown),
        ("/n: 6, /absent: 1", False),
    ] {
        assert_eq!(matching(&format!("{{metadata: {{{test}}}}}")).evaluate(&operation()), want, "{test}");
    }
}

#[test]
fn any_all_and_not_combine_three_values() {
    // In a bare operation: the project is true, another false, and a verb unknown.
    for (text, want) in [
        ("{any: [{verb: x}, {project: web}]}", True),
        ("{any: [{verb: x}, {project: other}]}", Unknown),
        ("{all: [{verb: x}, {project: web}]}", Unknown),
        ("{all: [{verb: x}, {project: other}]}", False),
        ("{verb: x, project: other}", False),
        ("{not: {verb: x}}", Unknown),
        ("{not: {project: other}}", True),
        ("{not: {any: [{verb: x}, {project: web}]}}", False),
    ] {
        assert_eq!(matching(text).evaluate(&bare()), want, "{text}");
    }
    assert_eq!(Match::All(Vec::new()).evaluate(&bare()), True);
}

#[test]
fn a_gap_may_hide_what_its_place_does_not_rule_out() {
    let service = ServiceName::parse("clouddeploy").unwrap();
    let (web, other, eu) = ("web", "other", "eu");
    for (text, project, location, want) in [
        ("{project: web}", Some(web), Some(eu), true),
        ("{project: web}", Some(other), Some(eu), false),
        ("{project: web}", None, None, true),
        ("{project: web, location: us}", Some(web), Some(eu), false),
        ("{project: web, location: us}", Some(web), None, true),
        ("{not: {project: web}}", Some(web), None, false),
        ("{verb: create}", Some(web), Some(eu), true),
        ("{verb: create, service: run}", Some(web), Some(eu), false),
        ("{name: nothing-like-it}", Some(web), Some(eu), true),
    ] {
        assert_eq!(matching(text).could_cover(&service, project, location), want, "{text}");
    }
    assert!(Match::All(Vec::new()).could_cover(&service, None, None));
}

#[test]
fn a_trace_shows_each_step_with_what_is_there() {
    let got = matching(
        "{verb: [create, update], not: {target: '**/prod-*'}, metadata: {/s: 5}, any: [{project: a}]}",
    )
    .explain(&Operation { target: None, ..operation() })
    .to_string();
    let want = "\
false    all of
  true     verb is `create`, wanted create or update
  unknown  not
    unknown  target is missing, wanted **/prod-*
  unknown  metadata /s is `\"strict/x\"`, wanted 5
  false    any of
    false    project is `web`, wanted a";
    assert_eq!(got, want);
    assert_eq!(Match::All(Vec::new()).explain(&operation()).to_string(), "true     everything");
}

fn any_truth() -> impl Strategy<Value = Truth> {
    prop_oneof![Just(False), Just(Unknown), Just(True)]
}

/// Matches over every field, true and false ones, nested.
fn any_match() -> impl Strategy<Value = Match> {
    let leaves = [
        "{service: c*}",
        "{project: web}",
        "{project: other}",
        "{location: us}",
        "{name: '**/o-1'}",
        "{verb: create}",
        "{verb: delete}",
        "{target: '**/targets/prod-*'}",
        "{target: '**/targets/test-*'}",
        "{kind: 'google.cloud.deploy.v1.*'}",
        "{cancellation_requested: true}",
        "{cancellation_requested: false}",
        "{metadata: {/n: 5}}",
        "{metadata: {/n: 6}}",
        "{metadata: {/s: 'strict/*'}}",
        "{metadata: {/o/k/1: y}}",
        "{metadata: {/t: true}}",
    ]
    .into_iter()
    .map(matching)
    .collect::<Vec<_>>();
    prop::sample::select(leaves).prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Match::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Match::Any),
            inner.prop_map(|part| Match::Not(Box::new(part))),
        ]
    })
}

/// The whole operation with some of its fields, and some of its metadata, taken away.
fn operation_with_less() -> impl Strategy<Value = Operation> {
    let keys = prop::sample::subsequence(vec!["n", "s", "o", "t"], 0..=4);
    (prop::array::uniform5(prop::bool::ANY), keys).prop_map(|(gone, keys)| {
        let whole = operation();
        let text = whole.metadata.as_ref().unwrap().as_json();
        let mut tree: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
        keys.into_iter().for_each(|key| drop(tree.remove(key)));
        let less = Metadata::new(&serde_json::value::to_raw_value(&tree).unwrap());
        let [verb, target, kind, flag, metadata] = gone;
        Operation {
            verb: whole.verb.filter(|_| !verb),
            target: whole.target.filter(|_| !target),
            kind: whole.kind.filter(|_| !kind),
            cancellation_requested: whole.cancellation_requested.filter(|_| !flag),
            metadata: Some(less).filter(|_| !metadata),
            ..whole
        }
    })
}

proptest! {
    #[test]
    fn three_values_keep_the_laws_of_logic(a in any_truth(), b in any_truth(), c in any_truth()) {
        prop_assert_eq!(a.and(b), b.and(a));
        prop_assert_eq!(a.or(b), b.or(a));
        prop_assert_eq!(a.and(b.and(c)), a.and(b).and(c));
        prop_assert_eq!(a.or(b.or(c)), a.or(b).or(c));
        prop_assert_eq!(a.and(b.or(c)), a.and(b).or(a.and(c)));
        prop_assert_eq!(!(a.and(b)), (!a).or(!b));
        prop_assert_eq!(!!a, a);
        prop_assert_eq!((a.and(True), a.or(False)), (a, a));
        prop_assert_eq!((a.and(False), a.or(True)), (False, True));
        prop_assert_eq!(!Unknown, Unknown);
    }

    #[test]
    fn to_know_less_never_selects_and_never_unprotects(matching in any_match(), less in operation_with_less()) {
        let whole = matching.evaluate(&operation());
        let got = matching.evaluate(&less);
        prop_assert!(got == whole || got == Unknown, "{} was {} and became {}", matching, whole, got);
    }

    #[test]
    fn a_trace_agrees_with_the_answer_at_every_step(matching in any_match(), operation in operation_with_less()) {
        fn check(matching: &Match, trace: &crate::policy::Trace, operation: &Operation) {
            assert_eq!(matching.evaluate(operation), trace.truth, "{matching}");
            match matching {
                Match::All(parts) | Match::Any(parts) => {
                    assert_eq!(parts.len(), trace.children.len());
                    parts.iter().zip(&trace.children).for_each(|(part, child)| check(part, child, operation));
                }
                Match::Not(part) => check(part, &trace.children[0], operation),
                Match::Field(_) => assert!(trace.children.is_empty()),
            }
        }
        check(&matching, &matching.explain(&operation), &operation);
    }

    #[test]
    fn a_place_covers_every_operation_that_is_in_it(matching in any_match(), operation in operation_with_less()) {
        let (project, location) = (operation.name.project(), operation.name.location());
        if matching.evaluate(&operation) == True {
            prop_assert!(matching.could_cover(&operation.service, project, location));
            prop_assert!(matching.could_cover(&operation.service, None, None));
        }
    }
}
