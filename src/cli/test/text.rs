//! The results of tests as people read them: a line a test, what was wanted and what came instead, the sums.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{FileResult, Results};
use crate::policy::Mode;
use crate::suite::{Failure, PolicyCoverage, TestResult};

const OK: Style = AnsiColor::Green.on_default();
const FAILED: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// The results, without a line break at the end.
pub(super) fn shown(results: &Results) -> String {
    let mut out = String::new();
    for file in results.files.iter().filter(|file| !file.tests.is_empty()) {
        write_file(&mut out, file);
    }
    // Writing to a string cannot fail.
    for policy in results.coverage.iter().flatten() {
        let _ = write!(out, "{}", coverage(policy));
    }
    let files = results.files.iter().filter(|file| !file.tests.is_empty()).count();
    let style = if results.failed > 0 { FAILED } else { OK };
    let _ = write!(
        out,
        "{style}{} passed, {} failed{style:#}, in {}",
        results.passed,
        results.failed,
        counted(files, "file")
    );
    if !results.errors.is_empty() {
        let _ = write!(out, "; {FAILED}{} could not be run{FAILED:#}", counted(results.errors.len(), "file"));
    }
    out
}

fn write_file(out: &mut String, FileResult { file, policy, mode, tests }: &FileResult) {
    let judged = match mode {
        Mode::Enforce => String::new(),
        mode => format!(", mode {mode}: judged as if both keys were turned"),
    };
    let _ = writeln!(out, "{file} {FAINT}({policy}{judged}){FAINT:#}");
    for TestResult { name, failures, .. } in tests {
        if failures.is_empty() {
            let _ = writeln!(out, "  {OK}ok{OK:#}      {name}");
        } else {
            let _ = writeln!(out, "  {FAILED}FAILED{FAILED:#}  {name}");
        }
        for failure in failures {
            let _ = write!(out, "{}", indented(failure, file));
        }
    }
    out.push('\n');
}

fn indented(failure: &Failure, file: &str) -> String {
    let Failure { line, at, operation, want, got, because } = failure;
    let mut text = format!(
        "    {operation} at {at} {FAINT}({file}:{line}){FAINT:#}\n      want  {want}\n      got   {FAILED}{got}{FAILED:#}\n"
    );
    if let Some(because) = because {
        let _ = writeln!(text, "            {because}");
    }
    text
}

/// What no test has exercised, by name.
fn coverage(PolicyCoverage { policy, parts, not_exercised }: &PolicyCoverage) -> String {
    let exercised = parts.saturating_sub(not_exercised.len());
    let mut text = format!("{policy}: {exercised} of {} exercised", counted(*parts, "part"));
    if !not_exercised.is_empty() {
        let style = AnsiColor::Yellow.on_default();
        let _ = write!(text, "; {style}not exercised{style:#}: {}", not_exercised.join(", "));
    }
    text.push('\n');
    text
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
