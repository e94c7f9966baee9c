//! The curfew binary.

use std::error::Error as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use curfew::cli::emulator;

#[derive(Parser)]
#[command(version, about)]
struct Curfew {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Emulator(emulator::Args),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command::Emulator(args) = Curfew::parse().command;
    match emulator::run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("curfew: {error}");
            let mut cause = error.source();
            while let Some(source) = cause {
                eprint!(": {source}");
                cause = source.source();
            }
            eprintln!();
            ExitCode::from(2)
        }
    }
}
