//! The fake Cloud Deploy that the shipped binaries are pointed at, and what its journal says about them.
//!
//! It listens on a free loopback port in the test's own process, so the journal is at hand without a request.

use std::collections::BTreeSet;

use curfew::clock::Clock;
use curfew::emulator::{Emulator, Scenario};

/// The keys that an operation's record must have.
pub(crate) const OPERATION_KEYS: [&str; 19] = [
    "event",
    "sweep_id",
    "mode",
    "service",
    "operation",
    "verb",
    "target",
    "created_at",
    "age_s",
    "rule",
    "action",
    "why",
    "withheld",
    "cancel",
    "cancel_attempts",
    "state",
    "polls",
    "follow_up_ms",
    "message",
];

/// The keys that a sweep's record must have.
pub(crate) const SWEEP_KEYS: [&str; 18] = [
    "event",
    "sweep_id",
    "mode",
    "policy_digest",
    "policy_source",
    "started_at",
    "duration_ms",
    "complete",
    "collections",
    "gaps",
    "seen",
    "done",
    "spared",
    "violating",
    "withheld",
    "attempted",
    "answers",
    "states",
];

/// Starts a world. It ends with the value.
pub(crate) async fn emulate(scenario: &str) -> Emulator {
    let scenario = Scenario::parse(scenario, "the test's scenario").unwrap();
    Emulator::start(&scenario, ([127, 0, 0, 1], 0).into(), Clock::system()).await.unwrap()
}

/// The ids of the operations for which a cancel came, each once.
pub(crate) fn cancelled(emulator: &Emulator) -> BTreeSet<String> {
    let journal = emulator.journal();
    let posts = journal.requests.iter().filter(|request| request.method == "POST");
    posts.map(|request| last_segment(&request.path).trim_end_matches(":cancel").to_owned()).collect()
}

/// What follows the last slash: an operation's id.
pub(crate) fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Every key of `want` stands in the object; a key with nothing to say is null, not absent.
pub(crate) fn assert_has_keys(object: &serde_json::Value, want: &[&str]) {
    let got: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    let missing: Vec<_> = want.iter().filter(|key| !got.contains(**key)).collect();
    assert!(missing.is_empty(), "no {missing:?} in {object}");
}

/// The sums that every report must keep to.
pub(crate) fn assert_adds_up(sweep: &serde_json::Value) {
    let number = |key: &str| sweep[key].as_u64().unwrap_or_else(|| panic!("no {key} in {sweep}"));
    let total =
        |key: &str| sweep[key].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum();
    let withheld: u64 = total("withheld");
    let (answers, states): (u64, u64) = (total("answers"), total("states"));
    assert_eq!(number("seen"), number("done") + number("spared") + number("violating"), "{sweep}");
    assert_eq!(number("violating"), withheld + number("attempted"), "{sweep}");
    assert_eq!((answers, states), (number("attempted"), number("attempted")), "{sweep}");
}
