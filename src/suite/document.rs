//! From the bytes of a test file to a [`Suite`], or to everything that is wrong with it.
//!
//! It is read as a policy is: unknown keys are refused, nothing is converted on the quiet, and one run names all the
//! mistakes, each with its place. What the policy says is not known here.

mod expectations;
mod operations;
mod values;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::model::{Basis, DEFAULT_NOW, Hidden, Step, Suite, Test};
use crate::policy::PolicyError;
use crate::policy::reading::fields::Fields;
use crate::policy::reading::{Form, Node, Place, Problems, Value, quoted, read_document, scalars};

/// A test file. It holds operations, so it may be larger than a policy.
const FORM: Form = Form {
    the: "the test file",
    a: "a test file",
    parts: "tests",
    beginning: "begin with `policy: policy.yaml`, then `tests`",
    max_bytes: 8 << 20,
    max_nodes: 200_000,
    too_many: "use `count` for operations that are alike, or a file that `curfew snapshot` wrote",
    too_deep: "metadata hardly needs ten levels: leave out what the policy does not look at",
};

/// The keys of a test.
const TEST: [&str; 7] = ["name", "now", "operations", "snapshot", "gaps", "expect", "steps"];

/// The names that were given, and where: each only once.
type Names<'a> = HashMap<&'a str, Place>;

impl Suite {
    /// Reads a test file. `origin` is what its errors call it: its path.
    ///
    /// # Errors
    /// When anything is wrong with it. The error holds every mistake that was found, each with its place and with
    /// what would be right.
    pub fn parse(bytes: &[u8], origin: &str) -> Result<Self, PolicyError> {
        read_document(bytes, &FORM, origin, read)
    }
}

fn read(root: &Node, problems: &mut Problems) -> Option<Suite> {
    let fields = Fields::read(root, "the test file", &["policy", "tests"], problems)?;
    let policy = fields
        .required("policy", "name the policy, relative to this file: `policy: policy.yaml`", problems)
        .and_then(|node| read_path(node, "policy", problems));
    let tests = fields
        .required("tests", "add a test: `- {name: …, operations: […], expect: {…}}`", problems)
        .and_then(|node| read_tests(node, problems));
    Some(Suite { policy: policy?, tests: tests? })
}

fn read_path(node: &Node, what: &str, problems: &mut Problems) -> Option<String> {
    let help = format!("write a path relative to this file: `{what}: FILE`");
    let path = scalars::text(node, what, &help, problems)?;
    if path.trim().is_empty() {
        problems.report(node.place, format!("`{what}` is empty"), help);
        return None;
    }
    Some(path.to_owned())
}

fn read_tests(node: &Node, problems: &mut Problems) -> Option<Vec<Test>> {
    let help = "a test file needs a test: `- {name: …, operations: […], expect: {…}}`";
    let items = scalars::list(node, "tests", help, problems)?;
    let mut names = Names::new();
    scalars::each(items, problems, |item, problems| read_test(item, &mut names, problems))
}

fn read_test<'a>(node: &'a Node, names: &mut Names<'a>, problems: &mut Problems) -> Option<Test> {
    let fields = Fields::read(node, "a test", &TEST, problems)?;
    let name = read_name(&fields, names, problems);
    let basis = read_basis(&fields, problems);
    let gaps = fields.optional("gaps", Vec::new(), problems, read_gaps);
    let steps = read_steps(&fields, problems);
    let (name, line) = name?;
    Some(Test { name, line, basis: basis?, gaps: gaps?, steps: steps? })
}

fn read_name<'a>(
    fields: &Fields<'a>,
    names: &mut Names<'a>,
    problems: &mut Problems,
) -> Option<(Arc<str>, usize)> {
    const RIGHT: &str = "say in a sentence what the policy must do: `name: production is never touched`";
    let node = fields.required("name", RIGHT, problems)?;
    let name = scalars::text(node, "name", RIGHT, problems)?;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        problems.report(node.place, "a test's name is one line of plain text", RIGHT);
        return None;
    }
    if let Some(first) = names.insert(name, node.place) {
        let help = format!("the first one is in line {}: give each test a name of its own", first.line);
        problems.report(node.place, format!("the name {} is used twice", quoted(name)), help);
        return None;
    }
    Some((name.into(), node.place.line))
}

