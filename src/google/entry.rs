//! One operation as it stands in the bytes of an answer, and what can be made of it.
//!
//! Everything borrows from the buffer until it is known to be an operation. What is wrong with one entry stays with
//! that entry: an optional field of a wrong type is a field that is missing, and a value that is no operation is an
//! [`EntryError`], not the end of the page.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::catalogue::Profile;
use crate::google::fields::Fields;
use crate::operation::{Ending, Metadata, NameError, Operation, OperationName, Progress, ServiceName};

/// `CANCELLED` in `google.rpc.Code`.
const RPC_CANCELLED: i32 = 1;
/// `UNKNOWN` in `google.rpc.Code`: what an error without a code of its own is.
const RPC_UNKNOWN: i32 = 2;

/// How many texts a page keeps once for all: a service has a handful of verbs and kinds, and a page on which each
/// entry has its own shall not make every entry search a long list.
const MAX_SHARED: usize = 16;

/// The verbs and kinds of a page, each kept once: every operation is held against every rule, and the less memory
/// that takes to look at, the faster it is.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<Arc<str>>);

impl Words {
    fn share(&mut self, text: Option<Cow<'_, str>>) -> Option<Arc<str>> {
        let text = text?;
        if let Some(known) = self.0.iter().find(|known| ***known == *text) {
            return Some(known.clone());
        }
        let word: Arc<str> = text.into();
        if self.0.len() < MAX_SHARED {
            self.0.push(word.clone());
        }
        Some(word)
    }
}

/// One operation as it stands in the buffer: nothing is copied until it is known to be one.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    is_object: bool,
    name: Option<&'a RawValue>,
    done: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    has_response: bool,
    metadata: Option<&'a RawValue>,
}

/// Why an entry is no operation.
#[derive(Debug, thiserror::Error)]
pub(super) enum EntryError {
    #[error("it is not a JSON object")]
    NotAnObject,
    #[error("it has no name")]
    Nameless,
    #[error("its `done` is neither true nor false")]
    Done,
    #[error(transparent)]
    Name(#[from] NameError),
}

impl Entry<'_> {
    /// The operation, if it is one. Missing and unreadable data is `None` in it.
    pub(super) fn operation(
        &self,
        service: &ServiceName,
        profile: &Profile,
        words: &mut Words,
    ) -> Result<Operation, EntryError> {
        if !self.is_object {
            return Err(EntryError::NotAnObject);
        }
        let name = self.name.and_then(string).ok_or(EntryError::Nameless)?;
        let name = OperationName::parse(&name)?;
        let progress = self.progress()?;
        let raw = self.metadata.filter(|raw| raw.get().starts_with('{'));
        let fields = raw.and_then(|raw| Fields::read(raw, profile));
        let metadata = match (progress, raw) {
            // Only a running operation is ever judged; for the others the text would be kept for nobody.
            (Progress::Running, Some(raw)) => Some(Metadata::new(raw)),
            _ => None,
        };
        // Without metadata, a flag is missing that there should be.
        let without = || Fields { tells_cancellation: profile.has_cancel_flag(), ..Fields::default() };
        let fields = fields.unwrap_or_else(without);
        Ok(Operation {
            service: service.clone(),
            name,
            progress,
            create_time: fields.create_time,
            verb: words.share(fields.verb),
            target: fields.target.map(Arc::from),
            kind: words.share(fields.kind),
            cancellation_requested: fields.requested,
            tells_cancellation: fields.tells_cancellation,
            metadata,
        })
    }

    /// A result proves that it has ended, whatever `done` says.
    fn progress(&self) -> Result<Progress, EntryError> {
        if let Some(error) = self.error {
            return Ok(Progress::Ended(match rpc_code(error) {
                RPC_CANCELLED => Ending::Cancelled,
                code => Ending::Failed { code },
            }));
        }
        if self.has_response {
            return Ok(Progress::Ended(Ending::Completed));
        }
        match self.done.map(RawValue::get) {
            None | Some("false") => Ok(Progress::Running),
            Some("true") => Ok(Progress::Ended(Ending::Unstated)),
            Some(_) => Err(EntryError::Done),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

/// Takes any JSON value, so that one that is no object does not end the reading of the whole list.
struct EntryVisitor;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum EntryKey {
    Name,
    Done,
    Error,
    Response,
    Metadata,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an operation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entry = Entry { is_object: true, ..Entry::default() };
        while let Some(key) = map.next_key::<EntryKey>()? {
            // An explicit null is the same as nothing, in ProtoJSON.
            match key {
                EntryKey::Name => entry.name = map.next_value()?,
                EntryKey::Done => entry.done = map.next_value()?,
                EntryKey::Error => entry.error = map.next_value()?,
                EntryKey::Metadata => entry.metadata = map.next_value()?,
                EntryKey::Response => entry.has_response = map.next_value::<Option<IgnoredAny>>()?.is_some(),
                EntryKey::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(entry)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Entry::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Entry::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Entry::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Entry::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Entry::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Entry::default())
    }
}

/// The object that a JSON text is, or `None` when it is none or a known field comes twice.
pub(super) fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok())?
}

/// The string that a JSON text is; without a copy when it holds no escape.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(raw.get()).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// The numeric `google.rpc.Code` of an `Operation.error`. ProtoJSON allows a number in quotes.
fn rpc_code(error: &RawValue) -> i32 {
    #[derive(Deserialize)]
    struct Status<'a> {
        #[serde(borrow, default)]
        code: Option<&'a RawValue>,
    }

    let status: Option<Status<'_>> = object(error);
    let code = status.and_then(|status| status.code).and_then(|raw| raw.get().trim_matches('"').parse().ok());
    // 0 is `OK`, which no error is.
    code.filter(|code| *code != 0).unwrap_or(RPC_UNKNOWN)
}
