//! The values of a scenario file that are more than a plain string or number: durations, and keys that take either
//! a word or a map.
//!
//! Each is read by a visitor of its own, so that an error can say what that key takes.

use std::fmt;
use std::time::Duration;

use chrono::TimeDelta;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::rpc::Code;
use super::scenario::{Answer, FaultAnswer, PlannedMetadata};
use super::word_or_map::{WordOrMap, word_or_map};

/// Longest duration in a scenario: what no operation reaches, and what can be taken from any date without
/// leaving the calendar.
const MAX_SPAN: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// A duration as people write it: `1h30m`.
#[derive(Clone, Copy)]
pub(super) struct UnsignedSpan(pub(super) Duration);

/// A duration that may be negative: `-5m`.
pub(super) struct SignedSpan(pub(super) TimeDelta);

/// A duration as a difference of instants.
pub(super) trait Span {
    fn signed(self) -> TimeDelta;
}

impl Span for Duration {
    fn signed(self) -> TimeDelta {
        TimeDelta::from_std(self).unwrap_or(TimeDelta::MAX)
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = SignedSpan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration with its unit, such as 500ms, 90m or 3h12m")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SignedSpan, E> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        if digits.parse::<f64>().is_ok() {
            return Err(E::custom(format_args!(
                "the duration `{text}` has no unit: write {text}s, or m, h, d"
            )));
        }
        let span = humantime::parse_duration(digits).map_err(|error| {
            E::custom(format_args!("`{text}` is not a duration such as 500ms, 90m or 3h12m: {error}"))
        })?;
        if span > MAX_SPAN {
            return Err(E::custom(format_args!("the duration `{text}` is longer than 100 years")));
        }
        Ok(SignedSpan(span.signed() * sign))
    }
}

impl<'de> Deserialize<'de> for SignedSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SpanVisitor)
    }
}

impl<'de> Deserialize<'de> for UnsignedSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SignedSpan(span) = SignedSpan::deserialize(deserializer)?;
        span.to_std().map(Self).map_err(|_| D::Error::custom("this duration cannot be negative"))
    }
}

/// `on_cancel`.
pub(super) struct CancelWords {
    pub(super) answer: Answer,
    pub(super) becomes: Option<Becomes>,
    pub(super) after: Option<Duration>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum Becomes {
    Cancelled,
    Completed,
    Failed,
    Finished,
    Vanishes,
    Cancelling,
    Ignored,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum AnswerWord {
    Accepted,
    Refused,
    Unimplemented,
    Denied,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CancelWord {
    Cancelled,
    Completed,
    Failed,
    Finished,
    Vanishes,
    Cancelling,
    Ignored,
    Accepted,
    Refused,
    Unimplemented,
    Denied,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelKeys {
    #[serde(default)]
    answer: Option<AnswerWord>,
    #[serde(default)]
    becomes: Option<Becomes>,
    #[serde(default)]
    after: Option<UnsignedSpan>,
}

impl WordOrMap for CancelWords {
    type Words = CancelWord;
    type Keys = CancelKeys;
    const EXPECTING: &'static str = "a word such as `ignored`, or a map of answer, becomes, after";

    fn from_word(word: CancelWord) -> Self {
        let (answer, becomes) = match word {
            CancelWord::Cancelled => (Answer::Accepted, Some(Becomes::Cancelled)),
            CancelWord::Completed => (Answer::Accepted, Some(Becomes::Completed)),
            CancelWord::Failed => (Answer::Accepted, Some(Becomes::Failed)),
            CancelWord::Finished => (Answer::Accepted, Some(Becomes::Finished)),
            CancelWord::Vanishes => (Answer::Accepted, Some(Becomes::Vanishes)),
            CancelWord::Cancelling => (Answer::Accepted, Some(Becomes::Cancelling)),
            CancelWord::Ignored => (Answer::Accepted, Some(Becomes::Ignored)),
            CancelWord::Accepted => (Answer::Accepted, None),
            CancelWord::Refused => (Answer::Refused, None),
            CancelWord::Unimplemented => (Answer::Unimplemented, None),
            CancelWord::Denied => (Answer::Denied, None),
        };
        Self { answer, becomes, after: None }
    }

    fn from_keys(keys: CancelKeys) -> Result<Self, String> {
        let answer = match keys.answer {
            None | Some(AnswerWord::Accepted) => Answer::Accepted,
            Some(AnswerWord::Refused) => Answer::Refused,
            Some(AnswerWord::Unimplemented) => Answer::Unimplemented,
            Some(AnswerWord::Denied) => Answer::Denied,
        };
        Ok(Self { answer, becomes: keys.becomes, after: keys.after.map(|UnsignedSpan(after)| after) })
    }
}

impl<'de> Deserialize<'de> for CancelWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word_or_map(deserializer)
    }
}

/// `metadata`.
pub(super) struct MetadataWords(pub(super) PlannedMetadata);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NoMetadata {
    None,
}

impl WordOrMap for MetadataWords {
    type Words = NoMetadata;
    type Keys = Map<String, Value>;
    const EXPECTING: &'static str = "`none`, or a map of fields";

    fn from_word(NoMetadata::None: NoMetadata) -> Self {
        Self(PlannedMetadata::Absent)
    }

    fn from_keys(fields: Map<String, Value>) -> Result<Self, String> {
        Ok(Self(PlannedMetadata::With(fields)))
    }
}

impl<'de> Deserialize<'de> for MetadataWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word_or_map(deserializer)
    }
}