/// Where the operations come from: exactly one of two places.
fn read_basis(fields: &Fields<'_>, problems: &mut Problems) -> Option<Basis> {
    match (fields.get("operations"), fields.get("snapshot")) {
        (Some(node), None) => {
            let now =
                fields.optional("now", DEFAULT_NOW, problems, |node, p| values::instant(node, "now", p));
            // Ages count from `now`. Where that is wrong, the operations are still read for their own mistakes.
            let operations = operations::read(node, now.unwrap_or(DEFAULT_NOW), problems);
            Some(Basis::Inline { now: now?, operations: operations? })
        }
        (None, Some(node)) => {
            if let Some(place) = fields.key_place("now") {
                let help = "leave `now` out; `steps` with `at: +90m` look at a later instant";
                problems.report(place, "a snapshot has its own `now`", help);
            }
            read_path(node, "snapshot", problems).map(Basis::Snapshot)
        }
        (Some(operations), Some(_)) => {
            let place = fields.key_place("snapshot").unwrap_or(operations.place);
            let help = "keep one of them, and make a second test of the other";
            problems.report(place, "a test has `operations` or a `snapshot`, not both", help);
            None
        }
        (None, None) => {
            if fields.lacks("operations") && fields.lacks("snapshot") {
                let help = "add `operations: [{ id: op-1, age: 3h }]`, or `snapshot: FILE`";
                problems.report(fields.place(), "this test has no operations", help);
            }
            None
        }
    }
}

fn read_gaps(node: &Node, problems: &mut Problems) -> Option<Vec<Hidden>> {
    const HELP: &str = "name what could not be read: `gaps: [{ project: acme-web, location: europe-west1 }]`";
    let items = scalars::list(node, "gaps", HELP, problems)?;
    scalars::each(items, problems, |item, problems| {
        let fields = Fields::read(item, "a gap", &["service", "project", "location"], problems)?;
        let service = values::service(&fields, problems);
        let project =
            fields.required("project", HELP, problems).and_then(|node| values::project(node, problems));
        let location =
            fields.optional("location", None, problems, |node, p| values::location(node, p).map(Some));
        Some(Hidden { service: service?, project: project?, location: location? })
    })
}

/// What is looked at, and when: one `expect` at the beginning, or several `steps`.
fn read_steps(fields: &Fields<'_>, problems: &mut Problems) -> Option<Vec<Step>> {
    match (fields.get("expect"), fields.get("steps")) {
        (Some(node), None) => {
            let line = fields.key_place("expect").unwrap_or(node.place).line;
            let expected = expectations::read(node, problems)?;
            Some(vec![Step { after: Duration::ZERO, line, expected }])
        }
        (None, Some(node)) => {
            let help = "name instants and what holds then: `- { at: +90m, expect: {…} }`";
            let items = scalars::list(node, "steps", help, problems)?;
            let mut before = None;
            scalars::each(items, problems, |item, problems| read_step(item, &mut before, problems))
        }
        (Some(expect), Some(_)) => {
            let place = fields.key_place("steps").unwrap_or(expect.place);
            let help = "move the `expect` into a step: `- { at: +0m, expect: {…} }`";
            problems.report(place, "a test has `expect` or `steps`, not both", help);
            None
        }
        (None, None) => {
            if fields.lacks("expect") && fields.lacks("steps") {
                let help =
                    "add `expect: { op-1: \"cancel by RULE\" }`; `expect: {}` says that none is cancelled";
                problems.report(fields.place(), "this test expects nothing", help);
            }
            None
        }
    }
}

fn read_step(node: &Node, before: &mut Option<Duration>, problems: &mut Problems) -> Option<Step> {
    let fields = Fields::read(node, "a step", &["at", "expect"], problems)?;
    let after = fields
        .required("at", "say when, from the test's beginning: `at: +90m`", problems)
        .and_then(|node| read_after(node, before, problems));
    let expect = fields.required("expect", "say what holds then: `expect: { op-1: ended }`", problems);
    let line = fields.key_place("expect").unwrap_or(fields.place()).line;
    let expected = expect.and_then(|node| expectations::read(node, problems));
    Some(Step { after: after?, line, expected: expected? })
}

fn read_after(node: &Node, before: &mut Option<Duration>, problems: &mut Problems) -> Option<Duration> {
    const RIGHT: &str = "write how long after the test's beginning: `at: +90m`";
    let Value::Scalar(scalar) = &node.value else {
        scalars::report_type(node, "at", "a time such as +90m", RIGHT, problems);
        return None;
    };
    let Some(text) = scalar.text.strip_prefix('+') else {
        scalars::report_type(node, "at", "a time such as +90m", RIGHT, problems);
        return None;
    };
    let after = match crate::policy::duration::parse(text) {
        Ok(after) => after,
        Err(error) => {
            problems.report(node.place, error.to_string(), RIGHT);
            return None;
        }
    };
    if before.replace(after).is_some_and(|before| before >= after) {
        let help = "put the steps in the order of time, each instant once";
        problems.report(node.place, "this step is not later than the one before it", help);
        return None;
    }
    Some(after)
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
