use http::{HeaderMap, Method, header};

use super::*;
use crate::emulator::{Fake, Scenario};

const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/providers/curfew";
const ACCOUNT: &str = "/v1/projects/-/serviceAccounts/curfew@p.iam.gserviceaccount.com:generateAccessToken";
const LIST: &str = "/v1/projects/p/locations/l/operations";

fn at(seconds: i64) -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + chrono::TimeDelta::seconds(seconds)
}

fn fake(keys: &str) -> Fake {
    let scenario = format!("locations: {{ p: [l] }}\n{keys}");
    Fake::new(&Scenario::parse(&scenario, "test").unwrap(), at(0))
}

fn send(fake: &mut Fake, seconds: i64, path: &str, token: Option<&str>, body: &str) -> (u16, Value) {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    }
    let method = if path == LIST { Method::GET } else { Method::POST };
    let request = Request {
        method: &method,
        path,
        query: None,
        headers: &headers,
        has_length: true,
        body: body.as_bytes(),
    };
    let reply = fake.respond(at(seconds), &request);
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The subject token of a caller on AWS, with each occurrence of the first text replaced by the second.
fn aws_subject(wrong: (&str, &str)) -> String {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIA/20261124/eu-west-1/sts/aws4_request, \
         SignedHeaders=host;x-amz-date;x-goog-cloud-target-resource, Signature={}",
        "0a".repeat(32)
    );
    let subject = json!({
        "url": "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
        "method": "POST",
        "headers": [
            {"key": "host", "value": "sts.eu-west-1.amazonaws.com"},
            {"key": "x-amz-date", "value": "20261124T120000Z"},
            {"key": "x-goog-cloud-target-resource", "value": AUDIENCE},
            {"key": "Authorization", "value": authorization},
        ],
        "body": "",
    });
    form_urlencoded::byte_serialize(subject.to_string().replace(wrong.0, wrong.1).as_bytes()).collect()
}

/// An exchange at the STS, right but for one parameter.
fn sts(wrong: (&str, &str), subject: &str) -> String {
    let parameters = [
        ("grant_type", TOKEN_EXCHANGE),
        ("requested_token_type", ACCESS_TOKEN),
        ("audience", AUDIENCE),
        ("subject_token_type", AWS_REQUEST),
        ("subject_token", subject),
        ("scope", "https://www.googleapis.com/auth/iam"),
    ];
    form(&parameters.map(|(key, value)| if key == wrong.0 { wrong } else { (key, value) }))
}

fn refresh(wrong: &str) -> String {
    let parameters =
        [("grant_type", "refresh_token"), ("client_id", "c"), ("client_secret", "s"), ("refresh_token", "r")];
    form(&parameters.map(|(key, value)| if key == wrong { (key, "") } else { (key, value) }))
}

const NOTHING: (&str, &str) = ("nothing", "nothing");
const GENERATE: &str = r#"{"scope":["https://www.googleapis.com/auth/cloud-platform"],"lifetime":"3600s"}"#;

#[test]
fn a_signed_request_becomes_a_federated_token_and_that_one_of_the_account() {
    let mut fake = fake("tokens: issued");
    let (status, federated) = send(&mut fake, 0, "/v1/token", None, &sts(NOTHING, &aws_subject(NOTHING)));
    assert_eq!(status, 200, "{federated}");
    let want = json!({"access_token": "ya29.emulator-1", "expires_in": 3600, "token_type": "Bearer",
                      "issued_token_type": ACCESS_TOKEN});
    assert_eq!(federated, want);
    let (status, got) = send(&mut fake, 60, ACCOUNT, Some("ya29.emulator-1"), GENERATE);
    assert_eq!(
        (status, got),
        (200, json!({"accessToken": "ya29.emulator-2", "expireTime": "2026-11-24T13:01:00Z"}))
    );
    let (status, got) = send(&mut fake, 60, LIST, Some("ya29.emulator-1"), "");
    assert_eq!((status, &got["error"]["status"]), (403, &json!("PERMISSION_DENIED")), "a scope for IAM only");
    assert_eq!(send(&mut fake, 60, LIST, Some("ya29.emulator-2"), "").0, 200);
    assert_eq!(fake.journal().count("POST"), 2);
}

#[test]
fn an_exchange_that_lacks_anything_is_refused_with_what_it_is() {
    let subject = aws_subject(NOTHING);
    let of_parameter = |wrong| sts(wrong, &subject);
    let of_subject = |from, to| sts(NOTHING, &aws_subject((from, to)));
    for (body, want) in [
        (String::new(), "grant_type"),
        (of_parameter(("grant_type", "refresh_token")), "grant_type"),
        (of_parameter(("requested_token_type", "x")), "requested_token_type"),
        (of_parameter(("audience", "//iam.googleapis.com/projects/1")), "audience"),
        (of_parameter(("subject_token_type", "x")), "subject_token_type"),
        (of_parameter(("subject_token", "")), "subject_token is missing"),
        (of_parameter(("subject_token", "x")), "JSON"),
        (of_subject("GetCallerIdentity", "ListUsers"), "GetCallerIdentity"),
        (of_subject("https://sts", "http://sts"), "https"),
        (of_subject("amazonaws.com/", "example.com/"), "amazonaws.com"),
        (of_subject("\"POST\"", "\"GET\""), "POST"),
        (of_subject("\"sts.eu-west-1.amazonaws.com\"", "\"sts.eu-west-2.amazonaws.com\""), "host"),
        (of_subject("providers/curfew", "providers/other"), "another audience"),
        (of_subject("x-amz-date\",", "date\","), "x-amz-date"),
        (of_subject("20261124T120000Z", "20261124T114459Z"), "too long ago"),
        (of_subject("AWS4-HMAC-SHA256", "AWS4-X509"), "AWS4-HMAC-SHA256"),
        (of_subject("/sts/", "/s3/"), "another service"),
        (of_subject(";x-goog-cloud-target-resource,", ","), "not signed x-goog-cloud-target-resource"),
        (of_subject("SignedHeaders=", "Signed="), "SignedHeaders"),
        (of_subject("Signature=0a", "Signature=0"), "no SHA-256"),
    ] {
        let (status, got) = send(&mut fake(""), 0, "/v1/token", None, &body);
        assert_eq!((status, &got["error"]), (400, &json!("invalid_grant")), "{body}");
        assert!(got["error_description"].as_str().unwrap().contains(want), "want {want}, got {got}");
    }
}

