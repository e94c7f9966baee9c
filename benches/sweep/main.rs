//! Whole sweeps over HTTP: one of many operations in one service, one of many services.
//!
//! Not a micro-benchmark: it is compared with the shortest time that its requests can take, and its peak resident
//! size is that of this process. So this process does nothing else, on one thread as the function does.

mod case;
mod critical_path;
#[path = "../support/emulator.rs"]
mod emulator;
#[path = "../support/peak.rs"]
mod peak;
#[path = "../support/mod.rs"]
mod support;

use std::env;
use std::error::Error;
use std::time::{Duration, Instant};

use curfew::clock::Clock;
use curfew::google::{Client, CredentialSource, Credentials, Endpoint};
use curfew::policy::{Mode, Policy};
use curfew::report::{Report, Standing};
use curfew::request::{Request, Trigger};
use curfew::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings, Silent, sweep};
use curfew::trust::Trust;

use case::Case;
use critical_path::{CriticalPath, Work};
use emulator::Emulator;
use peak::peak_resident_bytes;
use support::figure::Figure;

const LATENCY_MS: u64 = 20;

/// How often the sweep is made, each time in a new world, over new connections.
const RUNS: usize = 7;

/// One sweep, and how long it took.
struct Run {
    report: Report,
    took: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo says so. A test run that builds everything shall not wait for this.
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    for case in [Case::one_service()?, Case::many_services()?] {
        measure(&case)?;
    }
    match peak_resident_bytes("self") {
        Some(bytes) => print(Figure {
            what: "peak resident size, after all sweeps",
            got: bytes as f64 / 1e6,
            target: 0.0..=64.0,
            unit: "MB",
        }),
        None => println!("peak resident size: not known on this system"),
    }
    Ok(())
}

/// Makes the sweeps of a case, and prints what they took.
fn measure(case: &Case) -> Result<(), Box<dyn Error>> {
    let mut runs = (0..RUNS).map(|_| run(case)).collect::<Result<Vec<Run>, _>>()?;
    runs.sort_by_key(|run| run.took);
    let (Some(fastest), Some(median), Some(slowest)) = (runs.first(), runs.get(RUNS / 2), runs.last()) else {
        return Err("there was no run".into());
    };
    let path = CriticalPath::new(Work {
        latency: Duration::from_millis(LATENCY_MS),
        at_once: REQUESTS_AT_ONCE,
        pages: median.report.pages,
        longest_collection: median.report.pages.div_ceil(case.collections),
        cancels: median.report.sums().attempted,
    });
    println!("{}: {REQUESTS_AT_ONCE} requests at once, {LATENCY_MS} ms latency, {RUNS} sweeps", case.name);
    println!(
        "critical path: reading {:?} + cancels {:?} + following {:?} = {:?}",
        path.reading,
        path.cancels,
        path.following,
        path.total()
    );
    println!(
        "measured: {:.0?} (fastest {:.0?}, slowest {:.0?}), of which reading {} ms",
        median.took, fastest.took, slowest.took, median.report.listing_ms
    );
    let ratio = median.took.as_secs_f64() / path.total().as_secs_f64();
    print(Figure { what: case.name, got: ratio, target: 0.0..=1.25, unit: "× the critical path" });
    Ok(())
}

fn print(figure: Figure) {
    println!("{figure}");
}

/// Sweeps a new world of a case once.
fn run(case: &Case) -> Result<Run, Box<dyn Error>> {
    let emulator = Emulator::start(&case.scenario)?;
    let policy = Policy::parse(case.policy.as_bytes(), case.name)?;
    let credentials = Credentials::new(CredentialSource::None);
    let client = Client::new(
        Endpoint::parse(&format!("{}/{{service}}", emulator.url()))?,
        credentials,
        Trust::Machine,
    )?;
    let request = Request::everything(Trigger::CommandLine);
    let settings = Settings {
        sweep_id: "bench".to_owned(),
        policy_source: None,
        ceiling: Mode::Enforce,
        deadlines: Deadlines::default(),
        requests_at_once: REQUESTS_AT_ONCE,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = runtime.block_on(async {
        let started = Instant::now();
        let report = sweep(&client, &policy, &request, &settings, &Clock::system(), &Silent).await;
        Run { took: started.elapsed(), report }
    });
    // A figure of a sweep that did something else would say nothing.
    let Run { report, .. } = &run;
    let attempted = report.sums().attempted;
    if (report.seen, attempted, report.standing()) != (case.operations, case.violators, Standing::AllWell) {
        return Err(format!("the sweep did not do what is to be measured:\n{report}").into());
    }
    Ok(run)
}
