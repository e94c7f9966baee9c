//! How answers are classified, and what of a foreign message survives.

use http::{HeaderName, HeaderValue};

use super::*;

fn answer(status: u16, body: &str) -> Failure {
    Failure::from_answer(status, &HeaderMap::new(), body.as_bytes())
}

fn google(http: u16, status: &str) -> Failure {
    answer(http, &format!(r#"{{"error":{{"code":{http},"status":"{status}","message":"the reason"}}}}"#))
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

fn pause(failure: &Failure) -> Duration {
    match failure.remedy {
        Remedy::Retry { at_least } => at_least,
        other => panic!("{other:?} is no retry"),
    }
}

const RETRY: Remedy = Remedy::Retry { at_least: Duration::ZERO };

#[test]
fn the_code_in_the_body_decides_before_the_http_status() {
    use FailureKind::*;
    for (http, status, kind, remedy) in [
        (501, "UNIMPLEMENTED", Unsupported, Remedy::GiveUp),
        (400, "UNIMPLEMENTED", Unsupported, Remedy::GiveUp),
        (404, "UNIMPLEMENTED", Unsupported, Remedy::GiveUp),
        (403, "PERMISSION_DENIED", Denied, Remedy::GiveUp),
        (404, "NOT_FOUND", NotFound, Remedy::GiveUp),
        (400, "NOT_FOUND", NotFound, Remedy::GiveUp),
        (401, "UNAUTHENTICATED", Unauthenticated, Remedy::Reauthenticate),
        (503, "UNAVAILABLE", Unreachable, RETRY),
        (500, "UNAVAILABLE", Unreachable, RETRY),
        (503, "UNKNOWN", Unreachable, RETRY),
        (429, "RESOURCE_EXHAUSTED", Refused, RETRY),
        (403, "RESOURCE_EXHAUSTED", Refused, RETRY),
        (400, "FAILED_PRECONDITION", Refused, Remedy::GiveUp),
        (400, "INVALID_ARGUMENT", Refused, Remedy::GiveUp),
        (400, "OUT_OF_RANGE", Refused, Remedy::GiveUp),
        (409, "ABORTED", Refused, Remedy::GiveUp),
        (409, "ALREADY_EXISTS", Refused, Remedy::GiveUp),
        (499, "CANCELLED", Refused, Remedy::GiveUp),
        (500, "INTERNAL", Unreachable, Remedy::GiveUp),
        (500, "UNKNOWN", Unreachable, Remedy::GiveUp),
        (504, "DEADLINE_EXCEEDED", Unreachable, Remedy::GiveUp),
        (500, "DATA_LOSS", Unreachable, Remedy::GiveUp),
    ] {
        let got = google(http, status);
        assert_eq!((got.kind, got.remedy), (kind, remedy), "{http} {status}");
        assert_eq!((got.code, got.http_status), (Some(status), Some(http)));
        assert_eq!(got.message, "the reason");
    }
}

#[test]
fn without_a_code_the_http_status_decides() {
    use FailureKind::*;
    for body in [
        "",
        "<html>Not here</html>",
        "{}",
        "null",
        r#"{"error":"text"}"#,
        r#"{"error":{"status":"NEW_ONE"}}"#,
    ] {
        for (http, kind, remedy) in [
            (400, Refused, Remedy::GiveUp),
            (401, Unauthenticated, Remedy::Reauthenticate),
            (403, Denied, Remedy::GiveUp),
            (404, NotFound, Remedy::GiveUp),
            (411, Refused, Remedy::GiveUp),
            (418, Refused, Remedy::GiveUp),
            (429, Refused, RETRY),
            (500, Unreachable, Remedy::GiveUp),
            (501, Unsupported, Remedy::GiveUp),
            (502, Unreachable, Remedy::GiveUp),
            (503, Unreachable, RETRY),
            (504, Unreachable, Remedy::GiveUp),
            (302, Unreachable, Remedy::GiveUp),
        ] {
            let got = answer(http, body);
            assert_eq!((got.kind, got.remedy, got.code), (kind, remedy, None), "{http} {body}");
            assert!(!got.message.is_empty() && !got.message.contains("html"), "{}", got.message);
        }
    }
}

#[test]
fn an_error_in_an_array_is_the_same_error() {
    let got = answer(404, r#"[{"error":{"code":404,"message":"gone","status":"NOT_FOUND"}}]"#);
    assert_eq!((got.code, got.message.as_str()), (Some("NOT_FOUND"), "gone"));
}

#[test]
fn a_message_decides_nothing() {
    let body = r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"UNAVAILABLE: not found, permission denied, retry"}}"#;
    let got = answer(400, body);
    assert_eq!((got.kind, got.remedy), (FailureKind::Refused, Remedy::GiveUp));
}

#[test]
fn the_larger_of_the_two_pauses_asked_for_is_taken() {
    let with_delay = |delay: &str| {
        format!(
            r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","details":[7,
                {{"@type":"type.googleapis.com/google.rpc.ErrorInfo","retryDelay":"99s"}},
                {{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{delay}"}}]}}}}"#
        )
    };
    let after =
        |delay: &str, pairs| pause(&Failure::from_answer(429, &headers(pairs), with_delay(delay).as_bytes()));
    assert_eq!(after("1.5s", &[]), Duration::from_millis(1500));
    assert_eq!(after("1.5s", &[("retry-after", "1")]), Duration::from_millis(1500));
    assert_eq!(after("1.5s", &[("retry-after", "7")]), Duration::from_secs(7));
    assert_eq!(after("1e300s", &[]), Duration::MAX);
    for nonsense in ["", "s", "5", "-5s", "NaNs", "five s"] {
        assert_eq!(after(nonsense, &[]), Duration::ZERO, "{nonsense}");
    }
}

#[test]
fn a_retry_after_date_is_measured_from_the_answers_own_date() {
    let after = |pairs: &[_]| pause(&Failure::from_answer(503, &headers(pairs), b""));
    let until = ("retry-after", "Tue, 24 Nov 2026 06:00:30 GMT");
    assert_eq!(after(&[until, ("date", "Tue, 24 Nov 2026 06:00:00 GMT")]), Duration::from_secs(30));
    assert_eq!(after(&[until, ("date", "Tue, 24 Nov 2026 07:00:00 GMT")]), Duration::ZERO);
    assert_eq!(after(&[until]), Duration::ZERO);
    assert_eq!(after(&[("retry-after", "soon")]), Duration::ZERO);
}

#[test]
fn a_foreign_message_becomes_one_short_plain_line() {
    assert_eq!(one_line("a\r\n\tb \u{1b}[31mred\u{202e}x"), "a b [31mred x");
    let long = one_line(&"ö".repeat(5_000));
    assert_eq!(long.chars().count(), MAX_MESSAGE_CHARS);
    assert!(long.ends_with('…'));
    assert_eq!(one_line(" \n "), "");
    for length in 290..310 {
        assert!(one_line(&"x ".repeat(length)).chars().count() <= MAX_MESSAGE_CHARS);
    }
}

#[test]
fn a_huge_error_body_is_not_looked_into() {
    let body =
        format!(r#"{{"error":{{"status":"NOT_FOUND","message":"{}"}}}}"#, "x".repeat(MAX_ERROR_BODY_BYTES));
    let got = answer(500, &body);
    assert_eq!((got.kind, got.code), (FailureKind::Unreachable, None));
}

#[test]
fn a_truncated_body_is_asked_for_again_and_a_malformed_one_is_not() {
    assert_eq!(Failure::from(DecodeError::Truncated(3)).remedy, RETRY);
    assert_eq!(Failure::from(DecodeError::Malformed("x".to_owned())).remedy, Remedy::GiveUp);
}
