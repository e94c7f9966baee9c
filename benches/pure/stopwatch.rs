//! Time that this thread has spent on a core, so that what else the machine does counts for little.
//!
//! The kernel brings the count up to date at its ticks, some milliseconds apart: measure what takes many of them.

use std::fs;
use std::time::{Duration, Instant};

/// Runs from when it is made.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    cpu: Option<Duration>,
    wall: Instant,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { cpu: cpu(), wall: Instant::now() }
    }

    /// The time on a core since then; the time on the wall where the kernel does not count the other.
    pub(crate) fn elapsed(&self) -> Duration {
        match (self.cpu, cpu()) {
            (Some(then), Some(now)) => now.saturating_sub(then),
            _ => self.wall.elapsed(),
        }
    }
}

/// The first field of Linux's schedstat: nanoseconds on a core.
fn cpu() -> Option<Duration> {
    let line = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(line.split(' ').next()?.parse().ok()?))
}
