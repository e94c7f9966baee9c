//! Sweeps of everything in virtual time: cancels that nobody heeds, services that fail, hang or may be asked slowly.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use curfew::catalogue::Service;
use curfew::clock::Clock;
use curfew::emulator::{InProcess, Scenario};
use curfew::follow_up::State;
use curfew::google::retry::RetryPolicy;
use curfew::plan::Withheld;
use curfew::policy::Mode;
use curfew::report::Report;
use curfew::request::{Request, Trigger};
use curfew::service::CancelAnswer;
use curfew::snapshot::GapReason;
use curfew::sweep::{Deadlines, Event, Observer, REQUESTS_AT_ONCE, Settings, sweep};
use tokio::time::Instant;

use crate::everywhere::{self, Placed, count, operations};

/// When what happened, since the sweep began.
#[derive(Debug)]
struct Times {
    began: Instant,
    noted: Mutex<Vec<(String, Happened, Duration)>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Happened {
    PageRead,
    Cancelled,
}

impl Times {
    fn new() -> Self {
        Self { began: Instant::now(), noted: Mutex::default() }
    }

    /// When this happened to those services, the earliest first.
    fn of(&self, what: Happened, service: impl Fn(&str) -> bool) -> Vec<Duration> {
        let noted = self.noted.lock().unwrap();
        let these = noted.iter().filter(|(of, happened, _)| *happened == what && service(of));
        these.map(|(.., at)| *at).collect()
    }
}

impl Observer for Times {
    fn observe(&self, event: Event<'_>) {
        let (service, happened) = match event {
            Event::PageRead { collection, .. } => (&collection.service, Happened::PageRead),
            Event::Cancelled(record) => (&record.service, Happened::Cancelled),
            _ => return,
        };
        self.noted.lock().unwrap().push((service.to_string(), happened, self.began.elapsed()));
    }
}

/// A sweep that is over.
struct Swept {
    report: Report,
    world: InProcess,
    times: Times,
    took: Duration,
}

async fn sweep_of(scenario: &str, policy: &str, stop_reading: Option<Duration>) -> Swept {
    let scenario = Scenario::parse(scenario, "everywhere").unwrap_or_else(|error| panic!("{error}"));
    let clock = Clock::starting_at("2026-11-24T12:00:00Z".parse().unwrap());
    let world = InProcess::new(&scenario, clock, RetryPolicy::GOOGLE);
    let stop_reading = stop_reading.map(|after| Instant::now() + after);
    let settings = Settings {
        sweep_id: "s".to_owned(),
        policy_source: None,
        ceiling: Mode::Enforce,
        deadlines: Deadlines { stop_reading, ..Deadlines::default() },
        requests_at_once: REQUESTS_AT_ONCE,
    };
    let (policy, request) = (everywhere::read(policy), Request::everything(Trigger::CommandLine));
    let times = Times::new();
    let report = sweep(&world, &policy, &request, &settings, &clock, &times).await;
    assert_eq!(report.mismatches(), [""; 0]);
    let took = times.began.elapsed();
    Swept { report, world, times, took }
}

/// How many violators there are of the services that this is said of.
fn violators(of: impl Fn(&Service) -> bool) -> usize {
    count(|placed| placed.violates() && of(&placed.service))
}

fn tells_cancellation(service: &Service) -> bool {
    service.profile.tells_cancellation()
}

/// Only a flag can say that nobody has asked: a state or a time may be of another kind of operation.
fn has_flag(service: &Service) -> bool {
    service.profile.has_cancel_flag()
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_nobody_heeds_is_ignored_only_where_a_flag_says_so() {
    let scenario = everywhere::scenario(", on_cancel: ignored", "");
    let Swept { report, .. } =
        sweep_of(&scenario, &everywhere::policy("follow_up: { for: 20s }"), None).await;
    let (ignored, running) = (violators(has_flag), violators(|service| !has_flag(service)));
    assert!(ignored > 70 && running > 70, "{ignored} {running}");
    let sums = report.sums();
    assert_eq!(sums.answers, BTreeMap::from([(CancelAnswer::Accepted, ignored + running)]));
    assert_eq!(sums.states, BTreeMap::from([(State::Ignored, ignored), (State::Running, running)]));
    for record in report.operations.iter().filter(|record| record.state == Some(State::Running)) {
        assert!(!has_flag(&everywhere::service(record.service.as_str())), "{record:?}");
        assert!(record.message.as_ref().unwrap().contains("nothing tells"), "{record:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_is_noted_shows_in_every_service_that_tells_it() {
    let scenario = everywhere::scenario(", on_cancel: cancelling", "");
    let Swept { report, .. } =
        sweep_of(&scenario, &everywhere::policy("follow_up: { for: 20s }"), None).await;
    let (cancelling, running) =
        (violators(tells_cancellation), violators(|service| !tells_cancellation(service)));
    let want = BTreeMap::from([(State::Cancelling, cancelling), (State::Running, running)]);
    assert_eq!(report.sums().states, want);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_to_cancel_before_is_not_asked_again_where_the_service_tells_it() {
    let scenario = everywhere::scenario(", cancellation_requested: true", "");
    let Swept { report, .. } = sweep_of(&scenario, &everywhere::policy("follow_up: { for: 0s }"), None).await;
    let (told, untold) = (violators(tells_cancellation), violators(|service| !tells_cancellation(service)));
    let sums = report.sums();
    assert_eq!(
        (sums.withheld, sums.attempted),
        (BTreeMap::from([(Withheld::AlreadyRequested, told)]), untold)
    );
    assert_eq!(sums.followed_up, BTreeMap::from([(State::Cancelling, told)]));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_is_a_gap_of_its_own_and_all_the_others_are_policed() {
    for (name, gaps) in [
        // Its locations cannot be listed.
        ("alloydb", &["projects/acme-web/locations"][..]),
        // It has several lists, and none of locations.
        (
            "spanner",
            &[
                "projects/acme-web/instances/orders/backupOperations",
                "projects/acme-web/instances/orders/databaseOperations",
                "projects/acme-web/instances/orders/instancePartitionOperations",
                "projects/acme-web/instances/orders/operations",
            ],
        ),
        ("storage", &["b/acme-archive/operations"]),
        ("vision", &["operations"]),
    ] {
        let fault = format!("faults: [{{ service: {name}, times: always, answer: {{ status: 503 }} }}]");
        let scenario = everywhere::scenario("", &fault);
        let Swept { report, world, .. } = sweep_of(&scenario, &everywhere::policy(""), None).await;
        let got: Vec<_> =
            report.gaps.iter().map(|gap| (gap.service.as_str(), gap.path.as_str(), gap.reason)).collect();
        let want: Vec<_> = gaps.iter().map(|path| (name, *path, GapReason::Unreachable)).collect();
        assert_eq!(got, want);
        let others = violators(|service| service.name.as_str() != name);
        assert_eq!(report.sums().states, BTreeMap::from([(State::Cancelled, others)]), "{name}");
        assert!(!report.is_complete());
        let failed = format!("/{name}/");
        let attempts =
            world.journal().requests.iter().filter(|entry| entry.path.starts_with(&failed)).count();
        assert_eq!(attempts, gaps.len() * 5, "{name} is retried as any other");
    }
}

/// A policy and a world in which one service has so many collections in beside everything else.
fn with_more_of(name: &str, collections: usize, services: &str) -> (String, String) {
    let mut locations = String::new();
    for number in 0..collections {
        write!(locations, "l{number}, ").unwrap();
    }
    let scope = format!("  - {{ service: {name}, projects: [acme-more], locations: [{locations}] }}\n");
    (everywhere::policy(services) + &scope, format!("locations: {{ acme-more: [{locations}] }}\n"))
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_holds_up_no_other() {
    // The first of the table, and one amidst; fewer than are read side by side, and more; and the one that may be asked
    // as much at once as all together.
    for (name, collections) in
        [("agentregistry", 40), ("agentregistry", 200), ("file", 200), ("clouddeploy", 40)]
    {
        let (policy, locations) = with_more_of(name, collections, "");
        let fault = format!("faults: [{{ service: {name}, times: always, answer: {{ slow: 1h }} }}]");
        let scenario = everywhere::scenario("", &(locations + &fault));
        let patience = Duration::from_secs(30);
        let Swept { report, times, took, .. } = sweep_of(&scenario, &policy, Some(patience)).await;
        let others = violators(|service| service.name.as_str() != name);
        assert_eq!(
            report.sums().states,
            BTreeMap::from([(State::Cancelled, others)]),
            "{name} {collections}"
        );
        assert!(
            report.gaps.iter().all(|gap| gap.service.as_str() == name && gap.reason == GapReason::Deadline)
        );
        // Those of its own, and the locations of the place that it shares with all others.
        assert_eq!(report.gaps.len(), collections + 1);
        let read = times.of(Happened::PageRead, |service| service != name);
        assert!(
            read.iter().all(|at| *at < Duration::from_secs(3)),
            "{name} {collections}: {:?}",
            read.last()
        );
        let cancelled = times.of(Happened::Cancelled, |_| true);
        assert!(cancelled.iter().all(|at| *at < patience + Duration::from_secs(1)), "{:?}", cancelled.last());
        assert!(took < Duration::from_secs(60), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_services_that_hang_hold_up_no_other() {
    let hanging = ["alloydb", "backupdr", "clouddeploy", "file", "netapp", "redis"];
    let (mut policy, mut locations, mut faults) = (everywhere::policy(""), String::new(), String::new());
    for name in hanging {
        let (with, more) = with_more_of(name, 40, "");
        policy += with.lines().last().unwrap();
        policy += "\n";
        locations = more;
        write!(faults, "{{ service: {name}, times: always, answer: {{ slow: 1h }} }}, ").unwrap();
    }
    let scenario = everywhere::scenario("", &format!("{locations}faults: [{faults}]"));
    let Swept { report, times, .. } = sweep_of(&scenario, &policy, Some(Duration::from_secs(30))).await;
    let others = violators(|service| !hanging.contains(&service.name.as_str()));
    assert_eq!(report.sums().states, BTreeMap::from([(State::Cancelled, others)]));
    assert_eq!(report.gaps.len(), hanging.len() * 41);
    let read = times.of(Happened::PageRead, |_| true);
    assert!(read.iter().all(|at| *at < Duration::from_secs(10)), "{:?}", read.last());
}

#[tokio::test(start_paused = true)]
async fn a_service_is_asked_no_faster_than_the_policy_allows_and_the_others_are_not_slowed() {
    let (name, collections, a_minute) = ("file", 80, 30);
    let services = format!("services: [{{ name: {name}, requests_per_minute: {a_minute} }}]");
    let (policy, locations) = with_more_of(name, collections, &services);
    let Swept { report, times, .. } = sweep_of(&everywhere::scenario("", &locations), &policy, None).await;
    assert_eq!(
        (report.gaps.len(), report.sums().states),
        (0, BTreeMap::from([(State::Cancelled, violators(|_| true))]))
    );
    let own = times.of(Happened::PageRead, |service| service == name);
    assert_eq!(own.len(), collections + 1);
    // The list of locations is a request too. In no minute are there more than a minute's worth and what came before.
    let minute = Duration::from_secs(60);
    let at_first = own.iter().filter(|at| **at < Duration::from_secs(1)).count();
    assert!(at_first <= a_minute, "{at_first} at once");
    let expected =
        minute * u32::try_from(collections + 2 - a_minute).unwrap() / u32::try_from(a_minute).unwrap();
    let last = *own.last().unwrap();
    let tolerance = Duration::from_secs(3);
    assert!(last + tolerance > expected && last < expected + tolerance, "{last:?}, not {expected:?}");
    let others = times.of(Happened::PageRead, |service| service != name);
    assert!(others.iter().all(|at| *at < Duration::from_secs(1)), "{:?}", others.last());
    // Without the override it is as fast as the others.
    let (policy, locations) = with_more_of(name, collections, "");
    let Swept { times, .. } = sweep_of(&everywhere::scenario("", &locations), &policy, None).await;
    assert!(times.of(Happened::PageRead, |_| true).iter().all(|at| *at < Duration::from_secs(1)));
}

#[test]
fn the_world_has_a_violator_and_a_spared_one_under_every_name() {
    let placed = operations();
    let olds = placed.iter().filter(|placed| placed.old).count();
    assert_eq!(olds * 2, placed.len());
    let keys: std::collections::BTreeSet<_> = placed.iter().map(Placed::key).collect();
    assert_eq!(keys.len(), placed.len());
}
