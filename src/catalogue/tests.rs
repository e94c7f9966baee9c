//! The table as it is read. That it says what Google says is tested against Google's own descriptions
//! (`tests/services.rs`).

use std::collections::BTreeMap;

use super::*;

fn service(name: &str) -> Arc<Service> {
    table().find(&ServiceName::parse(name).unwrap()).cloned().unwrap_or_else(|| panic!("{name} is missing"))
}

fn name(text: &str) -> OperationName {
    OperationName::parse(text).unwrap()
}

/// A service with these keys, beside its name.
fn defined(keys: &str) -> Result<Service, RowError> {
    define(toml::from_str(&format!("name = \"acme\"\n{keys}")).unwrap())
}

#[test]
fn a_service_of_the_usual_shape_needs_nothing_but_its_name() {
    let acme = defined("").unwrap();
    assert_eq!((acme.host.as_str(), acme.version.as_str()), ("acme.googleapis.com", "v1"));
    assert_eq!(acme.forms(), [BTreeSet::from([Part::Project, Part::Location])]);
    let of_deploy = name("projects/p/locations/l/operations/o");
    assert_eq!(acme.get_path(&of_deploy).unwrap(), "projects/p/locations/l/operations/o");
    assert_eq!(acme.cancel_path(&of_deploy).unwrap(), "projects/p/locations/l/operations/o:cancel");
    assert_eq!(acme.profile, service("clouddeploy").profile);
    assert!(acme.profile.tells_cancellation());
}

#[test]
fn no_request_goes_to_a_name_that_the_service_does_not_give() {
    let deploy = service("clouddeploy");
    for other in ["operations/o", "projects/p/operations/o", "projects/p/locations/l/datasets/d/operations/o"]
    {
        assert_eq!(
            (deploy.get_path(&name(other)), deploy.cancel_path(&name(other))),
            (None, None),
            "{other}"
        );
    }
}

#[test]
fn a_service_can_have_paths_of_its_own() {
    let storage = service("storage");
    let archived = name("projects/_/buckets/acme/operations/o");
    assert_eq!(storage.get_path(&archived).unwrap(), "b/acme/operations/o");
    assert_eq!(storage.cancel_path(&archived).unwrap(), "b/acme/operations/o/cancel");
    let collection = storage.collection_of(&archived).unwrap();
    assert_eq!(collection.path.as_str(), "b/acme/operations");
    assert!(collection.holds(&storage.name, &archived));
    assert!(!collection.holds(&storage.name, &name("projects/_/buckets/other/operations/o")));
}

#[test]
fn a_regional_host_answers_for_its_location_and_the_other_for_global() {
    let vertex = service("aiplatform");
    assert_eq!(vertex.host_in(Some("europe-west4")), "europe-west4-aiplatform.googleapis.com");
    for none in [None, Some("global")] {
        assert_eq!(vertex.host_in(none), "aiplatform.googleapis.com");
    }
    assert_eq!(service("clouddeploy").host_in(Some("europe-west4")), "clouddeploy.googleapis.com");
}

#[test]
fn operations_of_one_parent_are_told_apart_by_the_list_they_are_in() {
    let spanner = service("spanner");
    let of = |text: &str| spanner.collection_of(&name(text)).unwrap().to_string();
    assert_eq!(of("projects/p/instances/i/operations/o"), "spanner projects/p/instances/i");
    assert_eq!(
        of("projects/p/instances/i/databases/d/operations/o"),
        "spanner projects/p/instances/i/databaseOperations"
    );
}

#[test]
fn what_a_policy_says_of_a_built_in_service_changes_that_alone() {
    let row = toml::from_str("name = \"clouddeploy\"\nrequests_per_minute = 3").unwrap();
    let deploy = define(row).unwrap();
    let built_in = service("clouddeploy");
    assert_eq!(deploy.throttle.per_minute, 3);
    let throttle = built_in.throttle;
    assert_eq!(Service { throttle, ..deploy }, *built_in);
}

