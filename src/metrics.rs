//! The metrics of a run: one line in CloudWatch's embedded metric format, made of its report.
//!
//! CloudWatch makes metrics of such a line when it stands in the function's log; nothing is sent, and no permission is
//! needed. Pure: nothing is measured, timed or written here.
//!
//! Every metric is in every line, zeroes included: an alarm then knows a zero from silence. A run that is switched off
//! has its line too, with `Sweeps` 1 and the mode `off`: the alarm for silence tells of a schedule or a function that
//! is broken, and whoever holds the kill switch knows of it. That it is held shows in the dimension `Mode`. A run that
//! could do nothing (no policy, no credential) has none: it is Lambda's own metric `Errors`, and silence as well.

use std::time::Duration;

use chrono::TimeDelta;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use crate::follow_up::State;
use crate::report::{Report, Sums};
use crate::service::CancelAnswer;

/// Where CloudWatch keeps the metrics. A contract: alarms are built on it.
pub const NAMESPACE: &str = "Curfew";

/// The function, and the function in one mode. Each set is a metric of its own to CloudWatch, and to its bill: ids are
/// properties of the line, never dimensions.
const DIMENSIONS: [&[&str]; 2] = [&["FunctionName"], &["FunctionName", "Mode"]];

/// What a number counts, in CloudWatch's words.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Count,
    Milliseconds,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Metric {
    name: &'static str,
    unit: Unit,
    value: u64,
}

/// The metrics of one run. Serialised, they are the line.
#[derive(Debug)]
pub struct Metrics<'a> {
    report: &'a Report,
    function: &'a str,
    values: Vec<Metric>,
}

impl<'a> Metrics<'a> {
    /// The metrics of a run of the function of this name. `time_left` is what was left until Lambda's deadline when the
    /// run was over; where there is no deadline, there is no such metric.
    #[must_use]
    pub fn new(report: &'a Report, function: &'a str, time_left: Option<Duration>) -> Self {
        let Sums { violating, withheld, attempted, answers, states, .. } = report.sums();
        let answered = |answer| answers.get(&answer).copied().unwrap_or_default();
        // One number for whatever somebody has to look at; that an operation is gone is not.
        let refused = [CancelAnswer::Denied, CancelAnswer::Unsupported, CancelAnswer::Refused].map(answered);
        let mut values = vec![
            count("Sweeps", 1),
            count("Seen", report.seen),
            count("Done", report.done),
            count("Spared", report.spared),
            count("Violating", violating),
            count("Withheld", withheld.values().sum()),
            count("Attempted", attempted),
        ];
        values.extend(State::ALL.into_iter().map(|state| {
            let operations = states.get(&state).copied().unwrap_or_default();
            count(name(state), operations)
        }));
        values.extend([
            count("Refused", refused.into_iter().sum()),
            count("Unreachable", answered(CancelAnswer::Unreachable)),
            count("Gaps", report.gaps.len()),
            count("AccountingMismatches", report.mismatches().len()),
            milliseconds("DurationMs", report.duration_ms),
            milliseconds("ListingMs", report.listing_ms),
        ]);
        values.extend(time_left.map(|left| {
            let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
            milliseconds("TimeLeftMs", left)
        }));
        Self { report, function, values }
    }

    /// When the run was over, in milliseconds since 1970.
    fn ended_ms(&self) -> i64 {
        let took = i64::try_from(self.report.duration_ms).ok().and_then(TimeDelta::try_milliseconds);
        let ended = took.and_then(|took| self.report.started_at.checked_add_signed(took));
        ended.unwrap_or(self.report.started_at).timestamp_millis()
    }
}

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let definitions: Vec<_> = self
            .values
            .iter()
            .map(|metric| json!({"Name": metric.name, "Unit": metric.unit.name()}))
            .collect();
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry(
            "_aws",
            &json!({
                "Timestamp": self.ended_ms(),
                "CloudWatchMetrics": [
                    {"Namespace": NAMESPACE, "Dimensions": DIMENSIONS, "Metrics": definitions}
                ],
            }),
        )?;
        line.serialize_entry("event", "metrics")?;
        line.serialize_entry("sweep_id", &self.report.sweep_id)?;
        line.serialize_entry("policy_digest", &self.report.policy_digest)?;
        line.serialize_entry("FunctionName", self.function)?;
        line.serialize_entry("Mode", &self.report.mode)?;
        for metric in &self.values {
            line.serialize_entry(metric.name, &metric.value)?;
        }
        line.end()
    }
}

fn count(name: &'static str, value: usize) -> Metric {
    Metric { name, unit: Unit::Count, value: u64::try_from(value).unwrap_or(u64::MAX) }
}

fn milliseconds(name: &'static str, value: u64) -> Metric {
    Metric { name, unit: Unit::Milliseconds, value }
}

/// The metric that counts the operations whose cancel was tried and that came to this state.
fn name(state: State) -> &'static str {
    match state {
        State::Cancelled => "Cancelled",
        State::Completed => "Completed",
        State::Failed => "Failed",
        State::Finished => "Finished",
        State::Cancelling => "Cancelling",
        State::Ignored => "Ignored",
        State::Running => "Running",
        State::Gone => "Gone",
        State::Unknown => "Unknown",
    }
}

#[cfg(test)]
mod tests;
