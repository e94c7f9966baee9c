//! The windows in the schema: when a policy or a rule acts.

use schemars::JsonSchema;

use super::parts::Optional;

/// Two times of 24 hours.
const HOURS: &str = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";

/// A day of this century, or two of them.
const DATES: &str = r"^20[0-9]{2}-[01][0-9]-[0-3][0-9](\.\.20[0-9]{2}-[01][0-9]-[0-3][0-9])?$";

/// A time: what is given of `days`, `hours` and `dates` must all hold.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{ "required": ["days"] }, { "required": ["hours"] }, { "required": ["dates"] }]))]
#[expect(dead_code, reason = "only its shape is used")]
pub(super) struct Window {
    /// Its own in the list. Messages name it.
    #[schemars(default, length(max = 100), regex(pattern = super::LINE), example = &"year-end")]
    name: Optional<String>,
    /// Days of the week. Without them: every day.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true))]
    days: Optional<Vec<Day>>,
    /// From and to, in 24 hours. `22:00-06:00` runs past midnight and belongs to the day on which it begins. Without
    /// them: the whole day.
    #[schemars(default, regex(pattern = HOURS), example = &"08:00-18:00")]
    hours: Optional<String>,
    /// Days of the calendar, both included, or one day alone.
    #[schemars(default, regex(pattern = DATES), extend("examples" = ["2026-12-20..2027-01-06", "2026-12-24"]))]
    dates: Optional<String>,
    /// A name of the IANA time zone database.
    #[schemars(default, extend("default" = "UTC"), example = &"Europe/Berlin")]
    time_zone: Optional<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}
