//! A key of a scenario file that takes either a word or a map.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A key that takes a word or a map.
pub(super) trait WordOrMap: Sized {
    type Words: for<'de> Deserialize<'de>;
    type Keys: for<'de> Deserialize<'de>;
    /// What it takes, for an error.
    const EXPECTING: &'static str;
    fn from_word(word: Self::Words) -> Self;
    /// Makes it of a map; the error says what the keys cannot be together.
    fn from_keys(keys: Self::Keys) -> Result<Self, String>;
}

struct WordOrMapVisitor<T>(PhantomData<T>);

impl<'de, T: WordOrMap> Visitor<'de> for WordOrMapVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTING)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        T::Words::deserialize(StrDeserializer::new(word)).map(T::from_word)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_keys(T::Keys::deserialize(MapAccessDeserializer::new(map))?).map_err(A::Error::custom)
    }
}

/// Reads one.
pub(super) fn word_or_map<'de, T: WordOrMap, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(WordOrMapVisitor(PhantomData))
}
