//! The results of tests as JUnit XML: a suite a file, a case a test, an error for a file that could not be run.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{FileResult, Results, Unreadable};
use crate::cli::failure::CliFailure;
use crate::suite::{Failure, TestResult};

/// The report, without a line break at the end.
///
/// # Errors
/// When it cannot be written, which would be a bug.
pub(super) fn written(results: &Results) -> Result<String, CliFailure> {
    let mut report = Report::new("curfew test");
    report.add_test_suites(results.files.iter().map(of_file));
    report.add_test_suites(results.errors.iter().map(of_error));
    let text = report
        .to_string()
        .map_err(|error| CliFailure::bad_input("the results could not be written", &error))?;
    Ok(text.trim_end().to_owned())
}

fn of_file(FileResult { file, policy, tests, .. }: &FileResult) -> TestSuite {
    let mut suite = TestSuite::new(file.as_str());
    suite.add_property(("policy", policy.as_str()));
    suite.add_test_cases(tests.iter().map(|test| of_test(test, file)));
    suite
}

fn of_test(TestResult { name, line, failures }: &TestResult, file: &str) -> TestCase {
    let mut status = match failures.as_slice() {
        [] => TestCaseStatus::success(),
        [..] => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if let [first, ..] = failures.as_slice() {
        let Failure { operation, want, got, .. } = first;
        status.set_message(format!("{operation}: want {want}, got {got}"));
        let all: Vec<String> = failures.iter().map(|failure| described(failure, file)).collect();
        status.set_description(all.join("\n\n"));
    }
    let mut case = TestCase::new(&**name, status);
    case.set_classname(file);
    // Build servers lead from these to the test.
    case.extra.insert("file".into(), file.into());
    case.extra.insert("line".into(), line.to_string().into());
    case
}

fn described(Failure { line, at, operation, want, got, because }: &Failure, file: &str) -> String {
    let because = because.as_deref().map(|because| format!("\n      {because}")).unwrap_or_default();
    format!("{file}:{line}: {operation} at {at}\nwant  {want}\ngot   {got}{because}")
}

fn of_error(Unreadable { file, message, .. }: &Unreadable) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message("the file could not be run");
    status.set_description(message.as_str());
    let mut case = TestCase::new("the file can be run", status);
    case.set_classname(file.as_str());
    let mut suite = TestSuite::new(file.as_str());
    suite.add_test_case(case);
    suite
}