/// A fault's `answer`.
pub(super) struct AnswerWords(pub(super) FaultAnswer);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FaultWord {
    Drop,
    Lost,
    Truncate,
    NotJson,
    EmptyPage,
    ExpiredToken,
    NoDone,
    NoMetadata,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultKeys {
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    retry_after: Option<UnsignedSpan>,
    #[serde(default)]
    retry_after_header: Option<UnsignedSpan>,
    #[serde(default)]
    slow: Option<UnsignedSpan>,
}

impl WordOrMap for AnswerWords {
    type Words = FaultWord;
    type Keys = FaultKeys;
    const EXPECTING: &'static str = "a word such as `drop`, `{ status: 503 }` or `{ slow: 3s }`";

    fn from_word(word: FaultWord) -> Self {
        Self(match word {
            FaultWord::Drop => FaultAnswer::Drop,
            FaultWord::Lost => FaultAnswer::Lost,
            FaultWord::Truncate => FaultAnswer::Truncate,
            FaultWord::NotJson => FaultAnswer::NotJson,
            FaultWord::EmptyPage => FaultAnswer::EmptyPage,
            FaultWord::ExpiredToken => FaultAnswer::ExpiredToken,
            FaultWord::NoDone => FaultAnswer::NoDone,
            FaultWord::NoMetadata => FaultAnswer::NoMetadata,
        })
    }

    fn from_keys(keys: FaultKeys) -> Result<Self, String> {
        let retry_after = keys.retry_after.map(|UnsignedSpan(span)| span);
        let retry_after_header = keys.retry_after_header.map(|UnsignedSpan(span)| span);
        let has_body = keys.code.is_some() || keys.message.is_some() || retry_after.is_some();
        match (keys.status, keys.slow) {
            (None, Some(UnsignedSpan(slow))) if !has_body && retry_after_header.is_none() => {
                Ok(Self(FaultAnswer::Slow(slow)))
            }
            (Some(status), None) if !(300..=599).contains(&status) => {
                Err(format!("the status {status} is no error: it must be from 300 to 599"))
            }
            (Some(status), None) if !has_body => Ok(Self(FaultAnswer::Status { status, retry_after_header })),
            (Some(status), None) => {
                let code = match &keys.code {
                    None => Code::from_http_status(status),
                    Some(name) => Code::from_name(name)
                        .ok_or_else(|| format!("`{name}` is no code: it must be one of {}", Code::names()))?,
                };
                let message =
                    keys.message.unwrap_or_else(|| "A fault that the scenario asks for.".to_owned());
                Ok(Self(FaultAnswer::Error { status, code, message, retry_after, retry_after_header }))
            }
            (None | Some(_), _) => {
                Err("an answer is either `status` with its code, message and retry_after, or `slow`"
                    .to_owned())
            }
        }
    }
}

impl<'de> Deserialize<'de> for AnswerWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word_or_map(deserializer)
    }
}

/// A fault's `times`; `None` is always.
pub(super) struct Times(pub(super) Option<u32>);

impl Default for Times {
    fn default() -> Self {
        Self(Some(1))
    }
}

struct TimesVisitor;

impl Visitor<'_> for TimesVisitor {
    type Value = Times;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or `always`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Times, E> {
        if word == "always" {
            Ok(Times(None))
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Times, E> {
        u32::try_from(number).map(|number| Times(Some(number))).map_err(|_| E::custom("too large a number"))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Times, E> {
        u64::try_from(number)
            .map_err(|_| E::custom("a number of times cannot be negative"))
            .and_then(|number| self.visit_u64(number))
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimesVisitor)
    }
}
