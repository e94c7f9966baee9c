//! A map with known keys: what is there, what is missing, and what was misspelt.

use super::super::problem::{Place, Problems, quoted};
use super::super::tree::{Entry, Node, Value};
use super::scalars::report_type;

/// The longest key that is compared with the right ones. No right one is as long, and comparing takes quadratic time.
const MAX_COMPARED: usize = 40;

/// A map whose unknown keys have been reported.
pub(crate) struct Fields<'a> {
    place: Place,
    what: &'a str,
    entries: &'a [Entry],
    /// The right keys that a wrong one was taken for: they are not reported as missing as well.
    misspelt: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    /// Takes a node that must be a map. `what` names it in messages: `` `limits` ``, `a rule`.
    pub(crate) fn read(
        node: &'a Node,
        what: &'a str,
        known: &[&'a str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let keys = listed(known);
        let Value::Map(entries) = &node.value else {
            report_type(node, what, "a map", &format!("its keys are {keys}"), problems);
            return None;
        };
        let mut misspelt = Vec::new();
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let meant = nearest(&entry.key, known);
            misspelt.extend(meant);
            let help = match (entry.key.as_str(), meant) {
                ("<<", _) => "merge keys are not read: use an alias for the whole value".to_owned(),
                (_, Some(meant)) => format!("did you mean `{meant}`?"),
                (_, None) => format!("the keys of {what} are {keys}"),
            };
            problems.report(entry.key_place, format!("unknown key {} in {what}", quoted(&entry.key)), help);
        }
        Some(Self { place: node.place, what, entries, misspelt })
    }

    /// Where the map begins.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Where a key stands.
    pub(crate) fn key_place(&self, key: &str) -> Option<Place> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.key_place)
    }

    /// The value of a key, which may be left out.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Whether a key is not there, nor another that was meant to be it.
    pub(crate) fn lacks(&self, key: &str) -> bool {
        self.get(key).is_none() && !self.misspelt.contains(&key)
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&self, key: &str, help: &str, problems: &mut Problems) -> Option<&'a Node> {
        if self.lacks(key) {
            problems.report(self.place, format!("{} has no `{key}`", self.what), help);
        }
        self.get(key)
    }

    /// What a reader makes of a key's value; the default when the key is left out.
    pub(crate) fn optional<T>(
        &self,
        key: &str,
        default: T,
        problems: &mut Problems,
        read: impl FnOnce(&'a Node, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        match self.get(key) {
            Some(node) => read(node, problems),
            None => Some(default),
        }
    }
}

/// The right word that a wrong one is most like, if it is like any.
pub(crate) fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    if given.chars().nth(MAX_COMPARED).is_some() {
        return None;
    }
    // Keys are lower case with underscores; names that somebody gave may be anything.
    let as_key = given.to_lowercase().replace('-', "_");
    let distance =
        |word: &str| [given, &as_key].into_iter().map(|given| strsim::damerau_levenshtein(given, word)).min();
    known
        .iter()
        .filter_map(|word| Some((distance(word)?, *word)))
        // One slip in a short word, two in a longer one.
        .filter(|(distance, word)| *distance <= if word.len() < 5 { 1 } else { 2 })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Words in backticks, one after the other.
pub(crate) fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
