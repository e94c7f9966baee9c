//! `curfew demo`: what curfew does, in a few seconds and without a cloud.
//!
//! The emulator runs in this process, behind real HTTP; the sweeps against it are real ones. Each act begins with
//! the world as it was at first.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anstream::println;
use tokio::time::Instant;

use super::failure::CliFailure;
use super::progress::Progress;
use super::run::settings;
use super::show::print_report;
use crate::clock::Clock;
use crate::emulator::{Emulator, Scenario};
use crate::google::{Client, CredentialSource, Credentials, Endpoint};
use crate::policy::{Mode, Policy};
use crate::report::Report;
use crate::request::{Request, Trigger};
use crate::sweep::{Deadlines, Settings, sweep};
use crate::trust::Trust;

const POLICY: &str = include_str!("../../policies/demo.yaml");

/// The world; `curfew emulator` serves it too.
pub(super) const SCENARIO: &str = include_str!("../emulator/demo.yaml");
/// Where it is to be found.
pub(super) const SCENARIO_ORIGIN: &str = "src/emulator/demo.yaml";

/// When the last act stops starting cancels. One operation's cancel is answered after 2.5 s, and with one request
/// at a time, the operation behind it comes too late.
const STOP_STARTING: Duration = Duration::from_millis(1500);

/// Runs the command.
pub(super) async fn run() -> Result<ExitCode, CliFailure> {
    let policy = Policy::parse(POLICY.as_bytes(), "policies/demo.yaml")
        .map_err(|error| CliFailure::bad_input("the demo's policy", &error))?;
    let scenario = Scenario::parse(SCENARIO, SCENARIO_ORIGIN)
        .map_err(|error| CliFailure::bad_input("the demo's scenario", &error))?;

    println!("curfew demo: a fake Cloud Deploy on loopback, and policies/demo.yaml\n");

    println!("1. The kill switch: curfew sweep --mode off\n");
    act(&policy, &scenario, settings(Mode::Off)).await?;

    println!("\n2. The same policy in audit: everything but the cancels\n");
    act(&policy, &scenario, settings(Mode::Audit)).await?;

    println!("\n3. Armed: every cancel followed up to a verified state\n");
    let deadlines = Deadlines { stop_starting: Some(Instant::now() + STOP_STARTING), ..Deadlines::default() };
    act(&policy, &scenario, Settings { deadlines, requests_at_once: 1, ..settings(Mode::Enforce) }).await?;

    println!("\nNext: `curfew validate`, `curfew explain` and `curfew sweep` take a policy of your own;");
    println!("`curfew emulator` serves this world, or one of yours, to try them on.");
    Ok(ExitCode::SUCCESS)
}

async fn act(policy: &Policy, scenario: &Scenario, settings: Settings) -> Result<Report, CliFailure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let clock = Clock::system();
    let emulator = Emulator::start(scenario, address, clock)
        .await
        .map_err(|error| CliFailure::bad_input("the emulator could not listen on loopback", &error))?;
    let endpoint = Endpoint::parse(&emulator.url())
        .map_err(|error| CliFailure::bad_input("the emulator's own address", &error))?;
    let client = Client::new(endpoint, Credentials::new(CredentialSource::None), Trust::Machine)
        .map_err(|error| CliFailure::bad_input("the HTTP client", &error))?;

    let progress = Progress::start();
    let request = Request::everything(Trigger::CommandLine);
    let report = sweep(&client, policy, &request, &settings, &clock, &progress).await;
    progress.finish();
    print_report(&report);
    emulator.shutdown().await;
    Ok(report)
}
