//! The tables that people read.
//!
//! They are always made with colour; the stream that they are printed to takes it away when nobody would see it.

use std::time::Duration;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, TableStyle};

use crate::follow_up::State;
use crate::operation::OperationName;
use crate::plan::Withheld;
use crate::policy::duration::format as format_duration;
use crate::report::{OperationRecord, Report};
use crate::service::CancelAnswer;

/// A line below the header and none elsewhere: rows stay one line each, and a diff of two runs stays readable.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

/// A table of a run's operations: operation, age, rule, the cancel's answer, the verified state.
#[must_use]
pub(super) fn of_report(report: &Report) -> Table {
    let mut table = with_header(&["OPERATION", "AGE", "RULE", "CANCEL", "STATE", "NOTE"]);
    for record in &report.operations {
        table.add_row([
            Cell::new(short(&record.operation)),
            Cell::new(age(record.age_s)),
            Cell::new(&record.rule),
            cancel(record),
            state(record.state),
            Cell::new(note(record)),
        ]);
    }
    table
}

/// A table without rows.
#[must_use]
pub(super) fn with_header(titles: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).enforce_styling();
    table.set_header(titles.iter().map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
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
        (Some(withheld), _) => Cell::new(format!("withheld: {withheld}")).fg(match withheld {
            Withheld::Limit | Withheld::Deadline => Color::Yellow,
            _ => Color::Cyan,
        }),
        (None, Some(answer)) => {
            let text = match &record.cancel_code {
                Some(code) => format!("{answer} ({code})"),
                None => answer.to_string(),
            };
            Cell::new(text).fg(if answer == CancelAnswer::Accepted { Color::Green } else { Color::Red })
        }
        (None, None) => Cell::new(NOTHING),
    }
}

fn state(state: Option<State>) -> Cell {
    let Some(state) = state else { return Cell::new(NOTHING) };
    let colour = match state {
        State::Cancelled => Color::Green,
        State::Completed | State::Failed | State::Finished | State::Gone | State::Cancelling => Color::Yellow,
        State::Ignored | State::Running | State::Unknown => Color::Red,
    };
    Cell::new(state).fg(colour).add_attribute(Attribute::Bold)
}

fn note(record: &OperationRecord) -> String {
    match &record.message {
        Some(message) => format!("{}; {message}", record.why),
        None => record.why.clone(),
    }
}
