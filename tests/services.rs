//! The table of services, held against what Google says of them in its discovery documents.
//!
//! `fixtures/google-apis.json` has the facts: which methods list, get and cancel operations and list locations, under
//! which paths, and what is in the metadata. It was made of Google's documents alone (`fixtures/from_discovery.py`), so
//! the table cannot vouch for itself. What is compared are whole URLs of example names.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers are tests too, which clippy cannot see here"
)]

#[path = "support/place.rs"]
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use curfew::catalogue::{Part, Pointer, Profile, Service, Template, table};
use curfew::operation::OperationName;
use serde::Deserialize;

use place::place;

/// What Google says of one service. A path has `*` for any segment, and `**` at its end for one or more.
#[derive(Deserialize)]
struct Described {
    name: String,
    /// The base URL, with a slash at its end.
    root: String,
    lists: Vec<String>,
    cancels: Vec<String>,
    gets: Vec<String>,
    locations: Vec<String>,
    /// Whether all of these take the token that curfew has.
    cloud_platform: bool,
    /// Some of the base URLs of single locations.
    endpoints: Vec<String>,
    /// All that may be a time, a verb, a target or a sign of a cancel; `None` where the metadata is not described.
    pointers: Option<BTreeSet<String>>,
}

/// Those of which Google's documents do not describe the metadata.
const UNDESCRIBED: [&str; 7] = [
    "baremetalsolution",
    "devicerun",
    "gameservices",
    "serviceconsumermanagement",
    "storage",
    "translate",
    "webrisk",
];

/// Those that answer for a location at a host of its own. Google's documents name such hosts of Vertex AI alone; those
/// of the others are what Google's client libraries call.
const REGIONAL: [&str; 5] = ["aiplatform", "dataproc", "dialogflow", "documentai", "pubsublite"];

fn described() -> BTreeMap<String, Described> {
    let all: Vec<Described> = serde_json::from_str(include_str!("fixtures/google-apis.json")).unwrap();
    let count = all.len();
    let by_name: BTreeMap<_, _> = all.into_iter().map(|service| (service.name.clone(), service)).collect();
    assert_eq!(by_name.len(), count, "a service is described twice");
    by_name
}

/// Every service of the table, with what Google says of it.
fn all() -> Vec<(Arc<Service>, Described)> {
    let mut described = described();
    let both = |service: &Arc<Service>| Some((service.clone(), described.remove(service.name.as_str())?));
    table().iter().filter_map(both).collect()
}

/// Example names of a pattern: a star is one segment, and a rest is one or several.
fn examples(names: &Template) -> Vec<OperationName> {
    let filled = names.fill(&place()).unwrap();
    let rests = if filled.ends_with("**") { vec!["any", "any/more"] } else { vec![""] };
    let example = |rest: &str| OperationName::parse(&filled.replace("**", rest).replace('*', "any")).unwrap();
    rests.into_iter().map(example).collect()
}

