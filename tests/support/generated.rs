//! Generated policies and generated readings, small and full of coincidences: few places, few names, equal ages.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use curfew::catalogue::table;
use curfew::operation::{
    Collection, Ending, Metadata, Operation, OperationName, Progress, ResourcePath, ServiceName,
};
use curfew::snapshot::{Gap, GapReason, Reading, Snapshot};
use proptest::prelude::*;
use proptest::{collection::vec, option, sample::select};
use serde_json::json;

use super::policies::{LimitSpec, LimitsSpec, MatchSpec, PolicySpec, RuleSpec, WindowSpec};

/// The instant at which generated snapshots are read.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// What was read, page by page: removing a page of it leaves its gap.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) operations: Vec<Placed>,
    pub(crate) gaps: Vec<Gap>,
}

/// An operation and the page of its collection's list on which it stands.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) page: usize,
    pub(crate) operation: Operation,
}

impl World {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let operations: Vec<_> = self.operations.iter().map(|placed| placed.operation.clone()).collect();
        let reading = Reading { pages: 1, operations, gaps: self.gaps.clone(), ..Reading::default() };
        Snapshot::new(now(), reading)
    }

    /// Every world from which one field, one page, or one whole collection is missing.
    pub(crate) fn with_one_thing_less(&self) -> Vec<World> {
        let mut worlds = Vec::new();
        for index in 0..self.operations.len() {
            for field in FIELDS {
                let mut world = self.clone();
                field(&mut world.operations[index].operation);
                worlds.push(world);
            }
        }
        for placed in &self.operations {
            let hidden = collection(&placed.operation);
            worlds.push(self.without(&hidden, |page| page == placed.page));
            worlds.push(self.without(&hidden, |page| page >= placed.page));
            worlds.push(self.without(&hidden, |_| true));
        }
        worlds
    }

    fn without(&self, hidden: &Collection, pages: impl Fn(usize) -> bool) -> World {
        let mut world = self.clone();
        world.operations.retain(|placed| collection(&placed.operation) != *hidden || !pages(placed.page));
        world.gaps.push(Gap::in_collection(hidden, GapReason::Unreachable, "removed".to_owned()));
        world
    }
}

/// Takes one thing that an operation says of itself away.
const FIELDS: [fn(&mut Operation); 6] = [
    |operation| operation.create_time = None,
    |operation| operation.verb = None,
    |operation| operation.target = None,
    |operation| operation.kind = None,
    |operation| operation.cancellation_requested = None,
    |operation| operation.metadata = None,
];

pub(crate) fn collection(operation: &Operation) -> Collection {
    table().find(&operation.service).unwrap().collection_of(&operation.name).unwrap()
}

/// A policy for all the places of the generated worlds.
pub(crate) fn policy(limits: impl Strategy<Value = LimitsSpec>) -> impl Strategy<Value = PolicySpec> {
    (any::<bool>(), vec(a_match(), 0..=2), vec(rule(), 1..=4), windows(), limits).prop_map(
        |(enforce, protect, rules, windows, limits)| PolicySpec {
            enforce,
            scopes: vec![(vec!["p", "q"], None)],
            protect,
            rules,
            windows,
            limits,
            follow_up_s: 5,
        },
    )
}

pub(crate) fn limits() -> impl Strategy<Value = LimitsSpec> {
    (0..6_usize, option::of(0..=10_000_u16), any::<bool>()).prop_map(
        |(max_cancellations, max_share, cancel_none)| LimitsSpec {
            max_cancellations,
            max_share,
            cancel_none,
        },
    )
}

fn rule() -> impl Strategy<Value = RuleSpec> {
    let per = proptest::sample::subsequence(
        vec!["service", "project", "location", "verb", "target", "kind"],
        0..=2,
    );
    let limit = prop_oneof![
        select(vec![1, 600, 1200, 3600]).prop_map(LimitSpec::MaxAge),
        (0..3_usize, per, any::<bool>()).prop_map(|(count, per, newest)| LimitSpec::MaxRunning {
            count,
            per,
            newest
        }),
    ];
    (option::weighted(0.7, a_match()), limit, prop::bool::weighted(0.2), windows())
        .prop_map(|(matches, limit, report_only, windows)| RuleSpec { matches, limit, report_only, windows })
}

/// Most have none.
fn windows() -> impl Strategy<Value = Vec<WindowSpec>> {
    prop_oneof![4 => Just(Vec::new()), 1 => vec(select(WindowSpec::choices()), 1..=2)]
}

