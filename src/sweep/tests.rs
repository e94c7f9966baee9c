use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use super::*;
use crate::follow_up::State;
use crate::operation::{Operation, OperationName, ResourcePath};
use crate::plan::Withheld;
use crate::report::Standing;
use crate::request::{Narrow, NarrowScope, Trigger};
use crate::service::{CancelAnswer, CancelReply, FailureKind};
use crate::snapshot::GapReason;
use crate::testing::scripted::Scripted;
use crate::testing::{clouddeploy, now, policy, running};

const OLD: &str = "rules: [{ name: old, max_age: 1h }]\nfollow_up: { for: 0s }\n";

const EVERY_LOCATION: &str = "version: 1
mode: enforce
scopes: [{ projects: [p, q], locations: all }]
rules: [{ name: old, max_age: 1h }]
follow_up: { for: 0s }
";

fn settings() -> Settings {
    Settings {
        policy_source: None,
        sweep_id: "s".to_owned(),
        ceiling: Mode::Enforce,
        deadlines: Deadlines::default(),
        requests_at_once: REQUESTS_AT_ONCE,
    }
}

async fn swept(service: &Scripted, policy: &Policy, narrow: Narrow, settings: &Settings) -> Report {
    let request = Request { narrow, ..Request::everything(Trigger::CommandLine) };
    let report = sweep(service, policy, &request, settings, &Clock::starting_at(now()), &Silent).await;
    assert_eq!(report.mismatches(), [""; 0]);
    report
}

async fn swept_whole(service: &Scripted, rules: &str) -> Report {
    swept(service, &policy(rules), Narrow::default(), &settings()).await
}

fn every_location() -> Policy {
    Policy::parse(EVERY_LOCATION.as_bytes(), "policy.yaml").unwrap()
}

fn in_place(project: &str, location: &str, id: &str) -> Operation {
    Operation { name: name(project, location, id), ..running(id, 90) }
}

fn name(project: &str, location: &str, id: &str) -> OperationName {
    OperationName::parse(&format!("projects/{project}/locations/{location}/operations/{id}")).unwrap()
}

