//! `curfew sweep`: the main job, from a desk.

use std::process::ExitCode;

use anstream::println;

use super::failure::{CliFailure, exit_code};
use super::options::{Format, SweepArgs};
use super::progress::Progress;
use super::run::{authenticate, in_policy, set_up, settings};
use super::show::{print_report, to_json};
use crate::clock::Clock;
use crate::operation::OperationName;
use crate::policy::{Mode, Policy};
use crate::report::Report;
use crate::request::{Narrow, Request, Trigger};
use crate::setup::PolicyRead;
use crate::sweep::{Silent, is_off, sweep, switched_off};

/// Runs the command.
pub(super) async fn run(args: SweepArgs) -> Result<ExitCode, CliFailure> {
    let mode: Mode = args.mode;
    let mut settings = settings(mode);
    if is_off(None, mode) {
        // Nothing is read, the policy included: the kill switch has to work when that is what is broken.
        let request = Request::everything(Trigger::CommandLine);
        let report = switched_off(Some(&request), &settings, &Clock::system(), &Silent);
        print(&report, args.format)?;
        return Ok(exit_code(report.standing()));
    }
    let (PolicyRead { policy, source, .. }, client) = set_up(&args.connection).await?;
    settings.policy_source = Some(source);
    let narrow = narrow(&policy, args.operations)?;
    authenticate(&client).await?;
    let request = Request { narrow, record: args.record, ..Request::everything(Trigger::CommandLine) };
    let progress = Progress::start();
    let report = sweep(&client, &policy, &request, &settings, &Clock::system(), &progress).await;
    progress.finish();
    print(&report, args.format)?;
    Ok(exit_code(report.standing()))
}

fn narrow(policy: &Policy, operations: Vec<OperationName>) -> Result<Narrow, CliFailure> {
    if operations.is_empty() {
        return Ok(Narrow::default());
    }
    let named: Result<Vec<_>, _> = operations.into_iter().map(|name| in_policy(policy, name)).collect();
    Ok(Narrow { scopes: None, operations: Some(named?.into_iter().flatten().collect()) })
}

/// Prints a report in the form that was asked for.
pub(super) fn print(report: &Report, format: Format) -> Result<(), CliFailure> {
    match format {
        Format::Json => println!("{}", to_json(&report.whole())?),
        Format::Table => print_report(report),
    }
    Ok(())
}
