//! What went wrong with one request, and what is to be done about it.
//!
//! [`Failure`] is what one attempt ends as: what the retry engine may do ([`Remedy`]), and what the caller is told
//! once that is over. An answer is classified by the `google.rpc.Code` name in its body first and by its HTTP status
//! second (400 alone says three different things), and never by the words of a message: they change.
//!
//! Nothing here sends or waits.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use serde_json::Value;

use crate::google::wire::DecodeError;
use crate::service::{CallError, FailureKind};

/// Longest message that is passed on, in characters: enough for a sentence, too short for a document.
const MAX_MESSAGE_CHARS: usize = 300;

/// Largest error body that is looked into, in bytes. Google's are below 10 kB; a page of HTML says nothing.
const MAX_ERROR_BODY_BYTES: usize = 256 * 1024;

/// The names of `google.rpc.Code`, without `OK`. Another text in a body's `status` is no such name.
const CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// What the retry engine may do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Send it again after a pause: at least this one, when the service named one.
    Retry {
        /// What the service asked for; zero when it asked for nothing.
        at_least: Duration,
    },
    /// Send it again with a credential that is read anew.
    Reauthenticate,
    /// Nothing: the same request would end the same way.
    GiveUp,
}

/// How one attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What may be done about it.
    pub remedy: Remedy,
    /// What the caller is told when nothing more can be done.
    pub kind: FailureKind,
    /// The HTTP status, if an answer came.
    pub http_status: Option<u16>,
    /// The `google.rpc.Code` name in the body, if it holds one.
    pub code: Option<&'static str>,
    /// A sentence for people, one line, at most 300 characters.
    pub message: String,
}

impl Failure {
    /// A failure without an answer: the connection could not be made or broke. Sent again.
    #[must_use]
    pub fn broken(message: &str) -> Self {
        Self::unanswered(FailureKind::Unreachable, Remedy::Retry { at_least: Duration::ZERO }, message)
    }

    /// No answer within the attempt's time. Sent again.
    #[must_use]
    pub fn timed_out(after: Duration) -> Self {
        Self::broken(&format!("no answer within {} ms", after.as_millis()))
    }

    /// An answer that cannot be used and would come again. Not sent again.
    #[must_use]
    pub fn unusable(message: &str) -> Self {
        Self::unanswered(FailureKind::Unreachable, Remedy::GiveUp, message)
    }

    /// A request that curfew itself would not send. Not sent at all.
    #[must_use]
    pub fn refused(message: &str) -> Self {
        Self::unanswered(FailureKind::Refused, Remedy::GiveUp, message)
    }

    /// No token could be had, so nothing was sent. Tried again if the reason may pass by itself.
    #[must_use]
    pub fn no_credential(message: &str, may_pass: bool) -> Self {
        let remedy = if may_pass { Remedy::Retry { at_least: Duration::ZERO } } else { Remedy::GiveUp };
        Self::unanswered(FailureKind::NoCredential, remedy, message)
    }

    fn unanswered(kind: FailureKind, remedy: Remedy, message: &str) -> Self {
        Self { remedy, kind, http_status: None, code: None, message: one_line(message) }
    }

    /// Classifies an answer that is not a success.
    #[must_use]
    pub fn from_answer(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let body = ErrorBody::parse(body);
        let (kind, remedy) = match (body.code, status) {
            // Some services send 503 with another code: the status alone says that it passes.
            (Some("UNAVAILABLE"), _) | (_, 503) => (FailureKind::Unreachable, retry(headers, &body)),
            (Some("RESOURCE_EXHAUSTED"), _) | (_, 429) => (FailureKind::Refused, retry(headers, &body)),
            (Some(code), _) => by_code(code),
            (None, status) => by_status(status),
        };
        let message = body.message.unwrap_or_else(|| default_message(status));
        Self { remedy, kind, http_status: Some(status), code: body.code, message }
    }

    /// What the caller is told, after this many requests.
    #[must_use]
    pub fn into_call_error(self, attempts: u32) -> CallError {
        CallError {
            kind: self.kind,
            http_status: self.http_status,
            code: self.code.map(str::to_owned),
            message: self.message,
            attempts,
        }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Truncated(_) => Self::broken(&error.to_string()),
            DecodeError::Malformed(_) => Self::unusable(&error.to_string()),
        }
    }
}

