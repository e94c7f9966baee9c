//! The commands, and their help texts. What each of them takes is in `options`.

use clap::{Parser, Subcommand, ValueEnum};

#[cfg(feature = "emulator")]
use super::options::EmulatorArgs;
use super::options::{
    ApplyArgs, DiffArgs, DoctorArgs, ExplainArgs, LintArgs, PlanArgs, ReplayArgs, ServicesArgs, SnapshotArgs,
    SweepArgs, ValidateArgs,
};
use super::test::{self, TestArgs};
#[cfg(feature = "emulator")]
use crate::emulator::scenario::FORM as SCENARIO_FORM;

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
    /// List the services whose operations curfew can police, or show one: what it tells, what its scopes take.
    ///
    /// TELLS in the list: A when an operation was created, so its age; V its verb; T its target; C whether its
    /// cancellation was requested. What a service does not tell is unknown, and can spare an operation but never select
    /// one. QUERY is looked for in names, titles and hosts. It asks no service.
    #[command(after_help = SERVICES_HELP)]
    Services(ServicesArgs),
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

const SERVICES_HELP: &str = "\
Examples:
  curfew services
  curfew services kafka
      those with it in their name, title or host
  curfew services spanner
      that one: its paths, what can be known of its operations, its permissions, a scope
  curfew services acme --policy policy.yaml
      one that a policy defines
  curfew services spanner --format json | jq .services[0].permissions

Exit codes:
  0  all well
  2  bad usage or policy, or nothing was found";

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
