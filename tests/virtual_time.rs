//! Whole sweeps through worlds made from seeds, in virtual time: hours of faults, waits and cancels in milliseconds.
//!
//! Every sweep is held against what it was shown (a second opinion on the same reading says what may be cancelled),
//! against what it sent (the world's journal), and against what became of the operations (the world itself, which no
//! fault distorts).
//!
//! A seed that fails prints itself. `CURFEW_TEST_SEED=1234 cargo test --test virtual_time` runs that one alone.

#![cfg(test)]
#![cfg(feature = "emulator")]

#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/policies.rs"]
mod policies;
#[path = "support/seeds.rs"]
mod seeds;
#[path = "support/witness.rs"]
mod witness;
#[path = "support/worlds.rs"]
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, Utc};
use curfew::clock::Clock;
use curfew::emulator::InProcess;
use curfew::google::retry::RetryPolicy;
use curfew::operation::Operation;
use curfew::plan::Withheld;
use curfew::policy::Mode;
use curfew::report::{OperationRecord, Report};
use curfew::snapshot::Snapshot;
use curfew::sweep::{Deadlines, Settings, sweep};
use tokio::time::Instant;

use oracle::{Selected, is_protected, key};
use seeds::{Seed, chosen_seed, in_virtual_time};
use witness::Witness;
use worlds::Case;

/// tokio's timer counts in milliseconds: what ends at an instant ends by then.
const TIMER_STEP: Duration = Duration::from_millis(1);

/// Every so many seeds, an enforcing sweep is held against an audit of the same world.
const TWINS: u64 = 3;

