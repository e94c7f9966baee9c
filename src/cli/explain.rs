//! `curfew explain`: why each operation would be cancelled or spared.
//!
//! It reads and judges exactly as a sweep does, and stops there: nothing is cancelled, nothing is followed up.

use std::fmt::Write;
use std::process::ExitCode;

use anstream::{eprintln, println};
use comfy_table::{Cell, Color};
use serde::Serialize;

use super::args::{ExplainArgs, Format};
use super::failure::{ALL_WELL, CliFailure, NEEDS_ATTENTION, NOTHING_READ};
use super::progress::Progress;
use super::run::{set_up, settings};
use super::table;
use crate::clock::Clock;
use crate::judge::{Verdict, age};
use crate::operation::{Operation, OperationName, ServiceName};
use crate::plan::{Assessment, Plan, Violator, Withheld};
use crate::policy::{Mode, Policy, Truth};
use crate::request::{Request, Trigger};
use crate::snapshot::Snapshot;
use crate::sweep::assess;

/// Runs the command.
pub(super) async fn run(args: ExplainArgs) -> Result<ExitCode, CliFailure> {
    let (policy, client) = set_up(&args.connection, Mode::Audit).await?;
    client.authenticate().await.map_err(|error| {
        CliFailure::new(NOTHING_READ, format!("no credential for Google could be had: {error}"))
    })?;
    let request = Request::everything(Trigger::CommandLine);
    let progress = Progress::start();
    let (snapshot, assessment) =
        assess(&client, &policy, &request, &settings(Mode::Audit), &Clock::system(), &progress).await;
    progress.finish();

    let explained = Explained { policy: &policy, snapshot: &snapshot, assessment: &assessment };
    match (&args.operation, args.format) {
        (None, Format::Table) => println!("{}", explained.table()),
        (None, Format::Json) => println!("{}", to_json(&explained.entries())?),
        (Some(name), format) => {
            let index = explained.find(name).ok_or_else(|| explained.not_found(name))?;
            match format {
                Format::Table => println!("{}", explained.in_full(index)),
                Format::Json => println!("{}", to_json(&explained.entry(index))?),
            }
        }
    }
    for gap in &snapshot.gaps {
        eprintln!("gap: {}: {}", gap.place(), gap.message);
    }
    Ok(ExitCode::from(match (snapshot.gaps.is_empty(), snapshot.pages) {
        (true, _) => ALL_WELL,
        (false, 0) => NOTHING_READ,
        (false, _) => NEEDS_ATTENTION,
    }))
}

/// A judged snapshot, ready to be asked.
struct Explained<'a> {
    policy: &'a Policy,
    snapshot: &'a Snapshot,
    assessment: &'a Assessment,
}

/// One operation and its verdict, for programs.
#[derive(Serialize)]
struct Entry<'a> {
    service: &'a ServiceName,
    operation: &'a OperationName,
    /// `ended`, `spared` or `violates`.
    verdict: &'static str,
    /// The reason, with the actual values.
    reason: String,
    /// For a violator: what an enforcing sweep would do with it.
    would: Option<String>,
}

