//! `active` and `freeze`: when a policy or a rule acts, as people write it.
//!
//! Times and dates are taken in one form each. `8-18` or `1/6` could be read in more than one way, and a freeze that
//! holds at another time than its author thinks is worse than none.

use chrono::{NaiveDate, Weekday};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::super::problem::{Problems, quoted};
use super::super::tree::Node;
use super::super::window::{Dates, Days, Hours, Window, Windows};
use super::fields::Fields;
use super::rules::{Names, new_name};
use super::scalars;

/// The most windows in one list: far more than a year has occasions, and few enough that the next opening is found
/// at once.
const MAX_WINDOWS: usize = 100;

/// The days of the week as they are written.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

const HOURS: &str =
    "write two times of 24 hours, as in `hours: \"08:00-18:00\"`; `22:00-06:00` runs past midnight";

const DATES: &str = "write days as `2026-12-20..2027-01-06`, both included, or one day alone: `2026-12-24`";

const ZONE: &str =
    "take a name of the IANA time zone database, like `Europe/Berlin`; without `time_zone` it is UTC";

/// The years that a date may have. Others are slips of the pen.
const YEARS: std::ops::RangeInclusive<&str> = "2000"..="2099";

/// Reads `active` and `freeze` of a policy or of a rule.
pub(super) fn read(fields: &Fields<'_>, problems: &mut Problems) -> Option<Windows> {
    let active = fields.optional("active", Vec::new(), problems, |node, problems| {
        let help = "name when it acts, `- {days: [mon, fri], hours: \"08:00-18:00\"}`, or leave `active` out";
        read_list(node, "active", help, problems)
    });
    let freeze = fields.optional("freeze", Vec::new(), problems, |node, problems| {
        let help = "name when it does not act, `- {dates: 2026-12-20..2027-01-06}`, or leave `freeze` out";
        read_list(node, "freeze", help, problems)
    });
    Some(Windows { active: active?, freeze: freeze? })
}

fn read_list(node: &Node, what: &str, help: &str, problems: &mut Problems) -> Option<Vec<Window>> {
    let items = scalars::list(node, what, help, problems)?;
    if let Some(surplus) = items.get(MAX_WINDOWS) {
        let message = format!("`{what}` has {} windows, and at most {MAX_WINDOWS} are read", items.len());
        problems.report(surplus.place, message, "take ranges of dates, or lists of days");
        return None;
    }
    let mut names = Names::new();
    scalars::each(items, problems, |item, problems| read_window(item, &mut names, problems))
}

fn read_window<'a>(node: &'a Node, names: &mut Names<'a>, problems: &mut Problems) -> Option<Window> {
    const KEYS: [&str; 5] = ["name", "days", "hours", "dates", "time_zone"];
    const NAME: &str = "give it a name of its own, which messages will use: `name: year-end`";
    let fields = Fields::read(node, "a window", &KEYS, problems)?;
    let name = fields
        .optional("name", None, problems, |node, problems| new_name(node, NAME, names, problems).map(Some));
    let days = fields.optional("days", None, problems, |node, problems| read_days(node, problems).map(Some));
    let hours = fields.optional("hours", None, problems, read_hours);
    let dates =
        fields.optional("dates", None, problems, |node, problems| read_dates(node, problems).map(Some));
    let zone = fields.optional("time_zone", Tz::UTC, problems, read_zone);
    if ["days", "hours", "dates"].iter().all(|key| fields.lacks(key)) {
        let help = "say when it is: give it `days`, `hours` or `dates`";
        problems.report(fields.place(), "this window has no limits, and would hold always", help);
        return None;
    }
    let window = Window { name: name?, days: days?, hours: hours?, dates: dates?, zone: zone? };
    if let (Some(Dates { first, last }), Some(node)) = (window.dates, fields.get("days")) {
        // In a week there is each day.
        let holds = first.iter_days().take(7).take_while(|day| *day <= last).any(|day| window.covers(day));
        if !holds {
            let message = format!("this window never holds: none of these days is in {first}..{last}");
            problems.report(node.place, message, "leave `days` or `dates` out, or mend them");
            return None;
        }
    }
    Some(window)
}

