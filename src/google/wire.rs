//! From the bytes of an answer to the domain: pages of operations and locations, one operation, permissions, an empty
//! object.
//!
//! Pure functions. They borrow from the buffer, skip what nobody asks for, and decide nothing: a rule never looks
//! at JSON, and nothing here looks at a rule. What cannot be read of an operation is `None`; what cannot be read of
//! a list is named in `missing`, beside everything that could be read.
//!
//! No error quotes the body: it may be anything, and it ends in a log.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::catalogue::{Answer, Profile, Service};
use crate::google::entry::{Entry, Words, object, string};
use crate::google::error::one_line;
use crate::operation::{Collection, LocationId, Operation, OperationName, ResourcePath, shown};
use crate::service::{LocationsPage, Page};

/// Most sentences in a page's `missing`. One is enough to make the page a gap; a page of garbage must not become
/// a report of garbage.
const MAX_MISSING: usize = 100;

/// Why a body is not what the method answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The body ends too early: the connection broke, and asking again may help.
    #[error("the answer ends too early, after {0} bytes")]
    Truncated(usize),
    /// It is something else altogether: asking again does not help.
    #[error("the answer is not what the method answers: {0}")]
    Malformed(String),
}

impl DecodeError {
    fn malformed(problem: impl Into<String>) -> Self {
        Self::Malformed(problem.into())
    }

    /// serde_json's own text quotes the body, so only the place is taken from it.
    fn from_json(error: &serde_json::Error, text: &str) -> Self {
        if error.is_eof() {
            return Self::Truncated(text.len());
        }
        let what = if error.is_syntax() { "it is not JSON" } else { "a field has the wrong type" };
        Self::Malformed(format!("{what} (line {}, column {})", error.line(), error.column()))
    }
}

/// Reads a page of operations: `google.longrunning.ListOperationsResponse`.
///
/// An entry that is no operation, has a malformed name, or lies outside of the collection becomes a sentence in
/// [`Page::missing`] and hides nothing else; so does every place that the service names as unreachable. An operation
/// that is listed twice stays twice.
///
/// # Errors
/// When the body is cut short, is not a JSON object, or its list or token cannot be read at all.
pub fn decode_page(body: &[u8], collection: &Collection, profile: &Profile) -> Result<Page, DecodeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow, default)]
        operations: Option<Vec<Entry<'a>>>,
        #[serde(borrow, default)]
        next_page_token: Option<&'a RawValue>,
        #[serde(borrow, default)]
        unreachable: Option<&'a RawValue>,
        #[serde(default)]
        error: Option<IgnoredAny>,
    }

    let body: Body<'_> = decode_object(body)?;
    refuse_error(body.error)?;
    let entries = body.operations.unwrap_or_default();
    let mut missing = Missing::default();
    let mut words = Words::default();
    let mut operations = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        match entry.operation(&collection.service, profile, &mut words) {
            Ok(operation) if collection.holds(&collection.service, &operation.name) => {
                operations.push(operation);
            }
            // It was never to be cancelled, and now there is nothing left to cancel.
            Ok(operation) if collection.is_above(&operation.name) && !operation.is_running() => {}
            Ok(operation) if collection.is_above(&operation.name) => {
                missing.push(|| {
                    format!("`{}` runs, and no cancel is known for names of its kind", operation.name)
                });
            }
            Ok(operation) => {
                missing.push(|| format!("`{}` lies outside of {}", operation.name, shown(&collection.path)));
            }
            Err(problem) => missing.push(|| format!("entry {} is no operation: {problem}", index + 1)),
        }
    }
    for place in places(body.unreachable) {
        missing.push(|| match place {
            Some(place) => format!("the service could not reach `{}`", one_line(&place)),
            None => "the service names an unreachable place that cannot be read".to_owned(),
        });
    }
    Ok(Page { operations, missing: missing.finish(), next: token(body.next_page_token)? })
}

/// Reads one operation: the answer to get, which must be the operation that was asked for.
///
/// # Errors
/// When the body is cut short, is not an operation, or is another one.
pub fn decode_operation(
    body: &[u8],
    service: &Service,
    name: &OperationName,
) -> Result<Operation, DecodeError> {
    let entry: Entry<'_> = decode_object(body)?;
    let operation = entry
        .operation(&service.name, &service.profile, &mut Words::default())
        .map_err(|problem| DecodeError::malformed(problem.to_string()))?;
    if operation.name != *name {
        return Err(DecodeError::malformed(format!("it is about `{}`, not `{name}`", operation.name)));
    }
    Ok(operation)
}

