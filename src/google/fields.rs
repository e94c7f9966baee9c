//! What curfew asks of an operation's metadata, found by the pointers of its service.
//!
//! The metadata is gone through once; what lies deeper is gone through only where a pointer leads there. A value of a
//! wrong type is as good as none, and the next pointer is tried. An object in which a key that is asked for comes twice
//! says nothing: which of the two is meant, nobody knows.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::catalogue::{Pointer, Profile};
use crate::google::entry::string;

/// The key under which the type of an `Any` stands.
const TYPE: &str = "@type";

/// What a metadata object says.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) kind: Option<Cow<'a, str>>,
    pub(super) create_time: Option<DateTime<Utc>>,
    pub(super) verb: Option<Cow<'a, str>>,
    pub(super) target: Option<Cow<'a, str>>,
    /// Whether cancellation was requested; `None` when that cannot be read, or is not told.
    pub(super) requested: Option<bool>,
    /// Whether this operation tells whether it was.
    pub(super) tells_cancellation: bool,
}

impl<'a> Fields<'a> {
    /// Reads a JSON object. `None` when it is none, or a key that is asked for comes twice.
    pub(super) fn read(raw: &'a RawValue, profile: &Profile) -> Option<Self> {
        let object = Object::read(raw, |key| key == TYPE || profile.asks_for(key))?;
        let text = |pointers: &[Pointer]| object.find(pointers, string);
        let requested = object.cancellation_requested(profile);
        Some(Self {
            kind: object.get(TYPE).and_then(string),
            create_time: object.find(&profile.create_time, instant),
            verb: text(&profile.verb),
            target: text(&profile.target),
            tells_cancellation: profile.has_cancel_flag() || requested.is_some(),
            requested,
        })
    }
}

impl Profile {
    fn asks_for(&self, key: &str) -> bool {
        let states = self.cancel_state.iter().flat_map(|state| &state.at);
        [&self.create_time, &self.verb, &self.target, &self.cancel_requested, &self.cancel_time]
            .into_iter()
            .flatten()
            .chain(states)
            .any(|pointer| pointer.tokens().first().is_some_and(|token| token == key))
    }
}

/// The values of an object that somebody asks for, each as it stands in the buffer.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    fn read(raw: &'a RawValue, wanted: impl Fn(&str) -> bool) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        let values = Wanted(wanted).deserialize(&mut deserializer).ok()?;
        let twice = values
            .iter()
            .enumerate()
            .any(|(index, (key, _))| values.iter().skip(index + 1).any(|(other, _)| other == key));
        (!twice).then_some(Self(values))
    }

    fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| *value)
    }

    /// The value that a pointer leads to, if it can be got at.
    fn at(&self, pointer: &Pointer) -> Option<&'a RawValue> {
        self.look(pointer).ok().flatten()
    }

    /// What a pointer leads to: a value, or nothing. An explicit null is nothing, also on the way.
    fn look(&self, pointer: &Pointer) -> Result<Option<&'a RawValue>, Blocked> {
        let mut tokens = pointer.tokens().iter();
        let is_there = |value: &&RawValue| value.get() != "null";
        let mut found = tokens.next().and_then(|token| self.get(token)).filter(is_there);
        for token in tokens {
            let Some(value) = found else { break };
            found = step(value, token)?.filter(is_there);
        }
        Ok(found)
    }

    /// What the first pointer leads to at which there is what is looked for.
    fn find<T>(&self, pointers: &[Pointer], read: impl Fn(&'a RawValue) -> Option<T>) -> Option<T> {
        pointers.iter().find_map(|pointer| self.at(pointer).and_then(&read))
    }

    /// One thing that says so is enough. That it was not is said by flags alone: by their absence too, unless there is
    /// one that cannot be read.
    fn cancellation_requested(&self, profile: &Profile) -> Option<bool> {
        let flag = |pointer: &Pointer| match self.look(pointer) {
            Ok(value) => value.map(boolean),
            Err(Blocked) => Some(None),
        };
        let flags: Vec<Option<bool>> = profile.cancel_requested.iter().filter_map(flag).collect();
        let by_time = profile.cancel_time.iter().any(|pointer| self.at(pointer).is_some());
        let by_state = profile.cancel_state.iter().any(|state| {
            let says_so = |text: &Cow<'_, str>| state.is.iter().any(|word| word == text);
            state.at.iter().filter_map(|pointer| self.at(pointer)).filter_map(word).any(|text| says_so(&text))
        });
        if by_time || by_state || flags.contains(&Some(true)) {
            return Some(true);
        }
        (profile.has_cancel_flag() && !flags.contains(&None)).then_some(false)
    }
}

/// Something is in the way of a pointer: it leads into what is neither an object nor a list, or a key comes twice. That
/// is not the same as nothing: what should be there cannot be read.
struct Blocked;

/// One step of a pointer, into an object or a list.
fn step<'a>(value: &'a RawValue, token: &str) -> Result<Option<&'a RawValue>, Blocked> {
    match value.get().as_bytes().first() {
        Some(b'{') => Ok(Object::read(value, |key| key == token).ok_or(Blocked)?.get(token)),
        Some(b'[') => {
            let index: usize = token.parse().map_err(|_| Blocked)?;
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| Blocked)?;
            Ok(items.get(index).copied())
        }
        _ => Err(Blocked),
    }
}

/// A state: a string, or `true` for a flag that only some kinds of operations have.
fn word(raw: &RawValue) -> Option<Cow<'_, str>> {
    if raw.get() == "true" { Some(Cow::Borrowed("true")) } else { string(raw) }
}

