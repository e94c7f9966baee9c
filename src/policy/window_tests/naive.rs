//! A second opinion: what a minute is to windows, found by looking at every minute's clock.
//!
//! It asks a zone for nothing but the time that its clock shows at an instant, never for the instant of a time.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::super::{Window, Windows};

/// How many days before and after the instant are looked at.
const DAYS: i64 = 7;

/// The minutes around an instant, and what a clock shows at each.
pub(super) struct Clocks {
    start: DateTime<Utc>,
    shown: Vec<NaiveDateTime>,
}

impl Clocks {
    pub(super) fn around(middle: DateTime<Utc>, window: &Window) -> Self {
        let start = middle - TimeDelta::days(DAYS);
        let minutes = 0..2 * DAYS * 24 * 60;
        let shown =
            minutes.map(|n| (start + TimeDelta::minutes(n)).with_timezone(&window.zone).naive_local());
        Self { start, shown: shown.collect() }
    }

    /// The first minute at which the clock shows a time or a later one.
    fn first(&self, time: NaiveDateTime) -> usize {
        self.shown.iter().position(|shown| *shown >= time).unwrap_or(self.shown.len())
    }

    /// The last minute at which the clock shows a time; when it never does, the first of a later time.
    fn last(&self, time: NaiveDateTime) -> usize {
        self.shown.iter().rposition(|shown| *shown == time).unwrap_or_else(|| self.first(time))
    }

    /// For each minute whether the window holds.
    fn holds(&self, window: &Window, freezes: bool) -> Vec<bool> {
        let mut holds = vec![false; self.shown.len()];
        for (from, to) in spans(window, self.start.date_naive()) {
            let (from, to) =
                if freezes { (self.first(from), self.last(to)) } else { (self.last(from), self.first(to)) };
            (from..to).for_each(|minute| holds[minute] = true);
        }
        holds
    }
}

/// The window's spans of time as a calendar and a clock show them. Those that touch are one.
fn spans(window: &Window, start: NaiveDate) -> Vec<(NaiveDateTime, NaiveDateTime)> {
    let mut spans: Vec<(NaiveDateTime, NaiveDateTime)> = Vec::new();
    for day in start.iter_days().skip(2).take(2 * DAYS as usize - 4) {
        if !window.covers(day) {
            continue;
        }
        let midnight = day.and_time(NaiveTime::MIN);
        let (from, mut to) = window.hours.map_or((0, 24 * 60), |hours| (hours.from, hours.to));
        if to <= from {
            to += 24 * 60;
        }
        let [from, to] = [from, to].map(|minute| midnight + TimeDelta::minutes(i64::from(minute)));
        match spans.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ => spans.push((from, to)),
        }
    }
    spans
}

/// For each minute of the days around an instant whether the windows let act. The first and the last days are not
/// whole.
pub(super) fn open(windows: &Windows, middle: DateTime<Utc>) -> Vec<(DateTime<Utc>, bool)> {
    let each = |list: &[Window], freezes| -> Vec<Vec<bool>> {
        list.iter().map(|window| Clocks::around(middle, window).holds(window, freezes)).collect()
    };
    let (active, freeze) = (each(&windows.active, false), each(&windows.freeze, true));
    let start = middle - TimeDelta::days(DAYS);
    let minutes = 0..2 * DAYS as usize * 24 * 60;
    minutes
        .map(|n| {
            let active = active.is_empty() || active.iter().any(|holds| holds[n]);
            let frozen = freeze.iter().any(|holds| holds[n]);
            (start + TimeDelta::minutes(n as i64), active && !frozen)
        })
        .collect()
}
