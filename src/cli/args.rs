//! The command line's grammar and its help texts.
//!
//! An environment variable that is empty counts as unset, as it does for the function. Their values are not shown in
//! the help: someone may have put a secret into one.

#[cfg(feature = "emulator")]
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::look::Saved;
use super::test::{self, TestArgs};
#[cfg(feature = "emulator")]
use crate::emulator::scenario::FORM as SCENARIO_FORM;
use crate::operation::OperationName;
use crate::policy::{Mode, duration};

/// The exit codes, as the help shows them.
macro_rules! exit_codes {
    () => {
        "\
Exit codes:
  0  all well
  1  the sweep ran, but a violator was not cancelled or a collection could not be read
  2  bad usage, policy or configuration
  3  nothing could be read"
    };
}

/// The examples of a command, and the exit codes.
macro_rules! after_help {
    ($examples:literal) => {
        concat!("Examples:\n", $examples, "\n\n", exit_codes!())
    };
}

/// The same for a command with an exit code 1 of its own.
macro_rules! after_help_where_1_means {
    ($meaning:literal, $examples:literal) => {
        concat!(
            "Examples:\n",
            $examples,
            "\n\nExit codes:\n  0  all well\n  1  ",
            $meaning,
            "\n  2  bad usage, policy or file"
        )
    };
}