fn read_days(node: &Node, problems: &mut Problems) -> Option<Days> {
    let items = scalars::list(node, "days", "list days of the week: `days: [mon, tue, wed]`", problems)?;
    let mut seen = Vec::new();
    let days = scalars::each(items, problems, |item, problems| {
        let day = scalars::choice(item, "days", &DAYS, problems)?;
        if seen.contains(&day) {
            let message = format!("`{}` is in this list twice", day.to_string().to_lowercase());
            problems.report(item.place, message, "keep one of them");
            return None;
        }
        seen.push(day);
        Some(day)
    })?;
    Days::of(&days)
}

/// The hours; nothing for a whole day, which they do not limit.
fn read_hours(node: &Node, problems: &mut Problems) -> Option<Option<Hours>> {
    let text = scalars::text(node, "hours", HOURS, problems)?;
    let Some((from, to)) = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)))
    else {
        problems.report(node.place, format!("{} is not a span of hours", quoted(text)), HOURS);
        return None;
    };
    if from == MIDNIGHT {
        problems.report(node.place, "a window cannot begin at 24:00", "midnight is `00:00` where it begins");
        return None;
    }
    if from == to {
        let message = "these hours begin and end at the same time";
        problems.report(node.place, message, "for the whole day leave `hours` out, or write `00:00-24:00`");
        return None;
    }
    Some((from != 0 || to != MIDNIGHT).then_some(Hours { from, to }))
}

/// The end of a day, in minutes from its beginning.
const MIDNIGHT: u16 = 24 * 60;

/// `HH:MM` in minutes, up to 24:00.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MIDNIGHT).then_some(minutes)
}

fn read_dates(node: &Node, problems: &mut Problems) -> Option<Dates> {
    let text = scalars::text(node, "dates", DATES, problems)?;
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let mut read = |text: &str| {
        let day = date(text);
        if day.is_none() {
            problems.report(node.place, format!("{} is not a date from 2000 to 2099", quoted(text)), DATES);
        }
        day
    };
    let first_day = read(first)?;
    let last_day = read(last)?;
    if last_day < first_day {
        let message = format!("these dates end before they begin: {last_day} is before {first_day}");
        problems.report(node.place, message, format!("do you mean `{last_day}..{first_day}`?"));
        return None;
    }
    Some(Dates { first: first_day, last: last_day })
}

/// `YYYY-MM-DD`. chrono alone takes `2026-1-6` as well.
fn date(text: &str) -> Option<NaiveDate> {
    let form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let year = text.get(..4)?;
    if !form || !YEARS.contains(&year) {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn read_zone(node: &Node, problems: &mut Problems) -> Option<Tz> {
    let text = scalars::text(node, "time_zone", ZONE, problems)?;
    let zone = text.parse().ok();
    if zone.is_none() {
        let near = nearest_zones(text);
        let help = match near.as_slice() {
            [] => ZONE.to_owned(),
            near => format!("did you mean {}? {ZONE}", near.join(" or ")),
        };
        problems.report(node.place, format!("unknown time zone {}", quoted(text)), help);
    }
    zone
}

/// The longest name that is compared with those of the zones. None of theirs is as long, and comparing takes quadratic
/// time.
const MAX_COMPARED: usize = 40;

/// How many zones are suggested.
const SUGGESTED: usize = 3;

/// The zones that a name was likely meant to be: those of the same city, else those that it is most like.
fn nearest_zones(given: &str) -> Vec<String> {
    if given.chars().nth(MAX_COMPARED).is_some() {
        return Vec::new();
    }
    let plain = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
    let city = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    let given = plain(given);
    let mut near: Vec<(usize, &str)> = TZ_VARIANTS
        .iter()
        .filter_map(|zone| {
            let name = plain(zone.name());
            if city(&name) == city(&given) {
                return Some((0, zone.name()));
            }
            let whole = strsim::damerau_levenshtein(&given, &name);
            let distance = whole.min(strsim::damerau_levenshtein(&given, &city(&name)));
            // One slip in a short word, two in a longer one.
            (distance <= if given.len() < 6 { 1 } else { 2 }).then_some((distance, zone.name()))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(SUGGESTED).map(|(_, name)| format!("`{name}`")).collect()
}
