//! From wall-clock times to instants.
//!
//! Where clocks are put forward, some times of the day do not exist: each of them is the first instant after. Where
//! they are put back, some exist twice. Which of the two is meant nobody can know, so a window has two readings: a
//! freeze takes all that it could mean, and what allows to act takes only what it must mean. Both err towards not
//! acting.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

use super::{Hours, Window};

/// How the times that exist twice are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// From the first time that clocks show the start to the last time that they show the end.
    Wide,
    /// From the last time that they show the start to the first time that they show the end. That may be nothing.
    Narrow,
}

/// How many days before and after an instant's own date a window may begin that holds at it: the night before, and
/// a day more for clocks that are put back over midnight.
const DAYS_AROUND: (i64, i64) = (2, 1);

/// How many days are looked at for the next start. A week has each weekday once; a start may be lost where clocks
/// change, but not every week.
const DAYS_AHEAD: usize = 30;

impl Window {
    /// The end of the interval that holds at an instant, if one does.
    pub(super) fn holds_until(&self, at: DateTime<Utc>, reading: Reading) -> Option<DateTime<Utc>> {
        let today = at.with_timezone(&self.zone).date_naive();
        let (before, after) = DAYS_AROUND;
        (-before..=after)
            .filter_map(|days| today.checked_add_signed(TimeDelta::days(days)))
            .filter_map(|day| self.interval(day, reading))
            .filter(|(start, end)| *start <= at && at < *end)
            .map(|(_, end)| end)
            .max()
    }

    /// The first start after an instant, at which the window does not hold.
    pub(super) fn next_start(&self, at: DateTime<Utc>, reading: Reading) -> Option<DateTime<Utc>> {
        let yesterday = at.with_timezone(&self.zone).date_naive().pred_opt()?;
        let from = self.dates.map_or(yesterday, |dates| dates.first.max(yesterday));
        from.iter_days()
            .take(DAYS_AHEAD)
            .filter_map(|day| self.interval(day, reading))
            .map(|(start, _)| start)
            .find(|start| *start > at)
    }

    /// From when to when the window holds that begins on a day; `None` when none does, or when it would be over
    /// before it begins.
    fn interval(&self, day: NaiveDate, reading: Reading) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if !self.covers(day) {
            return None;
        }
        let tomorrow = day.succ_opt()?;
        let (from, to) = match self.hours {
            None => (day.and_time(NaiveTime::MIN), tomorrow.and_time(NaiveTime::MIN)),
            Some(Hours { from, to }) => {
                let last_day = if to <= from { tomorrow } else { day };
                (at_minute(day, from)?, at_minute(last_day, to)?)
            }
        };
        // Days in a row are one interval: where one passes into the next nothing begins or ends.
        let whole = self.hours.is_none();
        let begins = !(whole && day.pred_opt().is_some_and(|yesterday| self.covers(yesterday)));
        let ends = !(whole && self.covers(tomorrow));
        let wide = reading == Reading::Wide;
        let start = instant(from, self.zone, if wide || !begins { Which::First } else { Which::Last });
        let end = instant(to, self.zone, if wide || !ends { Which::Last } else { Which::First });
        (start < end).then_some((start, end))
    }
}

fn at_minute(day: NaiveDate, minute: u16) -> Option<NaiveDateTime> {
    day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(i64::from(minute)))
}

/// Of the two instants at which clocks show one time.
enum Which {
    First,
    Last,
}

/// The instant at which clocks show a time; where they leap over it, the first one after.
fn instant(local: NaiveDateTime, zone: Tz, which: Which) -> DateTime<Utc> {
    let found = match (zone.from_local_datetime(&local), which) {
        (LocalResult::Single(only), _) => Some(only),
        (LocalResult::Ambiguous(first, _), Which::First) => Some(first),
        (LocalResult::Ambiguous(_, last), Which::Last) => Some(last),
        (LocalResult::None, _) => GapInfo::new(&local, &zone).and_then(|gap| gap.end),
    };
    // The table of a zone knows where each of its gaps ends.
    found.map_or(local.and_utc(), |instant| instant.with_timezone(&Utc))
}
