//! `curfew explain`: why each operation would be cancelled or spared.
//!
//! It reads and judges exactly as a sweep does, and stops there: nothing is cancelled, nothing is followed up.

mod in_full;

use std::collections::HashMap;
use std::process::ExitCode;

use anstream::println;
use anstyle::AnsiColor;
use chrono::SecondsFormat;
use serde::Serialize;

use super::failure::{CliFailure, NEEDS_ATTENTION};
use super::look::{Looked, look, tell_gaps};
use super::options::{ExplainArgs, Format};
use super::run::in_policy;
use super::show::{Names, to_json};
use super::table::{Cell, Row, Table};
use crate::judge::Verdict;
use crate::operation::{Operation, OperationName, ServiceName};
use crate::plan::{Assessment, OperationKey, Violator, Withheld};
use crate::setup::PolicyRead;
use crate::snapshot::Snapshot;
use in_full::InFull;

/// Runs the command.
pub(super) async fn run(args: ExplainArgs) -> Result<ExitCode, CliFailure> {
    // Everything is read, for one operation too: how many others run may be what decides about it.
    let Looked { policy: PolicyRead { policy, .. }, snapshot, assessment } =
        look(&args.connection, &args.saved, |policy| match &args.operation {
            Some(name) => in_policy(policy, name.clone()).map(drop),
            None => Ok(()),
        })
        .await?;
    let explained = Explained::new(&snapshot, &assessment);
    match (&args.operation, args.format) {
        (None, Format::Table) => println!("{}", explained.table().for_stdout()),
        (None, Format::Json) => println!("{}", to_json(&explained.entries())?),
        (Some(name), format) => {
            let found = explained.pairs().find(|(operation, _)| operation.name == *name);
            let (operation, verdict) = found.ok_or_else(|| explained.not_found(name))?;
            let entry = explained.describe(operation, verdict);
            let in_full = InFull::new(&policy, &snapshot, operation, entry, assessment.plan.limit.as_deref());
            match format {
                Format::Table => println!("{in_full}"),
                Format::Json => println!("{}", to_json(&in_full)?),
            }
        }
    }
    Ok(tell_gaps(&snapshot))
}

/// A judged snapshot, ready to be asked.
struct Explained<'a> {
    snapshot: &'a Snapshot,
    assessment: &'a Assessment,
    violators: HashMap<OperationKey<'a>, &'a Violator>,
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
    /// Where a window withholds the cancel: when it opens, RFC 3339.
    opens_at: Option<String>,
    /// Which windows withhold the cancel, in words.
    window: Option<&'a str>,
    /// Whether that is to withhold the cancel because of the limits of one sweep.
    #[serde(skip)]
    withheld_by_limit: bool,
}

impl<'a> Explained<'a> {
    fn new(snapshot: &'a Snapshot, assessment: &'a Assessment) -> Self {
        Self { snapshot, assessment, violators: assessment.plan.violators() }
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a Operation, &'a Verdict)> {
        self.snapshot.operations.iter().zip(&self.assessment.verdicts)
    }

    fn not_found(&self, name: &OperationName) -> CliFailure {
        CliFailure::new(
            NEEDS_ATTENTION,
            &format!(
                "{name} is not among the {} operations that were read in {} collections: it does not exist, or not \
                 any more{}",
                self.snapshot.operations.len(),
                self.snapshot.collections.len(),
                if self.snapshot.gaps.is_empty() { "" } else { ", or it lies where nothing could be read" },
            ),
        )
    }

    fn entries(&self) -> Vec<Entry<'a>> {
        self.pairs().map(|(operation, verdict)| self.describe(operation, verdict)).collect()
    }

    fn describe(&self, operation: &'a Operation, verdict: &'a Verdict) -> Entry<'a> {
        let violator = self.violators.get(&(&operation.service, &operation.name)).copied();
        Entry {
            service: &operation.service,
            operation: &operation.name,
            verdict: match verdict {
                Verdict::Ended => "ended",
                Verdict::Spared(_) => "spared",
                Verdict::Violates(_) => "violates",
            },
            reason: verdict.to_string(),
            would: violator.map(would),
            opens_at: violator
                .and_then(|violator| violator.opens_at)
                .map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            window: violator.and_then(|violator| violator.window.as_deref()),
            withheld_by_limit: violator.and_then(|violator| violator.withheld) == Some(Withheld::Limit),
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new("OPERATION", &["AGE", "VERDICT"], "REASON");
        let names = Names::of(self.pairs().map(|(operation, _)| &operation.service));
        for (operation, verdict) in self.pairs() {
            let entry = self.describe(operation, verdict);
            let note = match entry.window {
                Some(window) => format!("{}; {window}", entry.reason),
                None => entry.reason,
            };
            let said = match verdict {
                Verdict::Ended => Cell::coloured("ended", AnsiColor::BrightBlack),
                Verdict::Spared(_) => Cell::coloured("spared", AnsiColor::Green),
                Verdict::Violates(_) => Cell::coloured(entry.would.unwrap_or_default(), AnsiColor::Red),
            };
            table.push(Row {
                name: names.short(&operation.service, &operation.name),
                cells: vec![Cell::plain(in_full::age_of(operation, self.snapshot)), said],
                note_below: Some(note.clone()),
                note,
            });
        }
        table
    }
}

fn would(violator: &Violator) -> String {
    match violator.withheld {
        None => "cancel".to_owned(),
        Some(Withheld::ReportOnly) => "report".to_owned(),
        Some(withheld) => format!("withhold: {withheld}"),
    }
}
