//! Approved plans in worlds that have changed, in virtual time.
//!
//! A plan is made in one world and carried out in another, which is what became of the first at random. What is
//! cancelled then is held against the plan, and against a second opinion on what the run was shown.
//!
//! A seed that fails prints itself. `CURFEW_TEST_SEED=1234 cargo test --test apply` runs that one alone.

#![cfg(test)]
#![cfg(feature = "emulator")]

#[path = "support/forged.rs"]
mod forged;
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

#[path = "apply/refused.rs"]
mod refused;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use curfew::clock::Clock;
use curfew::emulator::scenario::{End, PlannedMetadata};
use curfew::emulator::{InProcess, Scenario};
use curfew::google::retry::RetryPolicy;
use curfew::plan::{Approval, DEFAULT_MAX_AGE, PlanFile, Withheld};
use curfew::policy::Mode;
use curfew::report::{OperationRecord, Report};
use curfew::request::{Request, Trigger};
use curfew::sweep::{Deadlines, Settings, Silent, apply, assess, sweep};
use fastrand::Rng;
use tokio::time::Instant;

use forged::{forged, signed};
use oracle::key;
use policies::{LimitsSpec, PolicySpec};
use seeds::{Seed, chosen_seed, in_virtual_time};
use witness::Witness;
use worlds::Case;

/// How many plans are made.
const SEEDS: u64 = 1_500;

fn seeds() -> Vec<u64> {
    chosen_seed().map_or_else(|| (0..SEEDS).collect(), |seed| vec![seed])
}

/// When the plan is made.
fn noon() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn settings(requests_at_once: usize, deadlines: Deadlines) -> Settings {
    Settings {
        sweep_id: "s".to_owned(),
        policy_source: None,
        ceiling: Mode::Enforce,
        deadlines,
        requests_at_once,
    }
}

fn request() -> Request {
    Request::everything(Trigger::CommandLine)
}

fn armed(spec: &PolicySpec) -> PolicySpec {
    PolicySpec { enforce: true, ..spec.clone() }
}

/// Makes a plan at noon.
async fn planned(spec: &PolicySpec, scenario: &Scenario) -> PlanFile {
    let clock = Clock::starting_at(noon());
    let world = InProcess::new(scenario, clock, RetryPolicy::GOOGLE);
    let settings = settings(8, Deadlines::default());
    let (snapshot, assessment) = assess(&world, &spec.policy(), &request(), &settings, &clock, &Silent).await;
    assert_eq!(world.journal().count("POST"), 0);
    PlanFile::new(&assessment.plan, &snapshot.gaps, "file:policy.yaml")
}

/// The same operations so much later.
fn later(scenario: &Scenario, by: TimeDelta) -> Scenario {
    let mut scenario = scenario.clone();
    for operation in &mut scenario.operations {
        operation.age += by;
    }
    scenario
}

/// What became of a world: some of it is as it was.
fn changed(rng: &mut Rng, scenario: &Scenario, by: TimeDelta) -> Scenario {
    let mut scenario = later(scenario, by);
    scenario.operations.retain(|_| rng.u8(..12) > 0);
    for operation in &mut scenario.operations {
        match rng.u8(..24) {
            0 | 1 => operation.runs_for = Some((operation.age, End::Completed)),
            2 | 3 => operation.age = TimeDelta::seconds(rng.i64(0..20_000)),
            4 => operation.age -= TimeDelta::milliseconds(1),
            5 | 6 => operation.target = Some(Arc::from("projects/p/locations/l/targets/prod-9")),
            7 => operation.target = None,
            8 | 9 => operation.verb = Some(Arc::from("delete")),
            10 => operation.metadata = Arc::new(PlannedMetadata::Absent),
            11 => operation.cancellation_requested = true,
            _ => {}
        }
    }
    // Operations that nobody has seen before, older ones among them, and places that answer otherwise.
    let other = Case::new(rng.u64(..));
    for (n, mut operation) in other.scenario.operations.into_iter().enumerate().take(rng.usize(..4)) {
        let name = operation.name.as_str().rsplit_once('/').unwrap().0.to_owned();
        operation.name = format!("{name}/new{n}").try_into().unwrap();
        scenario.operations.push(operation);
    }
    if rng.bool() {
        scenario.faults = other.scenario.faults;
    }
    scenario
}

struct Applied {
    report: Report,
    witness: Witness,
    world: InProcess,
}

/// Carries a plan out in the world of a case, with the function's key turned to `ceiling`.
async fn applied(case: &Case, plan: &PlanFile, at: DateTime<Utc>, ceiling: Mode) -> Applied {
    let clock = Clock::starting_at(at);
    let started = Instant::now();
    let world = InProcess::new(&case.scenario, clock, RetryPolicy::GOOGLE);
    let witness = Witness::new(world.clone(), clock, case.tells_untruths());
    let deadlines = Deadlines {
        stop_reading: case.deadlines.map(|(stop_starting, _)| started + stop_starting / 2),
        stop_starting: case.deadlines.map(|(stop_starting, _)| started + stop_starting),
        stop: case.deadlines.map(|(_, stop)| started + stop),
    };
    let settings = Settings { ceiling, ..settings(case.requests_at_once, deadlines) };
    let approval = Approval { plan: plan.clone(), max_age: DEFAULT_MAX_AGE };
    let request = Request { mode: case.request.mode, ..request() };
    let policy = case.spec.policy();
    let applied = apply(&witness, &policy, &request, &approval, &settings, &clock, &witness).await;
    Applied { report: applied.unwrap(), witness, world }
}