/// Whether a path is one of a pattern of Google's.
fn fits(pattern: &str, path: &str) -> bool {
    const CANCEL: &str = ":cancel";
    let (pattern, path) = match (pattern.strip_suffix(CANCEL), path.strip_suffix(CANCEL)) {
        (Some(pattern), Some(path)) => (pattern, path),
        (None, None) => (pattern, path),
        _ => return false,
    };
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        let Some(segment) = segments.next().filter(|segment| !segment.is_empty()) else { return false };
        match wanted {
            "**" => return segments.all(|segment| !segment.is_empty()),
            "*" => {}
            literal if literal == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

/// Checks that a URL is one of Google's.
fn assert_described(service: &Service, root: &str, patterns: &[String], path: Option<&str>) {
    let path = path.unwrap_or_else(|| panic!("{}: a name of its own has no path", service.name));
    let url = format!("https://{}/{}/{path}", service.host_in(None), service.version);
    let is_there =
        url.strip_prefix(root).is_some_and(|path| patterns.iter().any(|pattern| fits(pattern, path)));
    assert!(is_there, "{url} is none of {root}{patterns:?}");
}

#[test]
fn the_table_and_googles_descriptions_are_about_the_same_services() {
    let want: Vec<String> = described().into_keys().collect();
    let got: Vec<String> = table().iter().map(|service| service.name.to_string()).collect();
    assert_eq!(got, want);
    assert!(got.len() >= 96, "only {} are left", got.len());
}

#[test]
fn every_service_takes_the_token_that_curfew_has() {
    let refusing: Vec<String> =
        described().into_values().filter(|google| !google.cloud_platform).map(|google| google.name).collect();
    assert_eq!(refusing, [""; 0]);
}

#[test]
fn every_list_is_one_that_google_describes() {
    for (service, google) in all() {
        for listing in &service.lists {
            assert_described(&service, &google.root, &google.lists, listing.path.fill(&place()).as_deref());
        }
    }
}

#[test]
fn every_name_is_read_and_cancelled_where_google_describes_it() {
    let mut names = 0;
    for (service, google) in all() {
        for pattern in service.names() {
            for name in examples(pattern) {
                assert_described(&service, &google.root, &google.gets, service.get_path(&name).as_deref());
                assert_described(
                    &service,
                    &google.root,
                    &google.cancels,
                    service.cancel_path(&name).as_deref(),
                );
                names += 1;
            }
        }
    }
    assert!(names >= 150, "only {names} names were looked at");
}

#[test]
fn locations_are_listed_where_google_describes_it_and_nowhere_is_that_left_out() {
    for (service, google) in all() {
        for list in &service.locations {
            assert_described(&service, &google.root, &google.locations, list.fill(&place()).as_deref());
        }
        for form in service.forms().into_iter().filter(|form| form.contains(&Part::Location)) {
            let above = |part: &Part| format!("{}/{}/*/locations", service.version, part.key());
            let could = form.iter().any(|part| google.locations.contains(&above(part)));
            assert_eq!(service.locations_for(&form).is_some(), could, "{} {form:?}", service.name);
        }
    }
}

#[test]
fn a_host_of_a_location_is_one_that_google_names() {
    let regional: Vec<String> = table()
        .iter()
        .filter(|service| service.regional_host.is_some())
        .map(|service| service.name.to_string())
        .collect();
    assert_eq!(regional, REGIONAL);
    for (service, google) in all().into_iter().filter(|(service, _)| service.regional_host.is_some()) {
        let root = google.root.trim_start_matches("https://").trim_end_matches('/');
        assert_eq!(service.host_in(Some("europe-west1")), format!("europe-west1-{root}"));
        if service.name.as_str() == "aiplatform" {
            for endpoint in &google.endpoints {
                let host = endpoint.trim_start_matches("https://").trim_end_matches('/');
                let location = host.split("-aiplatform").next().unwrap();
                assert_eq!(service.host_in(Some(location)), host);
            }
            assert!(!google.endpoints.is_empty());
        }
    }
}

/// All pointers of a service, each with the key that it stands under.
fn pointers(profile: &Profile) -> Vec<(&'static str, &Pointer)> {
    let of_state = profile.cancel_state.iter().flat_map(|state| &state.at);
    let lists = [
        ("create_time", &profile.create_time),
        ("verb", &profile.verb),
        ("target", &profile.target),
        ("cancel_requested", &profile.cancel_requested),
        ("cancel_time", &profile.cancel_time),
    ];
    let plain =
        lists.into_iter().flat_map(|(key, pointers)| pointers.iter().map(move |pointer| (key, pointer)));
    plain.chain(of_state.map(|pointer| ("cancel_state", pointer))).collect()
}

#[test]
fn every_pointer_leads_to_something_in_the_metadata_that_google_describes() {
    let mut looked_at = 0;
    for (service, google) in all() {
        let Some(there) = &google.pointers else { continue };
        for (key, pointer) in pointers(&service.profile) {
            assert!(
                there.contains(pointer.as_str()),
                "{}: {key} {pointer} is not in {there:?}",
                service.name
            );
            looked_at += 1;
        }
    }
    assert!(looked_at >= 300, "only {looked_at} pointers were looked at");
}

/// A time that says when an operation began is worth more than any other field: without it no rule can decide.
#[test]
fn no_service_is_said_to_tell_no_time_where_google_describes_one() {
    const BEGINS: [&str; 3] = ["/createTime", "/startTime", "/submitTime"];
    for (service, google) in all().into_iter().filter(|(service, _)| service.profile.create_time.is_empty()) {
        let overlooked: Vec<&String> = google
            .pointers
            .iter()
            .flatten()
            .filter(|there| BEGINS.iter().any(|end| there.ends_with(end)))
            .collect();
        assert!(overlooked.is_empty(), "{}: {overlooked:?}", service.name);
        let note = service.note.as_deref().unwrap_or_default();
        assert!(note.contains("max_age cannot be decided"), "{}: {note:?}", service.name);
    }
}

#[test]
fn no_service_is_said_to_hide_a_requested_cancel_where_google_describes_a_flag() {
    for (service, google) in all().into_iter().filter(|(service, _)| !service.profile.tells_cancellation()) {
        let flags: Vec<&String> = google
            .pointers
            .iter()
            .flatten()
            .filter(|there| there.to_lowercase().contains("cancel"))
            .collect();
        assert!(flags.is_empty(), "{}: {flags:?}", service.name);
    }
}

#[test]
fn where_google_describes_no_metadata_the_table_says_where_its_pointers_come_from() {
    let services = all();
    let undescribed = services.iter().filter(|(_, google)| google.pointers.is_none());
    let got: Vec<&str> = undescribed.map(|(service, _)| service.name.as_str()).collect();
    assert_eq!(got, UNDESCRIBED);
    let written = include_str!("../src/google/services.toml");
    for (service, _) in services.iter().filter(|(_, google)| google.pointers.is_none()) {
        // What stands between the entry before it and its own name: its comment.
        let name = format!("[[service]]\nname = \"{}\"\n", service.name);
        let (before, after) = written.split_once(&name).unwrap();
        let comment = before.rsplit("\n\n").next().unwrap();
        let own = after.split("\n\n").next().unwrap();
        let from_elsewhere = comment.contains("Discovery has no metadata for it. The fields are those of");
        let none = pointers(&service.profile).is_empty() && own.contains("# Google describes no metadata");
        assert!(from_elsewhere || none, "{}:\n{comment}", service.name);
    }
}

#[test]
fn a_path_fits_only_what_it_is_of() {
    for (pattern, path, want) in [
        ("v1/projects/*/operations", "v1/projects/p/operations", true),
        ("v1/projects/*/operations", "v1/projects/p/q/operations", false),
        ("v1/projects/*/operations", "v1/projects//operations", false),
        ("v1/projects/*/operations", "v1/projects/p/operations/o", false),
        ("v1/projects/*/operations/*", "v1/projects/p/operations", false),
        ("v1/operations/**", "v1/operations/o", true),
        ("v1/operations/**", "v1/operations/a/o", true),
        ("v1/operations/**", "v1/operations", false),
        ("v1/operations/**", "v1/operations/a//o", false),
        ("v1/operations/*:cancel", "v1/operations/o:cancel", true),
        ("v1/operations/*:cancel", "v1/operations/o", false),
        ("v1/operations/*", "v1/operations/o:cancel", false),
        ("v2/operations/*", "v1/operations/o", false),
    ] {
        assert_eq!(fits(pattern, path), want, "{path} of {pattern}");
    }
}
