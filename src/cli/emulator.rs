//! `curfew emulator`: the fake service as a process of its own.
//!
//! It prints one line when it listens, which a script can wait for, and runs until it is told to stop.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::options::EmulatorArgs;
use crate::clock::Clock;
use crate::emulator::{Emulator, Scenario, ScenarioError};

/// Why the emulator did not come up. Each is for the caller to set right.
#[derive(Debug, thiserror::Error)]
pub(super) enum EmulatorError {
    /// The scenario file cannot be read.
    #[error("cannot read the scenario {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The scenario file is not a scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The line that says where it listens cannot be written, or signals cannot be had.
    #[error("cannot talk to the caller")]
    Caller(#[source] io::Error),
}

/// Runs the emulator until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the scenario cannot be read or used, or the address not be listened on.
pub(super) async fn run(args: EmulatorArgs) -> Result<(), EmulatorError> {
    let scenario = match &args.scenario {
        None => Scenario::parse(super::demo::SCENARIO, super::demo::SCENARIO_ORIGIN)?,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|source| EmulatorError::Unreadable { path: path.clone(), source })?;
            Scenario::parse(&text, &path.display().to_string())?
        }
    };
    // Before the line is printed: whoever reads it may send a signal at once.
    let mut terminated = signal(SignalKind::terminate()).map_err(EmulatorError::Caller)?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(EmulatorError::Caller)?;
    let emulator = Emulator::start(&scenario, args.listen, Clock::system())
        .await
        .map_err(|source| EmulatorError::Listen { address: args.listen, source })?;
    announce(&emulator).map_err(EmulatorError::Caller)?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    emulator.shutdown().await;
    Ok(())
}

fn announce(emulator: &Emulator) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "curfew emulator: listening on {}", emulator.url())?;
    stdout.flush()
}
