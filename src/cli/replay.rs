//! `curfew replay`: the decisions of a report, made again.

use std::process::ExitCode;

use anstream::println;

use super::failure::{ALL_WELL, BAD_INPUT, CliFailure, NEEDS_ATTENTION};
use super::options::{Format, ReplayArgs};
use super::run::policy_at;
use super::show::to_json;
use crate::replay::{Replayed, replay};

/// Runs the command.
pub(super) async fn run(args: ReplayArgs) -> Result<ExitCode, CliFailure> {
    let unusable = |error: &dyn std::error::Error| {
        CliFailure::caused(BAD_INPUT, &format!("{} cannot be replayed", args.report.display()), error)
    };
    let bytes = std::fs::read(&args.report).map_err(|error| unusable(&error))?;
    let policy = policy_at(&args.policy).await?.policy;
    let replayed = replay(&bytes, &policy).map_err(|error| unusable(&error))?;
    match args.format {
        Format::Table => println!("{}", shown(&replayed)),
        Format::Json => println!("{}", to_json(&replayed)?),
    }
    Ok(ExitCode::from(if replayed.differences.is_empty() { ALL_WELL } else { NEEDS_ATTENTION }))
}

fn shown(Replayed { decisions, bytes, recorded_by, differences }: &Replayed) -> String {
    if differences.is_empty() {
        return format!("{decisions} decisions made again: equal, byte for byte ({bytes} bytes)");
    }
    let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let this = env!("CARGO_PKG_VERSION");
    format!(
        "{decisions} decisions made again by curfew {this}, and by curfew {recorded_by} before: NOT equal\n{}",
        differences.join("\n")
    )
}
