//! One sweep over every service of the table, over real HTTP, by the real client and by the shipped command.
//!
//! That the table says what Google says is tested in `services.rs`; here, that curfew polices what it says. What may
//! happen in time (a slow host, a rate, a cancel that nobody heeds) is in `every_service/`, in virtual time.
#![cfg(all(feature = "cli", feature = "emulator"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers are tests too, which clippy cannot see here"
)]

#[path = "every_service/defined.rs"]
mod defined;
#[path = "support/everywhere.rs"]
mod everywhere;
#[path = "support/place.rs"]
mod place;
#[path = "every_service/virtual_time.rs"]
mod virtual_time;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use curfew::catalogue::table;
use curfew::clock::Clock;
use curfew::emulator::scenario::End;
use curfew::emulator::{Emulator, Scenario, Standing};
use curfew::follow_up::State;
use curfew::google::{Client, CredentialSource, Credentials, Endpoint};
use curfew::judge::SparedBecause;
use curfew::policy::Mode;
use curfew::report::Report;
use curfew::request::{Request, Trigger};
use curfew::service::CancelAnswer;
use curfew::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings, Silent, sweep};
use curfew::trust::Trust;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::process::Command;

use everywhere::{Placed, TARGET, VERB, count, operations, tells_age};

/// The world of every service; only tokens that were given out here are taken.
async fn emulator() -> Emulator {
    let text = everywhere::scenario("", "tokens: issued");
    let scenario = Scenario::parse(&text, "everywhere").unwrap_or_else(|error| panic!("{error}"));
    Emulator::start(&scenario, ([127, 0, 0, 1], 0).into(), Clock::system()).await.unwrap()
}