fn place(project: &str, location: Option<&str>) -> NarrowScope {
    NarrowScope {
        service: clouddeploy(),
        within: Some(ResourcePath::parse(&format!("projects/{project}")).unwrap()),
        location: location.map(|text| crate::operation::LocationId::parse(text).unwrap()),
    }
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_read_an_empty_one_among_them() {
    let service = Scripted::default()
        .page(("p", "l"), None, vec![running("a", 90)], Some("t1"))
        .page(("p", "l"), Some("t1"), Vec::new(), Some("t2"))
        .page(("p", "l"), Some("t2"), vec![running("b", 80)], None);
    let report = swept_whole(&service, OLD).await;
    assert_eq!((report.seen, report.pages, report.gaps.len()), (2, 4, 0));
    assert_eq!(service.asked("cancel"), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_token_that_comes_again_ends_the_reading_with_a_gap() {
    let service = Scripted::default()
        .page(("p", "l"), None, vec![running("a", 90)], Some("t1"))
        .page(("p", "l"), Some("t1"), vec![running("b", 80)], Some("t2"))
        .page(("p", "l"), Some("t2"), vec![running("c", 70)], Some("t1"));
    let report = swept_whole(&service, OLD).await;
    assert_eq!(sorted(service.asked("list")), ["p/l", "p/l t1", "p/l t2", "p/m"]);
    assert_eq!((report.gaps.len(), report.gaps[0].reason), (1, GapReason::Incomplete));
    assert!(report.gaps[0].message.contains("page token a second time"), "{}", report.gaps[0].message);
    assert_eq!(service.asked("cancel"), ["a", "b", "c"], "what was read is still judged");
}

#[tokio::test(start_paused = true)]
async fn one_collection_that_cannot_be_read_is_a_gap_and_the_others_are_served() {
    let service = Scripted::default().page(("p", "m"), None, vec![in_place("p", "m", "a")], None).no_page(
        ("p", "l"),
        None,
        FailureKind::Denied,
    );
    let report = swept_whole(&service, OLD).await;
    assert_eq!(service.asked("cancel"), ["a"]);
    assert_eq!((report.collections, report.gaps.len(), report.is_complete()), (2, 1, false));
    assert_eq!(report.gaps[0].reason, GapReason::Denied);
    assert_eq!(report.gaps[0].message, "could not be read: Denied");
}

#[tokio::test(start_paused = true)]
async fn locations_that_do_not_come_keep_no_other_collection_waiting() {
    let text = EVERY_LOCATION.replace(
        "[{ projects: [p, q], locations: all }]",
        "[{ projects: [p], locations: [l] }, { projects: [q], locations: all }]",
    );
    let policy = Policy::parse(text.as_bytes(), "policy.yaml").unwrap();
    let service =
        Scripted::default().page(("p", "l"), None, vec![running("a", 90)], None).stuck("locations q");
    let second = |n| Some(Instant::now() + Duration::from_secs(n));
    let deadlines = Deadlines { stop_reading: second(10), stop_starting: second(20), stop: second(25) };
    let report = swept(&service, &policy, Narrow::default(), &Settings { deadlines, ..settings() }).await;
    assert_eq!(service.asked("cancel"), ["a"]);
    assert_eq!((report.gaps.len(), report.gaps[0].reason), (1, GapReason::Deadline));
    assert_eq!((report.gaps[0].is_of_locations(), report.listing_ms), (true, 10_000));
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_always_has_a_further_page_ends_with_a_gap() {
    let tokens: Vec<String> = (0..20_000).map(|n| format!("t{n}")).collect();
    let mut service = Scripted::default().page(("p", "l"), None, vec![running("a", 90)], Some("t0"));
    for pair in tokens.windows(2) {
        service = service.page(("p", "l"), Some(&pair[0]), Vec::new(), Some(&pair[1]));
    }
    let report = swept_whole(&service, OLD).await;
    assert_eq!((report.gaps.len(), report.gaps[0].reason), (1, GapReason::Incomplete));
    assert_eq!((report.pages, service.asked("cancel").len()), (10_000 + 1, 1), "and p/m has one page");
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_page_failed_is_judged() {
    let service = Scripted::default().page(("p", "l"), None, vec![running("a", 90)], Some("t1")).no_page(
        ("p", "l"),
        Some("t1"),
        FailureKind::Unreachable,
    );
    let report = swept_whole(&service, OLD).await;
    assert_eq!(service.asked("cancel"), ["a"]);
    assert_eq!(report.gaps[0].message, "could not be read beyond page 1: Unreachable");
}

#[tokio::test(start_paused = true)]
async fn a_gap_keeps_a_group_from_being_counted() {
    let service = Scripted::default()
        .page(("p", "l"), None, vec![running("a", 90), running("b", 80)], Some("t1"))
        .no_page(("p", "l"), Some("t1"), FailureKind::Unreachable);
    let rules = "rules: [{ name: one, max_running: { count: 1 } }]";
    let report = swept_whole(&service, rules).await;
    assert_eq!((report.spared, service.asked("cancel").len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn collections_are_read_side_by_side() {
    let service = Scripted::slow(Duration::from_secs(1));
    let started = Instant::now();
    let report = swept_whole(&service, OLD).await;
    assert_eq!((report.collections, started.elapsed()), (2, Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_under_way_than_allowed() {
    let operations = (0..20).map(|n| running(&format!("o{n}"), 90)).collect();
    let latency = Duration::from_secs(1);
    let service = Scripted::slow(latency).page(("p", "l"), None, operations, None);
    let settings = Settings { requests_at_once: 3, ..settings() };
    swept(&service, &policy(OLD), Narrow::default(), &settings).await;
    assert_eq!((service.most_under_way(), service.asked("cancel").len()), (3, 20));
}

#[tokio::test(start_paused = true)]
async fn every_violator_is_tried_though_others_fail() {
    let answers = [
        (CancelAnswer::Unsupported, FailureKind::Unsupported),
        (CancelAnswer::Denied, FailureKind::Denied),
        (CancelAnswer::NotFound, FailureKind::NotFound),
        (CancelAnswer::Refused, FailureKind::Refused),
        (CancelAnswer::Unreachable, FailureKind::Unreachable),
    ];
    let operations = (0..6).map(|n| running(&format!("o{n}"), 100 - n)).collect();
    let mut service = Scripted::default().page(("p", "l"), None, operations, None);
    for (n, (_, kind)) in answers.into_iter().enumerate() {
        service = service
            .cancel(&format!("o{n}"), CancelReply::from(crate::testing::scripted::failure(kind)))
            .gets(&format!("o{n}"), vec![Ok(running(&format!("o{n}"), 90))]);
    }
    let report = swept_whole(&service, OLD).await;
    let got: Vec<_> = report.operations.iter().map(|record| (record.cancel, record.state)).collect();
    let mut want: Vec<_> = answers.iter().map(|(answer, _)| (Some(*answer), Some(State::Running))).collect();
    want.push((Some(CancelAnswer::Accepted), Some(State::Cancelled)));
    assert_eq!(got, want);
}

#[tokio::test(start_paused = true)]
async fn cancels_are_sent_oldest_first_and_each_once() {
    let ages = [70, 500, 61, 90, 300];
    let operations = ages.map(|age| running(&format!("o{age}"), age)).to_vec();
    for requests_at_once in [1, 2, 32] {
        let service = Scripted::slow(Duration::from_millis(10));
        let service = service.page(("p", "l"), None, operations.clone(), None);
        let settings = Settings { requests_at_once, ..settings() };
        swept(&service, &policy(OLD), Narrow::default(), &settings).await;
        assert_eq!(service.asked("cancel"), ["o500", "o300", "o90", "o70", "o61"], "{requests_at_once}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_was_asked_before_is_watched_and_not_cancelled_again() {
    let asked = Operation { cancellation_requested: Some(true), ..running("a", 90) };
    let service = Scripted::default().page(("p", "l"), None, vec![asked], None);
    let report = swept_whole(&service, OLD).await;
    assert!(service.asked("cancel").is_empty());
    assert_eq!(service.asked("get"), ["a"]);
    let record = &report.operations[0];
    assert_eq!((record.withheld, record.state), (Some(Withheld::AlreadyRequested), Some(State::Cancelled)));
}

#[tokio::test(start_paused = true)]
async fn what_the_limit_withholds_says_so() {
    let operations = vec![running("a", 90), running("b", 80)];
    let service = Scripted::default().page(("p", "l"), None, operations, None);
    let report = swept_whole(&service, &format!("{OLD}limits: {{ max_cancellations: 1 }}")).await;
    assert_eq!(service.asked("cancel"), ["a"]);
    let record = &report.operations[1];
    assert_eq!(record.withheld, Some(Withheld::Limit));
    assert_eq!(record.message.as_deref(), Some("max_cancellations: at most 1 in one sweep; 2 break a rule"));
}

#[tokio::test(start_paused = true)]
async fn what_a_window_withholds_says_so_and_is_left_alone() {
    let service = Scripted::default().page(("p", "l"), None, vec![running("a", 90)], None);
    let freeze = "freeze: [{ name: release, dates: 2026-11-24 }]\n";
    let report = swept_whole(&service, &format!("{OLD}{freeze}")).await;
    assert!(service.asked("cancel").is_empty() && service.asked("get").is_empty());
    let record = &report.operations[0];
    assert_eq!(record.withheld, Some(Withheld::Window));
    assert_eq!(record.opens_at, "2026-11-25T00:00:00Z".parse().ok());
    assert_eq!(record.message.as_deref(), Some("frozen by release; opens 2026-11-25 00:00 UTC"));
    assert_eq!(report.standing(), Standing::AllWell);
}

#[tokio::test(start_paused = true)]
async fn a_window_that_closes_during_the_run_stops_the_cancels_that_have_not_been_sent() {
    // It is 12:00:00. Each request takes 40 seconds: two to read, and the first cancel is sent at 12:01:20.
    let operations = vec![running("a", 90), running("b", 80)];
    let service = Scripted::slow(Duration::from_secs(40)).page(("p", "l"), None, operations, None);
    let settings = Settings { requests_at_once: 1, ..settings() };
    let policy = policy(&format!("{OLD}active: [{{ hours: '11:00-12:02' }}]"));
    let report = swept(&service, &policy, Narrow::default(), &settings).await;
    assert_eq!(service.asked("cancel"), ["a"]);
    let withheld: Vec<_> = report.operations.iter().map(|record| record.withheld).collect();
    assert_eq!(withheld, [None, Some(Withheld::Window)]);
    let late = &report.operations[1];
    assert_eq!(late.opens_at, "2026-11-25T11:00:00Z".parse().ok());
    assert_eq!(late.message.as_deref(), Some("active 11:00-12:02 UTC; opens 2026-11-25 11:00 UTC"));
}

#[tokio::test(start_paused = true)]
async fn after_the_time_to_stop_starting_the_rest_is_withheld() {
    let operations = vec![running("a", 90), running("b", 80), running("c", 70)];
    let latency = Duration::from_secs(1);
    let service = Scripted::slow(latency).page(("p", "l"), None, operations, None);
    let started = Instant::now();
    let deadlines = Deadlines {
        stop_starting: Some(started + Duration::from_millis(2_500)),
        stop: Some(started + Duration::from_secs(60)),
        ..Deadlines::default()
    };
    // Reading two collections one by one takes two seconds, so one cancel is sent and answered after three.
    let settings = Settings { requests_at_once: 1, deadlines, ..settings() };
    let report = swept(&service, &policy(OLD), Narrow::default(), &settings).await;
    assert_eq!(service.asked("cancel"), ["a"]);
    let withheld: Vec<_> = report.operations.iter().map(|record| record.withheld).collect();
    assert_eq!(withheld, [None, Some(Withheld::Deadline), Some(Withheld::Deadline)]);
    assert_eq!(report.operations[0].state, Some(State::Cancelled));
    assert!(!report.is_complete());
}

#[tokio::test(start_paused = true)]
async fn reading_that_takes_too_long_is_a_gap_and_the_run_ends_in_time() {
    let latency = Duration::from_secs(10);
    let service = Scripted::slow(latency);
    let started = Instant::now();
    let stop = started + Duration::from_secs(5);
    let deadlines = Deadlines { stop_starting: Some(stop), stop: Some(stop), ..Deadlines::default() };
    let report =
        swept(&service, &policy(OLD), Narrow::default(), &Settings { deadlines, ..settings() }).await;
    assert_eq!(Instant::now(), stop);
    assert!(report.gaps.iter().all(|gap| gap.reason == GapReason::Deadline));
    assert_eq!((report.gaps.len(), report.pages), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn every_location_that_the_service_names_is_read() {
    let service = Scripted::default()
        .locations("p", None, &["l1", "l2"], Some("t"))
        .locations("p", Some("t"), &["l3"], None)
        .locations("q", None, &["l1"], None)
        .page(("p", "l3"), None, vec![in_place("p", "l3", "a")], None);
    let report = swept(&service, &every_location(), Narrow::default(), &settings()).await;
    assert_eq!(sorted(service.asked("locations")), ["p", "p t", "q"]);
    assert_eq!(sorted(service.asked("list")), ["p/l1", "p/l2", "p/l3", "q/l1"]);
    assert_eq!((report.collections, service.asked("cancel").len()), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn a_project_whose_locations_cannot_be_listed_is_a_gap_and_the_others_are_served() {
    let service = Scripted::default()
        .no_locations("p", FailureKind::Unauthenticated)
        .locations("q", None, &["l"], Some("t"))
        .locations("q", Some("t"), &["m"], Some("t"))
        .page(("q", "m"), None, vec![in_place("q", "m", "a")], None);
    let report = swept(&service, &every_location(), Narrow::default(), &settings()).await;
    assert_eq!(service.asked("cancel"), ["a"]);
    let gaps: Vec<_> = report
        .gaps
        .iter()
        .map(|gap| (gap.path.project().unwrap(), gap.path.location(), gap.reason))
        .collect();
    assert_eq!(gaps, [("p", None, GapReason::Unauthenticated), ("q", None, GapReason::Incomplete)]);
}

#[tokio::test(start_paused = true)]
async fn a_narrowed_run_reads_nothing_else() {
    let operations = || vec![running("a", 90), running("b", 90)];
    let service = Scripted::default().page(("p", "l"), None, operations(), None);
    let narrow =
        Narrow { scopes: None, operations: Some(BTreeSet::from([(clouddeploy(), name("p", "l", "b"))])) };
    // Neither the locations nor the neighbours in the same place are touched.
    for policy in [policy(OLD), every_location()] {
        let service = Scripted::default().page(("p", "l"), None, operations(), None);
        let report = swept(&service, &policy, narrow.clone(), &settings()).await;
        let calls: HashSet<String> = service.calls().into_iter().map(|(_, call)| call).collect();
        assert_eq!(calls, HashSet::from(["list p/l", "cancel b", "get b"].map(str::to_owned)));
        assert_eq!((report.seen, report.spared, report.operations.len()), (2, 1, 1));
    }
    let scopes = Some(vec![place("p", Some("m"))]);
    swept(&service, &policy(OLD), Narrow { scopes, operations: None }, &settings()).await;
    assert_eq!(service.asked("list"), ["p/m"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_cannot_make_curfew_cancel_what_the_policy_does_not_select() {
    let service = Scripted::default().page(("p", "l"), None, vec![running("young", 5)], None);
    let operations = Some(BTreeSet::from([(clouddeploy(), name("p", "l", "young"))]));
    let report = swept(&service, &policy(OLD), Narrow { scopes: None, operations }, &settings()).await;
    assert!(service.asked("cancel").is_empty());
    assert_eq!((report.seen, report.spared), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_request_names_outside_of_the_policy_is_told_and_not_looked_at() {
    let service = Scripted::default();
    let scopes = Some(vec![place("p", Some("elsewhere")), place("x", None), place("p", None)]);
    let report = swept(&service, &policy(OLD), Narrow { scopes, operations: None }, &settings()).await;
    assert_eq!(
        report.outside_policy,
        ["clouddeploy projects/p/locations/elsewhere", "clouddeploy projects/x",]
    );
    assert_eq!(sorted(service.asked("list")), ["p/l", "p/m"]);

    let service = Scripted::default();
    let named = [name("p", "l", "a"), name("x", "l", "a")].map(|name| (clouddeploy(), name));
    let narrow = Narrow { scopes: None, operations: Some(BTreeSet::from(named)) };
    let report = swept(&service, &every_location(), narrow, &settings()).await;
    assert_eq!(report.outside_policy, ["clouddeploy projects/x/locations/l/operations/a"]);
    assert_eq!(service.asked("list"), ["p/l"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_when_the_run_is_off() {
    let service = Scripted::default().page(("p", "l"), None, vec![running("a", 90)], None);
    let settings = Settings { ceiling: Mode::Off, ..settings() };
    let report = swept(&service, &policy(OLD), Narrow::default(), &settings).await;
    assert!(service.calls().is_empty());
    assert_eq!((report.mode, report.collections), (Mode::Off, 0));
}

#[tokio::test(start_paused = true)]
async fn an_assessment_neither_cancels_nor_follows_up() {
    let service = Scripted::default().page(("p", "l"), None, vec![running("a", 90)], None);
    let request = Request::everything(Trigger::CommandLine);
    let clock = Clock::starting_at(now());
    let (snapshot, assessment) = assess(&service, &policy(OLD), &request, &settings(), &clock, &Silent).await;
    assert_eq!((snapshot.operations.len(), assessment.plan.violating.len()), (1, 1));
    assert_eq!(sorted(service.asked("list")).len(), service.calls().len());
}
