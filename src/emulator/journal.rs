//! The journal: which requests came, and how they were answered.
//!
//! Tests count in it what a client really sent. It holds neither headers nor bodies, so no token.

use serde::Serialize;

/// Most entries that are kept. More only come from load, where nobody reads them one by one.
const MAX_ENTRIES: usize = 100_000;

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The HTTP method.
    pub method: String,
    /// The path, as it came.
    pub path: String,
    /// The query, as it came.
    pub query: Option<String>,
    /// The status of the answer; `null` when the connection was closed instead.
    pub status: Option<u16>,
}

/// The requests so far, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Journal {
    /// The first 100,000.
    pub requests: Vec<Entry>,
    /// How many came after these.
    pub omitted: u64,
}

impl Journal {
    pub(super) fn note(&mut self, entry: Entry) {
        if self.requests.len() < MAX_ENTRIES {
            self.requests.push(entry);
        } else {
            self.omitted += 1;
        }
    }

    /// How many requests of this HTTP method came, among those that are kept.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        self.requests.iter().filter(|entry| entry.method == method).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut journal = Journal::default();
        let entry = Entry { method: "GET".to_owned(), path: String::new(), query: None, status: Some(200) };
        for _ in 0..MAX_ENTRIES + 3 {
            journal.note(entry.clone());
        }
        assert_eq!((journal.count("GET"), journal.omitted), (MAX_ENTRIES, 3));
    }
}
