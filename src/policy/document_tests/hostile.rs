//! Input that nobody wrote by hand: it ends soon, with an error, and never with a panic.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::super::model::Policy;
use super::{BASE, error, problems};

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    // Not even UTF-8: whoever looked at the content would say so.
    let bytes = vec![0xff; 10_000_000];
    let error = Policy::parse(&bytes, "policy.yaml").unwrap_err();
    assert_eq!(error.problems().len(), 1);
    assert_eq!(error.problems()[0].message(), "the policy has 10000000 bytes, and at most 1048576 are read");
    assert!(error.to_string().len() < 1_000);
}

#[test]
fn a_file_of_the_largest_size_is_read() {
    let source = format!("{BASE}#{}", "x".repeat((1 << 20) - BASE.len() - 1));
    assert!(Policy::parse(source.as_bytes(), "p").is_ok());
}

#[test]
fn what_is_not_utf_8_names_the_byte() {
    let error = Policy::parse(b"version: 1\nmode: \xc3\xa4\xff", "policy.yaml").unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!((problem.line(), problem.column()), (2, 8));
    assert_eq!(problem.message(), "the policy is not UTF-8: the byte at offset 19 is no part of a character");
}

#[test]
fn deep_nesting_and_long_lines_end_soon() {
    for (name, source) in [
        ("nesting", format!("{BASE}    match: {}", "{not: ".repeat(100_000))),
        ("a long key", format!("{}: 1", "k".repeat(1_000_000))),
        ("a long value", format!("{BASE}mode: {}", "v".repeat(1_000_000))),
        ("a long glob", format!("{BASE}    match: {{verb: \"{}\"}}", "[".repeat(1_000_000))),
        ("stars", format!("{BASE}    match: {{verb: \"{}\"}}", "*".repeat(100_000))),
        ("many mistakes", format!("{BASE}{}", "x y z: 1\n".repeat(9_000))),
        ("many wrong rules", format!("{BASE}{}", "  - {}\n".repeat(9_000))),
    ] {
        let started = Instant::now();
        let error = error(&source);
        let text = error.to_string();
        assert!(text.len() < 100_000, "{name}: {} bytes", text.len());
        // It takes a fraction of a second; what is quadratic takes minutes.
        assert!(started.elapsed() < Duration::from_secs(20), "{name}: {:?}", started.elapsed());
    }
}

#[test]
fn a_glob_that_is_too_large_to_compile_is_an_error() {
    let source = format!("{BASE}    match: {{verb: \"{}\"}}", "{a,b,c,d}".repeat(50_000));
    assert!(problems(&source)[0].starts_with("8:19 a pattern has at most 1000 bytes"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Policy::parse(&bytes, "p").map_err(|error| error.to_string());
    }

    #[test]
    fn no_text_of_yaml_marks_makes_it_panic(
        text in "([-?:,\\[\\]{}#&*!|>'\"%@` \t\n\r~]|a|1|ä|\u{feff}|: |- |\n  |verb|match|\\*\\*/){0,80}",
    ) {
        let _ = Policy::parse(text.as_bytes(), "p").map_err(|error| (error.to_string(), error.coloured()));
    }

    #[test]
    fn a_change_anywhere_in_a_policy_is_taken_or_reported(
        at in 0_usize..super::right::EXAMPLE.len(),
        removed in 0_usize..40,
        added in "[-:\\[\\]{}&*!a1 \n'\"%]{0,4}",
    ) {
        let example = super::right::EXAMPLE;
        let end = (at + removed).min(example.len());
        let changed = format!("{}{added}{}", &example[..at], &example[end..]);
        if let Err(error) = Policy::parse(changed.as_bytes(), "policy.yaml") {
            prop_assert!(!error.problems().is_empty());
            prop_assert!(error.to_string().starts_with("error: "));
        }
    }
}
