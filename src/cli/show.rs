//! How results are shown: a report as people read it, with the table of the operations that broke a rule and the sums
//! below; and any result as JSON.

use std::collections::BTreeSet;
use std::time::Duration;

use anstream::println;
use anstyle::AnsiColor;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::failure::CliFailure;
use super::table::{Cell, NOTHING, Row, Table};
use crate::follow_up::State;
use crate::operation::{OperationName, ServiceName};
use crate::plan::Withheld;
use crate::policy::duration::format as format_duration;
use crate::report::{OperationRecord, Report};
use crate::service::CancelAnswer;

/// A result as programs read it.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, CliFailure> {
    serde_json::to_string_pretty(value)
        .map_err(|error| CliFailure::bad_input("the result could not be written", &error))
}

/// An instant as people read it, to the second.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Prints a report.
pub(super) fn print_report(report: &Report) {
    if !report.operations.is_empty() {
        println!("{}\n", table(report).for_stdout());
    }
    println!("mode {}: {report}", report.mode);
}

/// Operation, age, rule, the cancel's answer, the verified state.
fn table(report: &Report) -> Table {
    let mut table = Table::new("OPERATION", &["AGE", "RULE", "CANCEL", "STATE"], "NOTE");
    let names = Names::of(report.operations.iter().map(|record| &record.service));
    for record in &report.operations {
        table.push(Row {
            name: names.short(&record.service, &record.operation),
            cells: vec![
                Cell::plain(age(record.age_s)),
                Cell::plain(&*record.rule),
                cancel(record),
                state(record.state),
            ],
            note: note(record),
            note_below: note_below(record),
        });
    }
    table
}

/// How the operations of a table are called.
pub(super) struct Names {
    /// Whether there are several services, so that each must be said.
    with_service: bool,
}

impl Names {
    /// The names in a table of operations of these services.
    pub(super) fn of<'a>(services: impl IntoIterator<Item = &'a ServiceName>) -> Self {
        Self { with_service: services.into_iter().collect::<BTreeSet<_>>().len() > 1 }
    }

    /// An operation's name without the words for what its parts are: `project/location/id`.
    pub(super) fn short(&self, service: &ServiceName, name: &OperationName) -> String {
        let short = match name.as_str().strip_prefix("operations/") {
            Some(id) => id.to_owned(),
            None => name.as_str().split('/').skip(1).step_by(2).collect::<Vec<&str>>().join("/"),
        };
        if self.with_service { format!("{service} {short}") } else { short }
    }
}

/// An age in seconds, as people say it.
#[must_use]
pub(super) fn age(seconds: u64) -> String {
    format_duration(Duration::from_secs(seconds))
}

fn cancel(record: &OperationRecord) -> Cell {
    match (record.withheld, record.cancel) {
        (Some(withheld), _) => Cell::coloured(
            format!("withheld: {withheld}"),
            match withheld {
                Withheld::Limit | Withheld::Deadline => AnsiColor::Yellow,
                _ => AnsiColor::Cyan,
            },
        ),
        (None, Some(answer)) => {
            let text = match &record.cancel_code {
                Some(code) => format!("{answer} ({code})"),
                None => answer.to_string(),
            };
            let accepted = answer == CancelAnswer::Accepted;
            Cell::coloured(text, if accepted { AnsiColor::Green } else { AnsiColor::Red })
        }
        (None, None) => Cell::plain(NOTHING),
    }
}

fn state(state: Option<State>) -> Cell {
    let Some(state) = state else { return Cell::plain(NOTHING) };
    let colour = match state {
        State::Cancelled => AnsiColor::Green,
        State::Completed | State::Failed | State::Finished | State::Gone | State::Cancelling => {
            AnsiColor::Yellow
        }
        State::Ignored | State::Running | State::Unknown => AnsiColor::Red,
    };
    Cell::coloured(state.to_string(), colour).bold()
}

fn note(record: &OperationRecord) -> String {
    match &record.message {
        Some(message) => format!("{}; {message}", record.why),
        None => record.why.clone(),
    }
}

/// Where a note takes a line of its own, an age that is too high is not said a second time.
fn note_below(record: &OperationRecord) -> Option<String> {
    let only_the_age = record.why.starts_with(&format!("age {} ", age(record.age_s)));
    if only_the_age { record.message.clone() } else { Some(note(record)) }
}
