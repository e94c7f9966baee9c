use super::*;

fn service(name: &str) -> Arc<Service> {
    table().find(&ServiceName::parse(name).unwrap()).unwrap().clone()
}

/// Where a request leads, for a reader: `list alloydb projects/p/locations/l`.
fn leads(method: &Method, path: &str, at_the_root: &str) -> String {
    match route(method, path, &service(at_the_root)) {
        Route::To(call, resource) => {
            let service = resource.service().map(|service| service.name.to_string()).unwrap_or_default();
            format!("{call:?} {service} {}", resource.name())
        }
        Route::Malformed(refusal) => refusal.message,
        Route::Nowhere => "nowhere".to_owned(),
    }
}

#[test]
fn each_service_is_found_below_its_own_name() {
    for (method, path, want) in [
        (Method::GET, "/alloydb/v1/projects/p/locations/l/operations", "List alloydb projects/p/locations/l"),
        (Method::GET, "/alloydb/v1/projects/p/locations", "Locations alloydb projects/p"),
        (
            Method::POST,
            "/alloydb/v1/projects/p/locations/l/operations/o:cancel",
            "Cancel alloydb projects/p/locations/l/operations/o",
        ),
        (
            Method::GET,
            "/healthcare/v1/projects/p/locations/l/datasets/d/operations/o",
            "Get healthcare projects/p/locations/l/datasets/d/operations/o",
        ),
        (
            Method::GET,
            "/spanner/v1/projects/p/instances/i/databaseOperations",
            "List spanner projects/p/instances/i/databaseOperations",
        ),
        (Method::GET, "/dataproc/v1/projects/p/regions/r/operations", "List dataproc projects/p/regions/r"),
        (Method::GET, "/vision/v1/operations", "List vision operations"),
        (Method::DELETE, "/baremetalsolution/v1/operations/a/b", "Delete baremetalsolution operations/a/b"),
        (
            Method::GET,
            "/firestore/v1/projects/p/databases/(default)/operations",
            "List firestore projects/p/databases/(default)",
        ),
        (Method::GET, "/storage/storage/v1/b/a/operations", "List storage b/a"),
        (
            Method::POST,
            "/storage/storage/v1/b/a/operations/o/cancel",
            "Cancel storage projects/_/buckets/a/operations/o",
        ),
        (Method::GET, "/dns/dns/v1/projects/p/locations/l/operations", "List dns projects/p/locations/l"),
    ] {
        assert_eq!(leads(&method, path, "clouddeploy"), want, "{method} {path}");
    }
}

#[test]
fn one_service_is_found_at_the_root_even_where_its_paths_begin_with_its_name() {
    for (at_the_root, path, want) in [
        ("alloydb", "/v1/projects/p/locations/l/operations", "List alloydb projects/p/locations/l"),
        ("storage", "/storage/v1/b/a/operations", "List storage b/a"),
        ("dns", "/dns/v1/projects/p/locations/l/operations", "List dns projects/p/locations/l"),
    ] {
        assert_eq!(leads(&Method::GET, path, at_the_root), want, "{path}");
    }
}

#[test]
fn what_a_service_does_not_have_is_nowhere() {
    for (method, path) in [
        // Another version, another shape, another service's.
        (Method::GET, "/alloydb/v2/projects/p/locations/l/operations"),
        (Method::GET, "/tpu/v1/projects/p/locations/l/operations"),
        (Method::GET, "/alloydb/v1/projects/p/operations"),
        (Method::GET, "/alloydb/v1/operations/o"),
        (Method::GET, "/v1/operations"),
        (Method::GET, "/unheard-of/v1/operations"),
        // No list of locations, no path that is also the name, no name of that depth.
        (Method::GET, "/dataproc/v1/projects/p/locations"),
        (Method::GET, "/storage/storage/v1/projects/_/buckets/a/operations/o"),
        (Method::POST, "/storage/storage/v1/b/a/operations/o:cancel"),
        (Method::GET, "/vision/v1/operations/a/b"),
    ] {
        assert_eq!(leads(&method, path, "clouddeploy"), "nowhere", "{method} {path}");
    }
}
