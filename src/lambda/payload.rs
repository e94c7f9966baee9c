//! The payload on its way to the handler: as text, whatever it is.
//!
//! The runtime would parse the payload before the handler sees it, and answer one that is no JSON (an empty one, for
//! example) with an error of its own, whose type is the name of a Rust type that may change. So the payload is
//! wrapped into a JSON string first, and parsed by `event`, whose errors are curfew's.

use lambda_runtime::LambdaInvocation;

/// Wraps the payload: the handler then takes a `LambdaEvent<String>`. Bytes that are not UTF-8 become U+FFFD, which
/// no name may hold.
#[must_use]
pub fn as_text(mut invocation: LambdaInvocation) -> LambdaInvocation {
    let text = String::from_utf8_lossy(&invocation.body);
    // A string always serialises.
    let wrapped = serde_json::to_vec(&text).unwrap_or_default();
    invocation.body = wrapped.into();
    invocation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_payload_arrives_as_the_text_that_it_is() {
        for (payload, want) in [
            (&b""[..], ""),
            (b"{\"sweep\": {}}\n", "{\"sweep\": {}}\n"),
            (b"\"a \\\"string\\\"\"", "\"a \\\"string\\\"\""),
            (b"{\"sweep\":", "{\"sweep\":"),
            (b"\xff\x00", "\u{fffd}\0"),
        ] {
            let (parts, ()) = http::Response::new(()).into_parts();
            let context = lambda_runtime::Context::default();
            let invocation = as_text(LambdaInvocation { parts, body: payload.to_vec().into(), context });
            let got: String = serde_json::from_slice(&invocation.body).unwrap();
            assert_eq!(got, want);
        }
    }
}
