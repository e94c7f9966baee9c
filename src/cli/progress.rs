//! The progress line: on a terminal what a run is doing, in a pipe nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::sweep::{Event, Observer};

/// How often the line moves when nothing happens.
const TICK: Duration = Duration::from_millis(120);

/// A progress line on standard error. It is not drawn when that is no terminal.
#[derive(Debug)]
pub(super) struct Progress {
    line: ProgressBar,
    collections: AtomicUsize,
    read: AtomicUsize,
    operations: AtomicUsize,
    violating: AtomicUsize,
    recorded: AtomicUsize,
}

impl Progress {
    /// Starts the line.
    #[must_use]
    pub(super) fn start() -> Self {
        let line = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            line.set_style(style);
        }
        line.enable_steady_tick(TICK);
        line.set_message("asking for locations");
        Self {
            line,
            collections: AtomicUsize::default(),
            read: AtomicUsize::default(),
            operations: AtomicUsize::default(),
            violating: AtomicUsize::default(),
            recorded: AtomicUsize::default(),
        }
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        self.line.finish_and_clear();
    }

    fn show_reading(&self) {
        self.line.set_message(format!(
            "reading: {} of {} collections, {} operations",
            self.read.load(Ordering::Relaxed),
            self.collections.load(Ordering::Relaxed),
            self.operations.load(Ordering::Relaxed),
        ));
    }

    fn show_carrying_out(&self) {
        self.line.set_message(format!(
            "carrying out: {} of {} violators dealt with",
            self.recorded.load(Ordering::Relaxed),
            self.violating.load(Ordering::Relaxed),
        ));
    }
}

impl Observer for Progress {
    fn observe(&self, event: Event<'_>) {
        match event {
            Event::Reading { collections } => {
                self.collections.fetch_add(collections, Ordering::Relaxed);
                self.show_reading();
            }
            Event::PageRead { operations, .. } => {
                self.operations.fetch_add(operations, Ordering::Relaxed);
                self.show_reading();
            }
            Event::CollectionRead { .. } => {
                self.read.fetch_add(1, Ordering::Relaxed);
                self.show_reading();
            }
            Event::Gap(gap) => {
                self.line.println(format!("gap: {} {}: {}", gap.service, gap.path, gap.message));
            }
            Event::Planned(plan) => {
                self.violating.store(plan.violating.len(), Ordering::Relaxed);
                self.show_carrying_out();
            }
            Event::Cancelled(record) => {
                if let Some(answer) = record.cancel {
                    self.line.println(format!("cancel {}: {answer}", record.operation));
                }
            }
            Event::Recorded(_) => {
                self.recorded.fetch_add(1, Ordering::Relaxed);
                self.show_carrying_out();
            }
            Event::Finished(_) => self.finish(),
        }
    }
}