impl Explained<'_> {
    fn pairs(&self) -> impl Iterator<Item = (&Operation, &Verdict)> {
        self.snapshot.operations.iter().zip(&self.assessment.verdicts)
    }

    fn find(&self, name: &OperationName) -> Option<usize> {
        self.snapshot.operations.iter().position(|operation| operation.name == *name)
    }

    fn not_found(&self, name: &OperationName) -> CliFailure {
        CliFailure::new(
            NEEDS_ATTENTION,
            format!(
                "{name} is not among the {} operations that were read in {} collections: either it does not exist \
                 any more, or it lies outside of the policy's scopes",
                self.snapshot.operations.len(),
                self.snapshot.collections,
            ),
        )
    }

    fn entries(&self) -> Vec<Entry<'_>> {
        self.pairs().map(|(operation, verdict)| self.describe(operation, verdict)).collect()
    }

    fn entry(&self, index: usize) -> Option<Entry<'_>> {
        self.pairs().nth(index).map(|(operation, verdict)| self.describe(operation, verdict))
    }

    fn describe<'b>(&'b self, operation: &'b Operation, verdict: &'b Verdict) -> Entry<'b> {
        let kind = match verdict {
            Verdict::Ended => "ended",
            Verdict::Spared(_) => "spared",
            Verdict::Violates(_) => "violates",
        };
        Entry {
            service: &operation.service,
            operation: &operation.name,
            verdict: kind,
            reason: verdict.to_string(),
            would: self.planned(operation).map(would),
        }
    }

    fn planned(&self, operation: &Operation) -> Option<&Violator> {
        let Plan { violating, .. } = &self.assessment.plan;
        violating
            .iter()
            .find(|violator| violator.operation == operation.name && violator.service == operation.service)
    }

    fn table(&self) -> comfy_table::Table {
        let mut table = table::with_header(&["OPERATION", "AGE", "VERDICT", "REASON"]);
        for (operation, verdict) in self.pairs() {
            let said = match verdict {
                Verdict::Ended => Cell::new("ended").fg(Color::DarkGrey),
                Verdict::Spared(_) => Cell::new("spared").fg(Color::Green),
                Verdict::Violates(_) => {
                    Cell::new(self.planned(operation).map(would).unwrap_or_default()).fg(Color::Red)
                }
            };
            table.add_row([
                Cell::new(table::short(&operation.name)),
                Cell::new(self.age_of(operation)),
                said,
                Cell::new(verdict),
            ]);
        }
        table
    }

    fn age_of(&self, operation: &Operation) -> String {
        age(operation, self.snapshot.now)
            .map_or_else(|missing| missing.to_string(), |(_, age)| table::age(age.as_secs()))
    }

    /// One operation: every protection and rule in order, every predicate with the actual value.
    fn in_full(&self, index: usize) -> String {
        let Some((operation, verdict)) = self.pairs().nth(index) else { return String::new() };
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_in_full(&mut text, operation, verdict);
        text
    }

    fn write_in_full(&self, out: &mut String, operation: &Operation, verdict: &Verdict) -> std::fmt::Result {
        let said = |value: Option<&str>| value.unwrap_or("missing").to_owned();
        writeln!(out, "{}", operation.name)?;
        writeln!(out, "  service                 {}", operation.service)?;
        let created = operation.create_time.map(|at| at.to_rfc3339());
        writeln!(out, "  create time             {}", said(created.as_deref()))?;
        writeln!(out, "  age                     {}", self.age_of(operation))?;
        writeln!(out, "  verb                    {}", said(operation.verb.as_deref()))?;
        writeln!(out, "  target                  {}", said(operation.target.as_deref()))?;
        writeln!(out, "  kind                    {}", said(operation.kind.as_deref()))?;
        let requested = operation.cancellation_requested.map(|requested| requested.to_string());
        writeln!(out, "  cancellation requested  {}", said(requested.as_deref()))?;
        if operation.is_running() {
            for protection in &self.policy.protect {
                let trace = protection.matches.explain(operation);
                writeln!(out, "\nprotection {}: {}", protection.name, holds(trace.truth))?;
                write_indented(out, &trace.to_string())?;
            }
            let mut decided = false;
            for rule in &self.policy.rules {
                let trace = rule.matches.explain(operation);
                let decides = match trace.truth {
                    _ if decided => "not reached: an earlier rule decides",
                    Truth::True => "its match holds: it decides",
                    Truth::Unknown => "its match is unknown: no rule may decide",
                    Truth::False => "its match does not hold",
                };
                decided |= trace.truth != Truth::False;
                writeln!(out, "\nrule {rule}: {decides}")?;
                write_indented(out, &trace.to_string())?;
            }
        }
        writeln!(out, "\nverdict: {verdict}")?;
        if let Some(violator) = self.planned(operation) {
            writeln!(out, "an enforcing sweep would: {}", would(violator))?;
            if let (Some(Withheld::Limit), Some(limit)) = (violator.withheld, &self.assessment.plan.limit) {
                writeln!(out, "limit: {limit}")?;
            }
        }
        Ok(())
    }
}

fn holds(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "holds",
        Truth::Unknown => "cannot be ruled out, so it holds",
        Truth::False => "does not hold",
    }
}

fn would(violator: &Violator) -> String {
    match violator.withheld {
        None => "cancel".to_owned(),
        Some(Withheld::ReportOnly) => "report".to_owned(),
        Some(withheld) => format!("withhold: {withheld}"),
    }
}

fn write_indented(out: &mut String, text: &str) -> std::fmt::Result {
    text.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

fn to_json(value: &impl Serialize) -> Result<String, CliFailure> {
    serde_json::to_string_pretty(value)
        .map_err(|error| CliFailure::bad_input("the result could not be written", &error))
}
