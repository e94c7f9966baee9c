//! The log: one JSON line for each operation that broke a rule, each gap, each sweep, each failure, and each run's
//! metrics.
//!
//! Lambda passes a line that is JSON on to CloudWatch as it is, so the records' keys are the log's keys. Each line
//! is written as soon as it is known: what an environment that dies has done is in the log.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::failure::Failure;
use crate::metrics::Metrics;
use crate::sweep::{Event, Observer};

/// Writes records to a stream, a line each.
#[derive(Debug)]
pub(super) struct JsonLines<W> {
    out: Mutex<W>,
}

impl<W: Write + Send> JsonLines<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out: Mutex::new(out) }
    }

    /// Writes why an invocation could do nothing.
    pub(super) fn failure(&self, sweep_id: &str, failure: &Failure) {
        self.line(&FailureRecord {
            event: "failure",
            sweep_id,
            error_type: failure.error_type(),
            message: &failure.told(),
        });
    }

    /// Writes the metrics of a run that did something.
    pub(super) fn metrics(&self, metrics: &Metrics<'_>) {
        self.line(metrics);
    }

    fn line(&self, record: &impl Serialize) {
        // A record always serialises. A log that cannot be written to must not end the work that it tells of.
        if let Ok(mut line) = serde_json::to_vec(record) {
            line.push(b'\n');
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
    }
}

/// An invocation that could do nothing.
#[derive(Serialize)]
struct FailureRecord<'a> {
    event: &'static str,
    sweep_id: &'a str,
    error_type: &'static str,
    message: &'a str,
}

impl<W: Write + Send> Observer for JsonLines<W> {
    fn observe(&self, event: Event<'_>) {
        match event {
            Event::Gap(record) => self.line(record),
            Event::Recorded(record) => self.line(record),
            Event::Finished(report) => self.line(&report.line()),
            Event::Reading { .. }
            | Event::PageRead { .. }
            | Event::CollectionRead { .. }
            | Event::Planned(_)
            | Event::Cancelled(_) => {}
        }
    }
}
