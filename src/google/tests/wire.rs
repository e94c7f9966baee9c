//! Bodies as a service may send them, whole, odd, hostile and cut short.

use std::fmt::Write as _;

use super::*;
use std::sync::Arc;

use crate::catalogue::{default_service, define};
use crate::operation::{Ending, Progress};
use crate::testing::collection;

fn deploy() -> Arc<Service> {
    default_service()
}

fn page(json: &str) -> Page {
    decode_page(json.as_bytes(), &collection("p", "l"), &deploy().profile).unwrap()
}

/// A page of one entry, whose name is given, with these other fields.
fn one(fields: &str) -> Operation {
    let json = format!(r#"{{"operations":[{{"name":"projects/p/locations/l/operations/o"{fields}}}]}}"#);
    let page = page(&json);
    assert_eq!(page.missing, Vec::<String>::new(), "{json}");
    page.operations.into_iter().next().unwrap()
}

#[test]
fn a_running_operation_of_cloud_deploy_is_read_whole() {
    // As the service writes it, with its real order of keys and an explicit false.
    let got = page(
        r#"{"operations":[{"done":false,"metadata":{
            "@type":"type.googleapis.com/google.cloud.deploy.v1.OperationMetadata","apiVersion":"v1",
            "createTime":"2026-03-15T01:02:03.123456789Z","requestedCancellation":false,
            "target":"projects/p/locations/l/targets/t","verb":"update"},
            "name":"projects/p/locations/l/operations/operation-1-a"}],"nextPageToken":"next"}"#,
    );
    let operation = &got.operations[0];
    assert_eq!(operation.name.id(), "operation-1-a");
    assert_eq!(operation.progress, Progress::Running);
    assert_eq!(operation.create_time, Some("2026-03-15T01:02:03.123456789Z".parse().unwrap()));
    assert_eq!(operation.verb.as_deref(), Some("update"));
    assert_eq!(operation.target.as_deref(), Some("projects/p/locations/l/targets/t"));
    assert_eq!(
        operation.kind.as_deref(),
        Some("type.googleapis.com/google.cloud.deploy.v1.OperationMetadata")
    );
    assert_eq!(operation.cancellation_requested, Some(false));
    assert_eq!(operation.metadata.as_ref().unwrap().pointer("/apiVersion"), Some("v1".into()));
    assert_eq!(got.next.as_deref(), Some("next"));
}

