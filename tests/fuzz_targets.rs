//! The fuzzers' targets with the seeds, and with input made of them: what runs where there is no fuzzer.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "this is a test, helpers included: it fails by panicking"
)]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

/// The committed inputs of a target.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds for {target}");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// One thing done to a text, as a fuzzer does it.
#[derive(Debug, Clone)]
enum Change {
    /// These bytes in the place of some.
    Put(Index, usize, Vec<u8>),
    /// A part of the text once more, elsewhere.
    Repeat(Index, Index, usize),
    /// The text ends here.
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let snippet = prop_oneof![
        Just(b"".to_vec()),
        prop::sample::select(
            &[
                "\n",
                ": ",
                "- ",
                "{",
                "[",
                "]",
                "}",
                "\"",
                "'",
                "*a",
                "&a ",
                "!!",
                "|",
                "~",
                "null",
                "-1",
                "1e999",
                "\u{feff}",
                "\u{2028}",
                "ä",
                "**",
                "9999999999d",
                "all",
                "..",
                "\\",
                "match",
                "max_age",
                "any"
            ][..]
        )
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop_oneof![
        4 => (any::<Index>(), 0..12_usize, snippet).prop_map(|(at, length, put)| Change::Put(at, length, put)),
        2 => (any::<Index>(), any::<Index>(), 0..80_usize).prop_map(|(from, to, length)| Change::Repeat(from, to, length)),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for change in changes {
        let end = bytes.len();
        match change {
            Change::Put(at, length, put) => {
                let at = at.index(end + 1);
                bytes.splice(at..(at + length).min(end), put);
            }
            Change::Repeat(from, to, length) => {
                let from = from.index(end + 1);
                let part = bytes[from..(from + length).min(end)].to_vec();
                let to = to.index(end + 1);
                bytes.splice(to..to, part);
            }
            Change::Cut(at) => bytes.truncate(at.index(end + 1)),
        }
    }
    bytes
}

/// A seed of the target with some changes.
fn input(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(seeds(target)), prop::collection::vec(change(), 0..6))
        .prop_map(|(seed, changes)| changed(seed, changes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_policy_or_are_refused_with_a_reason(bytes in input("policy")) {
        targets::policy(&bytes);
    }

    #[test]
    fn any_bytes_are_a_test_file_or_are_refused_with_a_reason(bytes in input("suite")) {
        targets::suite(&bytes);
    }

    #[test]
    fn any_bytes_are_a_snapshot_or_are_refused(bytes in input("snapshot")) {
        targets::snapshot(&bytes);
    }

    #[test]
    fn any_bytes_are_a_plan_or_are_refused(bytes in input("plan")) {
        targets::plan_file(&bytes);
    }

    #[test]
    fn any_bytes_are_replayed_or_refused(bytes in input("report")) {
        targets::report(&bytes);
    }
}
