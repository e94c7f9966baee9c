//! Whether this machine's clock differs from Google's: a token that is signed on a wrong clock is not taken, and the
//! answer says only that.
//!
//! The other clock is the answer's own `Date`. Nothing here reads this machine's.

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::DATE;

use crate::google::error::one_line;

/// The least difference that is told. `Date` has whole seconds, an answer takes some to come, and Google allows
/// for about this much.
const LEAST_TOLD: TimeDelta = TimeDelta::seconds(60);

/// The message of a 401, with the difference of the clocks before it if there is a telling one.
pub(super) fn explained(message: &str, headers: &HeaderMap, now: DateTime<Utc>) -> String {
    let theirs = headers.get(DATE).and_then(|value| value.to_str().ok());
    let theirs = theirs.and_then(|text| httpdate::parse_http_date(text).ok()).map(DateTime::<Utc>::from);
    let ahead = theirs.map_or(TimeDelta::zero(), |theirs| now - theirs);
    if ahead.abs() < LEAST_TOLD {
        return message.to_owned();
    }
    let direction = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    let seconds = ahead.abs().num_seconds();
    one_line(&format!("this machine's clock is {seconds} s {direction} Google's, set it right: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(date: &str) -> String {
        let headers = HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
        explained("not taken", &headers, "2026-11-24T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_clock_that_is_wrong_is_told_with_its_direction() {
        let want = "this machine's clock is 300 s behind Google's, set it right: not taken";
        assert_eq!(told("Tue, 24 Nov 2026 12:05:00 GMT"), want);
        let want = "this machine's clock is 3600 s ahead of Google's, set it right: not taken";
        assert_eq!(told("Tue, 24 Nov 2026 11:00:00 GMT"), want);
    }

    #[test]
    fn clocks_that_agree_or_are_not_known_are_not_spoken_of() {
        assert_eq!(told("Tue, 24 Nov 2026 12:00:59 GMT"), "not taken");
        assert_eq!(told("yesterday"), "not taken");
        assert_eq!(explained("not taken", &HeaderMap::new(), DateTime::default()), "not taken");
    }
}