/// Time limits for Google Cloud's long-running operations.
///
/// curfew reads a policy, lists the operations that are running, cancels those that break a rule, and proves what
/// became of every cancel. This is the command line; the same sweep runs as an AWS Lambda function, `curfew-lambda`.
#[derive(Debug, Parser)]
#[command(name = "curfew", version, max_term_width = 100)]
#[command(after_help = after_help!("  curfew demo
  curfew validate policy.yaml
  curfew explain --policy policy.yaml
  curfew sweep --policy policy.yaml --mode enforce"))]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour: `auto` does on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorWhen::Auto)]
    pub color: ColorWhen,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what curfew does: real sweeps against a fake service, in a few seconds.
    #[cfg(feature = "emulator")]
    #[command(after_help = after_help!("  curfew demo
  curfew demo --color always | less -R"))]
    Demo,
    /// List, judge, cancel what breaks a rule, follow up, report. Only audits unless told to enforce.
    #[command(after_help = after_help!("  curfew sweep --policy policy.yaml
      what would be cancelled, and why
  curfew sweep --policy policy.yaml --mode enforce
      cancel it, if the policy says `mode: enforce` too
  curfew sweep --policy policy.yaml --format json | jq .states
      the sums of the report"))]
    Sweep(SweepArgs),
    /// Write down what a sweep would do, to be approved and then carried out by `apply`. Cancels nothing.
    ///
    /// The file holds what is to be cancelled and why, what is withheld and why, the gaps, the policy's digest, the
    /// snapshot's time, and a digest over all of it. Without `-o` the plan is only shown.
    #[command(after_help = after_help!("  curfew plan --policy policy.yaml -o plan.json
  curfew plan --policy policy.yaml --snapshot now.json"))]
    Plan(PlanArgs),
    /// Carry out a plan that `plan` wrote: that one, and no more of it than still holds.
    ///
    /// Everything is read and judged again. What has ended, was recreated, became protected or no longer breaks its rule
    /// is dropped, with the reason; nothing comes in that the plan does not have. A plan that was changed, is too old,
    /// or was made under another policy than the one in force is refused, and nothing is listed or sent.
    #[command(after_help = after_help!("  curfew apply plan.json --policy policy.yaml
  curfew apply plan.json --policy policy.yaml --mode audit
      a rehearsal: everything but the cancels
  curfew apply plan.json --policy policy.yaml --max-age 15m"))]
    Apply(ApplyArgs),
    /// Say of every operation why it would be cancelled or spared, or of one in full. Cancels nothing.
    #[command(after_help = after_help!("  curfew explain --policy policy.yaml
  curfew explain --policy policy.yaml --snapshot yesterday.json
  curfew explain --policy policy.yaml projects/acme-web/locations/europe-west1/operations/operation-1"))]
    Explain(ExplainArgs),
    /// Save what a sweep would read, to be judged later: by `explain`, `plan`, `test` or `diff`. Cancels nothing.
    ///
    /// The file holds the operations with their whole metadata, as the service gave it, the gaps, and the places that
    /// were read. It holds no credential.
    #[command(after_help = after_help!("  curfew snapshot --policy policy.yaml -o now.json
  curfew explain --policy other.yaml --snapshot now.json"))]
    Snapshot(SnapshotArgs),
    /// Compare two policies on a saved snapshot: which operations change sides, and why.
    ///
    /// Both policies are judged with their limits. What one of them covers and the snapshot does not hold is a gap, and
    /// the exit code 1: nothing is known about it.
    #[command(after_help = after_help_where_1_means!("more new cancels than allowed, or a gap", "  curfew diff old.yaml new.yaml --snapshot now.json
  curfew diff old.yaml new.yaml --snapshot now.json --fail-on-new-cancels 0"))]
    Diff(DiffArgs),
    /// Decide again what a report says was decided, and prove that it is equal. Asks no service.
    ///
    /// The report must carry a recording: `curfew sweep --record --format json`, or the function with
    /// `{"sweep": {"record": true}}`. The exit code is 1 if anything differs.
    #[command(after_help = after_help_where_1_means!("something differs", "  curfew sweep --policy policy.yaml --record --format json > report.json
  curfew replay report.json --policy policy.yaml"))]
    Replay(ReplayArgs),
    /// Check a policy and say everything that is wrong with it. Reads nothing but the file.
    #[command(after_help = after_help!("  curfew validate policy.yaml
  curfew validate policies/starter.yaml policies/example.yaml"))]
    Validate(ValidateArgs),
    /// Run the tests of policies: what a policy must say of given operations at given instants. Asks no service.
    ///
    /// A test file names a policy, operations (inline, or a file that `curfew snapshot` wrote) and what becomes of
    /// each. A policy is judged as if both keys were turned: its mode is not looked at. At the end stands which rules,
    /// protections and limits no test has exercised.
    #[command(after_help = test::HELP)]
    Test(TestArgs),
    /// Look for what a policy says and hardly means: rules that nothing gets to, slips, contradictions.
    ///
    /// Each check has a name, and can be silenced by it in the policy, with a reason:
    ///
    ///   lint: { allow: [{ check: max-age-too-long, reason: imports take weeks, rule: imports }] }
    #[command(after_help = LINT_HELP)]
    Lint(LintArgs),
    /// Print the JSON Schema of a policy, with which editors complete, explain and check one.
    ///
    /// An editor with a YAML language server takes it from a comment in the policy's first line:
    /// `# yaml-language-server: $schema=policy.schema.json`
    #[command(after_help = after_help!("  curfew schema > policy.schema.json"))]
    Schema,
    /// Check one thing after another, and say what is missing and how to mend it. Cancels nothing.
    ///
    /// The settings, the policy, the credential, a token for it, and for each project of the policy: that it and its
    /// locations exist, that list works, and that the account may cancel. Then: what must be granted for all of it, as
    /// an IAM policy for AWS and a role for Google Cloud. It looks at all of this in every mode.
    #[command(after_help = DOCTOR_HELP)]
    Doctor(DoctorArgs),
    /// Run a fake google.longrunning service: the demo's, or one from a scenario file.
    ///
    /// A scenario lists operations with their age, what a cancel does to each, and what goes wrong on the way. Point
    /// curfew at it with CURFEW_GOOGLE_ENDPOINT and CURFEW_CREDENTIALS=none. `GET /emulator/journal` answers with the
    /// requests so far. It runs until Ctrl-C or SIGTERM.
    #[cfg(feature = "emulator")]
    #[command(after_help = EMULATOR_HELP, after_long_help = format!("{EMULATOR_HELP}\n\n{SCENARIO_FORM}"))]
    Emulator(EmulatorArgs),
}

#[cfg(feature = "emulator")]
const EMULATOR_HELP: &str = after_help!(
    "  curfew emulator --listen 127.0.0.1:8080
  curfew sweep --policy policies/demo.yaml --endpoint http://127.0.0.1:8080 --credentials none"
);

const DOCTOR_HELP: &str = "\
Examples:
  curfew doctor --policy policy.yaml
  curfew doctor --policy policy.yaml --credentials file:google.json
  curfew doctor --format json | jq '.findings[] | select(.status == \"missing\")'

Exit codes:
  0  nothing is missing
  1  something is missing, but a sweep would do some of its work
  2  bad usage, policy, configuration or credential: no sweep can start
  3  nothing could be read";

const LINT_HELP: &str = "\
Examples:
  curfew lint policy.yaml
  curfew lint --list
      what is looked for
  curfew lint policies/*.yaml --format sarif > curfew.sarif
      for a code host, which shows the findings on a change

Exit codes:
  0  nothing was found
  1  something was found that is not silenced
  2  bad usage, or one of them is not a policy";

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

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
