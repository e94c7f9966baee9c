//! Findings as plain data, for scripts.

use serde_json::{Value, json};

use super::run::{Findings, Located};

/// One object for all policies: what was found, and what was silenced, with its reason. Lines and columns are counted
/// from 1, columns in characters, and the end is behind the last one.
#[must_use]
pub fn records(of: &[Findings]) -> Value {
    let found = of.iter().flat_map(|one| one.found.iter().map(|located| record(&one.origin, located, None)));
    let silenced = of.iter().flat_map(|one| {
        one.silenced.iter().map(|(located, reason)| record(&one.origin, located, Some(reason)))
    });
    json!({
        "policies": of.iter().map(|one| one.origin.as_str()).collect::<Vec<_>>(),
        "findings": found.collect::<Vec<_>>(),
        "silenced": silenced.collect::<Vec<_>>(),
    })
}

fn record(policy: &str, Located { finding, place }: &Located, reason: Option<&str>) -> Value {
    let mut record = json!({
        "policy": policy,
        "check": finding.check,
        "path": finding.path.to_string(),
        "rule": finding.rule,
        "line": place.line,
        "column": place.column,
        "end_column": place.column + place.width,
        "message": finding.message,
        "help": finding.help,
        "example": finding.example,
    });
    if let (Some(reason), Value::Object(record)) = (reason, &mut record) {
        record.insert("reason".to_owned(), reason.into());
    }
    record
}
