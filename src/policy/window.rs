//! Windows: when a policy or a rule acts, and when it is frozen.
//!
//! A window is an interval of wall-clock time in a zone. `when` makes instants of it; here is what the windows of a
//! policy and of a rule say together at an instant, and in words. It is pure: the instant is a parameter, and the zones
//! are compiled in.

mod when;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use when::Reading;

/// How far ahead the next opening is looked for. Whoever freezes for longer means for good, and a date further off
/// tells a reader nothing.
const HORIZON: TimeDelta = TimeDelta::days(5 * 366);

/// How many windows of a list are named in a message: a line that nobody reads to its end says nothing.
const MAX_NAMED: usize = 3;

/// When something acts: within `active`, and not within `freeze`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Windows {
    /// It acts only within one of these; of none: always.
    pub active: Vec<Window>,
    /// It does not act within any of these.
    pub freeze: Vec<Window>,
}

/// A window: all that it has must hold, and it has `days`, `hours` or `dates` at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What messages call it.
    pub name: Option<Arc<str>>,
    /// On these days of the week; `None`: on all.
    pub days: Option<Days>,
    /// Between these times of the day; `None`: all day.
    pub hours: Option<Hours>,
    /// On these dates; `None`: on all.
    pub dates: Option<Dates>,
    /// The zone whose clocks and calendar count.
    pub zone: Tz,
}

/// Days of the week. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

/// Times of the day, in minutes from midnight: `from` is in it, `to` is not. Never equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// 0 to 1,439.
    pub from: u16,
    /// 0 to 1,440. Not after `from`: it is a time of the next day.
    pub to: u16,
}

/// Dates, both included, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// The first.
    pub first: NaiveDate,
    /// The last.
    pub last: NaiveDate,
}

/// Windows that keep something from acting at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When they let it act next; `None` when that is more than five years off, or never.
    pub opens_at: Option<DateTime<Utc>>,
    /// Which windows those are and when they open, for people.
    pub why: String,
}

impl Days {
    /// These days; `None` of none.
    #[must_use]
    pub fn of(days: &[Weekday]) -> Option<Self> {
        let bits = days.iter().fold(0, |bits, day| bits | 1 << day.num_days_from_monday());
        (bits != 0).then_some(Self(bits))
    }

    /// Whether a day is among them.
    #[must_use]
    pub fn contain(self, day: Weekday) -> bool {
        self.0 & 1 << day.num_days_from_monday() != 0
    }
}

impl Window {
    /// Whether the window covers a day of its zone's calendar. What begins on it may run on into the next one.
    #[must_use]
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.days.is_none_or(|days| days.contain(day.weekday()))
            && self.dates.is_none_or(|dates| dates.first <= day && day <= dates.last)
    }

    /// Whether it freezes at an instant.
    #[must_use]
    pub fn freezes_at(&self, at: DateTime<Utc>) -> bool {
        self.holds_until(at, Reading::Wide).is_some()
    }

    /// Whether it allows to act at an instant.
    #[must_use]
    pub fn allows_at(&self, at: DateTime<Utc>) -> bool {
        self.holds_until(at, Reading::Narrow).is_some()
    }
}

impl Windows {
    /// Whether there are none: it always acts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.active.is_empty() && self.freeze.is_empty()
    }

    /// Whether none of these keeps anything from acting at an instant.
    #[must_use]
    pub fn allow_at(&self, at: DateTime<Utc>) -> bool {
        closed(&[self], at).is_none()
    }

    /// What keeps it from acting at an instant: the freezes that hold, or all of `active` when none of it does.
    fn closing_at(&self, at: DateTime<Utc>) -> (Vec<&Window>, &[Window]) {
        let frozen = self.freeze.iter().filter(|window| window.freezes_at(at)).collect();
        let inactive = !self.active.is_empty() && !self.active.iter().any(|window| window.allows_at(at));
        (frozen, if inactive { &self.active } else { &[] })
    }

    /// Whether it acts at an instant, and if not, until when it is certain not to.
    fn standing_at(&self, at: DateTime<Utc>) -> Standing {
        if let Some(end) = self.freeze.iter().filter_map(|window| window.holds_until(at, Reading::Wide)).max()
        {
            return Standing::ClosedUntil(end);
        }
        if self.active.is_empty() || self.active.iter().any(|window| window.allows_at(at)) {
            return Standing::Open;
        }
        match self.active.iter().filter_map(|window| window.next_start(at, Reading::Narrow)).min() {
            Some(start) => Standing::ClosedUntil(start),
            None => Standing::ClosedForGood,
        }
    }
}