fn a_match() -> impl Strategy<Value = MatchSpec> {
    let globs = |field: &'static str, globs: Vec<&'static str>| {
        let most = globs.len().min(2);
        proptest::sample::subsequence(globs, 1..=most).prop_map(move |globs| MatchSpec::OneOf(field, globs))
    };
    let leaf = prop_oneof![
        globs("service", vec!["clouddeploy", "r*", "*"]),
        globs("project", vec!["p", "q"]),
        globs("location", vec!["l", "m", "*"]),
        globs("name", vec!["**/o1", "**/o*", "projects/p/*/*/*/*"]),
        globs("verb", vec!["create", "update", "*ate", "*"]),
        globs("target", vec!["**/targets/prod-*", "**/a", "**/prod-*"]),
        globs("kind", vec!["a.B", "type.googleapis.com/a.*"]),
        any::<bool>().prop_map(MatchSpec::Requested),
        select(vec![json!(1), json!(2), json!(true), json!("x")])
            .prop_map(|value| MatchSpec::Metadata("/step", value)),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..=3).prop_map(MatchSpec::All),
            vec(inner.clone(), 1..=3).prop_map(MatchSpec::Any),
            inner.prop_map(|part| MatchSpec::Not(Box::new(part))),
        ]
    })
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    let gaps = vec((place(), any::<bool>()), 0..=1);
    (vec(operation(), 0..12), prop::bool::weighted(0.8), gaps).prop_map(|(mut operations, whole, gaps)| {
        for (index, placed) in operations.iter_mut().enumerate() {
            let name = format!("{}{index}", placed.operation.name);
            placed.operation.name = OperationName::parse(&name).unwrap();
        }
        let gaps = gaps.into_iter().filter(|_| !whole).map(|((service, project, location), known)| {
            let list = match known {
                true => format!("projects/{project}/locations/{location}/operations"),
                false => format!("projects/{project}/locations"),
            };
            Gap {
                service: ServiceName::parse(service).unwrap(),
                path: ResourcePath::parse(&list).unwrap(),
                reason: GapReason::Denied,
                message: "generated".to_owned(),
            }
        });
        World { operations, gaps: gaps.collect() }
    })
}

fn place() -> impl Strategy<Value = (&'static str, &'static str, &'static str)> {
    (
        prop_oneof![4 => Just("clouddeploy"), 1 => Just("redis")],
        select(vec!["p", "q"]),
        prop_oneof![3 => Just("l"), 1 => Just("m")],
    )
}

fn operation() -> impl Strategy<Value = Placed> {
    let text = |texts: Vec<&'static str>| option::weighted(0.9, select(texts));
    // Ages that meet the rules' limits exactly, and some in the future.
    let age = prop_oneof![
        8 => select(vec![0_i64, 599, 600, 601, 1200, 3600, 3601, 7200]),
        1 => Just(-1_i64),
    ];
    let progress = prop_oneof![
        5 => Just(Progress::Running),
        1 => select(vec![Ending::Completed, Ending::Cancelled, Ending::Unstated]).prop_map(Progress::Ended),
    ];
    // What is said of a cancel, and whether the service says it at all.
    let requested = prop_oneof![
        6 => Just((Some(false), true)),
        2 => Just((Some(true), true)),
        1 => Just((None, true)),
        1 => Just((None, false)),
    ];
    let metadata =
        option::weighted(0.8, select(vec![r#"{"step":1}"#, r#"{"step":"x"}"#, r#"{"step":true}"#, "{}"]));
    let fields = (
        text(vec!["create", "update", "delete"]),
        text(vec!["projects/p/locations/l/targets/prod-1", "projects/p/locations/l/targets/a", "a"]),
        text(vec!["type.googleapis.com/a.B", "c.D"]),
    );
    (place(), 0..3_usize, option::weighted(0.92, age), progress, requested, metadata, fields).prop_map(
        |((service, project, location), page, age, progress, requested, metadata, (verb, target, kind))| {
            let (cancellation_requested, tells_cancellation) = requested;
            let operation = Operation {
                service: ServiceName::parse(service).unwrap(),
                name: OperationName::parse(&format!("projects/{project}/locations/{location}/operations/o"))
                    .unwrap(),
                progress,
                create_time: age.map(|age| now() - TimeDelta::seconds(age)),
                verb: verb.map(Arc::from),
                target: target.map(Arc::from),
                kind: kind.map(Arc::from),
                cancellation_requested,
                tells_cancellation,
                metadata: metadata.map(|text| Metadata::new(serde_json::from_str(text).unwrap())),
            };
            Placed { page, operation }
        },
    )
}
