//! Worlds for whole sweeps, each made from one seed: operations of every kind, everything that can go wrong, and a
//! policy, a request and deadlines to meet them with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use curfew::catalogue::default_service;
use curfew::emulator::scenario::{
    Answer, Call, Effect, End, Fault, FaultAnswer, OnCancel, PlannedMetadata, PlannedOperation, TokenRules,
};
use curfew::emulator::{Code, Scenario};
use curfew::operation::{LocationId, OperationName, ProjectId, ResourcePath};
use curfew::policy::Mode;
use curfew::request::{Narrow, NarrowScope, Request, Trigger};
use fastrand::Rng;
use globset::Glob;
use serde_json::{Map, Value, json};

use super::policies::{LimitSpec, LimitsSpec, MatchSpec, PolicySpec, RuleSpec, WindowSpec};

/// The longest that an answer is late.
pub(crate) const LATEST: Duration = Duration::from_secs(15);

/// One sweep and the world that it meets.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) spec: PolicySpec,
    pub(crate) scenario: Scenario,
    pub(crate) request: Request,
    pub(crate) ceiling: Mode,
    /// When no cancel is started any more, and when the run must be over.
    pub(crate) deadlines: Option<(Duration, Duration)>,
    pub(crate) requests_at_once: usize,
}

impl Case {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let scenario = scenario(rng);
        let narrow = narrow(rng, &scenario);
        let mode = one_of(
            rng,
            &[None, None, None, None, None, Some(Mode::Audit), Some(Mode::Enforce), Some(Mode::Off)],
        );
        let deadlines = (rng.u8(..4) == 0).then(|| {
            let stop = Duration::from_millis(rng.u64(0..90_000));
            (stop.mul_f64(rng.f64()), stop)
        });
        let mut spec = policy(rng);
        add_windows(seed, &mut spec);
        Self {
            spec,
            scenario,
            request: Request { narrow, mode, ..Request::everything(Trigger::CommandLine) },
            ceiling: one_of(
                rng,
                &[
                    Mode::Enforce,
                    Mode::Enforce,
                    Mode::Enforce,
                    Mode::Enforce,
                    Mode::Enforce,
                    Mode::Audit,
                    Mode::Off,
                ],
            ),
            deadlines,
            requests_at_once: one_of(rng, &[1, 2, 8, 32]),
        }
    }

    /// Whether answers may show an operation otherwise than it stands.
    pub(crate) fn tells_untruths(&self) -> bool {
        let spoils = [FaultAnswer::NoDone, FaultAnswer::NoMetadata];
        self.scenario.faults.iter().any(|fault| spoils.contains(&fault.answer))
    }
}

fn one_of<T: Clone>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())].clone()
}

fn place(rng: &mut Rng) -> String {
    format!("projects/{}/locations/{}", one_of(rng, &["p", "p", "q"]), one_of(rng, &["l", "l", "m"]))
}

fn scenario(rng: &mut Rng) -> Scenario {
    let operations = (0..rng.usize(..14)).map(|n| operation(rng, n)).collect();
    let faults = if rng.bool() { 0 } else { rng.usize(1..5) };
    let mut locations = BTreeMap::new();
    if rng.bool() {
        locations.insert(ProjectId::parse("p").unwrap(), vec![LocationId::parse("l").unwrap()]);
    }
    Scenario {
        latency: Duration::from_millis(one_of(rng, &[0, 20, 300, 3_000])),
        require_token: rng.bool(),
        tokens: TokenRules::default(),
        page_size: one_of(rng, &[1, 2, 3, 1_000]),
        service: default_service(),
        locations,
        permissions: BTreeMap::new(),
        operations,
        faults: (0..faults).map(|_| fault(rng)).collect(),
    }
}

const ENDS: [End; 5] = [End::Cancelled, End::Completed, End::Failed, End::Finished, End::Vanishes];

