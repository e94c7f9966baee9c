//! Tests of windows: by example where clocks change, and against a naive second opinion everywhere.

mod naive;
mod properties;

use chrono::{DateTime, Utc};

use super::{Closed, Window, Windows, closed};
use crate::testing::policy;

/// A window as a policy writes it.
fn window(text: &str) -> Window {
    let policy = policy(&format!("freeze: [{{ {text} }}]\nrules: [{{ name: r, max_age: 1h }}]"));
    policy.windows.freeze.first().unwrap().clone()
}

fn freeze(texts: &[&str]) -> Windows {
    Windows { active: Vec::new(), freeze: texts.iter().map(|text| window(text)).collect() }
}

fn active(texts: &[&str]) -> Windows {
    Windows { active: texts.iter().map(|text| window(text)).collect(), freeze: Vec::new() }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn closed_at(windows: &Windows, text: &str) -> Option<Closed> {
    closed(&[windows], at(text))
}

/// The window lets act from `from` on, and no more from `to` on; when it is a freeze, the other way round.
#[track_caller]
fn check_edges(windows: &Windows, from: &str, to: &str) {
    let opens = !windows.active.is_empty();
    let second = chrono::TimeDelta::seconds(1);
    for (edge, want) in [(at(from), opens), (at(to), !opens)] {
        let is_open = |instant| closed(&[windows], instant).is_none();
        assert_eq!(is_open(edge), want, "at {edge}");
        assert_eq!(is_open(edge - second), !want, "a second before {edge}");
    }
}

/// Both readings, where they do not differ.
#[track_caller]
fn check_both(text: &str, from: &str, to: &str) {
    check_edges(&active(&[text]), from, to);
    check_edges(&freeze(&[text]), from, to);
}

#[test]
fn a_window_is_in_the_time_of_its_zone() {
    let hours = "days: [tue], hours: '08:00-18:00'";
    check_both(hours, "2026-11-24T08:00:00Z", "2026-11-24T18:00:00Z");
    let berlin = format!("{hours}, time_zone: Europe/Berlin");
    check_both(&berlin, "2026-11-24T07:00:00Z", "2026-11-24T17:00:00Z");
    check_both(&berlin, "2026-07-07T06:00:00Z", "2026-07-07T16:00:00Z");
    let kolkata = format!("{hours}, time_zone: Asia/Kolkata");
    check_both(&kolkata, "2026-11-24T02:30:00Z", "2026-11-24T12:30:00Z");
}

#[test]
fn both_dates_are_included_and_one_day_is_enough() {
    let berlin = "dates: 2026-12-20..2027-01-06, time_zone: Europe/Berlin";
    check_both(berlin, "2026-12-19T23:00:00Z", "2027-01-06T23:00:00Z");
    check_both("dates: 2026-12-24", "2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z");
}

#[test]
fn hours_past_midnight_belong_to_the_day_on_which_they_begin() {
    check_both("days: [fri], hours: '22:00-06:00'", "2026-11-27T22:00:00Z", "2026-11-28T06:00:00Z");
    check_both("dates: 2026-12-31, hours: '22:00-06:00'", "2026-12-31T22:00:00Z", "2027-01-01T06:00:00Z");
    check_both("days: [fri], hours: '22:00-00:00'", "2026-11-27T22:00:00Z", "2026-11-28T00:00:00Z");
    check_both("days: [fri], hours: '22:00-24:00'", "2026-11-27T22:00:00Z", "2026-11-28T00:00:00Z");
    check_both("days: [fri], hours: '00:00-24:00'", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z");
}

#[test]
fn where_clocks_are_put_forward_a_missing_time_is_the_first_instant_after() {
    // In Berlin, 02:00 to 03:00 of 2027-03-28 does not exist.
    let berlin = |hours: &str| format!("dates: 2027-03-28, hours: '{hours}', time_zone: Europe/Berlin");
    check_both(&berlin("01:30-02:30"), "2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z");
    check_both(&berlin("02:30-03:30"), "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z");
    check_both(&berlin("01:00-04:00"), "2027-03-28T00:00:00Z", "2027-03-28T02:00:00Z");
    for windows in [active(&[&berlin("02:15-02:45")]), freeze(&[&berlin("02:15-02:45")])] {
        let is_open = closed_at(&windows, "2027-03-28T01:00:00Z").is_none();
        assert_eq!(is_open, windows.active.is_empty(), "it never is 02:15 to 02:45");
    }
}

#[test]
fn where_clocks_are_put_back_a_freeze_is_the_longest_and_active_the_shortest_that_it_could_be() {
    // In Berlin, 02:00 to 03:00 of 2026-10-25 is twice: from 00:00 and from 01:00 UTC on.
    let berlin = |hours: &str| format!("dates: 2026-10-25, hours: '{hours}', time_zone: Europe/Berlin");
    check_edges(&freeze(&[&berlin("02:30-04:00")]), "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z");
    check_edges(&active(&[&berlin("02:30-04:00")]), "2026-10-25T01:30:00Z", "2026-10-25T03:00:00Z");
    check_edges(&freeze(&[&berlin("01:00-02:30")]), "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z");
    check_edges(&active(&[&berlin("01:00-02:30")]), "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z");
    check_edges(&freeze(&[&berlin("02:15-02:45")]), "2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z");
    // 03:00 is shown once: after the hour that is twice.
    check_both(&berlin("01:00-03:00"), "2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z");
    let nothing = active(&[&berlin("02:15-02:45")]);
    for instant in ["2026-10-25T00:20:00Z", "2026-10-25T01:20:00Z", "2026-10-25T01:45:00Z"] {
        assert!(closed_at(&nothing, instant).is_some(), "{instant}");
    }
}

#[test]
fn a_shift_of_half_an_hour_is_taken_as_it_is() {
    // On Lord Howe Island, 01:30 to 02:00 of 2027-04-04 is twice, and 02:00 to 02:30 of 2026-10-04 does not exist.
    let twice = |hours: &str| format!("dates: 2027-04-04, hours: '{hours}', time_zone: Australia/Lord_Howe");
    check_edges(&freeze(&[&twice("01:45-04:00")]), "2027-04-03T14:45:00Z", "2027-04-03T17:30:00Z");
    check_edges(&active(&[&twice("01:45-04:00")]), "2027-04-03T15:15:00Z", "2027-04-03T17:30:00Z");
    let gap = |hours: &str| format!("dates: 2026-10-04, hours: '{hours}', time_zone: Australia/Lord_Howe");
    check_both(&gap("01:00-02:15"), "2026-10-03T14:30:00Z", "2026-10-03T15:30:00Z");
    check_both(&gap("02:15-03:00"), "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z");
}

#[test]
fn clocks_that_change_at_midnight_leave_no_hole_between_days() {
    // In Santiago, 2026-09-06 begins at 01:00, and the last hour of 2027-04-03 is twice. In Havana it is the first
    // hour of 2026-11-01.
    let santiago = "days: [sat, sun], time_zone: America/Santiago";
    check_both(santiago, "2026-09-05T04:00:00Z", "2026-09-07T03:00:00Z");
    check_both(santiago, "2027-04-03T03:00:00Z", "2027-04-05T04:00:00Z");
    check_both("days: [sun], time_zone: America/Santiago", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z");
    let havana = "days: [sat, sun], time_zone: America/Havana";
    check_both(havana, "2026-10-31T04:00:00Z", "2026-11-02T05:00:00Z");
    let sunday = "days: [sun], time_zone: America/Havana";
    check_edges(&freeze(&[sunday]), "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
    check_edges(&active(&[sunday]), "2026-11-01T05:00:00Z", "2026-11-02T05:00:00Z");
}

#[test]
fn a_day_that_a_zone_has_left_out_is_no_time_at_all() {
    // Samoa went from 2011-12-29 to 2011-12-31.
    let day = "dates: 2011-12-30, time_zone: Pacific/Apia";
    assert_eq!(closed_at(&freeze(&[day]), "2011-12-30T10:00:00Z"), None);
    check_both("dates: 2011-12-29, time_zone: Pacific/Apia", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
}

#[test]
fn a_message_names_the_windows_and_the_local_time_of_the_opening() {
    let year_end = "name: year-end, dates: 2026-12-20..2027-01-06, time_zone: Europe/Berlin";
    let office = "days: [mon, tue, wed, thu, fri], hours: '08:00-18:00', time_zone: Europe/Berlin";
    let why = |windows: &Windows, instant: &str| closed_at(windows, instant).unwrap().why;
    assert_eq!(
        why(&freeze(&[year_end]), "2026-12-24T12:00:00Z"),
        "frozen by year-end; opens 2027-01-07 00:00 Europe/Berlin"
    );
    assert_eq!(
        why(&freeze(&["days: [sat, sun]"]), "2026-11-28T12:00:00Z"),
        "frozen by Sat, Sun UTC; opens 2026-11-30 00:00 UTC"
    );
    assert_eq!(
        why(&active(&[office]), "2026-11-27T18:00:00Z"),
        "active Mon-Fri 08:00-18:00 Europe/Berlin; opens 2026-11-30 08:00 Europe/Berlin"
    );
    let both = Windows { freeze: freeze(&[year_end]).freeze, ..active(&[office]) };
    assert_eq!(
        why(&both, "2026-12-26T12:00:00Z"),
        "frozen by year-end, active Mon-Fri 08:00-18:00 Europe/Berlin; opens 2027-01-07 08:00 Europe/Berlin"
    );
    let night = "dates: 2026-10-25, hours: '01:00-02:30', time_zone: Europe/Berlin";
    assert_eq!(
        why(&freeze(&[night]), "2026-10-25T00:00:00Z"),
        "frozen by 01:00-02:30 2026-10-25 Europe/Berlin; opens 2026-10-25 02:30 (+01:00) Europe/Berlin"
    );
}

#[test]
fn what_never_opens_again_says_so() {
    let past = active(&["dates: 2026-01-01..2026-06-30"]);
    let far = freeze(&["dates: 2020-01-01..2099-12-31"]);
    let always = Windows {
        freeze: freeze(&["days: [mon, tue]"]).freeze,
        ..active(&["days: [tue], hours: '08:00-09:00'"])
    };
    for windows in [past, far, always] {
        let got = closed_at(&windows, "2026-11-24T12:00:00Z").unwrap();
        assert_eq!(got.opens_at, None);
        assert!(got.why.ends_with("; does not open within 5 years"), "{}", got.why);
    }
    let within = closed_at(&freeze(&["dates: 2026-01-01..2030-12-31"]), "2026-11-24T12:00:00Z").unwrap();
    assert_eq!(within.opens_at, Some(at("2031-01-01T00:00:00Z")));
}

#[test]
fn windows_that_pass_into_each_other_open_only_after_the_last() {
    let windows =
        freeze(&["days: [sat, sun]", "days: [mon], hours: '00:00-09:00'", "dates: 2026-11-29..2026-11-30"]);
    let got = closed_at(&windows, "2026-11-28T12:00:00Z").unwrap();
    assert_eq!(got.opens_at, Some(at("2026-12-01T00:00:00Z")));
}

#[test]
fn a_window_is_shown_in_the_words_of_a_policy() {
    for (text, want) in [
        ("days: [sun, mon, sat]", "Mon, Sat, Sun UTC"),
        ("days: [mon, tue, wed, fri, sat, sun]", "Mon-Wed, Fri-Sun UTC"),
        ("name: a b, dates: 2026-12-24, hours: '22:00-06:00'", "a b: 22:00-06:00 2026-12-24 UTC"),
    ] {
        assert_eq!(window(text).to_string(), want);
    }
}