fn by_code(code: &str) -> (FailureKind, Remedy) {
    match code {
        "NOT_FOUND" => (FailureKind::NotFound, Remedy::GiveUp),
        "PERMISSION_DENIED" => (FailureKind::Denied, Remedy::GiveUp),
        "UNIMPLEMENTED" => (FailureKind::Unsupported, Remedy::GiveUp),
        "UNAUTHENTICATED" => (FailureKind::Unauthenticated, Remedy::Reauthenticate),
        "UNKNOWN" | "DEADLINE_EXCEEDED" | "INTERNAL" | "DATA_LOSS" => {
            (FailureKind::Unreachable, Remedy::GiveUp)
        }
        _ => (FailureKind::Refused, Remedy::GiveUp),
    }
}

fn by_status(status: u16) -> (FailureKind, Remedy) {
    match status {
        401 => (FailureKind::Unauthenticated, Remedy::Reauthenticate),
        403 => (FailureKind::Denied, Remedy::GiveUp),
        404 => (FailureKind::NotFound, Remedy::GiveUp),
        501 => (FailureKind::Unsupported, Remedy::GiveUp),
        400..=499 => (FailureKind::Refused, Remedy::GiveUp),
        // Server errors, redirects (never followed: they could lead a token anywhere) and what is no status at all.
        _ => (FailureKind::Unreachable, Remedy::GiveUp),
    }
}

fn retry(headers: &HeaderMap, body: &ErrorBody) -> Remedy {
    let at_least = body.retry_delay.max(retry_after(headers)).unwrap_or_default();
    Remedy::Retry { at_least }
}

/// `Retry-After`: seconds, or a date. A date is measured from the answer's own `Date`, on the clock of the one who
/// wrote both.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let sent = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(at.duration_since(sent).unwrap_or_default())
}

fn default_message(status: u16) -> String {
    match status {
        300..=399 => "the service answered with a redirect, which is never followed".to_owned(),
        _ => "the service gave no reason".to_owned(),
    }
}

/// What an error body says. Everything in it is optional: `details` is often absent, and a front end may send no
/// JSON at all.
#[derive(Debug, Default)]
struct ErrorBody {
    code: Option<&'static str>,
    message: Option<String>,
    retry_delay: Option<Duration>,
}

impl ErrorBody {
    fn parse(body: &[u8]) -> Self {
        if body.len() > MAX_ERROR_BODY_BYTES {
            return Self::default();
        }
        let Ok(tree) = serde_json::from_slice::<Value>(body) else { return Self::default() };
        // Methods that stream wrap the same object in an array.
        let error = tree.get("error").or_else(|| tree.get(0)?.get("error"));
        let Some(error) = error else { return Self::default() };
        let status = error.get("status").and_then(Value::as_str);
        let message = error.get("message").and_then(Value::as_str).map(one_line);
        let details = error.get("details").and_then(Value::as_array);
        Self {
            code: status.and_then(|status| CODES.into_iter().find(|code| *code == status)),
            message: message.filter(|message| !message.is_empty()),
            retry_delay: details.into_iter().flatten().filter_map(retry_delay).max(),
        }
    }
}

/// The delay of a `google.rpc.RetryInfo`: a protobuf `Duration`, e.g. `1.5s`.
fn retry_delay(detail: &Value) -> Option<Duration> {
    if !detail.get("@type")?.as_str()?.ends_with("/google.rpc.RetryInfo") {
        return None;
    }
    let seconds: f64 = detail.get("retryDelay")?.as_str()?.strip_suffix('s')?.parse().ok()?;
    // Too long for a `Duration` is still long; below zero or not a number is nothing.
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// A foreign text as one line of at most 300 characters, without anything that could move a terminal's cursor or
/// turn its text around.
#[must_use]
pub fn one_line(text: &str) -> String {
    let blank = |c: char| c.is_control() || c.is_whitespace() || is_direction_mark(c);
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= MAX_MESSAGE_CHARS {
        return line;
    }
    line.chars().take(MAX_MESSAGE_CHARS - 1).chain(['…']).collect()
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
#[path = "tests/error.rs"]
mod tests;
