//! What the documents say of the linter, held against it.

use std::fs;
use std::path::Path;

use curfew::lint::{CHECKS, FUNCTION_TIMEOUT};

use crate::findings;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_table_of_checks_in_the_documents_is_that_of_the_code() {
    let text = read("docs/lint.md");
    let got: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let row = |check: &curfew::lint::Check| format!("| `{}` | {} | {} |", check.name, check.about, check.why);
    let want: Vec<String> = CHECKS.iter().map(row).collect();
    assert_eq!(got, want, "docs/lint.md");
}

#[test]
fn the_policy_in_the_documents_accepts_what_is_found_in_it() {
    let text = read("docs/lint.md");
    let policy = text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let findings = findings(policy);
    assert!(findings.found.is_empty(), "{}", findings.warnings());
    assert_eq!(findings.silenced.len(), 1);
}

#[test]
fn the_functions_timeout_is_the_one_that_the_template_sets() {
    let template = read("template.yaml");
    let timeouts: Vec<&str> =
        template.lines().filter_map(|line| line.trim_start().strip_prefix("Timeout: ")).collect();
    assert_eq!(timeouts, [FUNCTION_TIMEOUT.as_secs().to_string()]);
}
