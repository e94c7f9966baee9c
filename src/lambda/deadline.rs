//! How long an invocation may work: from Lambda's deadline to the three moments that a sweep keeps to.
//!
//! When Lambda's deadline passes, the process is stopped where it stands and nothing more is written. So a sweep
//! stops reading early enough to act on what it has read, stops starting cancels early enough to see what became of
//! the last one, and stops waiting early enough to record what it has. Pure: `now` is a parameter, and nothing is
//! timed here.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// 2000-01-01T00:00:00Z in milliseconds. A deadline before it was not meant: some local runners send a duration
/// (600,000 ms, ten minutes into 1970), others send zero. Taken at its word it would leave no time at all.
const FIRST_SANE_DEADLINE_MS: u64 = 946_684_800_000;

/// How long a run may take when its deadline is unknown, which happens on local runners only: twice a policy's
/// default follow-up, so that a usual sweep is whole.
const DEFAULT_TOTAL: Duration = Duration::from_secs(120);

/// Lambda's longest run. A deadline further away is the clock's error or the sender's, and is not relied upon.
const LONGEST_TOTAL: Duration = Duration::from_secs(900);

/// Kept for the record: up to 1,000 lines of it, the sums, and the answer to Lambda, on the seventh of a core that
/// a 256 MB function has.
const RECORD_RESERVE: Duration = Duration::from_secs(1);

/// Kept for the last cancel: so that its answer arrives, with one retry, and the operation can be read once more.
const CANCEL_RESERVE: Duration = Duration::from_secs(5);

/// A short function keeps at most a tenth of its time for the record and three tenths for the last cancel: with
/// Lambda's default timeout of 3 s the fixed reserves would leave nothing to work in.
const RECORD_TENTHS: u32 = 1;
const CANCEL_TENTHS: u32 = 3;

/// Of the time in which cancels may be started, reading may take so many tenths when there is something to act on: one
/// collection that hangs must not use up the time of all the others' violators.
const READ_TENTHS: u32 = 6;

/// How long a run may work, counted from the `now` it was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBudget {
    /// For so long, collections that have not been read are waited for when others have. Never longer than `starts`.
    pub reads: Duration,
    /// For so long, cancels may be started. Never longer than `answers`.
    pub starts: Duration,
    /// For so long, answers may be waited for: then what is known is recorded.
    pub answers: Duration,
}

impl TimeBudget {
    /// The budget of an invocation whose deadline is `deadline_ms`, in milliseconds since 1970. Zero when the
    /// deadline has passed; a default when it is unknown, which is any before the year 2000.
    #[must_use]
    pub fn until(deadline_ms: u64, now: DateTime<Utc>) -> Self {
        Self::of(time_left(deadline_ms, now).unwrap_or(DEFAULT_TOTAL))
    }

    fn of(total: Duration) -> Self {
        let answers = total.saturating_sub(RECORD_RESERVE.min(total * RECORD_TENTHS / 10));
        let starts = answers.saturating_sub(CANCEL_RESERVE.min(total * CANCEL_TENTHS / 10));
        Self { reads: starts * READ_TENTHS / 10, starts, answers }
    }
}

/// What is left until a deadline in milliseconds since 1970: at most Lambda's longest run, `None` when the deadline is
/// unknown.
pub(super) fn time_left(deadline_ms: u64, now: DateTime<Utc>) -> Option<Duration> {
    // A clock before 1970 is as good as one at 1970: the deadline is then too far away, and cut.
    let now_ms = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    let left = Duration::from_millis(deadline_ms.saturating_sub(now_ms)).min(LONGEST_TOTAL);
    (deadline_ms >= FIRST_SANE_DEADLINE_MS).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T06:00:00Z".parse().unwrap()
    }

    fn budget_of(total: Duration) -> TimeBudget {
        let deadline = now() + total;
        TimeBudget::until(deadline.timestamp_millis().unsigned_abs(), now())
    }

    #[test]
    fn a_long_run_keeps_one_second_for_the_record_and_five_for_the_last_cancel() {
        let want = TimeBudget {
            reads: Duration::from_millis(176_400),
            starts: Duration::from_secs(294),
            answers: Duration::from_secs(299),
        };
        assert_eq!(budget_of(Duration::from_secs(300)), want);
    }

    #[test]
    fn a_run_of_three_seconds_still_has_time_to_work() {
        let want = TimeBudget {
            reads: Duration::from_millis(1080),
            starts: Duration::from_millis(1800),
            answers: Duration::from_millis(2700),
        };
        assert_eq!(budget_of(Duration::from_secs(3)), want);
    }

    #[test]
    fn a_deadline_before_the_year_2000_is_unknown_and_leaves_the_default() {
        let want = TimeBudget {
            reads: Duration::from_millis(68_400),
            starts: Duration::from_secs(114),
            answers: Duration::from_secs(119),
        };
        for unknown in [0, 600_000, FIRST_SANE_DEADLINE_MS - 1] {
            assert_eq!(TimeBudget::until(unknown, now()), want, "{unknown}");
        }
    }

    #[test]
    fn a_deadline_that_has_passed_leaves_no_time() {
        let none = TimeBudget { reads: Duration::ZERO, starts: Duration::ZERO, answers: Duration::ZERO };
        let now_ms = now().timestamp_millis().unsigned_abs();
        for past in [FIRST_SANE_DEADLINE_MS, now_ms - 1, now_ms] {
            assert_eq!(TimeBudget::until(past, now()), none, "{past}");
        }
    }

    #[test]
    fn a_deadline_beyond_lambdas_longest_run_is_cut_to_it() {
        let longest = budget_of(Duration::from_secs(900));
        assert_eq!(TimeBudget::until(u64::MAX, now()), longest);
        assert_eq!(TimeBudget::until(u64::MAX, DateTime::<Utc>::MIN_UTC), longest);
    }

    #[test]
    fn reading_ends_before_starting_and_starting_before_answering_and_all_before_the_deadline() {
        for ms in [1, 10, 999, 1_000, 9_999, 10_000, 16_667, 60_000, 900_000] {
            let total = Duration::from_millis(ms);
            let got = budget_of(total);
            assert!(
                got.reads < got.starts && got.starts < got.answers && got.answers < total,
                "{ms} ms: {got:?}"
            );
            assert!(got.starts >= total * 6 / 10, "{ms} ms: {got:?} leaves too little to work in");
        }
    }
}
