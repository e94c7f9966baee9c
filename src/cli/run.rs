//! Choosing the command, and what the commands share.

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;

use anstream::{ColorChoice, eprintln};
use uuid::Uuid;

use super::args::{Cli, ColorWhen, Command};
use super::failure::{BAD_INPUT, CliFailure, NOTHING_READ};
use super::options::Connection;
use super::{
    apply, diff, doctor, explain, lint, plan, replay, schema, services, snapshot, sweep, test, validate,
};
use crate::aws::Sdk;
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError};
use crate::google::{Client, CredentialError};
use crate::operation::{OperationName, ServiceName};
use crate::policy::{Mode, Policy};
use crate::request::Narrow;
use crate::setup::{PolicyRead, PolicyReader, SetUpError, connect};
use crate::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings, outside_policy};

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
        Command::Plan(args) => plan::run(args).await,
        Command::Apply(args) => apply::run(args).await,
        Command::Explain(args) => explain::run(args).await,
        Command::Snapshot(args) => snapshot::run(args).await,
        Command::Diff(args) => diff::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Validate(args) => validate::run(&args).await,
        Command::Test(args) => test::run(&args),
        Command::Lint(args) => lint::run(&args).await,
        Command::Services(args) => services::run(&args).await,
        Command::Schema => Ok(schema::run()),
        Command::Doctor(args) => doctor::run(args).await,
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
pub(super) async fn set_up(connection: &Connection) -> Result<(PolicyRead, Client), CliFailure> {
    set_up_if(connection, |_| Ok(())).await
}

/// The same. `check` sees the policy first, and may end it there.
pub(super) async fn set_up_if(
    connection: &Connection,
    check: impl FnOnce(&Policy) -> Result<(), CliFailure>,
) -> Result<(PolicyRead, Client), CliFailure> {
    let invalid = |error: &dyn Error| CliFailure::bad_input("the configuration is invalid", error);
    let config = configuration(connection).map_err(|error| invalid(&error))?;
    let (sdk, clock) = (Sdk::default(), Clock::system());
    let policy = read_policy(&config, &sdk, &clock).await?;
    check(&policy.policy)?;
    let client = connect(&config, &sdk).await.map_err(|error| invalid(&error))?;
    client.begin_run(&clock);
    match client.load_credential().await {
        Ok(()) => Ok((policy, client)),
        Err(error @ CredentialError::Unusable(_)) => Err(invalid(&error)),
        Err(error @ CredentialError::Unavailable(_)) => Err(no_credential(&error)),
    }
}

/// The settings that the arguments name. A command has its mode from an option of its own.
pub(super) fn configuration(connection: &Connection) -> Result<Config, ConfigError> {
    Config::read(|name| match name {
        config::POLICY => Some(policy_source(&connection.policy)),
        config::CREDENTIALS => Some(connection.credentials.clone()),
        config::GOOGLE_ENDPOINT => connection.endpoint.clone(),
        name => passed_on(name),
    })
}

/// Reads the policy alone.
pub(super) async fn policy_at(source: &str) -> Result<PolicyRead, CliFailure> {
    let config = Config::read(|name| match name {
        config::POLICY => Some(policy_source(source)),
        name => passed_on(name),
    })
    .map_err(|error| CliFailure::bad_input("the configuration is invalid", &error))?;
    read_policy(&config, &Sdk::default(), &Clock::system()).await
}

async fn read_policy(config: &Config, sdk: &Sdk, clock: &Clock) -> Result<PolicyRead, CliFailure> {
    let reader = PolicyReader::open(config, sdk).await.map_err(policy_failure)?;
    reader.read(clock.now()).await.map_err(policy_failure)
}

/// What has no argument of its own and counts as it stands in the environment.
fn passed_on(name: &str) -> Option<String> {
    let is = config::AWS_KEYS.contains(&name) || name == config::APPCONFIG_PORT;
    is.then(|| config::variable(name)).flatten()
}

/// A path is as good as `file:PATH` on the command line. What is empty stays so, and is the default.
fn policy_source(text: &str) -> String {
    let named = ["file:", "ssm:", "s3://", "appconfig:"].iter().any(|kind| text.starts_with(kind));
    if named || text.is_empty() { text.to_owned() } else { format!("file:{text}") }
}

/// A policy's errors, with their lines, or why it could not be read.
fn policy_failure(error: SetUpError) -> CliFailure {
    match error {
        SetUpError::PolicyInvalid(problems) => CliFailure::problems(problems.coloured()),
        other => CliFailure::bad_input(
            "the policy could not be read: name it with --policy or CURFEW_POLICY",
            &other,
        ),
    }
}

/// Gets a token, so that a credential that does not work is told once and not for every collection.
pub(super) async fn authenticate(client: &Client) -> Result<(), CliFailure> {
    client.authenticate().await.map_err(|error| no_credential(&error))
}

fn no_credential(error: &dyn Error) -> CliFailure {
    CliFailure::caused(
        NOTHING_READ,
        "no credential for Google could be had: choose one with --credentials or CURFEW_CREDENTIALS",
        error,
    )
}

/// An operation that was named on the command line, once for each service of the policy that has its place: the
/// name alone does not say which service it belongs to.
pub(super) fn in_policy(
    policy: &Policy,
    name: OperationName,
) -> Result<Vec<(ServiceName, OperationName)>, CliFailure> {
    let services: BTreeSet<&ServiceName> = policy.scopes.iter().map(|scope| &scope.service.name).collect();
    let mut named: Vec<_> = services.into_iter().map(|service| (service.clone(), name.clone())).collect();
    named.retain(|one| {
        let narrow = Narrow { scopes: None, operations: Some(BTreeSet::from([one.clone()])) };
        outside_policy(policy, &narrow).is_empty()
    });
    if named.is_empty() {
        let scopes: Vec<String> = policy.scopes.iter().map(|scope| format!("\n  {scope}")).collect();
        return Err(CliFailure::new(
            BAD_INPUT,
            &format!(
                "{name} lies outside of the policy's scopes: correct the name, or add its place to the policy, \
                 which covers{}",
                scopes.concat()
            ),
        ));
    }
    Ok(named)
}

/// The settings of a run from a desk: no deadline.
pub(super) fn settings(ceiling: Mode) -> Settings {
    Settings {
        sweep_id: Uuid::now_v7().to_string(),
        policy_source: None,
        ceiling,
        deadlines: Deadlines::default(),
        requests_at_once: REQUESTS_AT_ONCE,
    }
}
