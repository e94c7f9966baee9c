//! `curfew plan`: what a sweep would do, written down to be approved.
//!
//! It reads and judges exactly as a sweep does, and stops there. What it writes, `curfew apply` carries out.

use std::fmt::Write as _;
use std::process::ExitCode;

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};

use super::failure::CliFailure;
use super::look::{Looked, exit_code, look, tell_gaps};
use super::options::{Format, PlanArgs};
use super::show::{age, instant};
use super::snapshot::write;
use crate::plan::{PlanFile, PlannedOperation, Withheld};
use crate::policy::{Mode, Policy};
use crate::setup::PolicyRead;

/// Runs the command.
pub(super) async fn run(args: PlanArgs) -> Result<ExitCode, CliFailure> {
    let Looked { policy: PolicyRead { policy, source, .. }, snapshot, assessment } =
        look(&args.connection, &args.saved, |_| Ok(())).await?;
    let file = PlanFile::new(&assessment.plan, &snapshot.gaps, &source);
    if let Some(path) = &args.output {
        write(path, &file.to_json())?;
    }
    match args.format {
        Format::Table => println!("{}", shown(&file, &policy)),
        Format::Json => {
            println!("{}", file.to_json());
            tell_gaps(&snapshot);
        }
    }
    if let Some(path) = &args.output {
        eprintln!("{}: {}", path.display(), file.digest());
    }
    Ok(exit_code(&snapshot))
}

/// A plan as people read it.
fn shown(file: &PlanFile, policy: &Policy) -> String {
    let mut text = String::new();
    let (mut reported, mut withheld) = (Vec::new(), Vec::new());
    for planned in &file.operations {
        match planned.withheld {
            None => {}
            Some(Withheld::ReportOnly) => reported.push(planned),
            Some(_) => withheld.push(planned),
        }
    }
    let cancelled: Vec<_> = file.to_cancel().collect();
    section(&mut text, "To be cancelled, in this order:", '-', AnsiColor::Red, &cancelled, file);
    section(&mut text, "To be reported, and not cancelled:", '!', AnsiColor::Yellow, &reported, file);
    section(&mut text, "Withheld:", '~', AnsiColor::Cyan, &withheld, file);
    if !file.gaps.is_empty() {
        let style = AnsiColor::Red.on_default().bold();
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "{style}NOT EVERYTHING COULD BE READ.{style:#} What lies there is not in this plan:"
        );
        for gap in &file.gaps {
            let _ = writeln!(text, "  gap: {gap}");
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} operations seen at {}, {} of them ended; policy {}",
        file.seen,
        instant(file.snapshot_at),
        file.done,
        file.policy_digest,
    );
    if policy.mode != Mode::Enforce {
        let _ = writeln!(
            text,
            "The policy says `mode: {}`: to apply this plan is a rehearsal, and cancels nothing. A plan to be carried \
             out is made after the policy says `mode: enforce`.",
            policy.mode
        );
    }
    let bold = Style::new().bold();
    let _ = write!(
        text,
        "{bold}Plan:{bold:#} {} to cancel, {} to report, {} withheld, {} spared",
        cancelled.len(),
        reported.len(),
        withheld.len(),
        file.spared,
    );
    text
}

fn section(
    text: &mut String,
    title: &str,
    mark: char,
    colour: AnsiColor,
    operations: &[&PlannedOperation],
    file: &PlanFile,
) {
    if operations.is_empty() {
        return;
    }
    let style = colour.on_default();
    let _ = writeln!(text, "{title}\n");
    for planned in operations {
        let old = (file.snapshot_at - planned.created_at).to_std().unwrap_or_default();
        let verb = planned.verb.as_deref().unwrap_or("an unknown verb");
        let target = planned.target.as_deref().unwrap_or("an unknown target");
        let _ = writeln!(
            text,
            "  {style}{mark} {}{style:#}\n      {verb} of {target}, {} old\n      rule {}: {}",
            planned.name(),
            age(old.as_secs()),
            planned.rule,
            planned.why,
        );
        let why = match planned.withheld {
            None | Some(Withheld::ReportOnly) => continue,
            Some(Withheld::Limit) => file.limit.as_ref(),
            Some(_) => planned.window.as_ref(),
        };
        if let Some(withheld) = planned.withheld {
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            let _ = writeln!(text, "      withheld: {withheld}{why}");
        }
    }
    text.push('\n');
}
