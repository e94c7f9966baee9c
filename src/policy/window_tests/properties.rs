//! Generated windows, around the days on which clocks change.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::{collection::vec, option};

use super::super::{Dates, Days, Hours, Standing, WEEK, Window, Windows, closed};
use super::{at, naive};

/// Each minute's clock is looked at, so a few cases take long.
const CASES: u32 = 40;

/// How far from the instant in the middle the second opinion is asked. Nearer to its ends, it does not see all that
/// began before.
const LOOKED_AT: TimeDelta = TimeDelta::days(3);

/// Zones of every kind, each with an instant near to which its clocks change, if they do.
fn zone_and_instant() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    let changes = vec![
        (Tz::Europe__Berlin, "2026-10-25T01:00:00Z"),
        (Tz::Europe__Berlin, "2027-03-28T01:00:00Z"),
        (Tz::Australia__Lord_Howe, "2026-10-03T15:30:00Z"),
        (Tz::Australia__Lord_Howe, "2027-04-03T15:00:00Z"),
        (Tz::America__Santiago, "2026-09-06T04:00:00Z"),
        (Tz::America__Santiago, "2027-04-04T03:00:00Z"),
        (Tz::America__Havana, "2026-11-01T05:00:00Z"),
        (Tz::America__Havana, "2027-03-14T05:00:00Z"),
        (Tz::America__St_Johns, "2026-11-01T04:30:00Z"),
        (Tz::Africa__Casablanca, "2027-02-07T02:00:00Z"),
        (Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
        (Tz::Asia__Kathmandu, "2026-11-24T00:00:00Z"),
        (Tz::UTC, "2026-12-31T12:00:00Z"),
    ];
    select(changes).prop_map(|(zone, instant)| (zone, at(instant)))
}

fn window(zone: Tz, middle: DateTime<Utc>) -> impl Strategy<Value = Window> {
    let days = subsequence(WEEK.to_vec(), 1..=7).prop_map(|days: Vec<Weekday>| Days::of(&days).unwrap());
    // Most begin or end in the night, where clocks change.
    let minute = || prop_oneof![3 => (0..16_u16).prop_map(|quarter| quarter * 15), 1 => 0..1440_u16];
    let hours = (minute(), minute())
        .prop_filter_map("two times", |(from, to)| (from != to).then_some(Hours { from, to }));
    let today: NaiveDate = middle.date_naive();
    let dates = (-4..4_i64, 0..6_i64).prop_map(move |(first, more)| {
        let first = today + TimeDelta::days(first);
        Dates { first, last: first + TimeDelta::days(more) }
    });
    (option::of(days), option::weighted(0.7, hours), option::weighted(0.3, dates))
        .prop_filter("a window has a limit", |(days, hours, dates)| {
            days.is_some() || hours.is_some() || dates.is_some()
        })
        .prop_map(move |(days, hours, dates)| Window { name: None, days, hours, dates, zone })
}

fn windows() -> impl Strategy<Value = (Windows, DateTime<Utc>)> {
    zone_and_instant().prop_flat_map(|(zone, middle)| {
        let lists = (vec(window(zone, middle), 0..=2), vec(window(zone, middle), 0..=2));
        lists.prop_map(move |(active, freeze)| (Windows { active, freeze }, middle))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })]

    #[test]
    fn every_minute_is_what_the_second_opinion_says((windows, middle) in windows()) {
        for (instant, want) in naive::open(&windows, middle) {
            if (instant - middle).abs() <= LOOKED_AT {
                // `closed` would look for the next opening each time.
                let got = matches!(windows.standing_at(instant), Standing::Open);
                prop_assert_eq!(got, want, "at {}", instant);
            }
        }
    }

    #[test]
    fn it_opens_at_the_first_minute_that_is_open(
        (windows, middle) in windows(),
        minutes in -3 * 1440..2 * 1440_i64,
    ) {
        let instant = middle + TimeDelta::minutes(minutes);
        let Some(closed) = closed(&[&windows], instant) else { return Ok(()) };
        let seen = naive::open(&windows, middle);
        let seen = seen.iter().filter(|(at, _)| *at >= instant && *at - middle <= LOOKED_AT);
        let want = seen.clone().find(|(_, open)| *open).map(|(at, _)| *at);
        let got = closed.opens_at.filter(|at| *at - middle <= LOOKED_AT);
        prop_assert_eq!(got, want, "from {}", instant);
    }

    /// To an opening beyond what the second opinion sees: it is one, and a minute before it is none.
    #[test]
    fn a_minute_before_it_opens_it_is_closed((windows, middle) in windows()) {
        let Some(opens_at) = closed(&[&windows], middle).and_then(|closed| closed.opens_at) else {
            return Ok(());
        };
        prop_assert_eq!(closed(&[&windows], opens_at), None);
        let before = closed(&[&windows], opens_at - TimeDelta::minutes(1));
        prop_assert_eq!(before.and_then(|closed| closed.opens_at), Some(opens_at));
    }
}
