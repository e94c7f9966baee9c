use std::sync::Arc;

use crate::catalogue::{Service, table};
use crate::emulator::scenario::Scenario;
use crate::emulator::world::World;
use crate::operation::ServiceName;

use super::*;

fn start() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn service(name: &str) -> Arc<Service> {
    table().find(&ServiceName::parse(name).unwrap()).unwrap().clone()
}

/// The metadata of an operation of a service, three hours old, after a cancel if so.
fn metadata(service: &str, name: &str, keys: &str, cancel: bool) -> Value {
    let text = format!(
        "operations: [{{ service: {service}, name: \"{name}\", age: 3h, verb: create, target: things/t {keys} }}]"
    );
    let scenario = Scenario::parse(&text, "test").unwrap_or_else(|error| panic!("{error}"));
    let (mut world, name) = (World::new(&scenario, start()), scenario.operations[0].name.clone());
    let service = self::service(service);
    if cancel {
        world.cancel(start(), &service, &name).unwrap();
    }
    operation(&world.get(start(), &service, &name).unwrap())["metadata"].clone()
}

#[test]
fn each_thing_stands_where_the_service_has_it() {
    let created = "2026-11-24T09:00:00.000000000Z";
    for (service, name, want) in [
        (
            "file",
            "projects/p/locations/l/operations/o",
            json!({ "@type": "type.googleapis.com/google.cloud.file.v1.OperationMetadata", "createTime": created,
                    "verb": "create", "target": "things/t", "cancelRequested": false, "apiVersion": "v1" }),
        ),
        (
            "storage",
            "projects/_/buckets/b/operations/o",
            json!({ "@type": "type.googleapis.com/google.cloud.storage.v1.OperationMetadata",
                    "commonMetadata": { "createTime": created, "type": "create", "requestedCancellation": false } }),
        ),
        (
            "videointelligence",
            "projects/p/locations/l/operations/o",
            json!({ "@type": "type.googleapis.com/google.cloud.videointelligence.v1.OperationMetadata",
                    "annotationProgress": [{ "startTime": created, "inputUri": "things/t" }] }),
        ),
        (
            "spanner",
            "projects/p/instances/i/operations/o",
            json!({ "@type": "type.googleapis.com/google.cloud.spanner.v1.OperationMetadata",
                    "startTime": created, "name": "things/t" }),
        ),
        (
            "servicenetworking",
            "operations/o",
            json!({ "@type": "type.googleapis.com/google.cloud.servicenetworking.v1.OperationMetadata" }),
        ),
    ] {
        assert_eq!(metadata(service, name, "", false), want, "{service}");
    }
}

#[test]
fn a_requested_cancel_shows_as_the_service_shows_it() {
    let name = "projects/p/locations/l/operations/o";
    for (service, name, keys, pointer, want) in [
        ("alloydb", name, ", on_cancel: cancelling", "/requestedCancellation", json!(true)),
        ("file", name, "", "/cancelRequested", json!(true)),
        ("documentai", name, ", on_cancel: cancelling", "/commonMetadata/state", json!("CANCELLING")),
        ("documentai", name, "", "/commonMetadata/state", json!("CANCELLED")),
        ("documentai", name, ", on_cancel: completed", "/commonMetadata/state", json!("CANCELLING")),
        ("datastore", "projects/p/operations/o", "", "/common/state", json!("CANCELLED")),
        ("firestore", "projects/p/databases/d/operations/o", "", "/operationState", json!("CANCELLED")),
    ] {
        let got = metadata(service, name, keys, true);
        assert_eq!(got.pointer(pointer), Some(&want), "{service}{keys}: {got}");
    }
    let spanner = metadata("spanner", "projects/p/instances/i/operations/o", "", true);
    assert!(spanner["cancelTime"].is_string(), "{spanner}");
    let untold = |cancel| metadata("vision", "operations/o", "", cancel);
    assert_eq!(untold(true), untold(false));
}

#[test]
fn a_scenario_can_give_an_operation_the_metadata_of_another_kind() {
    let keys = ", kind: google.test.Batch, metadata: { batch: b, clusterName: null, status: null }";
    let got = metadata("dataproc", "projects/p/regions/r/operations/o", keys, true);
    let want = json!({ "@type": "google.test.Batch", "createTime": "2026-11-24T09:00:00.000000000Z",
                       "operationType": "create", "batch": "b" });
    assert_eq!(got, want);
}