/// Runs the sweeps of these seeds, and sees to it that they are worth running: everything must have happened.
fn run(seeds: Range<u64>) {
    if let Some(seed) = chosen_seed() {
        if seeds.contains(&seed) || seeds.start == 0 {
            println!("{:#?}", Case::new(seed));
            run_seed(seed, &mut BTreeSet::new());
        }
        return;
    }
    let mut happened = BTreeSet::new();
    for seed in seeds {
        run_seed(seed, &mut happened);
    }
    let want = "cancelled completed failed finished cancelling ignored running gone unknown accepted unsupported \
                denied not_found refused unreachable audit report_only window limit deadline \
                already_requested off";
    let missing: Vec<_> = want.split_whitespace().filter(|word| !happened.contains(*word)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

fn run_seed(seed: u64, happened: &mut BTreeSet<String>) {
    let _seed = Seed(seed);
    let case = Case::new(seed);
    let swept = in_virtual_time(sweep_of(&case, case.ceiling));
    check(&case, &swept, happened);
    if swept.report.mode == Mode::Enforce && seed.is_multiple_of(TWINS) {
        check_twins(&swept, &in_virtual_time(sweep_of(&case, Mode::Audit)));
    }
}

/// A sweep that is over, and the world as it left it.
struct Swept {
    report: Report,
    witness: Witness,
    world: InProcess,
    started: Instant,
    stop_starting: Option<Instant>,
}

/// When every sweep starts: a Tuesday, seconds before noon, when some windows open and others close.
fn start() -> DateTime<Utc> {
    "2026-11-24T11:59:55Z".parse().unwrap()
}

async fn sweep_of(case: &Case, ceiling: Mode) -> Swept {
    let clock = Clock::starting_at(start());
    let started = Instant::now();
    let world = InProcess::new(&case.scenario, clock, RetryPolicy::GOOGLE);
    let witness = Witness::new(world.clone(), clock, case.tells_untruths());
    let deadlines = Deadlines {
        stop_reading: case.deadlines.map(|(stop_starting, _)| started + stop_starting / 2),
        stop_starting: case.deadlines.map(|(stop_starting, _)| started + stop_starting),
        stop: case.deadlines.map(|(_, stop)| started + stop),
    };
    let settings = Settings {
        sweep_id: "s".to_owned(),
        policy_source: None,
        ceiling,
        deadlines,
        requests_at_once: case.requests_at_once,
    };
    let report = sweep(&witness, &case.spec.policy(), &case.request, &settings, &clock, &witness).await;
    if let Some(stop) = deadlines.stop {
        assert!(Instant::now() <= stop + TIMER_STEP, "over by {:?}", Instant::now() - stop);
    }
    Swept { report, witness, world, started, stop_starting: deadlines.stop_starting }
}

fn check(case: &Case, swept: &Swept, happened: &mut BTreeSet<String>) {
    let Swept { report, witness, world, stop_starting, .. } = swept;
    assert_eq!(report.mismatches(), [""; 0]);
    let mode = case.spec.policy().mode.min(case.ceiling).min(case.request.mode.unwrap_or(Mode::Enforce));
    assert_eq!(report.mode, mode);
    if mode == Mode::Off {
        assert!(world.journal().requests.is_empty() && report.operations.is_empty());
        happened.insert("off".to_owned());
        return;
    }
    let snapshot = witness.snapshot();
    let asked =
        |operation: &Operation| case.request.narrow.covers_operation(&operation.service, &operation.name);
    let want = oracle::select(&case.spec, &snapshot, asked);
    check_records(report, &want);
    check_sent(report, world, &want);
    check_order(witness, *stop_starting, &want);
    check_windows(case, swept, &snapshot, &want);
    let protected = snapshot.operations.iter().filter(|operation| is_protected(&case.spec, operation));
    for operation in protected {
        assert!(!witness.cancels().iter().any(|(name, _)| *name == key(operation)), "{operation:?}");
    }
    for record in &report.operations {
        happened.extend(record.state.map(|state| state.to_string()));
        happened.extend(record.cancel.map(|answer| answer.to_string()));
        happened.extend(record.withheld.map(|withheld| withheld.to_string()));
    }
}

/// The same world in audit: the same plan to the byte, and every record as far as nothing was sent.
fn check_twins(enforced: &Swept, audited: &Swept) {
    assert_eq!(audited.report.mode, Mode::Audit);
    assert!(enforced.witness.plan() == audited.witness.plan());
    assert_eq!(audited.world.journal().count("POST"), 0);
    let planned = |record: &OperationRecord| {
        // What the plan withholds for a window is in its bytes; another may close while it is carried out.
        let later = |why: &Withheld| matches!(why, Withheld::Audit | Withheld::Deadline | Withheld::Window);
        let withheld = record.withheld.filter(|why| !later(why));
        (record.operation.clone(), record.rule.clone(), record.why.clone(), record.age_s, withheld)
    };
    let of = |swept: &Swept| swept.report.operations.iter().map(planned).collect::<Vec<_>>();
    assert_eq!(of(enforced), of(audited));
}

/// Service and name, as the oracle calls an operation.
fn key_of(record: &OperationRecord) -> String {
    format!("{} {}", record.service, record.operation)
}

/// Every violator has one record, oldest first, and each record tells one story from beginning to end.
fn check_records(report: &Report, want: &Selected) {
    let name = key_of;
    assert_eq!(report.operations.iter().map(name).collect::<Vec<_>>(), want.violating);
    for record in &report.operations {
        let planned = want.cancelled.contains(&name(record));
        match record.withheld {
            None => assert!(planned && report.mode == Mode::Enforce, "{record:?}"),
            Some(Withheld::Audit) => assert!(planned && report.mode == Mode::Audit, "{record:?}"),
            Some(Withheld::Deadline) => assert!(planned && report.mode == Mode::Enforce, "{record:?}"),
            // One that has closed since the plan was made, or one that was closed then.
            Some(Withheld::Window) if planned => assert!(report.mode == Mode::Enforce, "{record:?}"),
            Some(Withheld::Window) => assert!(want.in_window.contains(&name(record)), "{record:?}"),
            Some(_) => assert!(!planned, "{record:?}"),
        }
        if record.withheld == Some(Withheld::Window) {
            assert!(record.message.as_ref().is_some_and(|message| message.contains("open")), "{record:?}");
        } else {
            assert!(!want.in_window.contains(&name(record)) && record.opens_at.is_none(), "{record:?}");
        }
        let attempted = record.withheld.is_none();
        let watched = attempted || record.withheld == Some(Withheld::AlreadyRequested);
        assert_eq!(record.cancel.is_some(), attempted, "{record:?}");
        assert_eq!(record.state.is_some(), watched, "{record:?}");
        assert_eq!(record.polls > 0, watched, "{record:?}");
    }
    let sums = report.sums();
    assert_eq!(sums.answers.values().sum::<usize>(), sums.attempted);
    assert_eq!(sums.states.values().sum::<usize>(), sums.attempted);
}

/// What the world was sent: cancels of the planned operations alone, as many as the records say.
fn check_sent(report: &Report, world: &InProcess, want: &Selected) {
    let journal = world.journal();
    let mut sent: BTreeMap<String, u32> = BTreeMap::new();
    for entry in journal.requests.iter().filter(|entry| entry.method != "GET") {
        assert_eq!(entry.method, "POST");
        let name = entry.path.strip_prefix("/v1/").and_then(|path| path.strip_suffix(":cancel")).unwrap();
        *sent.entry(name.to_owned()).or_default() += 1;
        assert!(want.cancelled.contains(&format!("clouddeploy {name}")), "{name} was not to be cancelled");
    }
    if report.mode != Mode::Enforce {
        assert!(sent.is_empty(), "{sent:?} in {}", report.mode);
    }
    for record in &report.operations {
        let got = sent.get(record.operation.as_str()).copied().unwrap_or_default();
        assert_eq!(got, record.cancel_attempts, "{record:?}");
    }
}

/// No cancel is sent while a window is closed, and none is withheld while all are open.
fn check_windows(case: &Case, swept: &Swept, snapshot: &Snapshot, want: &Selected) {
    let is_open = |name: &str, at: DateTime<Utc>| {
        let place = want.violating.iter().position(|violating| violating == name).unwrap();
        oracle::is_open(&case.spec, want.rules[place], at)
    };
    for (name, at) in swept.witness.cancels() {
        let at = start() + (at - swept.started);
        assert!(is_open(&name, at), "{name} was cancelled at {at}");
    }
    let end = start() + Duration::from_millis(swept.report.duration_ms);
    for record in swept.report.operations.iter().filter(|record| record.withheld == Some(Withheld::Window)) {
        let name = key_of(record);
        let was_closed = !is_open(&name, snapshot.now) || !is_open(&name, end);
        assert!(was_closed, "{record:?}");
    }
}

/// Each is cancelled once, the oldest first, and none after the time to stop starting.
fn check_order(witness: &Witness, stop_starting: Option<Instant>, want: &Selected) {
    let cancels = witness.cancels();
    let mut line = want.cancelled.iter();
    for (name, at) in &cancels {
        assert!(line.any(|planned| planned == name), "{name} out of its turn in {cancels:?}");
        assert!(stop_starting.is_none_or(|stop| *at < stop), "{name} was started too late");
    }
}

#[test]
fn sweeps_of_the_first_thousand_seeds_are_sound() {
    run(0..1_000);
}

#[test]
fn sweeps_of_the_second_thousand_seeds_are_sound() {
    run(1_000..2_000);
}

#[test]
fn sweeps_of_the_third_thousand_seeds_are_sound() {
    run(2_000..3_000);
}

#[test]
fn sweeps_of_the_fourth_thousand_seeds_are_sound() {
    run(3_000..4_000);
}
