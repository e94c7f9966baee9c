//! Mistakes in what a policy says of services.

use super::{BASE, problems};

fn with(more: &str) -> Vec<String> {
    problems(&format!("{BASE}{more}"))
}

#[test]
fn all_mistakes_of_a_service_are_named_at_once() {
    let got =
        with("services: [{ name: a, host: x/y, version: ../v1, verb: [v], get: x, requests_at_once: 0 }]\n");
    let keys = ["host", "version", "verb", "get", "requests_at_once"];
    assert_eq!(got.len(), keys.len(), "{got:#?}");
    for key in keys {
        assert!(got.iter().any(|problem| problem.contains(&format!("`{key}` of this service"))), "{got:#?}");
    }
}

#[test]
fn a_pace_below_nothing_is_not_told_to_be_nothing() {
    let got = with("services: [{ name: a, requests_per_minute: -1 }]\n");
    assert!(
        got.len() == 1
            && got[0].starts_with("8:44 `requests_per_minute` cannot be negative | it must be at least 1"),
        "{got:#?}"
    );
}
