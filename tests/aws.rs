//! The shipped `curfew-lambda` with AWS behind it: policies and secrets from where teams keep them. moto is the AWS
//! where its answers matter; where a fault matters, it is made.

#![cfg(feature = "emulator")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test, helpers included: it fails by panicking"
)]

#[cfg(feature = "cli")]
#[path = "support/command.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod command;
#[path = "support/aws.rs"]
mod fake_aws;
#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

#[cfg(feature = "cli")]
#[path = "aws/command_line.rs"]
mod command_line;
#[path = "aws/credentials.rs"]
mod credentials;
#[path = "aws/faults.rs"]
mod faults;
#[path = "aws/policies.rs"]
mod policies;
#[path = "aws/policy_reader.rs"]
mod policy_reader;

use std::time::Duration;

use curfew::clock::Clock;
use curfew::emulator::Emulator;
use serde_json::{Value, json};
use tempfile::TempDir;

use fake_aws::{Aws, MARK};
use support::runtime_api::{Lambda, Outcome};

/// What curfew's own schedule sends.
const SCHEDULE: &str = include_str!("../events/scheduler.json");

/// Every operation older than an hour is to be cancelled.
const POLICY: &str = "\
version: 1
mode: enforce
scopes: [{ projects: [acme-web], locations: [europe-west1] }]
rules: [{ name: an-hour, max_age: 1h }]
follow_up: { for: 10s }
";

/// One violator.
const OLD: &str =
    "operations: [{ name: projects/acme-web/locations/europe-west1/operations/old, age: 3h, verb: create }]";

/// A deployed function and what it prints. Nothing that it says may hold [`MARK`].
struct Function {
    lambda: Lambda,
    root: TempDir,
}

impl Function {
    /// A function with the parameter `/curfew/policy` and the secret `curfew/google` at AWS, and these variables
    /// beside or instead.
    async fn start(aws: &Aws, emulator: &Emulator, variables: &[(&'static str, &str)]) -> Self {
        let mut all = vec![
            ("CURFEW_POLICY", "ssm:/curfew/policy".to_owned()),
            ("CURFEW_CREDENTIALS", "secretsmanager:curfew/google".to_owned()),
            ("CURFEW_MODE", "enforce".to_owned()),
            ("CURFEW_GOOGLE_ENDPOINT", emulator.url()),
        ];
        all.extend(aws.variables());
        for (name, value) in variables {
            all.retain(|(known, _)| known != name);
            all.push((name, (*value).to_owned()));
        }
        let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let root = TempDir::new().unwrap();
        Self { lambda: Lambda::start(root.path(), &all).await, root }
    }

    async fn invoke(&mut self) -> Outcome {
        let now = Clock::system().now().timestamp_millis().unsigned_abs();
        let plenty = Duration::from_secs(300).as_millis();
        self.lambda.invoke(SCHEDULE, now + u64::try_from(plenty).unwrap()).await
    }

    /// Invokes it, and gives its report.
    async fn report(&mut self) -> Value {
        let report = self.invoke().await.response();
        assert!(!report.to_string().contains(MARK), "a secret is in the report: {report}");
        report
    }

    /// Invokes it, and gives the type and the message of its failure.
    async fn failure(&mut self) -> (String, String) {
        let (error_type, message) = self.invoke().await.error();
        assert!(!message.contains(MARK), "a secret is in the failure: {message}");
        (error_type, message)
    }

    /// Ends it, and gives the records of its log.
    async fn stop(self) -> Vec<Value> {
        let output = self.lambda.stop().await;
        drop(self.root);
        for line in output.stdout.iter().chain(&output.stderr) {
            assert!(!line.contains(MARK), "a secret is in the log: {line}");
        }
        output.stdout.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A user's credential whose tokens the emulator gives out; the edition shows in its journal.
fn user(emulator: &Emulator, edition: u32) -> String {
    json!({"type": "authorized_user", "client_id": "c", "client_secret": format!("{MARK}-client-secret"),
           "refresh_token": format!("{MARK}-refresh-token"),
           "token_uri": format!("{}/token?edition={edition}", emulator.url())})
    .to_string()
}

/// The requests that Google saw: method, last part of the path, query.
fn google(emulator: &Emulator) -> Vec<String> {
    let requests = emulator.journal().requests.into_iter();
    requests
        .map(|entry| {
            let last = entry.path.rsplit('/').next().unwrap_or_default().to_owned();
            let query = entry.query.filter(|query| query.starts_with("edition="));
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("{} {last}{query}", entry.method)
        })
        .collect()
}