fn operation(rng: &mut Rng, n: usize) -> PlannedOperation {
    let age = TimeDelta::seconds(one_of(rng, &[-60, 0, 60, 1_800, 3_600, 3_601, 7_200, 20_000, 100_000]));
    let target = one_of(rng, &["targets/prod-1", "targets/a", "deliveryPipelines/d"]);
    let metadata = match rng.u8(..20) {
        0 => PlannedMetadata::Absent,
        1 => With::one("createTime", Value::Null),
        2 => With::one("createTime", json!("yesterday")),
        3 => With::one("requestedCancellation", json!("perhaps")),
        4 => With::one("step", json!(2)),
        _ => With::one("step", json!(1)),
    };
    let after = TimeDelta::milliseconds(one_of(rng, &[0, 400, 2_000, 20_000, 200_000]));
    let effect = match rng.u8(..10) {
        0 => Effect::Cancelling,
        1 => Effect::Ignored,
        2..5 => Effect::Ends(one_of(rng, &ENDS), after),
        _ => Effect::Ends(End::Cancelled, after),
    };
    let answers = [Answer::Refused, Answer::Unimplemented, Answer::Denied];
    let answer = if rng.u8(..4) == 0 { one_of(rng, &answers) } else { Answer::Accepted };
    let soon = TimeDelta::seconds(one_of(rng, &[-60, 0, 1, 5, 40]));
    PlannedOperation {
        service: default_service(),
        name: OperationName::parse(&format!("{}/operations/o{n}", place(rng))).unwrap(),
        age,
        verb: (rng.u8(..10) > 0).then(|| Arc::from(one_of(rng, &["create", "update", "delete"]))),
        target: (rng.u8(..10) > 0).then(|| Arc::from(format!("projects/p/locations/l/{target}"))),
        kind: Arc::from("type.googleapis.com/google.cloud.deploy.v1.OperationMetadata"),
        metadata: Arc::new(metadata),
        runs_for: (rng.u8(..5) == 0).then(|| (age + soon, one_of(rng, &ENDS))),
        on_cancel: OnCancel { answer, effect },
        cancellation_requested: rng.u8(..8) == 0,
    }
}

/// Metadata with one field more.
struct With;

impl With {
    fn one(key: &str, value: Value) -> PlannedMetadata {
        PlannedMetadata::With(Map::from_iter([(key.to_owned(), value)]))
    }
}

fn fault(rng: &mut Rng) -> Fault {
    let call = one_of(
        rng,
        &[
            Some(Call::List),
            Some(Call::Get),
            Some(Call::Get),
            Some(Call::Cancel),
            Some(Call::Cancel),
            Some(Call::Locations),
            None,
        ],
    );
    let name = match rng.u8(..4) {
        0 => None,
        1 => Some(place(rng)),
        _ => Some(format!("**/o{}", rng.u8(..12))),
    };
    let name = name.map(|glob| Glob::new(&glob).unwrap().compile_matcher());
    Fault {
        service: None,
        call,
        name,
        times: one_of(rng, &[Some(1), Some(1), Some(2), Some(3), Some(6), None]),
        answer: answer(rng, call),
    }
}

fn answer(rng: &mut Rng, call: Option<Call>) -> FaultAnswer {
    let (status, code) = one_of(
        rng,
        &[
            (503, Code::Unavailable),
            (503, Code::Unavailable),
            (429, Code::ResourceExhausted),
            (500, Code::Internal),
            (501, Code::Unimplemented),
            (403, Code::PermissionDenied),
            (401, Code::Unauthenticated),
            (400, Code::FailedPrecondition),
            (404, Code::NotFound),
        ],
    );
    // A service that says of an operation that is there that it is not can be taken at its word only.
    let (status, code) = match (status, call) {
        (404, Some(Call::Get) | None) => (503, Code::Unavailable),
        _ => (status, code),
    };
    let wait = one_of(rng, &[None, None, Some(Duration::from_secs(2)), Some(Duration::from_secs(100))]);
    match rng.u8(..12) {
        0 | 1 => FaultAnswer::Status { status, retry_after_header: wait },
        2 | 3 => FaultAnswer::Error {
            status,
            code,
            message: "generated".to_owned(),
            retry_after: wait,
            retry_after_header: None,
        },
        4 => FaultAnswer::Drop,
        5 => FaultAnswer::Lost,
        6 => FaultAnswer::Truncate,
        7 => FaultAnswer::NotJson,
        8 => FaultAnswer::Slow(Duration::from_millis(one_of(rng, &[200, 4_000, 12_000]))),
        9 | 10 if call == Some(Call::Cancel) => FaultAnswer::Error {
            status: 404,
            code: Code::NotFound,
            message: "generated".to_owned(),
            retry_after: None,
            retry_after_header: None,
        },
        9 => FaultAnswer::EmptyPage,
        10 => FaultAnswer::ExpiredToken,
        _ => one_of(rng, &[FaultAnswer::NoDone, FaultAnswer::NoMetadata]),
    }
}