/// Reads a page of a list of locations, `projects/{project}/locations`: `google.cloud.location.ListLocationsResponse`.
///
/// A location is taken by its `locationId`; where that is missing, by its name, which must lie in the list.
///
/// # Errors
/// When the body is cut short, is not a JSON object, or its list or token cannot be read at all.
pub fn decode_locations(body: &[u8], path: &ResourcePath) -> Result<LocationsPage, DecodeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow, default)]
        locations: Option<Vec<&'a RawValue>>,
        #[serde(borrow, default)]
        next_page_token: Option<&'a RawValue>,
        #[serde(default)]
        error: Option<IgnoredAny>,
    }

    let body: Body<'_> = decode_object(body)?;
    refuse_error(body.error)?;
    let mut missing = Missing::default();
    let mut locations = Vec::new();
    for (index, entry) in body.locations.unwrap_or_default().into_iter().enumerate() {
        match location(entry, path) {
            Ok(location) => locations.push(location),
            Err(problem) => missing.push(|| format!("entry {} is no location: {problem}", index + 1)),
        }
    }
    Ok(LocationsPage { locations, missing: missing.finish(), next: token(body.next_page_token)? })
}

/// Reads the permissions that are given: `google.iam.v1.TestIamPermissionsResponse`. None at all is an empty object.
///
/// # Errors
/// When the body is cut short or is not such an object.
pub fn decode_permissions(body: &[u8]) -> Result<BTreeSet<String>, DecodeError> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        permissions: BTreeSet<String>,
        #[serde(default)]
        error: Option<IgnoredAny>,
    }

    let body: Body = decode_object(body)?;
    refuse_error(body.error)?;
    Ok(body.permissions)
}

/// Reads `google.protobuf.Empty`, the success of a cancel: a JSON object with nothing in it.
///
/// # Errors
/// When it is anything else. That is not a success, and not a proof of failure either.
pub fn decode_empty(body: &[u8]) -> Result<(), DecodeError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Empty {}

    decode_object::<Empty>(body).map(|_| ())
}

/// Reads the success of a cancel: what the method answers, or for one that answers nothing an empty object after all.
///
/// # Errors
/// When it is anything else, as for [`decode_empty`].
pub fn decode_done(body: &[u8], answer: Answer) -> Result<(), DecodeError> {
    if answer == Answer::Nothing && body.is_empty() { Ok(()) } else { decode_empty(body) }
}

/// Decodes a JSON object that borrows from the body. serde would take an array for a struct too.
fn decode_object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, DecodeError> {
    // The whole buffer at once is much faster than serde_json's check of every single string.
    let text = std::str::from_utf8(body).map_err(|error| match error.error_len() {
        None => DecodeError::Truncated(body.len()),
        Some(_) => DecodeError::malformed("it is not UTF-8"),
    })?;
    match text.trim_start().chars().next() {
        Some('{') => serde_json::from_str(text).map_err(|error| DecodeError::from_json(&error, text)),
        Some(_) => Err(DecodeError::malformed("it is not a JSON object")),
        None => Err(DecodeError::Truncated(body.len())),
    }
}

/// An error body under a success status would otherwise read as an empty, complete list.
fn refuse_error(error: Option<IgnoredAny>) -> Result<(), DecodeError> {
    match error {
        Some(_) => Err(DecodeError::malformed("it is an error in spite of its HTTP status")),
        None => Ok(()),
    }
}

/// The next page's token. One that cannot be read must not pass for the end of the list.
fn token(raw: Option<&RawValue>) -> Result<Option<String>, DecodeError> {
    let Some(raw) = raw else { return Ok(None) };
    let token = string(raw).ok_or_else(|| DecodeError::malformed("its nextPageToken is not a string"))?;
    Ok((!token.is_empty()).then(|| token.into_owned()))
}

/// The places of `unreachable[]`, each `None` when it cannot be read.
fn places(raw: Option<&RawValue>) -> Vec<Option<Cow<'_, str>>> {
    let Some(raw) = raw else { return Vec::new() };
    match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Ok(places) => places.into_iter().map(string).collect(),
        Err(_) => vec![None],
    }
}

fn location(raw: &RawValue, path: &ResourcePath) -> Result<LocationId, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Location<'a> {
        #[serde(borrow, default)]
        location_id: Option<&'a RawValue>,
        #[serde(borrow, default)]
        name: Option<&'a RawValue>,
    }

    let location: Location<'_> = object(raw).ok_or("it is not a JSON object")?;
    let id = match (location.location_id.and_then(string), location.name.and_then(string)) {
        (Some(id), _) => id.into_owned(),
        (None, Some(name)) => {
            let prefix = format!("{path}/");
            name.strip_prefix(&prefix).ok_or(format!("its name does not begin with {prefix}"))?.to_owned()
        }
        (None, None) => return Err("it has neither a locationId nor a name".to_owned()),
    };
    LocationId::parse(&id).map_err(|error| error.to_string())
}

/// The sentences of a page's `missing`, cut at [`MAX_MISSING`].
#[derive(Default)]
struct Missing {
    sentences: Vec<String>,
    more: usize,
}

impl Missing {
    fn push(&mut self, sentence: impl FnOnce() -> String) {
        if self.sentences.len() < MAX_MISSING {
            self.sentences.push(sentence());
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.sentences.push(format!("and {} more entries that cannot be used", self.more));
        }
        self.sentences
    }
}

#[cfg(test)]
#[path = "tests/wire.rs"]
mod tests;
