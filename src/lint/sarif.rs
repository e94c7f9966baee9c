//! Findings as SARIF 2.1.0, which code hosts show on a change.
//!
//! It holds what they look at: the checks with their help, and each finding with its region. What is silenced in the
//! policy is there, too, marked as suppressed, so that nobody has to decide about it again.

use serde_json::{Value, json};

use super::checks::CHECKS;
use super::finding::Finding;
use super::run::{Findings, Located};

/// The version of the format.
const VERSION: &str = "2.1.0";

/// Where its schema is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What code hosts call the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// One log with one run. `version` is curfew's own. A policy is named by its `origin`: a path that is relative to the root
/// of the repository, or a URI.
#[must_use]
pub fn sarif(of: &[Findings], version: &str) -> Value {
    let found = of.iter().flat_map(|one| one.found.iter().map(|located| result(&one.origin, located, None)));
    let silenced = of.iter().flat_map(|one| {
        one.silenced.iter().map(|(located, reason)| result(&one.origin, located, Some(reason)))
    });
    json!({
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [{
            "tool": { "driver": {
                "name": "curfew",
                "version": version,
                "rules": rules(),
            } },
            "artifacts": of.iter().map(|one| json!({ "location": location(&one.origin) })).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
            "results": found.chain(silenced).collect::<Vec<_>>(),
        }],
    })
}

fn rules() -> Vec<Value> {
    let rule = |check: &super::Check| {
        json!({
            "id": check.name,
            "shortDescription": { "text": check.about },
            "fullDescription": { "text": check.why },
            "help": {
                "text": format!("{} Accept it with `lint.allow` in the policy.", check.why),
                "markdown": format!(
                    "{}\n\nTo accept it, say so in the policy:\n\n```yaml\nlint:\n  allow:\n    - check: {}\n      \
                     reason: …\n```\n",
                    check.why, check.name
                ),
            },
            "defaultConfiguration": { "level": "warning" },
            "properties": { "tags": ["policy"], "precision": "high", "problem.severity": "warning" },
        })
    };
    CHECKS.iter().map(rule).collect()
}

fn result(origin: &str, Located { finding, place }: &Located, reason: Option<&str>) -> Value {
    let suppressions = reason.map(|reason| json!([{ "kind": "inSource", "justification": reason }]));
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": CHECKS.iter().position(|check| check.name == finding.check),
        "level": "warning",
        "message": { "text": message(finding) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": location(origin),
                "region": {
                    "startLine": place.line,
                    "startColumn": place.column,
                    "endLine": place.line,
                    "endColumn": place.column + place.width,
                },
            },
            "logicalLocations": [{ "fullyQualifiedName": finding.path.to_string() }],
        }],
    });
    if let (Some(suppressions), Value::Object(result)) = (suppressions, &mut result) {
        result.insert("suppressions".to_owned(), suppressions);
    }
    result
}

/// One text: a code host shows nothing else beside the line.
fn message(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    if let Some(example) = &finding.example {
        text.push_str(&format!(" (for example {example})"));
    }
    format!("{text}. What to do: {}.", finding.help)
}

/// A relative path lies below the root of the repository. Anything else is a URI by itself.
fn location(origin: &str) -> Value {
    let uri = encoded(origin);
    if origin.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else if origin.split('/').next().is_some_and(|first| first.contains(':')) {
        json!({ "uri": uri })
    } else {
        json!({ "uri": uri.trim_start_matches("./"), "uriBaseId": ROOT })
    }
}

/// With everything in percents that has no place in a URI's path.
fn encoded(path: &str) -> String {
    use std::fmt::Write as _;
    let path = path.replace('\\', "/");
    path.bytes().fold(String::with_capacity(path.len()), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=?".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_the_repository_and_anything_else_is_a_uri() {
        for (origin, uri, is_relative) in [
            ("policies/a b.yaml", "policies/a%20b.yaml", true),
            ("./policy.yaml", "policy.yaml", true),
            ("/etc/ü.yaml", "file:///etc/%C3%BC.yaml", false),
            ("ssm:/curfew/policy", "ssm:/curfew/policy", false),
            ("s3://bucket/key?versionId=1", "s3://bucket/key?versionId=1", false),
        ] {
            let got = location(origin);
            assert_eq!(
                (got["uri"].as_str(), got["uriBaseId"].is_string()),
                (Some(uri), is_relative),
                "{origin}"
            );
        }
    }
}
