//! A report as people read it: the table of the operations that broke a rule, and the sums below.

use std::time::Duration;

use anstream::println;
use anstyle::AnsiColor;

use super::table::{Cell, NOTHING, Row, Table};
use crate::follow_up::State;
use crate::operation::OperationName;
use crate::plan::Withheld;
use crate::policy::duration::format as format_duration;
use crate::report::{OperationRecord, Report};
use crate::service::CancelAnswer;

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
    for record in &report.operations {
        table.push(Row {
            name: short(&record.operation),
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

/// An operation's name without the words that are the same in all: `project/location/id`.
#[must_use]
pub(super) fn short(name: &OperationName) -> String {
    format!("{}/{}/{}", name.project(), name.location(), name.id())
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
