//! Permissions: what `testIamPermissions` tells, and that the calls keep to it.

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::catalogue::default_service;
use crate::emulator::{Fake, Request, Scenario};

const OPERATION: &str = "projects/p/locations/l/operations/o";

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// A service with one operation in the project `p`, and these permissions.
fn fake(permissions: &str) -> Fake {
    let scenario = format!("operations: [{{ name: {OPERATION}, age: 1h }}]\npermissions: {permissions}\n");
    Fake::new(&Scenario::parse(&scenario, "test").unwrap(), now())
}

fn send(fake: &mut Fake, method: &Method, path: &str, body: &str) -> (u16, Value) {
    let request = Request {
        method,
        path,
        query: None,
        headers: &HeaderMap::new(),
        has_length: true,
        body: body.as_bytes(),
    };
    let reply = fake.respond(now(), &request);
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
}

fn test(fake: &mut Fake, project: &str, body: &str) -> (u16, Value) {
    send(fake, &Method::POST, &format!("/v1/projects/{project}:testIamPermissions"), body)
}

const ASKED: &str = r#"{"permissions":["clouddeploy.operations.list","clouddeploy.operations.cancel"]}"#;

#[test]
fn of_the_permissions_that_are_asked_for_those_are_told_that_are_given() {
    let mut fake = fake("{ p: [clouddeploy.operations.list, clouddeploy.operations.get] }");
    assert_eq!(test(&mut fake, "p", ASKED), (200, json!({"permissions": ["clouddeploy.operations.list"]})));
    assert_eq!(fake.journal().requests[0].path, "/v1/projects/p:testIamPermissions");
}

#[test]
fn everything_is_given_unless_the_scenario_says_otherwise_but_nothing_where_nothing_is() {
    let want: Value = serde_json::from_str(ASKED).unwrap();
    assert_eq!(test(&mut fake("{ q: [] }"), "p", ASKED), (200, want));
    assert_eq!(test(&mut fake("{}"), "nowhere", ASKED), (200, json!({})));
}

#[test]
fn a_question_that_the_real_method_refuses_is_refused() {
    for body in ["", "{}", r#"{"permissions":["clouddeploy.*"]}"#, r#"{"permission":[]}"#] {
        assert_eq!(test(&mut fake("{}"), "p", body).0, 400, "{body}");
    }
}

#[test]
fn a_call_without_its_permission_is_denied_and_has_no_effect() {
    let calls = [
        (Method::GET, "/v1/projects/p/locations".to_owned(), "clouddeploy.locations.list"),
        (Method::GET, "/v1/projects/p/locations/l/operations".to_owned(), "clouddeploy.operations.list"),
        (Method::GET, format!("/v1/{OPERATION}"), "clouddeploy.operations.get"),
        (Method::POST, format!("/v1/{OPERATION}:cancel"), "clouddeploy.operations.cancel"),
        (Method::DELETE, format!("/v1/{OPERATION}"), "clouddeploy.operations.delete"),
    ];
    for (method, path, permission) in &calls {
        let others = calls.iter().map(|call| call.2).filter(|other| other != permission);
        let others: Vec<&str> = others.collect();
        let mut without = fake(&format!("{{ p: {others:?} }}"));
        let (status, body) = send(&mut without, method, path, "");
        assert_eq!(status, 403, "{method} {path}");
        assert!(body["error"]["message"].as_str().unwrap().contains(permission), "{body}");
        let operation = crate::operation::OperationName::parse(OPERATION).unwrap();
        let shown = without.world().get(now(), &default_service(), &operation).unwrap();
        assert!(!shown.cancellation_requested, "{method} {path}");
        assert_eq!(send(&mut fake(&format!("{{ p: [{permission}] }}")), method, path, "").0, 200);
    }
}
