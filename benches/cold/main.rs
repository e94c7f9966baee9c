//! The cold start of the function as it is released, held against that of a function that only says hello.
//!
//! `make bench` builds both, with the released profile, and says in `CURFEW_RELEASED` where they lie: cargo builds
//! the binaries of a benchmark without link-time optimisation, whose times would be other ones. Both are started in
//! turn, so that what goes on beside them falls on both alike.

#[path = "../support/emulator.rs"]
mod emulator;
mod function;
#[path = "../support/peak.rs"]
mod peak;
mod runtime_api;
mod setting;
#[path = "../support/mod.rs"]
mod support;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use function::Function;
use runtime_api::Answer;
use setting::{OPERATIONS, Setting};
use support::figure::Figure;

/// How often each is started.
const STARTS: usize = 31;

/// What curfew's own schedule sends.
const SCHEDULE: &str = include_str!("../../events/scheduler.json");

/// What was measured, one value a start.
#[derive(Debug, Default)]
struct Measured {
    hello: Vec<Duration>,
    curfew: Vec<Duration>,
    first_sweep: Vec<Duration>,
    second_sweep: Vec<Duration>,
    /// After the first sweep.
    peak_bytes: Vec<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo says so. A test run that builds everything shall not wait for this.
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let Some(released) = released() else {
        println!("cold start: not measured; `make bench` builds what is released first");
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(measure(&released))?;
    print_times(measured);
    print_sizes(&released)
}

/// Where the released binaries lie.
#[expect(clippy::disallowed_methods, reason = "it is a setting of this benchmark, none of the function's")]
fn released() -> Option<PathBuf> {
    env::var_os("CURFEW_RELEASED").map(PathBuf::from)
}

async fn measure(released: &Path) -> Result<Measured, Box<dyn Error>> {
    let setting = Setting::make()?;
    let variables = setting.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut measured = Measured::default();
    // The first start of each reads the file from the disk, and does not count.
    for start in 0..=STARTS {
        let hello = Function::start(&released.join("hello"), &variables).await?;
        let said_hello_in = hello.started_in;
        hello.stop().await?;
        let mut curfew = Function::start(&released.join("bootstrap"), &variables).await?;
        let first = swept(curfew.invoke(SCHEDULE).await?)?;
        let peak = curfew.peak_resident_bytes();
        let second = swept(curfew.invoke(SCHEDULE).await?)?;
        if start > 0 {
            measured.hello.push(said_hello_in);
            measured.curfew.push(curfew.started_in);
            measured.first_sweep.push(first);
            measured.second_sweep.push(second);
            measured.peak_bytes.extend(peak);
        }
        curfew.stop().await?;
    }
    Ok(measured)
}

/// How long the sweep took. A figure of a sweep that did something else would say nothing.
fn swept(answer: Answer) -> Result<Duration, Box<dyn Error>> {
    let report: Value = serde_json::from_slice(&answer.body)?;
    let seen = report.get("seen") == Some(&json!(OPERATIONS));
    let whole = report.get("gaps").and_then(Value::as_array).is_some_and(Vec::is_empty);
    if seen && whole { Ok(answer.took) } else { Err(format!("not what is to be measured: {report}").into()) }
}

fn print_times(measured: Measured) {
    println!("{STARTS} starts of each, in turn");
    let hello = median("hello, from its start to the first `next`", measured.hello);
    let curfew = median("curfew-lambda, from its start to the first `next`", measured.curfew);
    let ratio = curfew.as_secs_f64() / hello.as_secs_f64();
    print(Figure { what: "cold start", got: ratio, target: 0.0..=1.5, unit: "× hello" });
    median("curfew-lambda, its first sweep, with two tokens to fetch", measured.first_sweep);
    median("curfew-lambda, its second sweep", measured.second_sweep);
    let mut peaks = measured.peak_bytes;
    peaks.sort_unstable();
    match peaks.get(peaks.len() / 2) {
        Some(&bytes) => print(Figure {
            what: "peak resident size, after the first sweep",
            got: bytes as f64 / 1e6,
            target: 0.0..=24.0,
            unit: "MB",
        }),
        None => println!("peak resident size: not known on this system"),
    }
}

/// Prints the median and the spread, and gives the median.
fn median(what: &str, mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    if let (Some(fastest), Some(slowest)) = (took.first(), took.last()) {
        println!("{what}: {median:.1?} (fastest {fastest:.1?}, slowest {slowest:.1?})");
    }
    median
}

fn print_sizes(released: &Path) -> Result<(), Box<dyn Error>> {
    let megabytes = |name: &str| fs::metadata(released.join(name)).map(|file| file.len() as f64 / 1e6);
    println!("size of hello: {:.2} MB", megabytes("hello")?);
    println!("size of curfew-lambda: {:.2} MB", megabytes("bootstrap")?);
    let what = "size of its zip";
    print(Figure { what, got: megabytes("bootstrap.zip")?, target: 0.0..=4.0, unit: "MB" });
    Ok(())
}

fn print(figure: Figure) {
    println!("{figure}");
}
