//! Each sample in `events/`: what the run covers, and what woke it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::world::{SWEEP_KEYS, assert_adds_up, assert_has_keys, cancelled, emulate, last_segment};
use crate::{Deployment, POLICY, ids, plenty, text};

/// Four violators, one a collection but for two in the first.
const SCENARIO: &str = "\
operations:
  - name: projects/acme-web/locations/europe-west1/operations/operation-1763964000000-64442d5a1c8e0-9f0b7a31-2d4c6e85
    age: 5h
  - { name: projects/acme-web/locations/europe-west1/operations/neighbour, age: 4h }
  - { name: projects/acme-web/locations/us-central1/operations/elsewhere, age: 3h }
  - { name: projects/acme-data/locations/europe-west1/operations/data, age: 2h }
";

const NAMED: &str = "operation-1763964000000-64442d5a1c8e0-9f0b7a31-2d4c6e85";

/// What a payload must lead to.
struct Want {
    trigger: &'static str,
    mode: &'static str,
    collections: u64,
    cancelled: &'static [&'static str],
    violating: &'static [&'static str],
}

fn want(sample: &str) -> Want {
    let all = &[NAMED, "neighbour", "elsewhere", "data"];
    let whole = Want { trigger: "schedule", mode: "enforce", collections: 3, cancelled: all, violating: all };
    match sample {
        "scheduler.json" | "scheduled-event.json" | "scheduled-event-string-detail.json" => whole,
        "curfew-sweep-operations.json" => {
            let named = &[NAMED];
            Want { trigger: "event", collections: 1, cancelled: named, violating: named, ..whole }
        }
        "curfew-sweep-scopes.json" => {
            let named = &[NAMED, "neighbour", "data"];
            Want { trigger: "event", collections: 2, cancelled: named, violating: named, ..whole }
        }
        "direct.json" => {
            let named = &[NAMED, "neighbour"];
            Want { trigger: "direct", collections: 1, cancelled: named, violating: named, ..whole }
        }
        "direct-audit.json" => Want { trigger: "direct", mode: "audit", cancelled: &[], ..whole },
        other => panic!("events/{other} is new: say here what it leads to"),
    }
}

#[tokio::test]
async fn every_sample_event_sweeps_what_it_names_and_nothing_else() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let mut samples = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let want = want(&name);
        let emulator = emulate(SCENARIO).await;
        let mut lambda = Deployment::new(&emulator, POLICY).start().await;

        let report = lambda.invoke(fs::read(&path).unwrap(), plenty()).await.response();

        assert_has_keys(&report, &SWEEP_KEYS);
        assert_has_keys(&report, &["operations", "operations_omitted", "spared_because"]);
        assert_adds_up(&report);
        assert_eq!(text(&report, "event"), "sweep", "{name}");
        assert_eq!(text(&report, "trigger"), want.trigger, "{name}");
        assert_eq!(text(&report, "mode"), want.mode, "{name}");
        assert_eq!(report["collections"], want.collections, "{name}");
        assert_eq!(report["complete"], true, "{name}: {report}");
        let as_set = |ids: &[&'static str]| ids.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(ids(&report, |_| true), as_set(want.violating), "{name}");
        let verified = ids(&report, |record| record["state"] == "cancelled");
        assert_eq!(verified, as_set(want.cancelled), "{name}");
        let sent = cancelled(&emulator);
        assert_eq!(
            sent.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            as_set(want.cancelled),
            "{name}"
        );
        samples += 1;
    }
    assert!(samples >= 7, "only {samples} samples were found");
}

#[tokio::test]
async fn an_event_that_names_what_the_policy_does_not_cover_reads_and_cancels_nothing_there() {
    let stranger = "projects/stranger/locations/europe-west1/operations/o";
    let scenario = format!("operations: [{{ name: {stranger}, age: 9h }}]");
    let emulator = emulate(&scenario).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let payload = format!(r#"{{"sweep": {{"operations": ["{stranger}"]}}}}"#);

    let report = lambda.invoke(payload, plenty()).await.response();

    assert_eq!(emulator.journal().requests, []);
    let outside: Vec<_> = report["outside_policy"].as_array().unwrap().iter().collect();
    assert!(outside.len() == 1 && last_segment(outside[0].as_str().unwrap()) == "o", "{report}");
}

#[tokio::test]
async fn a_named_operation_that_breaks_no_rule_is_spared() {
    let emulator = emulate(crate::SCENARIO).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let payload =
        r#"{"sweep": {"operations": ["projects/acme-web/locations/europe-west1/operations/young"]}}"#;

    let report = lambda.invoke(payload, plenty()).await.response();

    assert_eq!(cancelled(&emulator), BTreeSet::new());
    // The other two break a rule, but were not asked for.
    let want = serde_json::json!({"outside_request": 2, "within_max_age": 1});
    assert_eq!(report["spared_because"], want);
}
