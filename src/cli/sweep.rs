//! `curfew sweep`: the main job, from a desk.

use std::process::ExitCode;

use anstream::println;

use super::args::{Format, SweepArgs};
use super::failure::{CliFailure, NOTHING_READ, exit_code};
use super::progress::Progress;
use super::run::{set_up, settings};
use super::table;
use crate::clock::Clock;
use crate::operation::{OperationName, ServiceName};
use crate::policy::{Mode, Policy};
use crate::report::Report;
use crate::request::{Narrow, Request, Trigger};
use crate::sweep::sweep;

/// Runs the command.
pub(super) async fn run(args: SweepArgs) -> Result<ExitCode, CliFailure> {
    let mode = Mode::from(args.mode);
    let (policy, client) = set_up(&args.connection, mode).await?;
    if mode != Mode::Off {
        client.authenticate().await.map_err(|error| {
            CliFailure::new(NOTHING_READ, format!("no credential for Google could be had: {error}"))
        })?;
    }
    let request =
        Request { trigger: Trigger::CommandLine, narrow: narrow(&policy, args.operations), mode: None };
    let progress = Progress::start();
    let report = sweep(&client, &policy, &request, &settings(mode), &Clock::system(), &progress).await;
    progress.finish();
    print(&report, args.format)?;
    Ok(exit_code(report.standing()))
}

/// The operations of the command line belong to every service that the policy knows: a name alone does not say
/// which.
fn narrow(policy: &Policy, operations: Vec<OperationName>) -> Narrow {
    if operations.is_empty() {
        return Narrow::default();
    }
    let services: Vec<&ServiceName> = policy.scopes.iter().map(|scope| &scope.service).collect();
    let operations = operations
        .into_iter()
        .flat_map(|name| services.iter().map(move |service| ((*service).clone(), name.clone())))
        .collect();
    Narrow { scopes: None, operations: Some(operations) }
}

fn print(report: &Report, format: Format) -> Result<(), CliFailure> {
    match format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&report.whole())
                .map_err(|error| CliFailure::bad_input("the report could not be written", &error))?;
            println!("{text}");
        }
        Format::Table => print_table(report),
    }
    Ok(())
}

/// Prints the table of violators, and the sums below it.
pub(super) fn print_table(report: &Report) {
    if !report.operations.is_empty() {
        println!("{}", table::of_report(report));
    }
    println!("mode {}: {report}", report.mode);
}
