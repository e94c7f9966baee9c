//! The one place where time comes from.
//!
//! A [`Clock`] reads the wall clock once, when it is made, and moves on with tokio's monotonic timer. So a
//! wall clock that is set during a run cannot make operations younger or older, and in a test with paused time
//! hours pass at once. A Lambda function makes a new one for every invocation: nothing runs while it is frozen.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A wall clock that moves with tokio's timer.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch: DateTime<Utc>,
    started: Instant,
}

impl Clock {
    /// A clock that shows the machine's time. Must be made inside a tokio runtime.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn system() -> Self {
        Self::starting_at(Utc::now())
    }

    /// A clock that shows `now` at this moment.
    #[must_use]
    pub fn starting_at(now: DateTime<Utc>) -> Self {
        Self { epoch: now, started: Instant::now() }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.epoch + TimeDelta::from_std(self.started.elapsed()).unwrap_or(TimeDelta::MAX)
    }

    /// How long from now until `instant`: zero when it has passed.
    #[must_use]
    pub fn until(&self, instant: DateTime<Utc>) -> Duration {
        (instant - self.now()).to_std().unwrap_or(Duration::ZERO)
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn hours_pass_at_once_in_paused_time() {
        let start: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(start);
        clock.sleep(Duration::from_secs(7200)).await;
        assert_eq!(clock.now(), start + TimeDelta::hours(2));
        assert_eq!(clock.until(start), Duration::ZERO);
    }
}
