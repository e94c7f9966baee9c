//! What woke the function: an invocation's payload, read into an [`Asked`].
//!
//! Four kinds of payload are understood, told apart by the one key that only they have:
//!
//! - `trigger`: the input that curfew's own schedule sends,
//! - `detail-type`: an EventBridge event, either a plain schedule's or a `Curfew Sweep`,
//! - `sweep`: a direct invocation,
//! - `apply`: a direct invocation with an approved plan, which is handed on as it is.
//!
//! A payload that could be read in two ways, or holds a key with no meaning here, is an error: someone wrote it in
//! order to narrow the run, and a run that overlooks it would do more than was asked for. For the same reason an
//! empty list is an error and never means "everything". Pure: nothing is listed, read or logged here.

mod narrow;
mod strict;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use narrow::read_narrow;
use strict::Strict;

use crate::operation::NameError;
use crate::plan::DEFAULT_MAX_AGE;
use crate::policy::{Mode, duration};
use crate::request::{Request, Trigger};

/// How many characters of a stranger's text an error quotes: a payload may have 6 MB, a log line should not.
const QUOTED_CHARS: usize = 60;

/// How many of a payload's keys an error lists.
const LISTED_KEYS: usize = 8;

/// What a whole payload has to be, in the words of every error about one.
const EXPECTED: &str = "expected `{\"trigger\": \"schedule\"}`, an EventBridge event of detail-type \
                        `Scheduled Event` or `Curfew Sweep`, `{\"sweep\": {…}}`, or `{\"apply\": PLAN}`";

/// Keys of curfew's own schedule input. The last two are the other attributes that the scheduler can fill in.
const SCHEDULE_KEYS: [&str; 5] =
    ["trigger", "scheduled_time", "execution_id", "schedule_arn", "attempt_number"];

/// What a payload asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// A sweep.
    Sweep(Request),
    /// To carry out an approved plan.
    Apply {
        /// By what it was asked for, and how far the mode is lowered.
        request: Request,
        /// The plan, in which no key is given twice. Whether it is one has not been looked at.
        plan: Value,
        /// How old it may be.
        max_age: Duration,
    },
}

impl Asked {
    /// What either has.
    #[must_use]
    pub fn request(&self) -> &Request {
        match self {
            Asked::Sweep(request) | Asked::Apply { request, .. } => request,
        }
    }
}

/// Why a payload is no request. The same payload will fail again: there is nothing to retry.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The payload as a whole is none of those that curfew takes.
    #[error("{EXPECTED}; got {got}")]
    Unknown {
        /// What came, shortened.
        got: String,
    },
    /// The payload is no JSON: empty, cut off, or something else altogether.
    #[error("{EXPECTED}; got {bytes} bytes that are not JSON")]
    NotJson {
        /// The payload's length.
        bytes: usize,
        /// Where it stops being JSON.
        source: serde_json::Error,
    },
    /// The kind of payload is clear, but one place in it is wrong.
    #[error("in `{at}`: expected {expected}; got {got}")]
    Malformed {
        /// Where, as a path of keys and indices.
        at: String,
        /// What belongs there.
        expected: &'static str,
        /// What came, shortened.
        got: String,
    },
    /// A name in it is not one.
    #[error("in `{at}`")]
    Name {
        /// Where, as a path of keys and indices.
        at: String,
        /// What is wrong with the name.
        source: NameError,
    },
}

/// Reads a payload.
///
/// # Errors
/// When it is none of those that curfew takes, or holds anything that has no meaning in it.
pub fn read(payload: &str) -> Result<Asked, EventError> {
    let Strict(value) = serde_json::from_str(payload)
        .map_err(|source| EventError::NotJson { bytes: payload.len(), source })?;
    read_value(&value)
}

fn read_value(payload: &Value) -> Result<Asked, EventError> {
    let unknown = || EventError::Unknown { got: describe(payload) };
    let object = payload.as_object().ok_or_else(unknown)?;
    match ["trigger", "detail-type", "sweep", "apply"].map(|key| object.get(key)) {
        [Some(trigger), None, None, None] => read_schedule(object, trigger).map(Asked::Sweep),
        [None, Some(detail_type), None, None] => read_event(object, detail_type).map(Asked::Sweep),
        [None, None, Some(sweep), None] => {
            only_keys(object, "", &["sweep"], "only `sweep`")?;
            read_direct(sweep).map(Asked::Sweep)
        }
        [None, None, None, Some(plan)] => read_apply(object, plan),
        _ => Err(unknown()),
    }
}

fn read_schedule(object: &Map<String, Value>, trigger: &Value) -> Result<Request, EventError> {
    if trigger.as_str() != Some("schedule") {
        return Err(malformed("trigger", "`schedule`", trigger));
    }
    only_keys(object, "", &SCHEDULE_KEYS, "`scheduled_time` and `execution_id` beside `trigger`")?;
    Ok(Request::everything(Trigger::Schedule {
        scheduled_at: object
            .get("scheduled_time")
            .map(|time| read_time("scheduled_time", time))
            .transpose()?,
        execution_id: object.get("execution_id").map(|id| read_id("execution_id", id)).transpose()?,
    }))
}