fn policy(rng: &mut Rng) -> PolicySpec {
    let protect =
        if rng.bool() { vec![MatchSpec::OneOf("target", vec!["**/targets/prod-*"])] } else { vec![] };
    let scopes = match rng.u8(..4) {
        0 => vec![(vec!["p", "q"], None)],
        1 => vec![(vec!["p"], Some(vec!["l"])), (vec!["q", "p"], None)],
        // One place that is not there.
        2 => vec![(vec!["p", "q"], Some(vec!["l", "m", "nowhere"]))],
        _ => vec![(vec!["p", "q"], Some(vec!["l", "m"]))],
    };
    let limits = LimitsSpec {
        max_cancellations: one_of(rng, &[0, 1, 3]),
        max_share: one_of(rng, &[None, Some(0), Some(2_500), Some(5_050)]),
        cancel_none: rng.bool(),
    };
    PolicySpec {
        enforce: rng.u8(..8) > 0,
        scopes,
        protect,
        rules: (0..rng.usize(1..4)).map(|_| rule(rng)).collect(),
        windows: Vec::new(),
        limits: if rng.u8(..3) == 0 { limits } else { LimitsSpec::NONE },
        follow_up_s: one_of(rng, &[0, 1, 5, 30]),
    }
}

fn rule(rng: &mut Rng) -> RuleSpec {
    let requested = MatchSpec::Requested(rng.bool());
    let matches = one_of(
        rng,
        &[
            None,
            None,
            Some(MatchSpec::OneOf("verb", vec!["create", "up*"])),
            Some(MatchSpec::Not(Box::new(MatchSpec::OneOf("verb", vec!["delete"])))),
            Some(MatchSpec::OneOf("location", vec!["l"])),
            Some(MatchSpec::Any(vec![MatchSpec::OneOf("target", vec!["**/a"]), requested])),
            Some(MatchSpec::All(vec![
                MatchSpec::Metadata("/step", json!(1)),
                MatchSpec::OneOf("project", vec!["p"]),
            ])),
        ],
    );
    let per = one_of(rng, &[vec![], vec!["verb"], vec!["location"], vec!["project", "target"]]);
    let running = LimitSpec::MaxRunning { count: rng.usize(..3), per, newest: rng.bool() };
    let limit = one_of(rng, &[LimitSpec::MaxAge(1_800), LimitSpec::MaxAge(3_600), running]);
    RuleSpec { matches, limit, report_only: rng.u8(..6) == 0, windows: Vec::new() }
}

/// Every so many cases, some parts of the policy have windows: what is frozen meets nothing else.
const WITH_WINDOWS: u64 = 5;

fn add_windows(seed: u64, spec: &mut PolicySpec) {
    if !seed.is_multiple_of(WITH_WINDOWS) {
        return;
    }
    let rng = &mut Rng::with_seed(!seed);
    if rng.bool() {
        // It begins at noon: seconds after the sweep, and often between its plan and a cancel.
        spec.windows.push(WindowSpec { freezes: true, days: Vec::new(), hours: Some((720, 780)) });
        return;
    }
    for windows in std::iter::once(&mut spec.windows).chain(spec.rules.iter_mut().map(|r| &mut r.windows)) {
        let count = rng.usize(..3);
        windows.extend((0..count).map(|_| one_of(rng, &WindowSpec::choices())));
    }
}

fn narrow(rng: &mut Rng, scenario: &Scenario) -> Narrow {
    let service = default_service().name.clone();
    match rng.u8(..8) {
        0 => {
            let names = scenario.operations.iter().map(|operation| operation.name.clone());
            let named: BTreeSet<_> =
                names.filter(|_| rng.bool()).map(|name| (service.clone(), name)).collect();
            Narrow { scopes: None, operations: Some(named) }
        }
        1 => {
            let within = Some(ResourcePath::parse("projects/p").unwrap());
            let location = rng.bool().then(|| LocationId::parse("l").unwrap());
            Narrow { scopes: Some(vec![NarrowScope { service, within, location }]), operations: None }
        }
        _ => Narrow::default(),
    }
}
