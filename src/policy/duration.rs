//! Durations as a policy writes them and as a reason names them.
//!
//! Units are `s`, `m`, `h`, `d` and `w`, lower case: what a person reads without a manual. Months and years are no
//! units here, for their length is not exact; a bare number is none either, for it could be minutes or seconds.

use std::fmt::Write as _;
use std::time::Duration;

/// The units, from the largest to the smallest, with their seconds.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest duration that is taken: 100 years. Nothing runs longer, and added to any date that a service sends it
/// still makes a date.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// There is a number and no unit.
    #[error("a duration needs a unit: `90m`, `2h`, `1h30m`, `3d`")]
    NoUnit,
    /// There is something where a unit belongs that is none.
    #[error("`{0}` is not a unit: a duration takes `s`, `m`, `h`, `d` and `w`, in lower case, as in `1h30m`")]
    UnknownUnit(String),
    /// The units are not in order, or one comes twice.
    #[error("a duration goes from larger to smaller units, each once: `1d 2h 30m`")]
    Order,
    /// It is longer than 100 years.
    #[error("the duration is longer than 100 years")]
    TooLong,
    /// Anything else.
    #[error("not a duration: write whole numbers with units, like `90m`, `2h`, `1h30m`, `3d`")]
    Malformed,
}

/// Parses a duration: `90m`, `1h30m`, `1h 30m`, `3d`, `0s`.
///
/// # Errors
/// When it has no unit or one that is unknown, is written in another form, or is longer than 100 years.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    check_form(text)?;
    // The form is right, so the only thing that is left to go wrong is a number that does not fit.
    let duration = humantime::parse_duration(text).map_err(|_| DurationError::TooLong)?;
    if duration > LONGEST {
        return Err(DurationError::TooLong);
    }
    Ok(duration)
}

/// Holds a text to numbers with known units, from larger to smaller. humantime alone takes much more: `2M` is two
/// months to it, and `1 2h` twelve hours.
fn check_form(text: &str) -> Result<(), DurationError> {
    let mut rest = text.trim_matches(' ');
    if rest.is_empty() {
        return Err(DurationError::Malformed);
    }
    let mut smallest_so_far = u64::MAX;
    while !rest.is_empty() {
        let after_number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if after_number.len() == rest.len() {
            return Err(DurationError::Malformed);
        }
        let after_unit = after_number.trim_start_matches(char::is_alphabetic);
        let unit = after_number.strip_suffix(after_unit).unwrap_or_default();
        if unit.is_empty() {
            let bare = after_unit.trim_start_matches(' ').is_empty();
            return Err(if bare { DurationError::NoUnit } else { DurationError::Malformed });
        }
        let known = UNITS.iter().find(|(name, _)| unit.chars().eq([*name]));
        let Some((_, seconds)) = known else {
            return Err(DurationError::UnknownUnit(unit.chars().take(20).collect()));
        };
        if *seconds >= smallest_so_far {
            return Err(DurationError::Order);
        }
        smallest_so_far = *seconds;
        rest = after_unit.trim_start_matches(' ');
    }
    Ok(())
}

/// Writes a duration to the second, with the units that are not zero: `3h 12m`, `41m`, `1d 2h`, `0s`. Weeks are
/// written as days; parts of a second are left out.
#[must_use]
pub fn format(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let mut text = String::new();
    for (unit, seconds) in UNITS.iter().filter(|(unit, _)| *unit != 'w') {
        let count = left / seconds;
        left %= seconds;
        if count > 0 {
            let gap = if text.is_empty() { "" } else { " " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{gap}{count}{unit}");
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_duration_is_read_in_each_unit_and_combined() {
        for (text, want) in [
            ("0s", 0),
            ("90s", 90),
            ("90m", 5_400),
            ("2h", 7_200),
            ("1h30m", 5_400),
            ("1h 30m", 5_400),
            ("3d", 259_200),
            ("1w 1d 1h 1m 1s", 694_861),
            (" 5m ", 300),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(want)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused_with_the_reason() {
        use DurationError::{Malformed, NoUnit, Order, TooLong, UnknownUnit};
        for (text, want) in [
            ("", Malformed),
            (" ", Malformed),
            ("90", NoUnit),
            ("1h30", NoUnit),
            ("1 2h", Malformed),
            ("1 h", Malformed),
            ("h", Malformed),
            ("-1h", Malformed),
            ("+1h", Malformed),
            ("1.5h", Malformed),
            ("1e3s", UnknownUnit("e".to_owned())),
            ("2M", UnknownUnit("M".to_owned())),
            ("2H", UnknownUnit("H".to_owned())),
            ("1month", UnknownUnit("month".to_owned())),
            ("1y", UnknownUnit("y".to_owned())),
            ("5min", UnknownUnit("min".to_owned())),
            ("100ms", UnknownUnit("ms".to_owned())),
            ("1µs", UnknownUnit("µs".to_owned())),
            ("1h\t30m", Malformed),
            ("30m1h", Order),
            ("1h 1h", Order),
            ("36501d", TooLong),
            ("99999999999999999999999d", TooLong),
            ("18446744073709551615w", TooLong),
            ("١h", Malformed),
        ] {
            assert_eq!(parse(text), Err(want), "{text:?}");
        }
        assert_eq!(parse("36500d"), Ok(LONGEST));
    }

    #[test]
    fn a_duration_is_written_to_the_second_without_zeros() {
        for (seconds, want) in [
            (0, "0s"),
            (59, "59s"),
            (2_460, "41m"),
            (11_520, "3h 12m"),
            (93_600, "1d 2h"),
            (3_601, "1h 1s"),
            (1_209_600, "14d"),
        ] {
            assert_eq!(format(Duration::from_secs(seconds)), want);
        }
        assert_eq!(format(Duration::from_millis(1_999)), "1s");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_exactly(seconds in 0..=LONGEST.as_secs()) {
            let want = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&format(want)), Ok(want));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