fn read_event(event: &Map<String, Value>, detail_type: &Value) -> Result<Request, EventError> {
    let id = event.get("id").map(|id| read_id("id", id)).transpose()?;
    let detail = event.get("detail").map(read_detail).transpose()?;
    match detail_type.as_str() {
        Some("Scheduled Event") => {
            // A schedule cannot narrow: a detail with anything in it was meant as a `Curfew Sweep`.
            let expected = "nothing: only a `Curfew Sweep` is narrowed";
            only_keys(&detail.unwrap_or_default(), "detail", &[], expected)?;
            let scheduled_at = event.get("time").map(|time| read_time("time", time)).transpose()?;
            Ok(Request::everything(Trigger::Schedule { scheduled_at, execution_id: id }))
        }
        Some("Curfew Sweep") => {
            let detail = detail.unwrap_or_default();
            let expected = "`operations` or `scopes`";
            only_keys(&detail, "detail", &["operations", "scopes"], expected)?;
            let narrow = read_narrow(&detail, "detail")?;
            if narrow.is_everything() {
                return Err(malformed("detail", expected, &Value::Object(detail)));
            }
            Ok(Request { narrow, ..Request::everything(Trigger::Event { id }) })
        }
        _ => Err(malformed("detail-type", "`Scheduled Event` or `Curfew Sweep`", detail_type)),
    }
}

/// EventBridge Scheduler, given no input of its own, sends `detail` as a string that holds JSON.
fn read_detail(detail: &Value) -> Result<Map<String, Value>, EventError> {
    let expected = "an object, or a string that holds one as JSON";
    let wrong = || malformed("detail", expected, detail);
    match detail {
        Value::Object(object) => Ok(object.clone()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Strict(Value::Object(object))) => Ok(object),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn read_direct(sweep: &Value) -> Result<Request, EventError> {
    let expected = "an object of `scopes`, `operations`, `mode` and `record`";
    let object = sweep.as_object().ok_or_else(|| malformed("sweep", expected, sweep))?;
    let known = ["scopes", "operations", "mode", "record"];
    only_keys(object, "sweep", &known, "`scopes`, `operations`, `mode` or `record`")?;
    let narrow = read_narrow(object, "sweep")?;
    let mode = object.get("mode").map(|mode| read_mode("sweep.mode", mode)).transpose()?;
    let record = match object.get("record") {
        None => false,
        Some(Value::Bool(record)) => *record,
        Some(other) => return Err(malformed("sweep.record", "true or false", other)),
    };
    Ok(Request { trigger: Trigger::Direct, narrow, mode, record })
}

fn read_apply(object: &Map<String, Value>, plan: &Value) -> Result<Asked, EventError> {
    only_keys(object, "", &["apply", "max_age", "mode"], "`max_age` and `mode` beside `apply`")?;
    let mode = object.get("mode").map(|mode| read_mode("mode", mode)).transpose()?;
    let max_age = match object.get("max_age") {
        None => DEFAULT_MAX_AGE,
        Some(given) => {
            let parsed = given.as_str().and_then(|text| duration::parse(text).ok());
            parsed.ok_or_else(|| malformed("max_age", "a duration such as `30m`", given))?
        }
    };
    let request = Request { mode, ..Request::everything(Trigger::Direct) };
    Ok(Asked::Apply { request, plan: plan.clone(), max_age })
}

fn read_mode(at: &str, mode: &Value) -> Result<Mode, EventError> {
    match mode.as_str() {
        Some("off") => Ok(Mode::Off),
        Some("audit") => Ok(Mode::Audit),
        Some("enforce") => Ok(Mode::Enforce),
        _ => Err(malformed(at, "`off`, `audit` or `enforce`", mode)),
    }
}

fn read_list<'a>(at: &str, expected: &'static str, value: &'a Value) -> Result<&'a [Value], EventError> {
    match value {
        Value::Array(list) if !list.is_empty() => Ok(list),
        _ => Err(malformed(at, expected, value)),
    }
}

fn read_name<T>(
    at: &str,
    expected: &'static str,
    value: &Value,
    parse: impl FnOnce(&str) -> Result<T, NameError>,
) -> Result<T, EventError> {
    let text = value.as_str().ok_or_else(|| malformed(at, expected, value))?;
    parse(text).map_err(|source| EventError::Name { at: at.to_owned(), source })
}

fn read_time(at: &str, value: &Value) -> Result<DateTime<Utc>, EventError> {
    let wrong = || malformed(at, "a time such as `2026-11-24T06:00:00Z`", value);
    DateTime::parse_from_rfc3339(value.as_str().ok_or_else(wrong)?)
        .map(|time| time.to_utc())
        .map_err(|_| wrong())
}

/// An id is only told again, so any string will do, but not one of megabytes.
fn read_id(at: &str, value: &Value) -> Result<String, EventError> {
    match value.as_str() {
        Some(id) if id.len() <= 256 => Ok(id.to_owned()),
        _ => Err(malformed(at, "a string of at most 256 bytes", value)),
    }
}

fn only_keys(
    object: &Map<String, Value>,
    at: &str,
    known: &[&str],
    expected: &'static str,
) -> Result<(), EventError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let at = if at.is_empty() { "the payload" } else { at };
            Err(EventError::Malformed { at: at.to_owned(), expected, got: format!("the key {}", quote(key)) })
        }
    }
}

fn malformed(at: &str, expected: &'static str, got: &Value) -> EventError {
    EventError::Malformed { at: at.to_owned(), expected, got: describe(got) }
}

/// A value in a few words, whatever its size.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {}", shorten(&number.to_string())),
        Value::String(text) => format!("the string {}", quote(text)),
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(object) if object.is_empty() => "an empty object".to_owned(),
        Value::Object(object) => {
            let keys: Vec<_> = object.keys().take(LISTED_KEYS).map(|key| quote(key)).collect();
            let more = if object.len() > LISTED_KEYS { ", …" } else { "" };
            format!("an object of {}{more}", keys.join(", "))
        }
    }
}

fn quote(text: &str) -> String {
    format!("`{}`", shorten(text))
}

/// The beginning of a text, with control characters escaped: it ends up in a log.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED_CHARS).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTED_CHARS).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
