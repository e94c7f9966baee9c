//! The value of a scenario's `tokens`: a word or a map.

use serde::{Deserialize, Deserializer};

use super::scenario::TokenRules;
use super::word_or_map::{WordOrMap, word_or_map};
use super::words::UnsignedSpan;

/// `tokens`.
pub(super) struct TokenWords(pub(super) TokenRules);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TokenWord {
    Any,
    Issued,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenKeys {
    #[serde(default)]
    lifetime: Option<UnsignedSpan>,
    #[serde(default)]
    revoke_after: Option<u32>,
}

impl WordOrMap for TokenWords {
    type Words = TokenWord;
    type Keys = TokenKeys;
    const EXPECTING: &'static str = "`any`, `issued`, or a map of lifetime and revoke_after";

    fn from_word(word: TokenWord) -> Self {
        Self(TokenRules { only_issued: matches!(word, TokenWord::Issued), ..TokenRules::default() })
    }

    fn from_keys(keys: TokenKeys) -> Result<Self, String> {
        let usual = TokenRules { only_issued: true, ..TokenRules::default() };
        let lifetime = keys.lifetime.map_or(usual.lifetime, |UnsignedSpan(lifetime)| lifetime);
        Ok(Self(TokenRules { lifetime, revoke_after: keys.revoke_after, ..usual }))
    }
}

impl<'de> Deserialize<'de> for TokenWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word_or_map(deserializer)
    }
}
