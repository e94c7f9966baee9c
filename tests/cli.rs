//! The shipped `curfew` as a person or a script runs it: a process with a piped output, against a fake Cloud Deploy on
//! loopback.

#![cfg(all(feature = "cli", feature = "emulator"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test, helpers included: it fails by panicking"
)]

#[path = "support/command.rs"]
mod command;
#[path = "support/forged.rs"]
mod forged;
#[path = "support/world.rs"]
mod world;

#[path = "cli/apply.rs"]
mod apply;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/emulator.rs"]
mod emulator;
#[path = "cli/exit_codes.rs"]
mod exit_codes;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/services.rs"]
mod services;
#[path = "cli/snapshot.rs"]
mod snapshot;
#[path = "cli/sweep.rs"]
mod sweep;
#[path = "cli/test.rs"]
mod test;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/validate.rs"]
mod validate;

use std::fs;
use std::path::Path;

use curfew::emulator::Emulator;
use tempfile::TempDir;

use command::{Ran, run};

/// Changes older than two hours are to be cancelled, production excepted.
const POLICY: &str = r#"version: 1
mode: enforce
scopes:
  - projects: [acme-web]
    locations: [europe-west1]
protect:
  - name: production
    match: { target: "**/targets/prod-*" }
rules:
  - name: stuck-changes
    match: { verb: [create, update] }
    max_age: 2h
  - name: anything-else
    max_age: 1d
    action: report
follow_up: { for: 1s }
"#;

/// One operation for each thing that the policy can say.
const SCENARIO: &str = "
operations:
  - name: projects/acme-web/locations/europe-west1/operations/stuck
    age: 3h12m
    verb: create
    target: projects/acme-web/locations/europe-west1/targets/test-1
  - name: projects/acme-web/locations/europe-west1/operations/young
    age: 41m
    verb: update
    target: projects/acme-web/locations/europe-west1/targets/test-2
  - name: projects/acme-web/locations/europe-west1/operations/guarded
    age: 9h
    verb: update
    target: projects/acme-web/locations/europe-west1/targets/prod-1
  - name: projects/acme-web/locations/europe-west1/operations/deleting
    age: 2d
    verb: delete
    target: projects/acme-web/locations/europe-west1/targets/test-3
  - { name: projects/acme-web/locations/europe-west1/operations/over, age: 4d, runs_for: 1m, target: t/4 }
";

/// A person's directory with a policy in it, and the service that the commands are pointed at.
struct Desk {
    directory: TempDir,
    emulator: Emulator,
}

impl Desk {
    async fn new(policy: &str, scenario: &str) -> Self {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("policy.yaml"), policy).unwrap();
        Self { directory, emulator: world::emulate(scenario).await }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a command that talks to the service, which the environment names.
    async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[]).await
    }

    /// The same with more variables, or other values of some.
    async fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let url = self.emulator.url();
        let mut all = vec![("CURFEW_GOOGLE_ENDPOINT", url.as_str()), ("CURFEW_CREDENTIALS", "none")];
        all.extend(variables);
        run(arguments, &all, self.path()).await
    }
}

/// Full name of an operation of the scenario.
fn name(id: &str) -> String {
    format!("projects/acme-web/locations/europe-west1/operations/{id}")
}
