//! An explanation names a cause: change that and nothing else, and the verdict is another one.
//!
//! For each verdict over generated policies and readings, what it names is changed in the operation (or, where it speaks
//! of a group, in the group). How to change a match is asked of a second opinion that shares no code with curfew.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use curfew::judge::{Missing, Spared, Verdict, Why, judge};
use curfew::operation::{Ending, Metadata, Operation, OperationName, Progress};
use curfew::plan::plan;
use curfew::policy::{CancelOrder, Field, Limit, Policy};
use curfew::request::Narrow;
use curfew::snapshot::Snapshot;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::generated::{limits, now, policy, world};
use crate::oracle::{Facts, truth};
use crate::policies::PolicySpec;

fn verdicts(snapshot: &Snapshot, policy: &Policy) -> Vec<Verdict> {
    plan(snapshot, policy, &Narrow::default()).verdicts
}

/// The verdict on the operation at `index` once a change was made to it.
fn after(snapshot: &Snapshot, policy: &Policy, index: usize, change: impl FnOnce(&mut Operation)) -> Verdict {
    let mut snapshot = snapshot.clone();
    change(&mut snapshot.operations[index]);
    verdicts(&snapshot, policy).swap_remove(index)
}

/// Metadata with a value of each type that generated policies ask for.
const STEPS: [&str; 4] = [r#"{"step":1}"#, r#"{"step":"x"}"#, r#"{"step":true}"#, r#"{"step":2}"#];

fn metadata(text: &str) -> Metadata {
    Metadata::new(serde_json::from_str(text).unwrap())
}

/// Something that is done to an operation.
type Edit = Box<dyn Fn(&mut Operation)>;

/// An operation in all the ways in which those of generated worlds differ, one field at a time and several.
fn variants(operation: &Operation) -> Vec<Operation> {
    fn texts(values: &[&str], set: fn(&mut Operation, Arc<str>)) -> Vec<Edit> {
        let texts = values.iter().map(|text| Arc::<str>::from(*text));
        texts.map(|text| Box::new(move |o: &mut Operation| set(o, text.clone())) as Edit).collect()
    }
    let targets = ["projects/p/locations/l/targets/prod-1", "projects/p/locations/l/targets/a", "a"];
    let kinds = ["type.googleapis.com/a.B", "c.D"];
    let fields = [
        texts(&["create", "update", "delete"], |o, verb| o.verb = Some(verb)),
        texts(&targets, |o, target| o.target = Some(target)),
        texts(&kinds, |o, kind| o.kind = Some(kind)),
        texts(&STEPS, |o, step| o.metadata = Some(metadata(&step))),
    ];
    let mut variants = vec![operation.clone()];
    for edits in fields {
        let edited =
            variants.iter().flat_map(|variant| edits.iter().map(move |edit| (variant.clone(), edit)));
        let edited: Vec<_> = edited
            .map(|(mut variant, edit)| {
                edit(&mut variant);
                variant
            })
            .collect();
        variants.extend(edited);
    }
    variants
}

/// Gives a field that is missing a value.
fn fill(operation: &mut Operation, field: &Field) {
    let some = || Some(Arc::from("a"));
    match field {
        Field::Verb => operation.verb = some(),
        Field::Target => operation.target = some(),
        Field::Kind => operation.kind = some(),
        Field::CancellationRequested => {
            (operation.cancellation_requested, operation.tells_cancellation) = (Some(false), true);
        }
        Field::Metadata(_) | Field::Service | Field::Project | Field::Location | Field::Name => {
            panic!("{field} is not filled")
        }
    }
}

fn rule<'a>(policy: &'a Policy, name: &str) -> (usize, &'a Limit) {
    let found = policy.rules.iter().enumerate().find(|(_, rule)| &*rule.name == name);
    found.map(|(index, rule)| (index, &rule.limit)).unwrap()
}

