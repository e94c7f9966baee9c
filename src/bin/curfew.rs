//! The command line.

use std::process::ExitCode;

use clap::Parser;
use curfew::cli::{Cli, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(Cli::parse()).await
}
