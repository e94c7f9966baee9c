//! The command line's grammar and its help texts.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::operation::OperationName;
use crate::policy::Mode;

/// The exit codes, as the help shows them.
const EXIT_CODES: &str = "\
Exit codes:
  0  all well
  1  the sweep ran, but a violator was not cancelled or a collection could not be read
  2  bad usage, policy or configuration
  3  nothing could be read";

/// Time limits for Google Cloud's long-running operations.
///
/// curfew reads a policy, lists the operations that are running, cancels those that break a rule, and proves what
/// became of every cancel. This is the command line; the same sweep runs as an AWS Lambda function, `curfew-lambda`.
#[derive(Debug, Parser)]
#[command(name = "curfew", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto)]
    pub color: ColorWhen,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what curfew does: a real sweep against a fake service, in a few seconds.
    #[cfg(feature = "emulator")]
    Demo,
    /// Sweep: list, judge, cancel what breaks a rule, follow up, report. Audits unless `--mode enforce`.
    #[command(after_help = EXIT_CODES)]
    Sweep(SweepArgs),
    /// Say of every operation why it would be cancelled or spared, or of one in full. Cancels nothing.
    #[command(after_help = EXIT_CODES)]
    Explain(ExplainArgs),
    /// Check a policy and say everything that is wrong with it. Reads nothing but the file.
    Validate(ValidateArgs),
    /// Run a fake google.longrunning service from a scenario file.
    #[cfg(feature = "emulator")]
    Emulator(super::emulator::Args),
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Where the policy, the credential and the service are.
#[derive(Debug, Args)]
pub struct Connection {
    /// The policy: a path, or `file:PATH`.
    #[arg(long, short, env = "CURFEW_POLICY", value_name = "POLICY", default_value = "file:policy.yaml")]
    pub policy: String,
    /// Where Google's credential comes from: `adc`, `file:PATH` or `none`.
    #[arg(long, env = "CURFEW_CREDENTIALS", value_name = "SOURCE", default_value = "adc")]
    pub credentials: String,
    /// Replaces every service's base URL (emulator, private endpoint); plain http only to a loopback address.
    #[arg(long, env = "CURFEW_GOOGLE_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
}

/// `curfew sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// Where things are.
    #[command(flatten)]
    pub connection: Connection,
    /// This run's key: the run is never bolder than this, nor than the policy's own mode.
    #[arg(long, short, env = "CURFEW_MODE", value_enum, default_value_t = ModeArg::Audit)]
    pub mode: ModeArg,
    /// Deal with this operation only, if it breaks a rule; may be given several times.
    #[arg(long = "operation", value_name = "NAME", value_parser = parse_operation)]
    pub operations: Vec<OperationName>,
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
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `curfew validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The policy files.
    #[arg(value_name = "FILE", env = "CURFEW_POLICY", required = true)]
    pub files: Vec<String>,
}

/// The function's key, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Nothing is read or sent.
    Off,
    /// Everything but the cancels.
    Audit,
    /// Violators are cancelled, if the policy's mode says so too.
    Enforce,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Off => Mode::Off,
            ModeArg::Audit => Mode::Audit,
            ModeArg::Enforce => Mode::Enforce,
        }
    }
}

fn parse_operation(text: &str) -> Result<OperationName, String> {
    OperationName::parse(text).map_err(|error| error.to_string())
}