/// Changes what a verdict names as its cause, and gives the verdict after that; `None` where nothing that could be
/// changed in the operation or its group would be another cause.
fn with_another_cause(
    spec: &PolicySpec,
    policy: &Policy,
    snapshot: &Snapshot,
    index: usize,
    verdict: &Verdict,
) -> Option<Verdict> {
    let change = |change: &dyn Fn(&mut Operation)| Some(after(snapshot, policy, index, change));
    let aged = |seconds: u64| {
        let created_at = now() - TimeDelta::seconds(i64::try_from(seconds).unwrap());
        change(&|operation: &mut Operation| operation.create_time = Some(created_at))
    };
    let operation = &snapshot.operations[index];
    match verdict {
        Verdict::Ended => change(&|operation: &mut Operation| operation.progress = Progress::Running),
        Verdict::Spared(Spared::WithinMaxAge { max_age, .. }) => aged(max_age.as_secs() + 1),
        Verdict::Violates(violation) => match &violation.why {
            Why::MaxAge { max_age, .. } => aged(max_age.as_secs()),
            Why::MaxRunning { count: 0, .. } => None,
            Why::MaxRunning { .. } => {
                let mut alone = snapshot.clone();
                for (other, operation) in alone.operations.iter_mut().enumerate() {
                    if other != index {
                        operation.progress = Progress::Ended(Ending::Completed);
                    }
                }
                Some(verdicts(&alone, policy).swap_remove(index))
            }
        },
        Verdict::Spared(Spared::WithinMaxRunning { rule: name, count, .. }) => {
            let (counting, Limit::MaxRunning(max_running)) = rule(policy, name) else { panic!("{name}") };
            let mut crowded = snapshot.clone();
            let preferred = match max_running.cancel {
                CancelOrder::Oldest => now(),
                CancelOrder::Newest => now() - TimeDelta::days(9),
            };
            crowded.operations[index].create_time = Some(now() - TimeDelta::days(1));
            for n in 0..*count {
                let mut twin = crowded.operations[index].clone();
                twin.name = OperationName::parse(&format!("{}0{n}", operation.name)).unwrap();
                twin.create_time = Some(preferred);
                twin.cancellation_requested = twin.tells_cancellation.then_some(false);
                // A rule for what is on its way out counts nothing that would hold another back.
                if judge(&twin, policy, snapshot.now).counts_in != Some(counting) {
                    return None;
                }
                // Behind the others: they keep their places in the list.
                crowded.operations.push(twin);
            }
            Some(verdicts(&crowded, policy).swap_remove(index))
        }
        Verdict::Spared(Spared::Undecidable { rule: name, missing }) => match missing {
            Missing::CreateTime | Missing::CreateTimeInFuture => aged(60),
            // It lacks a value that can be compared: one of the types that policies name is the one that is.
            Missing::Field(Field::Metadata(_)) => {
                let with = |step| Operation { metadata: Some(metadata(step)), ..operation.clone() };
                let verdicts = STEPS
                    .into_iter()
                    .map(|step| after(snapshot, policy, index, |operation| *operation = with(step)));
                // A match that wants values of several types of one field may be unknown for each of them.
                let rule = &spec.rules[name.strip_prefix('r').unwrap().parse::<usize>().unwrap()];
                let matches = rule.matches.as_ref().unwrap();
                let is_decidable = STEPS.iter().any(|step| truth(matches, &Facts::of(&with(step))).is_some());
                let other = verdicts.into_iter().find(|other| cause(other) != cause(verdict));
                other.or_else(|| is_decidable.then(|| verdict.clone()))
            }
            Missing::Field(field) => change(&|operation: &mut Operation| fill(operation, field)),
            Missing::Group => {
                let whole = Snapshot { gaps: Vec::new(), ..snapshot.clone() };
                Some(verdicts(&whole, policy).swap_remove(index))
            }
        },
        Verdict::Spared(Spared::Protected { name, .. }) => {
            let protection = &spec.protect[name.strip_prefix('p').unwrap().parse::<usize>().unwrap()];
            let mut variants = variants(operation).into_iter();
            let outside = variants.find(|variant| truth(protection, &Facts::of(variant)) == Some(false))?;
            change(&|operation: &mut Operation| *operation = outside.clone())
        }
        Verdict::Spared(Spared::NoRule) => {
            let matches: Vec<_> = spec.rules.iter().filter_map(|rule| rule.matches.as_ref()).collect();
            let covered = variants(operation).into_iter().find(|variant| {
                matches.iter().any(|matches| truth(matches, &Facts::of(variant)) == Some(true))
            })?;
            change(&|operation: &mut Operation| *operation = covered.clone())
        }
        Verdict::Spared(Spared::OutsideRequest { .. }) => panic!("nothing was narrowed"),
    }
}

/// What a verdict says without its numbers: its kind and the name that it names.
fn cause(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Ended => "ended".to_owned(),
        Verdict::Violates(violation) => match violation.why {
            Why::MaxAge { .. } => format!("{} too old", violation.rule),
            Why::MaxRunning { .. } => format!("{} too many", violation.rule),
        },
        Verdict::Spared(spared) => match spared {
            Spared::Protected { name, .. } => format!("protected by {name}"),
            Spared::WithinMaxAge { rule, .. } => format!("{rule} young"),
            Spared::WithinMaxRunning { rule, .. } => format!("{rule} few"),
            Spared::NoRule => "no rule".to_owned(),
            Spared::Undecidable { rule, missing } => format!("{rule} lacks {missing:?}"),
            Spared::OutsideRequest { .. } => "outside".to_owned(),
        },
    }
}

/// The kind of a verdict alone, to count by.
fn kind(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ended => "ended",
        Verdict::Violates(violation) => match violation.why {
            Why::MaxAge { .. } => "too old",
            Why::MaxRunning { .. } => "too many",
        },
        Verdict::Spared(spared) => match spared {
            Spared::Protected { .. } => "protected",
            Spared::WithinMaxAge { .. } => "young",
            Spared::WithinMaxRunning { .. } => "few",
            Spared::NoRule => "no rule",
            Spared::Undecidable { missing: Missing::Group, .. } => "hidden group",
            Spared::Undecidable { missing: Missing::Field(_), .. } => "missing field",
            Spared::Undecidable { .. } => "missing age",
            Spared::OutsideRequest { .. } => "outside",
        },
    }
}

#[test]
fn to_change_the_named_cause_is_to_change_the_verdict() {
    let changed: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(&(policy(limits()), world()), |(spec, world)| {
        let (policy, snapshot) = (spec.policy(), world.snapshot());
        for (index, verdict) in verdicts(&snapshot, &policy).iter().enumerate() {
            if let Some(other) = with_another_cause(&spec, &policy, &snapshot, index, verdict) {
                *changed.borrow_mut().entry(kind(verdict)).or_default() += 1;
                let operation = &snapshot.operations[index];
                prop_assert_ne!(cause(verdict), cause(&other), "{:?}: {}", operation, verdict);
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let changed = changed.into_inner();
    let want = [
        "ended",
        "few",
        "hidden group",
        "missing age",
        "missing field",
        "no rule",
        "protected",
        "too many",
        "too old",
        "young",
    ];
    assert_eq!(
        changed.keys().copied().collect::<Vec<_>>(),
        want,
        "every kind of verdict was there to be changed"
    );
}