#[test]
fn each_operation_keeps_its_own_verb_however_many_a_page_holds() {
    let verb = |number: usize| format!("verb-{}", number % 30);
    let entry = |number: usize| {
        let name = format!("projects/p/locations/l/operations/o-{number}");
        format!(r#"{{"name":"{name}","metadata":{{"verb":"{}","@type":"{number}"}}}}"#, verb(number))
    };
    let entries: Vec<String> = (0..60).map(entry).collect();
    let got = page(&format!(r#"{{"operations":[{}]}}"#, entries.join(",")));
    assert_eq!(got.operations.len(), 60);
    for (number, operation) in got.operations.iter().enumerate() {
        assert_eq!(operation.verb.as_deref(), Some(&*verb(number)));
        assert_eq!(operation.kind.as_deref(), Some(&*number.to_string()));
    }
}

#[test]
fn a_result_proves_the_end_and_an_error_comes_before_a_response() {
    let cancelled = Progress::Ended(Ending::Cancelled);
    let failed = |code| Progress::Ended(Ending::Failed { code });
    for (fields, want) in [
        ("", Progress::Running),
        (r#","done":false"#, Progress::Running),
        (r#","done":null,"error":null,"response":null"#, Progress::Running),
        (r#","done":true"#, Progress::Ended(Ending::Unstated)),
        (r#","done":true,"error":null"#, Progress::Ended(Ending::Unstated)),
        (r#","done":true,"response":{"@type":"x","a":[1,{"b":2}]}"#, Progress::Ended(Ending::Completed)),
        (r#","response":{}"#, Progress::Ended(Ending::Completed)),
        (r#","done":false,"response":{}"#, Progress::Ended(Ending::Completed)),
        (r#","done":true,"error":{"code":1,"message":"m"}"#, cancelled),
        (r#","done":true,"error":{"code":"1"}"#, cancelled),
        (r#","error":{"code":1}"#, cancelled),
        (r#","response":{},"error":{"code":1}"#, cancelled),
        (r#","error":{"code":9},"response":{}"#, failed(9)),
        (r#","done":true,"error":{}"#, failed(2)),
        (r#","done":true,"error":{"code":0}"#, failed(2)),
        (r#","done":true,"error":{"code":"CANCELLED"}"#, failed(2)),
        (r#","done":true,"error":{"code":99999999999}"#, failed(2)),
        (r#","done":true,"error":"broken""#, failed(2)),
    ] {
        assert_eq!(one(fields).progress, want, "{fields}");
    }
}

#[test]
fn an_absent_flag_is_false_within_metadata_and_unknown_without() {
    for (fields, want) in [
        ("", None),
        (r#","metadata":null"#, None),
        (r#","metadata":"text""#, None),
        (r#","metadata":[true]"#, None),
        (r#","metadata":{}"#, Some(false)),
        (r#","metadata":{"requestedCancellation":null}"#, Some(false)),
        (r#","metadata":{"requestedCancellation":true}"#, Some(true)),
        (r#","metadata":{"requestedCancellation":"yes"}"#, None),
        // Two answers to one question are no answer.
        (r#","metadata":{"requestedCancellation":true,"requestedCancellation":false}"#, None),
    ] {
        assert_eq!(one(fields).cancellation_requested, want, "{fields}");
    }
}

#[test]
fn without_metadata_a_cancel_is_told_only_where_there_would_be_a_flag() {
    let json = r#"{"operations":[{"name":"projects/p/locations/l/operations/o"}]}"#;
    let read = |row: &str| {
        let acme = define(toml::from_str(&format!("name = \"acme\"\n{row}")).unwrap()).unwrap();
        let page = decode_page(json.as_bytes(), &collection("p", "l"), &acme.profile).unwrap();
        (page.operations[0].cancellation_requested, page.operations[0].tells_cancellation)
    };
    assert_eq!(read(""), (None, true));
    assert_eq!(read("cancel_requested = []"), (None, false));
    assert_eq!(read("cancel_requested = []\ncancel_time = [\"/cancelTime\"]"), (None, false));
}

#[test]
fn a_field_of_a_wrong_type_is_a_field_that_is_missing() {
    let got =
        one(r#","metadata":{"verb":7,"target":{"a":1},"@type":["x"],"createTime":"yesterday","x":[[[]]]}"#);
    assert_eq!((got.verb, got.target, got.kind, got.create_time), (None, None, None, None));
    assert_eq!(got.cancellation_requested, Some(false));
    assert_eq!(one(r#","metadata":{"createTime":1700000000}"#).create_time, None);
}

#[test]
fn a_string_with_escapes_is_the_string_that_was_meant() {
    let got = page(
        r#"{"operations":[{"name":"projects\/p\/locations\/l\/operations\/\u006f","metadata":{"verb":"cre\u0061te"}}]}"#,
    );
    assert_eq!(got.operations[0].name.as_str(), "projects/p/locations/l/operations/o");
    assert_eq!(got.operations[0].verb.as_deref(), Some("create"));
}

#[test]
fn only_a_running_operation_keeps_its_metadata() {
    assert!(one(r#","metadata":{"a":1}"#).metadata.is_some());
    assert_eq!(one(r#","metadata":"text""#).metadata, None);
    let ended = one(r#","done":true,"metadata":{"verb":"create"}"#);
    assert_eq!((ended.metadata, ended.verb.as_deref()), (None, Some("create")));
}

#[test]
fn one_bad_entry_is_named_and_hides_no_other() {
    for bad in [
        "7",
        "-7",
        "1.5",
        "true",
        "null",
        r#""text""#,
        r#"[{"name":"projects/p/locations/l/operations/x"}]"#,
        "{}",
        r#"{"name":7}"#,
        r#"{"name":null}"#,
        r#"{"name":""}"#,
        r#"{"name":"projects/p/locations/l/operations/.."}"#,
        r#"{"name":"projects/p/locations/l/operations/o?x=1"}"#,
        r#"{"name":"projects/p/locations/l/operations/a%2fb"}"#,
        r#"{"name":"projects/p/locations/l/operations/a\nb"}"#,
        r#"{"name":"projects/p/locations/l/operations/\ud800"}"#,
        r#"{"name":"projects/q/locations/l/operations/o"}"#,
        r#"{"name":"projects/123456/locations/l/operations/o"}"#,
        r#"{"name":"projects/p/locations/m/operations/o"}"#,
        r#"{"name":"projects/p/locations/l/operations/x","done":"false"}"#,
    ] {
        let json = format!(
            r#"{{"operations":[{{"name":"projects/p/locations/l/operations/a"}},{bad},
                {{"name":"projects/p/locations/l/operations/b"}}]}}"#
        );
        let got = page(&json);
        let ids: Vec<_> = got.operations.iter().map(|operation| operation.name.id()).collect();
        assert_eq!(ids, ["a", "b"], "{bad}");
        assert_eq!(got.missing.len(), 1, "{bad}: {:?}", got.missing);
        assert!(!got.missing[0].contains('\n'), "{bad}");
    }
}

#[test]
fn an_operation_of_a_kind_that_cannot_be_cancelled_is_a_gap_for_as_long_as_it_runs() {
    let name = "projects/p/locations/l/things/t/operations/o";
    let of = |fields: &str| page(&format!(r#"{{"operations":[{{"name":"{name}"{fields}}}]}}"#));
    let want = format!("`{name}` runs, and no cancel is known for names of its kind");
    assert_eq!((of("").missing, of("").operations.len()), (vec![want], 0));
    let ended = of(r#","done":true"#);
    assert_eq!((ended.missing, ended.operations.len()), (Vec::new(), 0));
}

#[test]
fn an_operation_of_another_collection_is_named_with_both() {
    let got = page(r#"{"operations":[{"name":"projects/q/locations/l/operations/o"}]}"#);
    assert_eq!(got.missing, ["`projects/q/locations/l/operations/o` lies outside of projects/p/locations/l"]);
}

#[test]
fn unreachable_places_are_missing() {
    let got = page(r#"{"unreachable":["projects/p/locations/a",7]}"#);
    assert_eq!(
        got.missing,
        [
            "the service could not reach `projects/p/locations/a`",
            "the service names an unreachable place that cannot be read",
        ]
    );
    assert_eq!(page(r#"{"unreachable":"all of it"}"#).missing.len(), 1);
    assert!(page(r#"{"unreachable":[]}"#).missing.is_empty());
    assert!(page(r#"{"unreachable":null}"#).missing.is_empty());
}

#[test]
fn a_page_of_garbage_is_cut() {
    let json = format!(r#"{{"operations":[{}0]}}"#, "0,".repeat(5_000));
    let got = page(&json);
    assert_eq!(got.missing.len(), MAX_MISSING + 1);
    assert_eq!(got.missing.last().unwrap(), "and 4901 more entries that cannot be used");
}

#[test]
fn an_empty_page_may_have_a_token_and_an_empty_token_is_the_end() {
    assert_eq!(page(r#"{"nextPageToken":"t"}"#).next.as_deref(), Some("t"));
    for last in ["{}", r#"{"nextPageToken":""}"#, r#"{"nextPageToken":null}"#, r#"{"operations":null}"#] {
        assert_eq!(page(last), Page::default(), "{last}");
    }
}

#[test]
fn an_operation_that_is_listed_twice_stays_twice() {
    let entry = r#"{"name":"projects/p/locations/l/operations/o"}"#;
    assert_eq!(page(&format!(r#"{{"operations":[{entry},{entry}]}}"#)).operations.len(), 2);
}

#[test]
fn what_is_no_page_is_malformed_and_what_is_cut_short_is_truncated() {
    let decode = |body: &[u8]| decode_page(body, &collection("p", "l"), &deploy().profile).unwrap_err();
    for body in [
        "[]",
        "null",
        "7",
        r#""text""#,
        "<html>502</html>",
        "{} {}",
        r#"{"operations":{}}"#,
        r#"{"operations":"none"}"#,
        r#"{"operations":[],"operations":[]}"#,
        r#"{"nextPageToken":7}"#,
        r#"{"error":{"code":503,"message":"x"}}"#,
        r#"[{"error":{"code":503,"message":"x"}}]"#,
    ] {
        assert!(matches!(decode(body.as_bytes()), DecodeError::Malformed(_)), "{body}");
    }
    assert!(matches!(decode(b"{\"a\":\"\xff\"}"), DecodeError::Malformed(_)));
    let whole = r#"{"operations":[{"name":"projects/p/locations/l/operations/ö","done":true,"response":{}}],"nextPageToken":"t"}"#;
    for length in 0..whole.len() {
        assert_eq!(decode(&whole.as_bytes()[..length]), DecodeError::Truncated(length));
    }
}

#[test]
fn an_error_says_where_and_never_quotes_the_body() {
    let error = decode_page(br#"{"operations":"s3cret"}"#, &collection("p", "l"), &deploy().profile)
        .unwrap_err()
        .to_string();
    assert!(error.contains("column") && !error.contains("s3cret"), "{error}");
}

#[test]
fn deep_nesting_is_skipped_not_followed() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let got = one(&format!(
        r#","done":false,"response":null,"x":{deep},"metadata":{{"verb":"create","x":{deep}}}"#
    ));
    assert_eq!(got.verb.as_deref(), Some("create"));
}

#[test]
fn get_takes_only_the_operation_that_was_asked_for() {
    let service = deploy();
    let name = OperationName::parse("projects/p/locations/l/operations/o").unwrap();
    let decode = |json: &str| decode_operation(json.as_bytes(), &service, &name);
    let got = decode(r#"{"name":"projects/p/locations/l/operations/o","done":true}"#).unwrap();
    assert_eq!((got.name.clone(), got.progress), (name.clone(), Progress::Ended(Ending::Unstated)));
    for other in [
        "{}",
        "[]",
        r#"{"done":true}"#,
        r#"{"name":"projects/p/locations/l/operations/x","done":true}"#,
        r#"{"name":"projects/p/locations/l/operations/o","done":1}"#,
    ] {
        assert!(matches!(decode(other), Err(DecodeError::Malformed(_))), "{other}");
    }
    assert!(matches!(decode(r#"{"name":"projects/p"#), Err(DecodeError::Truncated(_))));
}

#[test]
fn only_an_empty_object_is_the_success_of_a_cancel() {
    assert_eq!(decode_empty(b"{}"), Ok(()));
    assert_eq!(decode_empty(b" {\n} "), Ok(()));
    for other in ["[]", "null", r#"{"a":1}"#, r#"{"error":{}}"#, "ok", "{}x"] {
        assert!(matches!(decode_empty(other.as_bytes()), Err(DecodeError::Malformed(_))), "{other}");
    }
    assert!(matches!(decode_empty(b""), Err(DecodeError::Truncated(0))));
}

#[test]
fn locations_are_taken_by_id_or_else_by_a_name_in_the_project() {
    let project = ResourcePath::parse("projects/p/locations").unwrap();
    let got = decode_locations(
        br#"{"locations":[
            {"name":"projects/p/locations/europe-west1","locationId":"europe-west1"},
            {"locationId":"us-east1"},
            {"name":"projects/p/locations/asia-south1"},
            {"name":"projects/q/locations/elsewhere"},
            {"locationId":"a/b"},
            {"locationId":".."},
            {},
            7
        ],"nextPageToken":"t"}"#,
        &project,
    )
    .unwrap();
    let ids: Vec<_> = got.locations.iter().map(LocationId::as_str).collect();
    assert_eq!(ids, ["europe-west1", "us-east1", "asia-south1"]);
    assert_eq!((got.missing.len(), got.next.as_deref()), (5, Some("t")));
    assert!(decode_locations(br#"{"locations":{}}"#, &project).is_err());
}

#[test]
fn permissions_that_are_not_given_are_left_out() {
    let given = decode_permissions(br#"{"permissions":["a.b.get","a.b.list"]}"#).unwrap();
    assert_eq!(given, ["a.b.get", "a.b.list"].map(str::to_owned).into());
    assert_eq!(decode_permissions(b"{}").unwrap().len(), 0);
    for other in [r#"{"permissions":"a"}"#, r#"{"permissions":[1]}"#, r#"{"error":{}}"#, "[]"] {
        assert!(matches!(decode_permissions(other.as_bytes()), Err(DecodeError::Malformed(_))), "{other}");
    }
}

#[test]
fn a_page_of_a_thousand_is_read_whole() {
    let mut json = String::from(r#"{"operations":["#);
    for i in 0..1000 {
        let comma = if i == 0 { "" } else { "," };
        write!(json, r#"{comma}{{"name":"projects/p/locations/l/operations/o-{i}","done":{}}}"#, i % 2 == 0)
            .unwrap();
    }
    json.push_str("]}");
    let got = page(&json);
    let running = got.operations.iter().filter(|operation| operation.is_running()).count();
    assert_eq!((got.operations.len(), running, got.missing.len()), (1000, 500, 0));
}