/// How windows stand at an instant.
enum Standing {
    Open,
    /// Closed up to here. Then it is to be asked again.
    ClosedUntil(DateTime<Utc>),
    ClosedForGood,
}

/// What keeps something from acting at an instant that is under several windows at once; `None` when nothing does.
pub(super) fn closed(all: &[&Windows], at: DateTime<Utc>) -> Option<Closed> {
    if all.iter().all(|windows| windows.is_empty()) {
        return None;
    }
    let (mut reasons, mut zone) = (Vec::new(), None);
    let closing: Vec<_> = all.iter().map(|windows| windows.closing_at(at)).collect();
    for (frozen, _) in closing.iter().filter(|(frozen, _)| !frozen.is_empty()) {
        zone = zone.or(frozen.first().map(|window| window.zone));
        let names = frozen.iter().map(|window| window.name.as_deref().map_or(window.to_string(), Into::into));
        reasons.push(format!("frozen by {}", named(names.collect(), " and ")));
    }
    for (_, active) in closing.iter().filter(|(_, active)| !active.is_empty()) {
        zone = zone.or(active.first().map(|window| window.zone));
        reasons.push(format!("active {}", named(active.iter().map(Window::to_string).collect(), " or ")));
    }
    let zone = zone?;
    let opens_at = opens_at(all, at);
    let opens = match opens_at {
        Some(instant) => format!("opens {}", local(instant, zone)),
        None => "does not open within 5 years".to_owned(),
    };
    Some(Closed { opens_at, why: format!("{}; {opens}", reasons.join(", ")) })
}

/// The first instant, from `at` on, at which all of the windows let it act. Only time in which one of them certainly
/// does not is leapt over.
fn opens_at(all: &[&Windows], at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let horizon = at.checked_add_signed(HORIZON)?;
    let mut instant = at;
    while instant <= horizon {
        let closed = all.iter().find_map(|windows| match windows.standing_at(instant) {
            Standing::Open => None,
            Standing::ClosedUntil(end) => Some(Some(end)),
            Standing::ClosedForGood => Some(None),
        });
        match closed {
            None => return Some(instant),
            Some(until) => instant = until?,
        }
    }
    None
}

/// An instant as clocks show it in a zone; with the offset too when they show that time twice.
fn local(instant: DateTime<Utc>, zone: Tz) -> String {
    let shown = instant.with_timezone(&zone);
    let twice = matches!(zone.from_local_datetime(&shown.naive_local()), LocalResult::Ambiguous(..));
    let format = if twice { "%Y-%m-%d %H:%M (%:z)" } else { "%Y-%m-%d %H:%M" };
    format!("{} {zone}", shown.format(format))
}

/// The first few of some windows.
fn named(names: Vec<String>, between: &str) -> String {
    let more = names.len().saturating_sub(MAX_NAMED);
    let shown = names.into_iter().take(MAX_NAMED).collect::<Vec<_>>().join(between);
    if more == 0 { shown } else { format!("{shown}{between}{more} more") }
}

impl fmt::Display for Window {
    /// In the words of a policy: `year-end: 2026-12-20..2027-01-06 Europe/Berlin`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}: ")?;
        }
        if let Some(days) = self.days {
            write!(f, "{days} ")?;
        }
        if let Some(hours) = self.hours {
            write!(f, "{hours} ")?;
        }
        if let Some(dates) = self.dates {
            write!(f, "{dates} ")?;
        }
        write!(f, "{}", self.zone)
    }
}

impl fmt::Display for Days {
    /// Three or more in a row as `Mon-Fri`, others one by one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut days = WEEK.into_iter().filter(|day| self.contain(*day)).peekable();
        let mut parts = Vec::new();
        while let Some(first) = days.next() {
            let (mut last, mut count) = (first, 1);
            while let Some(next) = days.next_if(|day| *day == last.succ()) {
                last = next;
                count += 1;
            }
            parts.push(match count {
                1 => first.to_string(),
                2 => format!("{first}, {last}"),
                _ => format!("{first}-{last}"),
            });
        }
        f.write_str(&parts.join(", "))
    }
}

/// A week.
const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}..{}", self.first, self.last)
        }
    }
}

#[cfg(test)]
#[path = "window_tests/mod.rs"]
mod tests;
