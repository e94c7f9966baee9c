//! The shipped `curfew-lambda`, run as Lambda runs it: a process behind the Runtime API, against a fake Cloud Deploy
//! on loopback. Only what a caller, a log reader and the service see is looked at.

#![cfg(feature = "emulator")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test, helpers included: it fails by panicking"
)]

mod support;

#[path = "lambda/deadlines.rs"]
mod deadlines;
#[path = "lambda/events.rs"]
mod events;
#[path = "lambda/failures.rs"]
mod failures;
#[path = "lambda/modes.rs"]
mod modes;
#[path = "lambda/payloads.rs"]
mod payloads;
#[path = "lambda/recordings.rs"]
mod recordings;
#[path = "lambda/records.rs"]
mod records;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use curfew::clock::Clock;
use curfew::emulator::Emulator;
use serde_json::Value;
use tempfile::TempDir;

use support::runtime_api::{Lambda, Outcome, Output};
use support::world::last_segment;

/// What curfew's own schedule sends.
const SCHEDULE: &str = include_str!("../events/scheduler.json");

/// Every operation older than an hour is to be cancelled.
const POLICY: &str = "\
version: 1
mode: enforce
scopes:
  - projects: [acme-web]
    locations: [europe-west1, us-central1]
  - projects: [acme-data]
    locations: [europe-west1]
rules:
  - { name: an-hour, max_age: 1h }
follow_up: { for: 1s }
";

/// Two violators and one that is young enough.
const SCENARIO: &str = "\
locations: { acme-web: [us-central1], acme-data: [europe-west1] }
operations:
  - { name: projects/acme-web/locations/europe-west1/operations/old, age: 3h, verb: create, target: t/1 }
  - { name: projects/acme-web/locations/europe-west1/operations/older, age: 4h, verb: update }
  - { name: projects/acme-web/locations/europe-west1/operations/young, age: 10m, verb: update }
";

/// A deployed function: its package, with the policy in it, and its variables.
struct Deployment {
    root: Arc<TempDir>,
    variables: Vec<(&'static str, String)>,
}

impl Deployment {
    /// The policy bundled as `policy.yaml`, the function's own key turned to enforce.
    fn new(emulator: &Emulator, policy: &str) -> Self {
        let deployment = Self::without_policy(emulator);
        deployment.write("policy.yaml", policy);
        deployment
    }

    fn without_policy(emulator: &Emulator) -> Self {
        let variables = vec![
            ("CURFEW_GOOGLE_ENDPOINT", emulator.url()),
            ("CURFEW_CREDENTIALS", "none".to_owned()),
            ("CURFEW_MODE", "enforce".to_owned()),
        ];
        Self { root: Arc::new(TempDir::new().unwrap()), variables }
    }

    /// Sets one more variable, or another value of one.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.root.path().join(name), text).unwrap();
    }

    async fn start(&self) -> Function {
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let lambda = Lambda::start(self.root.path(), &variables).await;
        Function { lambda, _root: Arc::clone(&self.root) }
    }
}

/// A running function, which keeps its package for as long as it runs.
struct Function {
    lambda: Lambda,
    _root: Arc<TempDir>,
}

impl Function {
    async fn invoke(&mut self, payload: impl Into<Bytes>, deadline_ms: u64) -> Outcome {
        self.lambda.invoke(payload, deadline_ms).await
    }

    async fn stop(self) -> Output {
        self.lambda.stop().await
    }
}

/// A deadline this far from now, in milliseconds since 1970.
fn in_(time: Duration) -> u64 {
    let now = Clock::system().now().timestamp_millis().unsigned_abs();
    now + u64::try_from(time.as_millis()).unwrap()
}

/// A deadline that no test comes near.
fn plenty() -> u64 {
    in_(Duration::from_secs(300))
}

/// The ids of a report's operations that satisfy a condition.
fn ids(report: &Value, condition: impl Fn(&Value) -> bool) -> BTreeSet<&str> {
    let operations = report["operations"].as_array().unwrap().iter();
    operations
        .filter(|record| condition(record))
        .map(|record| last_segment(text(record, "operation")))
        .collect()
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_else(|| panic!("no {key} in {object}"))
}

/// The log's records.
fn records(stdout: &[String]) -> Vec<Value> {
    stdout
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}
