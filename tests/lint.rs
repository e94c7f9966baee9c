//! `curfew lint`: what it finds, what it leaves alone, that what it says is true, and how it says it.

#![cfg(all(feature = "cli", feature = "emulator"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test, helpers included: it fails by panicking"
)]

#[path = "support/command.rs"]
mod command;
#[path = "support/policies.rs"]
mod policies;

#[path = "lint/documented.rs"]
mod documented;
#[path = "lint/good.rs"]
mod good;
#[path = "lint/output.rs"]
mod output;
#[path = "lint/soundness.rs"]
mod soundness;
#[path = "lint/trips.rs"]
mod trips;

use std::time::Duration;

use curfew::lint::{FUNCTION_TIMEOUT, Findings, lint};
use curfew::policy::{Outline, Policy};

/// What is found in a policy, which must be one.
fn findings(source: &str) -> Findings {
    findings_for(source, FUNCTION_TIMEOUT)
}

/// The same for a function with another timeout.
fn findings_for(source: &str, timeout: Duration) -> Findings {
    let policy = Policy::parse(source.as_bytes(), "policy.yaml").unwrap_or_else(|error| panic!("{error}"));
    lint(&policy, &Outline::of(source.as_bytes()), "policy.yaml", timeout)
}

/// The names of the checks that found something, each as often as it did.
fn checks(findings: &Findings) -> Vec<&'static str> {
    findings.found.iter().map(|located| located.finding.check).collect()
}
