//! `locations: all` in scopes of services that list their locations for some places and not for others.

use super::{policy, problems};

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