fn boolean(raw: &RawValue) -> Option<bool> {
    match raw.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn instant(raw: &RawValue) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(&string(raw)?).ok().map(|time| time.with_timezone(&Utc))
}

/// Takes the keys that are wanted out of an object, and skips the rest without a copy.
struct Wanted<F>(F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Wanted<F> {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Wanted<F> {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            if (self.0)(&key) {
                values.push((key, map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(values)
    }
}

/// A key, without a copy where it holds no escape.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Service, define, table};
    use crate::operation::ServiceName;

    fn service(row: &str) -> Service {
        define(toml::from_str(&format!("name = \"acme\"\n{row}")).unwrap()).unwrap()
    }

    /// What metadata says of a cancel: whether it was requested, and whether the operation tells it at all.
    fn cancel(service: &Service, metadata: &str) -> (Option<bool>, bool) {
        let raw = RawValue::from_string(metadata.to_owned()).unwrap();
        let fields = Fields::read(&raw, &service.profile).unwrap();
        (fields.requested, fields.tells_cancellation)
    }

    #[test]
    fn a_flag_says_yes_and_no_and_its_absence_is_a_no() {
        let acme = service("cancel_requested = [\"/requested\", \"/common/asked\"]");
        for (metadata, want) in [
            ("{}", Some(false)),
            (r#"{"requested":false}"#, Some(false)),
            (r#"{"requested":true}"#, Some(true)),
            (r#"{"requested":false,"common":{"asked":true}}"#, Some(true)),
            (r#"{"requested":null,"common":{"asked":false}}"#, Some(false)),
            (r#"{"requested":"true"}"#, None),
            (r#"{"common":null}"#, Some(false)),
            (r#"{"common":{"asked":null}}"#, Some(false)),
            (r#"{"common":"?"}"#, None),
            (r#"{"common":[{"asked":true}]}"#, None),
            (r#"{"common":{"asked":true,"asked":false}}"#, None),
            (r#"{"requested":true,"common":"?"}"#, Some(true)),
        ] {
            assert_eq!(cancel(&acme, metadata), (want, true), "{metadata}");
        }
    }

    #[test]
    fn a_time_and_a_state_only_ever_say_yes() {
        let acme = service(
            "cancel_requested = []\ncancel_time = [\"/progress/cancelTime\"]\n\
             cancel_state = { at = [\"/state\"], is = [\"CANCELLING\"] }",
        );
        for yes in [r#"{"progress":{"cancelTime":"2026-11-24T12:00:00Z"}}"#, r#"{"state":"CANCELLING"}"#] {
            assert_eq!(cancel(&acme, yes), (Some(true), true), "{yes}");
        }
        for silent in
            ["{}", r#"{"progress":{"cancelTime":null}}"#, r#"{"state":"RUNNING"}"#, r#"{"state":7}"#]
        {
            assert_eq!(cancel(&acme, silent), (None, false), "{silent}");
        }
    }

    /// Its absence says nothing: the operation may be of a kind that has no flag.
    #[test]
    fn a_flag_that_only_some_kinds_of_operations_have_only_ever_says_yes() {
        for (name, metadata) in [
            ("logging", r#"{"cancellationRequested":true}"#),
            ("logging", r#"{"state":"OPERATION_STATE_CANCELLED"}"#),
            ("ml", r#"{"isCancellationRequested":true}"#),
        ] {
            let service = table().find(&ServiceName::parse(name).unwrap()).unwrap();
            assert_eq!(cancel(service, metadata), (Some(true), true), "{name} {metadata}");
            let without = r#"{"cancellationRequested":false,"isCancellationRequested":false}"#;
            for silent in ["{}", without, r#"{"startTime":"2026-11-24T12:00:00Z"}"#] {
                assert_eq!(cancel(service, silent), (None, false), "{name} {silent}");
            }
        }
    }

    #[test]
    fn without_any_sign_nothing_is_told() {
        assert_eq!(
            cancel(&service("cancel_requested = []"), r#"{"requestedCancellation":true}"#),
            (None, false)
        );
    }

    #[test]
    fn the_first_pointer_that_leads_to_a_value_of_the_right_type_counts() {
        let acme = service("create_time = [\"/a\", \"/b/0/at\", \"/c\"]\ntarget = [\"/x~1y\", \"/z\"]");
        let read = |metadata: &str| {
            let raw = RawValue::from_string(metadata.to_owned()).unwrap();
            let fields = Fields::read(&raw, &acme.profile)?;
            Some((fields.create_time.map(|at| at.timestamp()), fields.target.map(Cow::into_owned)))
        };
        let (first, second) = ("1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z");
        for (metadata, want) in [
            (format!(r#"{{"a":"{first}","c":"{second}"}}"#), (Some(1), None)),
            (format!(r#"{{"a":7,"c":"{second}"}}"#), (Some(2), None)),
            (format!(r#"{{"a":"yesterday","b":[{{"at":"{second}"}}]}}"#), (Some(2), None)),
            (format!(r#"{{"b":[],"c":"{first}"}}"#), (Some(1), None)),
            (r#"{"x/y":"t","z":"u"}"#.to_owned(), (None, Some("t".to_owned()))),
            (r#"{"x/y":{"deep":1},"z":"u"}"#.to_owned(), (None, Some("u".to_owned()))),
        ] {
            assert_eq!(read(&metadata), Some(want), "{metadata}");
        }
        assert_eq!(read(r#"{"a":"x","a":"y"}"#), None, "which of the two is meant, nobody knows");
    }
}
