//! What each command takes: its options, their defaults, and what they must look like.
//!
//! An environment variable that is empty counts as unset, as it does for the function. Their values are not shown in
//! the help: someone may have put a secret into one.

#[cfg(feature = "emulator")]
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::look::Saved;
use crate::operation::OperationName;
use crate::policy::{Mode, duration};

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// Where the policy, the credential and the service are.
#[derive(Debug, Args)]
pub struct Connection {
    /// The policy: a path, `file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or `appconfig:APP/ENV/PROFILE`.
    #[arg(long, short, env = "CURFEW_POLICY", hide_env_values = true)]
    #[arg(value_name = "POLICY", default_value = "file:policy.yaml")]
    pub policy: String,
    /// Where Google's credential comes from: `adc`, `file:PATH`, `secretsmanager:ID` or `none`.
    #[arg(
        long,
        env = "CURFEW_CREDENTIALS",
        hide_env_values = true,
        value_name = "SOURCE",
        default_value = "adc"
    )]
    pub credentials: String,
    /// Replaces every service's base URL (emulator, private endpoint); plain http only to a loopback address.
    #[arg(long, env = "CURFEW_GOOGLE_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub endpoint: Option<String>,
}

/// `curfew sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// Where things are.
    #[command(flatten)]
    pub connection: Connection,
    /// This run's key: `off` (nothing is read or sent), `audit` (everything but the cancels) or `enforce`.
    /// The run is never bolder than this, nor than the policy's own mode.
    #[arg(long, short, env = "CURFEW_MODE", hide_env_values = true, value_parser = parse_mode)]
    #[arg(default_value = "audit")]
    pub mode: Mode,
    /// Deal with this operation only, if it breaks a rule; may be given several times.
    #[arg(long = "operation", value_name = "NAME", value_parser = parse_operation)]
    pub operations: Vec<OperationName>,
    /// Put what was read and every decision into the report (`--format json`), so that `curfew replay` can decide it
    /// again. It holds the operations with their whole metadata.
    #[arg(long)]
    pub record: bool,
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Where things are.
    #[command(flatten)]
    pub connection: Connection,
    /// What is judged instead of the service.
    #[command(flatten)]
    pub saved: Saved,
    /// The file to write; without it, the plan is only shown.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How the plan is shown: for people, or as the file has it.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A file that `curfew plan` wrote, byte for byte.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Where things are.
    #[command(flatten)]
    pub connection: Connection,
    /// How old the plan may be, from its snapshot on.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "1h")]
    pub max_age: Duration,
    /// This run's key: `off` (nothing is read or sent), `audit` (a rehearsal: everything but the cancels) or `enforce`.
    /// The run is never bolder than this, nor than the policy's own mode.
    #[arg(long, short, env = "CURFEW_MODE", hide_env_values = true, value_parser = parse_mode_of_apply)]
    #[arg(default_value = "enforce")]
    pub mode: Mode,
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// One operation, explained in full: projects/{project}/locations/{location}/operations/{id}
    #[arg(value_name = "OPERATION", value_parser = parse_operation)]
    pub operation: Option<OperationName>,
    /// Where things are.
    #[command(flatten)]
    pub connection: Connection,
    /// What is judged instead of the service.
    #[command(flatten)]
    pub saved: Saved,
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew snapshot`.
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// Where things are.
    #[command(flatten)]
    pub connection: Connection,
    /// The file to write; without it, the snapshot is printed.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `curfew diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The policy as it is: a path, `file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or `appconfig:APP/ENV/PROFILE`.
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The policy as it shall be.
    #[arg(value_name = "NEW")]
    pub new: String,
    /// A file that `curfew snapshot` wrote.
    #[arg(long, value_name = "FILE")]
    pub snapshot: PathBuf,
    /// Exit with 1 if the new policy cancels more than this many operations that the old one does not.
    #[arg(long, value_name = "N")]
    pub fail_on_new_cancels: Option<usize>,
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The report of a sweep, as JSON.
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// The policy that the report was made under: a path, `file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or
    /// `appconfig:APP/ENV/PROFILE`.
    #[arg(long, short, env = "CURFEW_POLICY", hide_env_values = true)]
    #[arg(value_name = "POLICY", default_value = "file:policy.yaml")]
    pub policy: String,
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew services`.
#[derive(Debug, Args)]
pub struct ServicesArgs {
    /// A service's name, to see that one; or a part of a name, a title or a host, to look for.
    #[arg(value_name = "QUERY")]
    pub query: Option<String>,
    /// A policy whose own `services` are shown too: a path, `file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or
    /// `appconfig:APP/ENV/PROFILE`.
    #[arg(long, short, value_name = "POLICY")]
    pub policy: Option<String>,
    /// How they are shown.
    #[arg(long, short, value_enum, default_value_t = ServicesFormat::Table)]
    pub format: ServicesFormat,
}

/// How services are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ServicesFormat {
    /// For people.
    Table,
    /// Everything that is known of each, for scripts.
    Json,
    /// `docs/services.md`: all those that are built in, and what a policy can say of them.
    Markdown,
}

/// `curfew validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The policies: paths, `file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or `appconfig:APP/ENV/PROFILE`.
    #[arg(value_name = "POLICY", env = "CURFEW_POLICY", hide_env_values = true)]
    #[arg(default_value = "file:policy.yaml")]
    pub policies: Vec<String>,
}

/// `curfew lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// The policies: paths, `file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or `appconfig:APP/ENV/PROFILE`.
    #[arg(value_name = "POLICY", env = "CURFEW_POLICY", hide_env_values = true)]
    #[arg(default_value = "file:policy.yaml")]
    pub policies: Vec<String>,
    /// Show the checks instead, and why each of them is made.
    #[arg(long)]
    pub list: bool,
    /// How the findings are printed.
    #[arg(long, short, value_enum, default_value_t = LintFormat::Text)]
    pub format: LintFormat,
    /// After how long AWS ends the function that the policy is for, if not after the 4 minutes that the template sets.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub function_timeout: Option<Duration>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// With their lines, for people.
    Text,
    /// One object, for scripts.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
}

/// `curfew doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Where things are.
    #[command(flatten)]
    pub connection: Connection,
    /// The function's key, to be told what it allows together with the policy's.
    #[arg(long, short, env = "CURFEW_MODE", hide_env_values = true, value_parser = parse_mode)]
    #[arg(default_value = "audit")]
    pub mode: Mode,
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew emulator`.
#[cfg(feature = "emulator")]
#[derive(Debug, Args)]
pub struct EmulatorArgs {
    /// The scenario file (YAML); without one, the world of `curfew demo` is served.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one, and the first line of the output names it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
}

/// The empty text is what an empty variable leaves.
fn parse_mode(text: &str) -> Result<Mode, String> {
    match text {
        "off" => Ok(Mode::Off),
        "audit" | "" => Ok(Mode::Audit),
        "enforce" => Ok(Mode::Enforce),
        _ => Err("it must be `off`, `audit` or `enforce`".to_owned()),
    }
}

/// Here the empty text is `enforce`: whoever names an approved plan means it.
fn parse_mode_of_apply(text: &str) -> Result<Mode, String> {
    if text.is_empty() { Ok(Mode::Enforce) } else { parse_mode(text) }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

fn parse_operation(text: &str) -> Result<OperationName, String> {
    OperationName::parse(text).map_err(|error| error.to_string())
}
