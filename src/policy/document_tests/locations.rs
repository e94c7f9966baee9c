//! `locations: all` in scopes of services that list their locations for some places and not for others.

use super::{policy, problems};
use crate::operation::OperationName;

fn with_all(scope: &str) -> String {
    format!("version: 1\nscopes:\n  - {scope}\n    locations: all\nrules: [{{ name: old, max_age: 1d }}]\n")
}

#[test]
fn all_locations_can_be_taken_where_the_service_lists_those_of_the_place() {
    for scope in
        ["projects: [p]", "service: auditmanager\n    projects: [p]", "service: logging\n    folders: ['1']"]
    {
        let policy = policy(&with_all(scope));
        assert_eq!(policy.scopes[0].asked().count(), 1, "{scope}");
    }
}

/// Such a scope would read nothing, and nobody would know.
#[test]
fn all_locations_cannot_be_taken_where_the_service_does_not_list_those_of_the_place() {
    for (scope, want) in [
        ("service: dataproc\n    projects: [p]", "5:16 `dataproc` does not list its locations |"),
        (
            "service: auditmanager\n    organizations: ['1']",
            "5:16 `auditmanager` does not list its locations of `organizations` |",
        ),
    ] {
        let got = problems(&with_all(scope));
        assert!(got.len() == 1 && got[0].starts_with(want), "\n got {got:#?}\nwant {want:?}");
    }
}

/// Dialogflow has a list of a project beside those of its locations. Each is in a scope of its own form alone.
#[test]
fn a_scope_covers_the_lists_of_its_own_form_alone() {
    for (keys, want, others) in [
        (
            "locations: [l]",
            "projects/p/locations/l/operations",
            ["projects/p/operations/o", "projects/p/locations/m/operations/o"],
        ),
        ("", "projects/p/operations", ["projects/p/locations/l/operations/o", "projects/q/operations/o"]),
    ] {
        let source = format!(
            "version: 1\nscopes:\n  - service: dialogflow\n    projects: [p]\n    {keys}\n\
             rules: [{{ name: old, max_age: 1d }}]\n"
        );
        let scope = &policy(&source).scopes[0];
        let got: Vec<String> = scope.collections().map(|collection| collection.path.to_string()).collect();
        assert_eq!(got, [want]);
        let name = |text: &str| OperationName::parse(text).unwrap();
        assert!(scope.covers(&name(&format!("{want}/o"))), "{want}");
        for other in others {
            assert!(!scope.covers(&name(other)), "{want} covers {other}");
        }
    }
}
