//! Payloads that are no event of curfew's: an error that says what was expected, and not one request.

use crate::support::world::emulate;
use crate::{Deployment, POLICY, SCENARIO, plenty, records, text};

/// Six megabytes: the largest payload that Lambda delivers.
const LARGEST: usize = 6 * 1024 * 1024;

/// Lambda cuts a long error, and a person reads it.
const LONGEST_MESSAGE: usize = 2_000;

#[tokio::test]
async fn an_unreadable_payload_is_an_error_that_says_what_was_expected_and_nothing_is_listed() {
    let emulator = emulate(SCENARIO).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let large_string = format!("\"{}\"", "x".repeat(LARGEST - 2));
    let large_key = format!("{{\"{}\": 1}}", "k".repeat(LARGEST - 10));
    let large_detail = format!("{{\"sweep\": {{\"operations\": [\"{}\"]}}}}", "n".repeat(LARGEST - 100));
    let payloads = [
        "[]",
        "\"sweep\"",
        "",
        "null",
        "42",
        "{}",
        "{\"sweep\":",
        "[{\"trigger\": \"schedule\"}]",
        "{\"Records\": []}",
        "{\"trigger\": \"schedule\", \"sweep\": {}}",
        "{\"sweep\": {\"mode\": \"bold\"}}",
        "{\"sweep\": {\"scopes\": []}}",
        "{\"sweep\": {\"dry_run\": true}}",
        "{\"detail-type\": \"Curfew Sweep\", \"detail\": {}}",
        &large_string,
        &large_key,
        &large_detail,
    ];
    for payload in payloads {
        let start: String = payload.chars().take(60).collect();
        let (error_type, message) = lambda.invoke(payload.to_owned(), plenty()).await.error();
        assert_eq!(error_type, "Curfew.EventNotUnderstood", "{start}");
        assert!(
            message.contains("expected") || message.contains("is not an operation name"),
            "{start}: {message}"
        );
        assert!(message.len() < LONGEST_MESSAGE, "{start}: a message of {} bytes", message.len());
    }
    assert_eq!(emulator.journal().requests, []);
    let lines = records(&lambda.stop().await.stdout);
    assert_eq!(lines.len(), payloads.len());
    assert!(lines.iter().all(|line| line["error_type"] == "Curfew.EventNotUnderstood"), "{lines:?}");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_an_error_too() {
    let emulator = emulate(SCENARIO).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let (error_type, _) = lambda.invoke(&b"\xff\xfe{\x00"[..], plenty()).await.error();
    assert_eq!(error_type, "Curfew.EventNotUnderstood");
    assert_eq!(emulator.journal().requests, []);
}

#[tokio::test]
async fn a_hostile_operation_name_is_an_error_that_quotes_it_and_nothing_is_listed() {
    let emulator = emulate(SCENARIO).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    for id in ["..", ".", "a?b", "a%2fb", "a\\nb", "a/b", "a:cancel", "", " ", "a#b"] {
        let name = format!("projects/acme-web/locations/europe-west1/operations/{id}");
        for payload in [
            format!(r#"{{"sweep": {{"operations": ["{name}"]}}}}"#),
            format!(r#"{{"detail-type": "Curfew Sweep", "detail": {{"operations": ["{name}"]}}}}"#),
        ] {
            let (error_type, message) = lambda.invoke(payload, plenty()).await.error();
            assert_eq!(error_type, "Curfew.EventNotUnderstood", "{id}");
            assert!(message.contains("operations[0]"), "{id}: {message}");
            assert!(!message.contains('\n'), "{id}: {message}");
        }
    }
    assert_eq!(emulator.journal().requests, []);
}

#[tokio::test]
async fn the_function_goes_on_serving_after_a_payload_that_it_refused() {
    let emulator = emulate(SCENARIO).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    lambda.invoke("[]", plenty()).await.error();
    let report = lambda.invoke(crate::SCHEDULE, plenty()).await.response();
    assert_eq!(text(&report, "mode"), "enforce");
    assert_eq!(report["states"], serde_json::json!({"cancelled": 2}));
}
