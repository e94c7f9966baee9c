//! Tests of whole policies: what a right one says, and what is said of a wrong one.

mod hostile;
mod locations;
mod mistakes;
mod right;
mod services;
mod windows;

use super::super::model::Policy;
use super::super::problem::PolicyError;

/// A right policy, to which tests add mistakes. Its last line is the rule's limit.
const BASE: &str = "\
version: 1
scopes:
  - projects: [p]
    locations: all
rules:
  - name: r
    max_age: 1h
";

fn policy(source: &str) -> Policy {
    Policy::parse(source.as_bytes(), "policy.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn error(source: &str) -> PolicyError {
    Policy::parse(source.as_bytes(), "policy.yaml").expect_err(source)
}

/// Each problem as `line:column message | help`.
fn problems(source: &str) -> Vec<String> {
    let error = error(source);
    let problems = error.problems().iter();
    problems.map(|p| format!("{}:{} {} | {}", p.line(), p.column(), p.message(), p.help())).collect()
}
