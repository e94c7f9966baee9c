//! `curfew lint`: what a policy says and hardly means.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anstream::{eprintln, println};

use super::failure::{ALL_WELL, BAD_INPUT, CliFailure, NEEDS_ATTENTION};
use super::options::{LintArgs, LintFormat};
use super::run::policy_at;
use super::validate::shown;
use crate::lint::{CHECKS, FUNCTION_TIMEOUT, Findings, lint, records, sarif};
use crate::policy::Outline;
use crate::setup::PolicyRead;

/// Runs the command: every policy is looked at, though others are wrong.
pub(super) async fn run(args: &LintArgs) -> Result<ExitCode, CliFailure> {
    if args.list {
        println!("{}", table());
        return Ok(ExitCode::from(ALL_WELL));
    }
    let (mut all, mut bad) = (Vec::new(), false);
    for source in &args.policies {
        match policy_at(source).await {
            Ok(read) => all.push(findings(&read, args.function_timeout.unwrap_or(FUNCTION_TIMEOUT))),
            Err(failure) => {
                eprintln!("{failure}");
                bad = true;
            }
        }
    }
    match args.format {
        LintFormat::Text => all.iter().for_each(|one| println!("{}", text(one))),
        // `{:#}` of JSON is indented.
        LintFormat::Json => println!("{:#}", records(&all)),
        LintFormat::Sarif => println!("{:#}", sarif(&all, env!("CARGO_PKG_VERSION"))),
    }
    let clean = all.iter().all(|one| one.found.is_empty());
    Ok(ExitCode::from(match (bad, clean) {
        (true, _) => BAD_INPUT,
        (false, true) => ALL_WELL,
        (false, false) => NEEDS_ATTENTION,
    }))
}

/// What is found in a policy that was read.
pub(super) fn findings(read: &PolicyRead, function_timeout: Duration) -> Findings {
    lint(&read.policy, &Outline::of(&read.bytes), &named(shown(&read.source)), function_timeout)
}

/// A file by its path from here, if it lies below: that is how code hosts name it.
fn named(source: &str) -> String {
    let here = std::env::current_dir().ok();
    let below =
        here.and_then(|here| Path::new(source).strip_prefix(here).ok().map(|p| p.display().to_string()));
    below.unwrap_or_else(|| source.to_owned())
}

/// The findings, drawn, and how many there are.
fn text(findings: &Findings) -> String {
    let mut out = String::new();
    if !findings.found.is_empty() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}\n", findings.warnings().coloured());
    }
    let silenced = match findings.silenced.len() {
        0 => String::new(),
        n => format!(", {n} silenced"),
    };
    let found = match findings.found.len() {
        0 => "nothing found".to_owned(),
        1 => "1 finding".to_owned(),
        n => format!("{n} findings"),
    };
    let _ = write!(out, "{}: {found}{silenced}", findings.origin);
    out
}

/// The checks, each with what it looks for and why.
fn table() -> String {
    let checks = CHECKS.iter().map(|check| format!("{}\n  {}\n  {}", check.name, check.about, check.why));
    checks.collect::<Vec<_>>().join("\n\n")
}