#[test]
fn a_refresh_token_becomes_an_access_token_from_a_form_and_from_json() {
    let json = r#"{"grant_type":"refresh_token","client_id":"c","client_secret":"s","refresh_token":"r",
                   "scope":null}"#;
    for body in [refresh(""), json.to_owned()] {
        let (status, got) = send(&mut fake(""), 0, "/token", None, &body);
        assert_eq!((status, &got["access_token"]), (200, &json!("ya29.emulator-1")));
        assert_eq!(got["scope"], CLOUD_PLATFORM);
    }
    for key in ["grant_type", "client_id", "client_secret", "refresh_token"] {
        let (status, got) = send(&mut fake(""), 0, "/token", None, &refresh(key));
        assert_eq!((status, got["error_description"].clone()), (400, json!(format!("{key} is missing."))));
    }
}

#[test]
fn an_account_is_impersonated_only_with_a_token_that_lives_and_for_an_hour_at_most() {
    let mut fake = fake("");
    send(&mut fake, 0, "/token", None, &refresh(""));
    let token = Some("ya29.emulator-1");
    for (seconds, token, body, want) in [
        (0, token, GENERATE, 200),
        (0, None, GENERATE, 401),
        (0, Some("another"), GENERATE, 401),
        (3600, token, GENERATE, 401),
        (0, token, "", 400),
        (0, token, r#"{"scope":[]}"#, 400),
        (0, token, r#"{"scope":["x"],"lifetime":"3601s"}"#, 400),
        (0, token, r#"{"scope":["x"],"lifetime":"1h"}"#, 400),
        (0, token, r#"{"scope":["x"]}"#, 200),
    ] {
        assert_eq!(send(&mut fake, seconds, ACCOUNT, token, body).0, want, "{seconds} {token:?} {body}");
    }
}

#[test]
fn any_token_is_taken_unless_the_scenario_says_issued() {
    for (keys, token, want) in [
        ("", None, 200),
        ("", Some("any"), 200),
        ("require_token: true", Some("any"), 200),
        ("tokens: any", None, 200),
        ("tokens: issued", None, 401),
        ("tokens: issued", Some("any"), 401),
        ("require_token: true\ntokens: issued", Some("any"), 401),
    ] {
        assert_eq!(send(&mut fake(keys), 0, LIST, token, "").0, want, "{keys} {token:?}");
    }
}

#[test]
fn a_token_is_taken_for_as_long_and_as_often_as_the_scenario_says() {
    let mut fake = fake("tokens: { lifetime: 10s, revoke_after: 2 }");
    let token = Some("ya29.emulator-1");
    assert_eq!(send(&mut fake, 0, LIST, token, "").0, 401, "it is not there yet");
    let (_, got) = send(&mut fake, 0, "/token", None, &refresh(""));
    assert_eq!(got["expires_in"], 10);
    let told = [0, 9, 9].map(|seconds| send(&mut fake, seconds, LIST, token, "").0);
    assert_eq!(told, [200, 200, 401]);
    send(&mut fake, 9, "/token", None, &refresh(""));
    assert_eq!(send(&mut fake, 18, LIST, Some("ya29.emulator-2"), "").0, 200);
    assert_eq!(send(&mut fake, 19, LIST, Some("ya29.emulator-2"), "").0, 401);
}

#[test]
fn a_fault_can_hit_each_place_that_hands_out_tokens() {
    let mut fake = fake(
        "faults:\n\
         - { call: token, name: sts, answer: { status: 503 } }\n\
         - { call: token, name: oauth, answer: drop }\n\
         - { call: token, name: 'projects/-/serviceAccounts/*', answer: { status: 403, code: PERMISSION_DENIED } }\n\
         - { call: token, answer: { slow: 2s } }",
    );
    assert_eq!(send(&mut fake, 0, "/v1/token", None, "").0, 503);
    send(&mut fake, 0, "/token", None, &refresh(""));
    assert_eq!(send(&mut fake, 0, ACCOUNT, None, "").0, 403);
    let told: Vec<_> = fake.journal().requests.iter().map(|entry| entry.status).collect();
    assert_eq!(told, [Some(503), None, Some(403)]);
    assert_eq!(send(&mut fake, 0, LIST, None, "").0, 200, "what is not asked for a token is not hit");
}

#[test]
fn a_list_of_tokens_makes_no_sense() {
    for (keys, want) in [
        ("tokens: some", "any"),
        ("tokens: { lifetime: 10 }", "no unit"),
        ("tokens: { life: 10s }", "life"),
        ("faults: [{ call: token, answer: empty_page }]", "have pages"),
    ] {
        let error = Scenario::parse(keys, "test").unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }
}
