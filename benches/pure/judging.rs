//! Judging and planning: 100,000 operations against a policy of 20 rules, on one core.

use curfew::catalogue::default_service;
use curfew::google::wire::decode_page;
use curfew::plan::{Assessment, plan};
use curfew::policy::Policy;
use curfew::request::Narrow;
use curfew::snapshot::{Reading, Snapshot};
use divan::Bencher;
use divan::counter::ItemsCount;

use crate::listing::{NOW, Standing, collection, page};
use crate::support::figure::Figure;

const COLLECTIONS: usize = 50;
const OPERATIONS: usize = 100_000;

#[divan::bench]
fn judge_and_plan(bencher: Bencher<'_, '_>) {
    let (policy, snapshot) = (policy(), snapshot());
    bencher.counter(ItemsCount::new(OPERATIONS)).bench_local(|| assess(&snapshot, &policy));
}

/// What comes before: sorting what was read, and dropping doubles. It has no target of its own.
#[divan::bench]
fn put_a_snapshot_together(bencher: Bencher<'_, '_>) {
    let reading = reading();
    bencher
        .counter(ItemsCount::new(OPERATIONS))
        .with_inputs(|| reading.clone())
        .bench_local_values(|reading| Snapshot::new(NOW, reading));
}

pub(crate) fn figure() -> Figure {
    let (policy, snapshot) = (policy(), snapshot());
    let took = crate::median(1, || assess(&snapshot, &policy));
    Figure {
        what: "judge and plan, 100,000 operations, 20 rules",
        got: OPERATIONS as f64 / took.as_secs_f64() / 1e6,
        target: 1.0..=f64::INFINITY,
        unit: "million operations/s of CPU time",
    }
}

/// How the operations of the snapshot fall out, to see that the policy has something to decide.
pub(crate) fn outcome() -> String {
    let plan = assess(&snapshot(), &policy()).plan;
    let spared: Vec<String> =
        plan.spared_because.iter().map(|(because, count)| format!("{because:?} {count}")).collect();
    format!("{} seen, {} violating, spared: {}", plan.seen, plan.violating.len(), spared.join(", "))
}

fn assess(snapshot: &Snapshot, policy: &Policy) -> Assessment {
    plan(snapshot, policy, &Narrow::default())
}

fn policy() -> Policy {
    Policy::parse(include_bytes!("policy.yaml"), "policy.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn snapshot() -> Snapshot {
    Snapshot::new(NOW, reading())
}

/// All of them run: one that has ended would cost next to nothing.
fn reading() -> Reading {
    let collections = (0..COLLECTIONS).map(collection);
    let service = default_service();
    let operations = collections.flat_map(|collection| {
        let body = page(&collection, OPERATIONS / COLLECTIONS, Standing::AllRunning);
        decode_page(body.as_bytes(), &collection, &service.profile).unwrap().operations
    });
    Reading {
        collections: (0..COLLECTIONS).map(collection).collect(),
        pages: COLLECTIONS,
        operations: operations.collect(),
        ..Reading::default()
    }
}