#[test]
fn permissions_that_a_policy_names_count_in_either_form() {
    let of = |keys: &str| define(toml::from_str(&format!("name = \"storage\"\n{keys}")).unwrap()).unwrap();
    assert_eq!(of("permission_prefix = \"acme\"").permissions, Some(Permissions::usual("acme")));
    let listed = of("permissions = { list = [\"acme.list\"], get = [], cancel = [] }");
    assert_eq!(listed.permissions.unwrap().list, ["acme.list"]);
    assert_eq!(of("").permissions, service("storage").permissions);
}

#[test]
fn a_segment_that_no_name_can_have_is_refused() {
    let path = |length: usize| format!("lists = [{{ path = \"{}/operations\" }}]", "x".repeat(length));
    assert!(defined(&path(256)).is_ok());
    assert_eq!(defined(&path(257)).unwrap_err().key, "lists");
}

#[test]
fn a_row_that_could_lead_a_request_elsewhere_is_refused() {
    for (keys, key) in [
        ("host = \"acme.example/path\"", "host"),
        ("host = \"user@acme.example\"", "host"),
        ("host = \"acme.example:8080\"", "host"),
        ("host = \"localhost\"", "host"),
        ("host = \"\"", "host"),
        ("regional_host = \"acme.example\"", "regional_host"),
        ("regional_host = \"{location}.acme.example/x\"", "regional_host"),
        ("version = \"../v1\"", "version"),
        ("version = \"{project}\"", "version"),
        ("profile = \"other\"", "profile"),
        ("create_time = [\"createTime\"]", "create_time"),
        ("lists = []", "lists"),
        ("lists = [{ path = \"projects/{project}/*\" }]", "lists"),
        // Names that do not say the project would let an operation of any project pass.
        ("lists = [{ path = \"projects/{project}/operations\", names = [\"operations/*\"] }]", "lists"),
        (
            "lists = [{ path = \"projects/{project}/operations\", names = [\"projects/{project}/operations\"] }]",
            "lists",
        ),
        ("cancel = \"projects/{project}/cancel\"", "cancel"),
        ("get = \"things/{id}/**\"", "get"),
        ("get = \"{bucket}/{id}\"", "get"),
        ("cancel = \"{name}:delete\"", "cancel"),
        // A star is not asked for: nothing would be read, and nobody would know.
        ("locations = [\"**\"]", "locations"),
        ("locations = [\"projects/*/locations\"]", "locations"),
        ("cancel_state = { at = [], is = [\"CANCELLING\"] }", "cancel_state"),
        ("cancel_state = { at = [\"/state\"], is = [] }", "cancel_state"),
        (
            "get = \"b/{project}/{id}\"\nlists = [{ path = \"projects/{project}/operations\", names = [\"projects/{project}/*/*/operations/*\"] }]",
            "get",
        ),
        ("requests_per_minute = 0", "requests_per_minute"),
        ("requests_at_once = 0", "requests_at_once"),
    ] {
        let error = defined(keys).map(|_| ()).unwrap_err();
        assert_eq!(error.key, key, "{keys}: {error}");
    }
}

#[test]
fn a_service_is_either_policed_or_left_out_and_each_is_told_why() {
    for left in left_out() {
        assert!(table().find(&ServiceName::parse(&left.name).unwrap()).is_none(), "{} is both", left.name);
        assert!(left.reason.len() > 10 && !left.reason.ends_with('.'), "{}: {}", left.name, left.reason);
    }
    assert!(table().iter().count() >= 70 && !left_out().is_empty());
}

#[test]
fn no_name_of_a_service_is_in_two_of_its_lists() {
    for service in table().iter() {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for listing in &service.lists {
            for name in &listing.names {
                let other = seen.insert(name.as_str(), listing.path.as_str());
                assert_eq!(other, None, "{}: {name}", service.name);
            }
        }
    }
}
