//! Names that are there twice, or as good as.

use std::sync::Arc;

use super::super::finding::{Finding, Subject, protection_path, rule_path};
use crate::operation::ProjectId;
use crate::policy::{DocPath, Locations, Scope};

pub(super) const SCOPE_TWICE: &str = "scope-listed-twice";
pub(super) const CASE: &str = "names-differ-only-in-case";

pub(in super::super) fn scopes_twice(subject: &Subject<'_>) -> Vec<Finding> {
    let scopes = &subject.policy.scopes;
    let mut found = Vec::new();
    for (index, scope) in scopes.iter().enumerate() {
        for (at, project) in scope.projects.iter().enumerate() {
            let first = scopes.iter().take(index).position(|earlier| overlap(earlier, scope, project));
            let Some(first) = first else { continue };
            let message =
                format!("`{project}` is in an earlier scope, too, with a location that is in this one");
            let help = format!("each place is read once: keep one of them, here or in scope {}", first + 1);
            let path = DocPath::section("scopes").item(index).key("projects").item(at);
            found.push(Finding::new(SCOPE_TWICE, path, message, help));
        }
    }
    found
}

/// Whether two scopes have a place of this project in common.
fn overlap(a: &Scope, b: &Scope, project: &ProjectId) -> bool {
    let locations = match (&a.locations, &b.locations) {
        (Locations::Listed(a), Locations::Listed(b)) => a.iter().any(|location| b.contains(location)),
        (Locations::All, _) | (_, Locations::All) => true,
    };
    a.service == b.service && a.projects.contains(project) && locations
}

pub(in super::super) fn differ_only_in_case(subject: &Subject<'_>) -> Vec<Finding> {
    let policy = subject.policy;
    let protections: Vec<&Arc<str>> = policy.protect.iter().map(|protection| &protection.name).collect();
    let rules: Vec<&Arc<str>> = policy.rules.iter().map(|rule| &rule.name).collect();
    let mut found = Vec::new();
    for (names, path) in [(protections, protection_path as fn(usize) -> DocPath), (rules, rule_path)] {
        for (index, name) in names.iter().enumerate() {
            let lower = name.to_lowercase();
            let Some(other) = names.iter().take(index).find(|other| other.to_lowercase() == lower) else {
                continue;
            };
            let message = format!("`{name}` and `{other}` differ only in case");
            let help =
                "give one of them another name: in records and alarms they are easily taken for each other";
            found.push(Finding::new(CASE, path(index).key("name"), message, help).about(name));
        }
    }
    found
}