fn endpoint(emulator: &Emulator) -> String {
    format!("{}/{{service}}", emulator.url())
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// A credential whose tokens come from the emulator.
fn credential(emulator: &Emulator) -> NamedTempFile {
    let user = json!({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r",
                      "token_uri": format!("{}/token", emulator.url())});
    file(&user.to_string())
}

/// A sweep by the real client.
async fn sweep_through(endpoint: Endpoint, credential: &NamedTempFile, policy: &str) -> Report {
    let credentials = Credentials::new(CredentialSource::file(credential.path()));
    let client = Client::new(endpoint, credentials, Trust::Machine).unwrap();
    let clock = Clock::system();
    client.begin_run(&clock);
    let settings = Settings {
        sweep_id: "s".to_owned(),
        policy_source: None,
        ceiling: Mode::Enforce,
        deadlines: Deadlines::default(),
        requests_at_once: REQUESTS_AT_ONCE,
    };
    let request = Request::everything(Trigger::CommandLine);
    sweep(&client, &everywhere::read(policy), &request, &settings, &clock, &Silent).await
}

async fn sweep_everything(emulator: &Emulator) -> Report {
    let endpoint = Endpoint::parse(&endpoint(emulator)).unwrap();
    sweep_through(endpoint, &credential(emulator), &everywhere::policy("")).await
}

/// The paths to which requests of this method came, each with how often.
fn sent(emulator: &Emulator, method: &str) -> BTreeMap<String, usize> {
    let mut paths = BTreeMap::new();
    for entry in emulator.journal().requests.into_iter().filter(|entry| entry.method == method) {
        *paths.entry(entry.path).or_default() += 1;
    }
    paths
}

/// Takes the one request for a token out of what was sent.
fn without_token(mut posts: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    assert_eq!(posts.remove("/token"), Some(1), "one token is enough for all services");
    posts
}

#[tokio::test]
async fn one_sweep_polices_every_service_and_all_the_sums_are_right() {
    let emulator = emulator().await;
    let report = sweep_everything(&emulator).await;

    assert!(table().iter().count() >= 90);
    assert_eq!((report.mismatches(), &report.gaps), (Vec::new(), &Vec::new()));
    assert!(report.is_complete());
    assert_eq!((report.collections, report.pages), (everywhere::collections(), everywhere::collections()));
    let violators = count(Placed::violates);
    assert!(violators >= 70, "{violators}");
    assert_eq!((report.seen, report.done), (count(|_| true), 0));
    assert_eq!(report.spared, report.seen - violators);
    let young = count(|placed| !placed.old && tells_age(&placed.service));
    let of_no_age = count(|placed| !tells_age(&placed.service));
    let want = [(SparedBecause::WithinMaxAge, young), (SparedBecause::Undecidable, of_no_age)];
    assert_eq!(report.spared_because, BTreeMap::from(want));
    let sums = report.sums();
    assert_eq!((sums.violating, sums.attempted, sums.withheld.len()), (violators, violators, 0));
    assert_eq!(sums.answers, BTreeMap::from([(CancelAnswer::Accepted, violators)]));
    assert_eq!(sums.states, BTreeMap::from([(State::Cancelled, violators)]));

    let key = |placed: &Placed| (placed.service.name.to_string(), placed.name.to_string());
    let want: BTreeSet<_> = operations().iter().filter(|placed| placed.violates()).map(key).collect();
    let records = report.operations.iter();
    let got: BTreeSet<_> =
        records.map(|record| (record.service.to_string(), record.operation.to_string())).collect();
    assert_eq!(got, want);
    for record in &report.operations {
        let service = everywhere::service(record.service.as_str());
        let verb = (!service.profile.verb.is_empty()).then_some(VERB);
        let target = (!service.profile.target.is_empty()).then_some(TARGET);
        assert_eq!((record.verb.as_deref(), record.target.as_deref()), (verb, target), "{}", service.name);
    }
}

#[tokio::test]
async fn what_a_sweep_of_everything_sends_is_what_it_must_and_no_more() {
    let emulator = emulator().await;
    let report = sweep_everything(&emulator).await;

    for placed in operations() {
        let (standing, requested) = emulator.truth(&placed.service, &placed.name).unwrap();
        if placed.violates() {
            let cancelled = matches!(standing, Standing::Ended { how: End::Cancelled, .. });
            assert!(cancelled && requested, "{placed:?}: {standing:?}");
        } else {
            assert_eq!((standing, requested), (Standing::Running, false), "{placed:?}");
        }
    }
    let path = |placed: &Placed, path: Option<String>| {
        format!("/{}/{}/{}", placed.service.name, placed.service.version, path.unwrap())
    };
    let violators = || operations().into_iter().filter(Placed::violates);
    let want: BTreeMap<_, _> =
        violators().map(|placed| (path(&placed, placed.service.cancel_path(&placed.name)), 1)).collect();
    assert_eq!(without_token(sent(&emulator, "POST")), want);
    let reads: usize = report.operations.iter().map(|record| record.polls as usize).sum();
    let gets: usize = sent(&emulator, "GET").values().sum();
    assert_eq!(gets, everywhere::collections() + everywhere::located().len() + reads);
}

/// The shipped command in audit: the same findings, and nothing is sent.
#[tokio::test]
async fn the_command_finds_the_same_and_in_audit_sends_no_cancel() {
    let emulator = emulator().await;
    let credential = credential(&emulator);
    let policy = file(&everywhere::policy(""));
    let output = Command::new(env!("CARGO_BIN_EXE_curfew"))
        .args(["sweep", "--mode", "audit", "--format", "json", "--endpoint", &endpoint(&emulator)])
        .args(["--credentials", &format!("file:{}", credential.path().display())])
        .arg("--policy")
        .arg(policy.path())
        .env_clear()
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"));

    let violators = count(Placed::violates);
    for (key, want) in [
        ("complete", json!(true)),
        ("gaps", json!([])),
        ("mode", json!("audit")),
        ("collections", json!(everywhere::collections())),
        ("seen", json!(count(|_| true))),
        ("done", json!(0)),
        ("spared", json!(count(|_| true) - violators)),
        ("violating", json!(violators)),
        ("withheld", json!({"audit": violators})),
        ("attempted", json!(0)),
        ("answers", json!({})),
        ("states", json!({})),
    ] {
        assert_eq!(report[key], want, "{key}");
    }
    let records = report["operations"].as_array().unwrap();
    let text = |record: &Value, key: &str| record[key].as_str().unwrap().to_owned();
    let got: BTreeSet<_> =
        records.iter().map(|record| (text(record, "service"), text(record, "operation"))).collect();
    let want: BTreeSet<_> = operations().iter().filter(|placed| placed.violates()).map(Placed::key).collect();
    assert_eq!(got, want);
    assert_eq!(without_token(sent(&emulator, "POST")), BTreeMap::new());
}
