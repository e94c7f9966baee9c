//! The subject token of a caller on AWS: a signed request to AWS's own `GetCallerIdentity`, which Google would send
//! on to learn who signed it.
//!
//! All is checked that can be checked without the caller's secret key (AIP-4117).

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;

/// How old a signature may be: AWS takes none that is older, or as far in the future.
const SIGNATURE_LIVES: TimeDelta = TimeDelta::minutes(15);

/// The headers that a signature must cover: where the request goes, when, and for which audience it was made.
const SIGNED: [&str; 3] = ["host", "x-amz-date", "x-goog-cloud-target-resource"];

#[derive(Deserialize)]
struct Subject {
    url: String,
    method: String,
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    key: String,
    value: String,
}

impl Subject {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|header| header.key.eq_ignore_ascii_case(name));
        found.map(|header| header.value.trim()).unwrap_or_default()
    }
}

/// Checks a subject token.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn check(token: &str, audience: &str, now: DateTime<Utc>) -> Result<(), String> {
    // It is encoded as a form's value is, within a form's value.
    let token = token.replace('+', " ");
    let json = percent_encoding::percent_decode_str(&token).decode_utf8_lossy();
    let subject: Subject = serde_json::from_str(&json)
        .map_err(|_| wrong("is not the JSON of a request with url, method and headers"))?;
    let host = caller_identity_host(&subject.url).ok_or_else(|| {
        wrong("must ask https://sts.<region>.amazonaws.com for Action=GetCallerIdentity&Version=2011-06-15")
    })?;
    if subject.method != "POST" {
        return Err(wrong("must be a POST"));
    }
    if subject.header("host") != host {
        return Err(wrong("has a host header of another host"));
    }
    if subject.header("x-goog-cloud-target-resource") != audience {
        return Err(wrong("was signed for another audience"));
    }
    let signed_at = NaiveDateTime::parse_from_str(subject.header("x-amz-date"), "%Y%m%dT%H%M%SZ")
        .map_err(|_| wrong("has no x-amz-date"))?;
    if (now - signed_at.and_utc()).abs() > SIGNATURE_LIVES {
        return Err(wrong("was signed too long ago, or on a wrong clock"));
    }
    check_signature(subject.header("authorization"))
}

fn wrong(problem: &str) -> String {
    format!("The subject token {problem}.")
}

/// The host of a URL, if that asks AWS who the caller is.
fn caller_identity_host(url: &str) -> Option<&str> {
    let (host, query) = url.strip_prefix("https://")?.split_once('?')?;
    let host = host.strip_suffix('/').unwrap_or(host);
    let is_sts = host.starts_with("sts.") && host.ends_with(".amazonaws.com");
    let asks = |wanted| query.split('&').any(|pair| pair == wanted);
    (is_sts && asks("Action=GetCallerIdentity") && asks("Version=2011-06-15")).then_some(host)
}

fn check_signature(authorization: &str) -> Result<(), String> {
    let fields = authorization
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or_else(|| wrong("has no authorization by AWS4-HMAC-SHA256"))?;
    let field = |name: &str| {
        let found = fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        found.ok_or_else(|| wrong(&format!("has no {name} in its authorization")))
    };
    if !field("Credential")?.ends_with("/sts/aws4_request") {
        return Err(wrong("was signed for another service"));
    }
    let signed: Vec<&str> = field("SignedHeaders")?.split(';').collect();
    if let Some(missing) = SIGNED.iter().find(|name| !signed.contains(name)) {
        return Err(wrong(&format!("has not signed {missing}")));
    }
    let signature = field("Signature")?;
    if signature.len() != 64 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong("has a signature that is no SHA-256"));
    }
    Ok(())
}
