//! `curfew diff`: which operations change sides between two policies.

use std::fmt::Write as _;
use std::process::ExitCode;

use anstream::println;
use anstyle::{AnsiColor, Style};

use super::failure::{ALL_WELL, CliFailure, NEEDS_ATTENTION};
use super::look::saved_snapshot;
use super::options::{DiffArgs, Format};
use super::run::policy_at;
use super::show::{instant, to_json};
use crate::diff::{Change, Diff, Reasoned, Side, diff};
use crate::policy::Mode;
use crate::snapshot::Snapshot;

/// Runs the command.
pub(super) async fn run(args: DiffArgs) -> Result<ExitCode, CliFailure> {
    let (old, new) = (policy_at(&args.old).await?, policy_at(&args.new).await?);
    let snapshot = saved_snapshot(&args.snapshot)?;
    let found = diff(&snapshot, &old.policy, &new.policy);
    match args.format {
        Format::Table => println!("{}", shown(&found, &snapshot)),
        Format::Json => println!("{}", to_json(&found)?),
    }
    let too_many = args.fail_on_new_cancels.is_some_and(|at_most| found.new_cancels > at_most);
    Ok(ExitCode::from(if too_many || !found.gaps.is_empty() { NEEDS_ATTENTION } else { ALL_WELL }))
}

fn shown(found: &Diff, snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for change in &found.changes {
        let Change { service, operation, old, new } = change;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{service} {operation}\n  - {}\n  + {}\n", coloured(old), coloured(new));
    }
    for gap in &found.gaps {
        let _ = writeln!(text, "gap: {gap}");
    }
    match found.modes {
        (old, new) if old == new => {}
        (old, new @ Mode::Enforce) => {
            let _ = writeln!(text, "mode: {old} → {new}: what is to be cancelled is cancelled from now on");
        }
        (old, new) => {
            let _ = writeln!(text, "mode: {old} → {new}: nothing is cancelled any more");
        }
    }
    let changes = match found.changes.len() {
        1 => "1 changes sides".to_owned(),
        many => format!("{many} change sides"),
    };
    let _ = write!(
        text,
        "{} operations at {}: {changes}; new cancels: {}",
        found.operations,
        instant(snapshot.now),
        found.new_cancels,
    );
    text
}

fn coloured(Reasoned { side, reason }: &Reasoned) -> String {
    let colour = match side {
        Side::Cancel => Some(AnsiColor::Red),
        Side::Report | Side::Withhold => Some(AnsiColor::Yellow),
        Side::Spare => Some(AnsiColor::Green),
        Side::NotCovered | Side::Ended => None,
    };
    let style = colour.map_or(Style::new(), |colour| Style::new().fg_color(Some(colour.into())));
    format!("{style}{side}{style:#}: {reason}")
}
