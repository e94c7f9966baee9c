//! Names that are there twice, or as good as; and those of hosts that are no good.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::finding::{Finding, Subject, protection_path, rule_path};
use crate::policy::{DocPath, Locations, Scope};

pub(super) const SCOPE_TWICE: &str = "scope-listed-twice";
pub(super) const FOREIGN_HOST: &str = "host-not-googles";
pub(super) const CASE: &str = "names-differ-only-in-case";

pub(in super::super) fn scopes_twice(subject: &Subject<'_>) -> Vec<Finding> {
    let scopes = &subject.policy.scopes;
    let mut found = Vec::new();
    for (index, scope) in scopes.iter().enumerate() {
        // Of a service without places, the scope as a whole is there twice.
        let Some((part, values)) = scope.parts.first() else {
            let first = scopes.iter().take(index).position(|earlier| overlap(earlier, scope, None));
            let path = DocPath::section("scopes").item(index);
            found.extend(first.map(|first| twice(scope.service.name.as_str(), first, path)));
            continue;
        };
        for (at, value) in values.iter().enumerate() {
            let first = scopes.iter().take(index).position(|earlier| overlap(earlier, scope, Some(value)));
            let path = DocPath::section("scopes").item(index).key(part.key()).item(at);
            found.extend(first.map(|first| twice(value, first, path)));
        }
    }
    found
}

fn twice(what: &str, first: usize, path: DocPath) -> Finding {
    let message = format!("`{what}` is in an earlier scope, too, with a location that is in this one");
    let help = format!("each place is read once: keep one of them, here or in scope {}", first + 1);
    Finding::new(SCOPE_TWICE, path, message, help)
}

/// Whether two scopes have a place in common: one of this value of their first part, if they have one.
fn overlap(a: &Scope, b: &Scope, first: Option<&Arc<str>>) -> bool {
    let locations = match (&a.locations, &b.locations) {
        (Some(Locations::Listed(a)), Some(Locations::Listed(b))) => {
            a.iter().any(|location| b.contains(location))
        }
        _ => true,
    };
    let mut parts = a.parts.iter().zip(&b.parts).enumerate();
    let common = parts.all(|(index, ((part, of_a), (_, of_b)))| match first {
        Some(value) if index == 0 => a.values(*part).contains(value),
        _ => of_a.iter().any(|value| of_b.contains(value)),
    });
    a.service.name == b.service.name && a.form() == b.form() && common && locations
}

pub(in super::super) fn foreign_hosts(subject: &Subject<'_>) -> Vec<Finding> {
    let services: BTreeMap<&str, _> =
        subject.policy.scopes.iter().map(|scope| (scope.service.name.as_str(), &scope.service)).collect();
    let foreign = services
        .into_iter()
        .flat_map(|(name, service)| service.foreign_hosts().map(move |host| (name, host)));
    let finding = |(name, host): (&str, &String)| {
        let message = format!("`{name}` answers at `{host}`, which is none of Google's hosts");
        let help = "the account's token is not sent there: nothing of the service is read, unless \
                    CURFEW_GOOGLE_ENDPOINT names another endpoint";
        Finding::new(FOREIGN_HOST, DocPath::section("services"), message, help)
    };
    foreign.map(finding).collect()
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