/// The operations that are to be cancelled, given what the run was shown: those of the plan that are the same and break
/// the same rule, in the plan's order, as far as the limits go.
fn expected(spec: &PolicySpec, plan: &PlanFile, witness: &Witness) -> Vec<String> {
    let shown = witness.snapshot();
    let unlimited = PolicySpec { limits: LimitsSpec::NONE, ..spec.clone() };
    let now = oracle::select(&unlimited, &shown, |_| true);
    let rules: BTreeMap<&String, usize> = now.violating.iter().zip(now.rules.iter().copied()).collect();
    let created: BTreeMap<String, _> =
        shown.operations.iter().map(|operation| (key(operation), operation.create_time)).collect();
    let same: Vec<String> = plan
        .to_cancel()
        .filter(|planned| {
            let name = planned.name();
            created.get(&name) == Some(&Some(planned.created_at))
                && rules.get(&name).is_some_and(|rule| *planned.rule == *format!("r{rule}"))
                && now.cancelled.contains(&name)
        })
        .map(|planned| planned.name())
        .collect();
    let allowed = oracle::allowed(spec, shown.running());
    if spec.limits.cancel_none {
        return if now.cancelled.len() > allowed && !same.is_empty() { Vec::new() } else { same };
    }
    same.into_iter().take(allowed).collect()
}

fn check(case: &Case, plan: &PlanFile, applied: &Applied, happened: &mut BTreeSet<String>) {
    let Applied { report, witness, world } = applied;
    let to_cancel: Vec<String> = plan.to_cancel().map(|planned| planned.name()).collect();
    let name = |record: &OperationRecord| format!("{} {}", record.service, record.operation);
    happened.insert(format!("mode {}", report.mode));
    if report.mode == Mode::Off {
        assert!(world.journal().requests.is_empty() && report.operations.is_empty());
        return;
    }

    // The report is about the plan's operations, all of them, in the plan's order.
    assert_eq!(report.mismatches(), [""; 0]);
    assert_eq!(report.operations.iter().map(name).collect::<Vec<_>>(), to_cancel);
    assert_eq!((report.seen, report.done, report.spared), (to_cancel.len(), 0, 0));
    assert_eq!(report.plan_digest.as_deref(), Some(plan.digest()));

    // What was sent is in the plan, and breaks the same rule still.
    let want = expected(&case.spec, plan, witness);
    let cancels: Vec<String> = witness.cancels().into_iter().map(|(name, _)| name).collect();
    let kept_back = [Some(Withheld::Deadline), Some(Withheld::Audit)];
    let kept_back = report.operations.iter().filter(|record| kept_back.contains(&record.withheld));
    let kept_back: Vec<String> = kept_back.map(name).collect();
    let sent: Vec<String> = want.iter().filter(|name| !kept_back.contains(name)).cloned().collect();
    assert_eq!(cancels, sent, "kept back: {kept_back:?}");
    assert!(report.mode == Mode::Enforce || (cancels.is_empty() && kept_back == want), "{report:?}");
    assert!(want.iter().all(|name| to_cancel.contains(name)), "{want:?} of {to_cancel:?}");
    for entry in world.journal().requests.iter().filter(|entry| entry.method != "GET") {
        let name = entry.path.strip_prefix("/v1/").and_then(|path| path.strip_suffix(":cancel")).unwrap();
        assert!(want.contains(&format!("clouddeploy {name}")), "{name} was sent a {}", entry.method);
    }
    for record in &report.operations {
        assert_eq!(record.withheld.is_none(), cancels.contains(&name(record)), "{record:?}");
        if record.withheld == Some(Withheld::Changed) {
            let reason = record.message.as_deref().unwrap();
            happened.insert(reason.split([':', ' ']).take(3).collect::<Vec<_>>().join(" "));
        }
        happened.insert(record.withheld.map_or("attempted".to_owned(), |withheld| withheld.to_string()));
    }
}

