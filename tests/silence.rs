//! In audit and off nothing is ever sent that could change anything: the first POST fails the test.
//!
//! The whole way is real: a sweep, the Google client, HTTP, and a world full of violators.

#![cfg(test)]
#![cfg(feature = "emulator")]

use std::net::{Ipv4Addr, SocketAddr};

use curfew::clock::Clock;
use curfew::emulator::{Emulator, Journal, Scenario};
use curfew::google::{Client, CredentialSource, Credentials, Endpoint};
use curfew::policy::{Mode, Policy};
use curfew::report::Report;
use curfew::request::{Request, Trigger};
use curfew::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings, Silent, sweep};
use curfew::trust::Trust;

/// Violators of every kind: to be cancelled, beyond the limit, only reported, on their way out.
const WORLD: &str = "
page_size: 4
operations:
  - { name: projects/p/locations/l/operations/old, age: 9h, count: 12, verb: create }
  - { name: projects/p/locations/l/operations/asked, age: 9h, verb: create, cancellation_requested: true }
  - { name: projects/p/locations/l/operations/reported, age: 9h, verb: delete }
";

const POLICY: &str = "
version: 1
scopes: [{ projects: [p], locations: all }]
rules:
  - { name: old, match: { verb: create }, max_age: 1h }
  - { name: rest, max_age: 1h, action: report }
limits: { max_cancellations: 10 }
follow_up: { for: 0s }
mode: ";

async fn swept(policy: &str, ceiling: Mode, asked: Option<Mode>) -> (Report, Journal) {
    let clock = Clock::system();
    let scenario = Scenario::parse(WORLD, "world").unwrap();
    let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let emulator = Emulator::start(&scenario, free_port, clock).await.unwrap();
    let endpoint = Endpoint::parse(&emulator.url()).unwrap();
    let client = Client::new(endpoint, Credentials::new(CredentialSource::None), Trust::Machine).unwrap();
    let policy = Policy::parse(format!("{POLICY}{policy}").as_bytes(), "policy.yaml").unwrap();
    let request = Request { mode: asked, ..Request::everything(Trigger::CommandLine) };
    let settings = Settings {
        policy_source: None,
        sweep_id: "s".to_owned(),
        ceiling,
        deadlines: Deadlines::default(),
        requests_at_once: REQUESTS_AT_ONCE,
    };
    let report = sweep(&client, &policy, &request, &settings, &clock, &Silent).await;
    let journal = emulator.journal();
    (report, journal)
}

/// What a sweep sent beside reads.
fn changes(journal: &Journal) -> Vec<String> {
    let others = journal.requests.iter().filter(|entry| entry.method != "GET");
    others.map(|entry| format!("{} {}", entry.method, entry.path)).collect()
}

#[tokio::test]
async fn an_audit_sends_nothing_but_reads_whichever_key_is_not_turned() {
    for (policy, ceiling, asked) in [
        ("enforce", Mode::Audit, None),
        ("audit", Mode::Enforce, None),
        ("audit", Mode::Enforce, Some(Mode::Enforce)),
        ("enforce", Mode::Enforce, Some(Mode::Audit)),
        ("enforce", Mode::Audit, Some(Mode::Enforce)),
        ("audit", Mode::Audit, Some(Mode::Audit)),
    ] {
        let (report, journal) = swept(policy, ceiling, asked).await;
        let keys = format!("policy {policy}, ceiling {ceiling}, asked {asked:?}");
        assert_eq!(changes(&journal), [""; 0], "{keys}");
        assert_eq!(report.mode, Mode::Audit, "{keys}");
        let sums = report.sums();
        assert_eq!((sums.violating, sums.attempted), (14, 0), "{keys}");
        assert_eq!(serde_json::to_value(&sums.withheld).unwrap()["audit"], 10, "{keys}");
    }
}

#[tokio::test]
async fn off_sends_nothing_at_all() {
    for (policy, ceiling, asked) in [
        ("enforce", Mode::Off, None),
        ("enforce", Mode::Off, Some(Mode::Enforce)),
        ("enforce", Mode::Enforce, Some(Mode::Off)),
        ("audit", Mode::Audit, Some(Mode::Off)),
    ] {
        let (report, journal) = swept(policy, ceiling, asked).await;
        assert!(journal.requests.is_empty(), "{policy}, {ceiling}, {asked:?}: {journal:?}");
        assert_eq!((report.mode, report.seen, report.operations.len()), (Mode::Off, 0, 0));
    }
}

/// Without this, the two above could pass in a world in which nobody cancels anything.
#[tokio::test]
async fn with_every_key_turned_the_same_world_sees_cancels() {
    for asked in [None, Some(Mode::Enforce)] {
        let (report, journal) = swept("enforce", Mode::Enforce, asked).await;
        assert_eq!(report.mode, Mode::Enforce);
        assert_eq!(changes(&journal).len(), 10, "{:?}", changes(&journal));
        assert!(
            changes(&journal)
                .iter()
                .all(|sent| sent.contains("operations/old-") && sent.ends_with(":cancel"))
        );
    }
}

#[tokio::test]
async fn an_audit_finds_the_same_violators_as_an_enforcing_sweep() {
    let (audit, _) = swept("enforce", Mode::Audit, None).await;
    let (enforce, _) = swept("enforce", Mode::Enforce, None).await;
    let found = |report: &Report| {
        let records = report.operations.iter();
        records.map(|record| (record.operation.clone(), record.rule.clone())).collect::<Vec<_>>()
    };
    assert_eq!(found(&audit), found(&enforce));
    assert_eq!((audit.seen, audit.done, audit.spared, &audit.limit), (14, 0, 0, &enforce.limit));
}
