//! The service that is swept: `curfew emulator` in a process of its own, so that neither its memory nor its time is
//! counted as the sweep's.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;

use crate::{COLLECTIONS, LATENCY_MS, OPERATIONS, VIOLATORS};

/// The process. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Emulator {
    process: Child,
    url: String,
}

impl Emulator {
    /// Starts one with the world of the benchmark, and waits until it listens.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let mut scenario = NamedTempFile::new()?;
        scenario.write_all(world().as_bytes())?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_curfew"))
            .args(["emulator", "--scenario"])
            .arg(scenario.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process.stdout.take();
        // From here on the process is ended whatever happens.
        let mut emulator = Self { process, url: String::new() };
        let mut line = String::new();
        BufReader::new(stdout.ok_or("the emulator has no output")?).read_line(&mut line)?;
        let (_, url) =
            line.trim_end().rsplit_once(' ').ok_or("the emulator does not say where it listens")?;
        url.clone_into(&mut emulator.url);
        Ok(emulator)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // If it cannot be ended, it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The operations, spread evenly over the collections of `policy.yaml`. Violators end shortly after their cancel,
/// before anybody looks.
fn world() -> String {
    let mut yaml = format!("latency: {LATENCY_MS}ms\noperations:\n");
    let (violators, others) = (VIOLATORS / COLLECTIONS, (OPERATIONS - VIOLATORS) / COLLECTIONS);
    for project in 0..10 {
        for location in ["europe-west1", "europe-west4", "us-central1", "us-east1", "asia-east1"] {
            let parent = format!("projects/acme-{project}/locations/{location}");
            let pipeline = format!("{parent}/deliveryPipelines/shop/releases/rel-1234");
            for (id, count, age, what) in [
                ("operation-1763950000000-64b1f0c2a4d31-5e0f7a31-stuck", violators, "3h", "stage"),
                ("operation-1763950000000-64b1f0c2a4d31-5e0f7a31-young", others, "41m", "dev"),
            ] {
                let _ = writeln!(
                    yaml,
                    "  - {{ name: {parent}/operations/{id}, count: {count}, age: {age}, verb: create, target: \
                     {pipeline}/rollouts/rel-1234-to-{what}-0001, on_cancel: {{ becomes: cancelled, after: 100ms }} }}",
                );
            }
        }
    }
    yaml
}
