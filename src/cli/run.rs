//! Choosing the command, and what the commands share.

use std::process::ExitCode;

use anstream::{ColorChoice, eprintln};
use uuid::Uuid;

use super::args::{Cli, ColorWhen, Command, Connection};
use super::failure::CliFailure;
use super::{explain, sweep, validate};
use crate::config::{self, Config};
use crate::google::Client;
use crate::policy::{Mode, Policy};
use crate::setup::{SetUpError, connect, read_policy};
use crate::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings};

/// Runs a command and gives its exit code.
pub async fn run(cli: Cli) -> ExitCode {
    match cli.color {
        ColorWhen::Auto => ColorChoice::Auto,
        ColorWhen::Always => ColorChoice::AlwaysAnsi,
        ColorWhen::Never => ColorChoice::Never,
    }
    .write_global();
    let result = match cli.command {
        #[cfg(feature = "emulator")]
        Command::Demo => super::demo::run().await,
        Command::Sweep(args) => sweep::run(args).await,
        Command::Explain(args) => explain::run(args).await,
        Command::Validate(args) => validate::run(&args),
        #[cfg(feature = "emulator")]
        Command::Emulator(args) => super::emulator::run(args)
            .await
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| CliFailure::bad_input("the emulator could not run", &error)),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        failure.exit_code()
    })
}

/// Reads the policy and the credential, and makes the client that the arguments name.
pub(super) async fn set_up(connection: &Connection, mode: Mode) -> Result<(Policy, Client), CliFailure> {
    let policy_source = policy_source(&connection.policy);
    let config = Config::read(|name| match name {
        config::POLICY => Some(policy_source.clone()),
        config::MODE => Some(mode.to_string()),
        config::CREDENTIALS => Some(connection.credentials.clone()),
        config::GOOGLE_ENDPOINT => connection.endpoint.clone(),
        name if config::AWS_KEYS.contains(&name) => config::variable(name),
        _ => None,
    })
    .map_err(|error| CliFailure::bad_input("the configuration is invalid", &error))?;
    let policy = read_policy(&config.policy).map_err(policy_failure)?;
    let invalid = |error: SetUpError| CliFailure::bad_input("the configuration is invalid", &error);
    let client = connect(&config).map_err(invalid)?;
    if mode != Mode::Off {
        client.load_credential().await.map_err(|error| invalid(error.into()))?;
    }
    Ok((policy, client))
}

/// A path is as good as `file:PATH` on the command line.
fn policy_source(text: &str) -> String {
    let named = ["file:", "ssm:", "s3://", "appconfig:"].iter().any(|kind| text.starts_with(kind));
    if named { text.to_owned() } else { format!("file:{text}") }
}

/// A policy's errors, with their lines, or why it could not be read.
pub(super) fn policy_failure(error: SetUpError) -> CliFailure {
    match error {
        SetUpError::PolicyInvalid(problems) => {
            CliFailure::new(super::failure::BAD_INPUT, problems.coloured())
        }
        other => CliFailure::bad_input("the policy could not be read", &other),
    }
}

/// The settings of a run from a desk: no deadline.
pub(super) fn settings(ceiling: Mode) -> Settings {
    Settings {
        sweep_id: Uuid::now_v7().to_string(),
        ceiling,
        deadlines: Deadlines::default(),
        requests_at_once: REQUESTS_AT_ONCE,
    }
}