#[test]
fn whatever_has_changed_since_only_what_was_approved_and_still_breaks_its_rule_is_cancelled() {
    let mut happened = BTreeSet::new();
    let seeds = seeds();
    for seed in &seeds {
        let _seed = Seed(*seed);
        let rng = &mut Rng::with_seed(!seed);
        let mut case = Case::new(*seed);
        case.spec = armed(&case.spec);
        let plan = in_virtual_time(planned(&case.spec, &case.scenario));
        let by = TimeDelta::seconds(rng.i64(0..3_500));
        case.scenario = changed(rng, &case.scenario, by);
        let carried_out = in_virtual_time(applied(&case, &plan, noon() + by, case.ceiling));
        check(&case, &plan, &carried_out, &mut happened);
        if carried_out.report.mode == Mode::Enforce {
            let rehearsed = in_virtual_time(applied(&case, &plan, noon() + by, Mode::Audit));
            assert!(rehearsed.witness.plan() == carried_out.witness.plan());
            assert_eq!(rehearsed.world.journal().count("POST"), 0);
        }
    }
    if seeds.len() < 2 {
        return;
    }
    for want in [
        "mode off",
        "mode audit",
        "attempted",
        "limit",
        "deadline",
        "already_requested",
        "changed",
        "it has ended",
        "it is not",
        "it breaks another",
        "its location is",
        "not found, and",
        "recreated  created",
        "protected by p0",
        "undecidable  no",
        "rule r0 ",
    ] {
        assert!(happened.contains(want), "never happened: {want:?} among {happened:#?}");
    }
}

#[test]
fn in_a_world_that_has_not_changed_apply_does_what_a_sweep_would_have_done() {
    let (mut compared, mut cancelled) = (0, 0);
    for seed in seeds() {
        let _seed = Seed(seed);
        let mut case = Case { deadlines: None, ..Case::new(seed) };
        (case.spec, case.request.mode) = (armed(&case.spec), None);
        let plan = in_virtual_time(planned(&case.spec, &case.scenario));
        let by = TimeDelta::seconds(7);
        case.scenario = later(&case.scenario, by);
        let at = noon() + by;
        let swept = in_virtual_time(async {
            let clock = Clock::starting_at(at);
            let world = InProcess::new(&case.scenario, clock, RetryPolicy::GOOGLE);
            let witness = Witness::new(world, clock, case.tells_untruths());
            let settings = settings(case.requests_at_once, Deadlines::default());
            let report = sweep(&witness, &case.spec.policy(), &request(), &settings, &clock, &witness).await;
            (report, witness.cancels())
        });
        let (report, cancels) = swept;
        let decided = |record: &OperationRecord| (record.operation.clone(), record.rule.clone());
        let attempted: Vec<_> =
            report.operations.iter().filter(|record| record.withheld.is_none()).cloned().collect();
        // Seven seconds are enough for some to break a rule only now, or to end.
        let as_planned = plan.to_cancel().map(|planned| (planned.operation.clone(), planned.rule.clone()));
        if !attempted.iter().map(decided).eq(as_planned) {
            continue;
        }
        let got = in_virtual_time(applied(&case, &plan, at, Mode::Enforce));
        assert_eq!(
            got.report.operations.iter().map(decided).collect::<Vec<_>>(),
            attempted.iter().map(decided).collect::<Vec<_>>()
        );
        let names =
            |cancels: Vec<(String, Instant)>| cancels.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(got.witness.cancels()), names(cancels));
        // Faults may meet other requests, since a sweep also watches what others have cancelled.
        if case.scenario.faults.is_empty() && !report.operations.iter().any(|r| r.withheld.is_some()) {
            assert_eq!(got.report.operations, attempted);
        }
        compared += 1;
        cancelled += attempted.len();
    }
    assert!(seeds().len() < 2 || (compared > 500 && cancelled > 500), "{cancelled} in {compared}");
}

/// Whoever can write a plan can write a digest that fits. The policy that is in force still decides.
#[test]
fn a_forged_plan_cancels_nothing_that_the_policy_would_not() {
    let mut forgeries = 0;
    for seed in 0..200 {
        let _seed = Seed(seed);
        // Without faults: the forged plan is judged on what the true one was made from.
        let mut case = Case { deadlines: None, requests_at_once: 8, ..Case::new(seed) };
        (case.spec, case.request.mode) = (armed(&case.spec), None);
        case.scenario.faults.clear();
        let plan = in_virtual_time(planned(&case.spec, &case.scenario));
        let text = format!("{}\n", plan.to_json());
        let named = |id: &str| plan.operations.iter().any(|planned| planned.operation.as_str().ends_with(id));
        let Some(planned) = plan.to_cancel().next() else { continue };
        // An operation that was spared or withheld, in the place of one that is to be cancelled.
        for other in &case.scenario.operations {
            if named(other.name.as_str()) {
                continue;
            }
            let renamed = forged(&text, planned.operation.as_str(), other.name.as_str());
            let time = |at: DateTime<Utc>| serde_json::to_string(&at).unwrap();
            let text = signed(&renamed.replacen(&time(planned.created_at), &time(noon() - other.age), 1));
            let plan = PlanFile::from_bytes(text.as_bytes()).unwrap();
            let got = in_virtual_time(applied(&case, &plan, noon(), Mode::Enforce));
            check(&case, &plan, &got, &mut BTreeSet::new());
            let sent = got.witness.cancels();
            assert!(!sent.iter().any(|(name, _)| name.ends_with(other.name.as_str())), "{sent:?}");
            forgeries += 1;
        }
    }
    assert!(forgeries > 100, "{forgeries}");
}
