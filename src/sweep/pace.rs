//! One host's pace: so many requests in a minute, in the order in which they are asked for.
//!
//! Google counts by the minute, so a minute's worth may be sent at one go, and after that as much as comes to it.
//!
//! The sum is governor's; the waiting is done on tokio's timer, so that in virtual time it takes no time.

use std::num::NonZeroU32;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// See the module.
pub(super) struct Pace {
    limiter: RateLimiter<NotKeyed, InMemoryState, TimerClock, NoOpMiddleware<Nanos>>,
    clock: TimerClock,
    /// Whoever holds it is the next. Without it, those who wait would overtake each other.
    next: Mutex<()>,
}

impl Pace {
    /// So many requests in each minute, and at first as many at once.
    pub(super) fn new(per_minute: u32) -> Self {
        let clock = TimerClock(Instant::now());
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::direct_with_clock(quota, clock.clone()), clock, next: Mutex::new(()) }
    }

    /// Comes when the next request may be sent.
    pub(super) async fn turn(&self) {
        let _next = self.next.lock().await;
        while let Err(not_until) = self.limiter.check() {
            sleep(not_until.wait_time_from(self.clock.now())).await;
        }
    }
}

/// The time since a beginning, by tokio's timer.
#[derive(Debug, Clone)]
struct TimerClock(Instant);

impl Clock for TimerClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minutes_worth_is_sent_at_one_go_and_the_rest_at_the_rate() {
        let pace = Pace::new(10);
        let began = Instant::now();
        for _ in 0..10 {
            pace.turn().await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        for _ in 0..20 {
            pace.turn().await;
        }
        let got = began.elapsed();
        assert!(got >= Duration::from_secs(119) && got <= Duration::from_secs(121), "{got:?}");
    }
}
