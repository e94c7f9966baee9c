//! `active` and `freeze` as they are written: right ones, and each mistake with its place.

use super::{BASE, error, policy, problems};

/// What is wrong with a freeze of this one window. The window begins in column 10.
fn wrong(window: &str) -> Vec<String> {
    problems(&format!("{BASE}freeze: [{window}]\n"))
}

#[track_caller]
fn check(got: &[String], want: &str) {
    assert!(got.len() == 1 && got[0].starts_with(want), "\n got {got:#?}\nwant {want:?}");
}

#[test]
fn a_policy_and_a_rule_have_windows_each() {
    let source = format!(
        "{BASE}    freeze: [{{ days: [sat, sun] }}]
active:
  - days: [mon, tue, wed, thu, fri]
    hours: \"08:00-18:00\"
    time_zone: Europe/Berlin
freeze:
  - name: year-end
    dates: 2026-12-20..2027-01-06
    time_zone: Europe/Berlin
  - dates: 2026-12-24
"
    );
    let got = policy(&source);
    let shown =
        |windows: &[crate::policy::Window]| windows.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown(&got.windows.active), ["Mon-Fri 08:00-18:00 Europe/Berlin"]);
    let want = ["year-end: 2026-12-20..2027-01-06 Europe/Berlin", "2026-12-24 UTC"];
    assert_eq!(shown(&got.windows.freeze), want);
    assert_eq!(got.rules[0].to_string(), "r: max_age 1h, frozen by Sat, Sun UTC, for everything");
    assert!(policy(BASE).windows.is_empty() && policy(BASE).rules[0].windows.is_empty());
}

#[test]
fn a_mistake_in_a_window_is_shown_with_a_caret() {
    let want = "\
error: unknown time zone `Europe/Berlim`
 --> policy.yaml:8:42
  |
8 | freeze: [{ dates: 2026-12-24, time_zone: Europe/Berlim }]
  |                                          ^^^^^^^^^^^^^
  |
  = help: did you mean `Europe/Berlin`? take a name of";
    let got =
        error(&format!("{BASE}freeze: [{{ dates: 2026-12-24, time_zone: Europe/Berlim }}]\n")).to_string();
    assert!(got.starts_with(want), "{got}");
}

#[test]
fn a_window_that_limits_nothing_or_never_holds_is_a_mistake() {
    check(&wrong("{ name: x }"), "8:10 this window has no limits, and would hold always | say when it is");
    check(&wrong("{}"), "8:10 this window has no limits");
    check(&wrong("{ time_zone: UTC }"), "8:10 this window has no limits");
    let never = "{ dates: 2026-12-21..2026-12-23, days: [sat] }";
    check(&wrong(never), "8:49 this window never holds: none of these days is in 2026-12-21..2026-12-23");
    policy(&format!("{BASE}freeze: [{{ dates: 2026-12-21..2026-12-27, days: [sun] }}]"));
    check(&wrong(""), "8:9 `freeze` is an empty list | name when it does not act");
    check(&problems(&format!("{BASE}active: []")), "8:9 `active` is an empty list | name when it acts");
    check(&problems(&format!("{BASE}active: {{ days: [mon] }}")), "8:9 `active` must be a list");
    check(&wrong("{ day: [mon] }"), "8:12 unknown key `day` in a window | did you mean `days`?");
    let twice = "{ name: x, days: [mon] }, { name: x, days: [tue] }";
    check(&wrong(twice), "8:44 the name `x` is used twice");
}

#[test]
fn days_are_three_letters_each_once() {
    check(&wrong("{ days: [monday] }"), "8:19 unknown value `monday` of `days` | `days` takes `mon`, `tue`");
    check(&wrong("{ days: [Mon] }"), "8:19 unknown value `Mon` of `days` | did you mean `mon`?");
    check(&wrong("{ days: [mon, mon] }"), "8:24 `mon` is in this list twice | keep one of them");
    check(&wrong("{ days: mon }"), "8:18 `days` must be a list");
    check(&wrong("{ days: [] }"), "8:18 `days` is an empty list");
}

#[test]
fn hours_are_two_times_of_24_hours() {
    for hours in [
        "8:00-18:00",
        "08:00",
        "08:00 - 18:00",
        "08:00–18:00",
        "8-18",
        "08:00-25:00",
        "08:60-18:00",
        "08:00-24:01",
        "08:00-18:00-19:00",
        "+8:00-18:00",
        "08:00am-06:00pm",
    ] {
        let got = wrong(&format!("{{ hours: '{hours}' }}"));
        check(&got, &format!("8:19 `{hours}` is not a span of hours | write two times of 24 hours, as in"));
    }
    check(
        &wrong("{ hours: '08:00-08:00' }"),
        "8:19 these hours begin and end at the same time | for the whole day",
    );
    check(&wrong("{ hours: '24:00-06:00' }"), "8:19 a window cannot begin at 24:00");
    check(&wrong("{ hours: 8 }"), "8:19 `hours` must be a text");
    policy(&format!("{BASE}freeze: [{{ hours: 22:00-06:00 }}, {{ hours: 00:00-24:00 }}]"));
}

#[test]
fn dates_are_whole_in_order_and_of_the_calendar() {
    for (dates, bad) in [
        ("2026-02-30", "2026-02-30"),
        ("2026-1-6", "2026-1-6"),
        ("20.12.2026", "20.12.2026"),
        ("2026-12-20..2027-01-6", "2027-01-6"),
        ("2026-12-20...2027-01-06", ".2027-01-06"),
        ("0026-12-20", "0026-12-20"),
        ("2100-01-01", "2100-01-01"),
        ("2026-12-20..", ""),
        ("2026-12-2ä", "2026-12-2ä"),
    ] {
        let got = wrong(&format!("{{ dates: '{dates}' }}"));
        check(&got, &format!("8:19 `{bad}` is not a date from 2000 to 2099 | write days as"));
    }
    check(
        &wrong("{ dates: 2027-01-06..2026-12-20 }"),
        "8:19 these dates end before they begin: 2026-12-20 is before 2027-01-06 | do you mean \
         `2026-12-20..2027-01-06`?",
    );
}

#[test]
fn an_unknown_zone_is_answered_with_those_that_were_likely_meant() {
    for (zone, meant) in [
        ("Berlin", "did you mean `Europe/Berlin`?"),
        ("europe/berlin", "did you mean `Europe/Berlin`?"),
        ("America/New York", "did you mean `America/New_York`?"),
        ("Lord Howe", "did you mean `Australia/Lord_Howe`?"),
        ("Europe/Londn", "did you mean `Europe/London`?"),
        ("'+01:00'", "take a name of the IANA time zone database"),
        ("Middle-earth", "take a name of the IANA time zone database"),
    ] {
        let got = wrong(&format!("{{ days: [mon], time_zone: {zone} }}"));
        check(&got, "8:36 unknown time zone ");
        assert!(got[0].contains(&format!("| {meant}")), "{got:?}");
    }
}

#[test]
fn a_list_of_windows_has_an_end() {
    let windows = vec!["{ days: [mon] }"; 101].join(", ");
    let got = wrong(&windows);
    assert!(
        got.len() == 1 && got[0].contains("`freeze` has 101 windows, and at most 100 are read"),
        "{got:?}"
    );
    policy(&format!("{BASE}freeze: [{}]", vec!["{ days: [mon] }"; 100].join(", ")));
}
