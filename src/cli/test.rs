//! `curfew test`: the tests of policies, run at a desk or in a build.
//!
//! It reads files and nothing else: the tests, the policies that they name, the snapshots. What a test means, and how
//! it went, is in `suite`.

mod junit;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{eprintln, println};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::failure::{ALL_WELL, BAD_INPUT, CliFailure, NEEDS_ATTENTION};
use super::look::saved_snapshot;
use super::show::to_json;
use crate::policy::{Mode, Policy, PolicyError};
use crate::snapshot::Snapshot;
use crate::suite::{Basis, Coverage, PolicyCoverage, Suite, Test, TestResult, run as run_test};

/// The examples and the exit codes, for the help.
pub(super) const HELP: &str = "\
Examples:
  curfew test policies/*.test.yaml
  curfew test policy.test.yaml --filter production
  curfew test policies/*.test.yaml --require-coverage --format junit > policies.xml

A test file:
  policy: policy.yaml               # relative to the test file
  tests:
    - name: a stuck change is cancelled
      operations:
        - { id: op-1, age: 3h, verb: create }
      expect:
        op-1: cancel by stuck-changes

Exit codes:
  0  all tests passed
  1  a test failed; with --require-coverage also: a part of a policy is not exercised
  2  bad usage, or a file cannot be read";

/// `curfew test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The test files.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Judge this file, that `curfew snapshot` wrote, in the place of every snapshot that a test names: the tests of a
    /// policy, on what is there today. Operations that stand in a test are not touched.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Run only the tests with this text in their names. Coverage is not told then.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Fail unless every rule, protection and limit of the policies decided something in a test.
    #[arg(long, conflicts_with = "filter")]
    pub require_coverage: bool,
    /// How the results are printed.
    #[arg(long, short, value_enum, default_value_t = TestFormat::Text)]
    pub format: TestFormat,
}

/// How the results of tests are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// JUnit XML, which build servers read.
    Junit,
}

/// How all of it went.
#[derive(Debug, Serialize)]
struct Results {
    passed: usize,
    failed: usize,
    files: Vec<FileResult>,
    /// The files that could not be run.
    errors: Vec<Unreadable>,
    /// `None` when a filter left tests out.
    coverage: Option<Vec<PolicyCoverage>>,
}

/// How the tests of one file went.
#[derive(Debug, Serialize)]
struct FileResult {
    file: String,
    policy: String,
    /// The policy's own key. It is not looked at: see `suite`.
    mode: Mode,
    tests: Vec<TestResult>,
}

/// A test file that could not be run, for itself or for what it names.
#[derive(Debug, Serialize)]
struct Unreadable {
    file: String,
    /// Everything that is wrong, in plain text.
    message: String,
    /// The same, in colour where there is a form of it.
    #[serde(skip)]
    drawn: String,
}

/// Runs the command.
pub(super) fn run(args: &TestArgs) -> Result<ExitCode, CliFailure> {
    let results = run_all(args);
    if let (Some(filter), [], 0) = (&args.filter, results.errors.as_slice(), results.passed + results.failed)
    {
        return Err(CliFailure::new(
            BAD_INPUT,
            &format!("no test has {filter:?} in its name: check --filter"),
        ));
    }
    for Unreadable { drawn, .. } in &results.errors {
        eprintln!("{drawn}\n");
    }
    match args.format {
        TestFormat::Text => println!("{}", text::shown(&results)),
        TestFormat::Json => println!("{}", to_json(&results)?),
        TestFormat::Junit => println!("{}", junit::written(&results)?),
    }
    let uncovered = results.coverage.iter().flatten().any(|policy| !policy.not_exercised.is_empty());
    Ok(ExitCode::from(if !results.errors.is_empty() {
        BAD_INPUT
    } else if results.failed > 0 || (args.require_coverage && uncovered) {
        NEEDS_ATTENTION
    } else {
        ALL_WELL
    }))
}

/// Runs every file, though others cannot be read.
fn run_all(args: &TestArgs) -> Results {
    let mut coverage = Coverage::default();
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for path in &args.files {
        match run_file(path, args, &mut coverage) {
            Ok(result) => files.push(result),
            Err(unreadable) => errors.push(unreadable),
        }
    }
    let tests = || files.iter().flat_map(|file| &file.tests);
    let failed = tests().filter(|test| !test.failures.is_empty()).count();
    Results {
        passed: tests().count() - failed,
        failed,
        coverage: args.filter.is_none().then(|| coverage.policies()),
        files,
        errors,
    }
}

fn run_file(path: &Path, args: &TestArgs, coverage: &mut Coverage) -> Result<FileResult, Unreadable> {
    let file = path.display().to_string();
    let unreadable = |failure: CliFailure| {
        let message = anstream::adapter::strip_str(&failure.to_string()).to_string();
        Unreadable { file: file.clone(), message, drawn: failure.to_string() }
    };
    let bytes = read(path, "the test file").map_err(unreadable)?;
    let suite = Suite::parse(&bytes, &file).map_err(|error| unreadable(problems(&error)))?;

    let policy_path = beside(path, &suite.policy);
    let shown = policy_path.display().to_string();
    let bytes = read(&policy_path, &format!("the policy of {file}")).map_err(unreadable)?;
    let policy = Policy::parse(&bytes, &shown).map_err(|error| unreadable(problems(&error)))?;
    coverage.add(&shown, &policy);

    let chosen = |test: &&Test| args.filter.as_ref().is_none_or(|text| test.name.contains(text));
    let tests: Vec<&Test> = suite.tests.iter().filter(chosen).collect();
    let saved = snapshots(path, &tests, args.snapshot.as_deref()).map_err(unreadable)?;
    let results = tests.into_iter().map(|test| {
        let snapshot = match &test.basis {
            Basis::Snapshot(name) => saved.get(name.as_str()),
            Basis::Inline { .. } => None,
        };
        run_test(test, &policy, snapshot, coverage)
    });
    Ok(FileResult { file: file.clone(), policy: shown, mode: policy.mode, tests: results.collect() })
}

/// The snapshots that tests name, each read once. `instead` is read in their place.
fn snapshots<'a>(
    file: &Path,
    tests: &[&'a Test],
    instead: Option<&Path>,
) -> Result<BTreeMap<&'a str, Snapshot>, CliFailure> {
    let mut saved = BTreeMap::new();
    for test in tests {
        if let Basis::Snapshot(name) = &test.basis
            && !saved.contains_key(name.as_str())
        {
            let path = instead.map_or_else(|| beside(file, name), Path::to_owned);
            saved.insert(name.as_str(), saved_snapshot(&path)?);
        }
    }
    Ok(saved)
}

/// A path that a test file names, which is relative to it.
fn beside(file: &Path, named: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(named)
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, CliFailure> {
    std::fs::read(path).map_err(|error| {
        CliFailure::caused(BAD_INPUT, &format!("{what}, {}, could not be read", path.display()), &error)
    })
}

fn problems(error: &PolicyError) -> CliFailure {
    CliFailure::problems(error.coloured())
}
