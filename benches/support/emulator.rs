//! The service that is swept: `curfew emulator` in a process of its own, so that neither its memory nor its time is
//! counted as the sweep's.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;

/// The process. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Emulator {
    process: Child,
    url: String,
}

impl Emulator {
    /// Starts one with this scenario, and waits until it listens.
    pub(crate) fn start(scenario: &str) -> Result<Self, Box<dyn Error>> {
        let mut file = NamedTempFile::new()?;
        file.write_all(scenario.as_bytes())?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_curfew"))
            .args(["emulator", "--scenario"])
            .arg(file.path())
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
