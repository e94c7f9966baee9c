use http::{HeaderMap, header};

use super::*;

const PARENT: &str = "/v1/projects/p/locations/l/operations";

fn start() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// A service with the running operation `o`, the ended `e`, and these faults.
fn fake(faults: &str) -> Fake {
    scenario(&format!(
        "operations:\n\
         - {{ name: projects/p/locations/l/operations/o, age: 1h, verb: create }}\n\
         - {{ name: projects/p/locations/l/operations/e, age: 1h, runs_for: 10m }}\n\
         faults: [{faults}]"
    ))
}

fn scenario(text: &str) -> Fake {
    Fake::new(&Scenario::parse(text, "test").unwrap(), start())
}

struct Sent<'a> {
    method: Method,
    url: &'a str,
    has_length: bool,
    body: &'a [u8],
    token: Option<&'static str>,
}

fn sent(method: Method, url: &str) -> Sent<'_> {
    Sent { method, url, has_length: true, body: b"", token: None }
}

fn send(fake: &mut Fake, sent: &Sent<'_>) -> Reply {
    let (path, query) =
        sent.url.split_once('?').map_or((sent.url, None), |(path, query)| (path, Some(query)));
    let mut headers = HeaderMap::new();
    if let Some(token) = sent.token {
        headers.insert(header::AUTHORIZATION, token.parse().unwrap());
    }
    let (method, has_length, body) = (&sent.method, sent.has_length, sent.body);
    fake.respond(start(), &Request { method, path, query, headers: &headers, has_length, body })
}

fn get(fake: &mut Fake, url: &str) -> Reply {
    send(fake, &sent(Method::GET, url))
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&reply.body)))
}

/// HTTP status and `google.rpc.Code` name; `HTML` when the body is not JSON.
fn told(reply: &Reply) -> (u16, String) {
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let name = |body: Value| match body.pointer("/error/status") {
        Some(status) => status.as_str().unwrap().to_owned(),
        None => "OK".to_owned(),
    };
    (reply.status, body.map_or_else(|| "HTML".to_owned(), name))
}

#[test]
fn a_running_operation_is_written_as_cloud_deploy_writes_it() {
    let got = get(&mut fake(""), &format!("{PARENT}/o"));
    assert_eq!(
        body(&got),
        json!({
            "name": "projects/p/locations/l/operations/o",
            "done": false,
            "metadata": {
                "@type": "type.googleapis.com/google.cloud.deploy.v1.OperationMetadata",
                "apiVersion": "v1",
                "createTime": "2026-11-24T11:00:00.000000000Z",
                "requestedCancellation": false,
                "verb": "create",
            },
        })
    );
    assert!(got.headers.contains(&("content-type", "application/json; charset=UTF-8".to_owned())));
}

#[test]
fn each_end_is_written_with_its_own_result() {
    for (ends, want) in [
        ("completed", Some(("response", json!({"@type": "type.googleapis.com/google.protobuf.Empty"})))),
        ("cancelled", Some(("error", json!({"code": 1, "message": "The operation was cancelled."})))),
        ("failed", Some(("error", json!({"code": 13, "message": "An internal error occurred."})))),
        ("finished", None),
    ] {
        let mut fake = scenario(&format!(
            "operations: [{{ name: projects/p/locations/l/operations/o, age: 1h, runs_for: 30m, ends: {ends} }}]"
        ));
        let got = body(&get(&mut fake, &format!("{PARENT}/o")));
        assert_eq!(got["done"], true);
        assert_eq!(got["metadata"]["endTime"], "2026-11-24T11:30:00.000000000Z");
        for key in ["response", "error"] {
            let want = want.as_ref().filter(|(want, _)| *want == key).map(|(_, value)| value);
            assert_eq!(got.get(key), want, "{ends}");
        }
    }
}

#[test]
fn metadata_of_the_scenario_wins_and_null_takes_a_field_out() {
    let mut fake = scenario(
        "operations: [{ name: projects/p/locations/l/operations/o, age: 1h, kind: K, \
         metadata: { createTime: null, apiVersion: v2, nested: { a: [1] } } }]",
    );
    let got = body(&get(&mut fake, &format!("{PARENT}/o")));
    let want =
        json!({"@type": "K", "apiVersion": "v2", "requestedCancellation": false, "nested": {"a": [1]}});
    assert_eq!(got["metadata"], want);
}

#[test]
fn an_empty_list_is_an_empty_object() {
    let mut fake = scenario("locations: { p: [l], q: [] }");
    assert_eq!(body(&get(&mut fake, PARENT)), json!({}));
    assert_eq!(body(&get(&mut fake, "/v1/projects/q/locations")), json!({}));
}

#[test]
fn a_page_size_that_is_too_large_is_coerced() {
    let mut fake = scenario(
        "page_size: 2\noperations: [{ name: projects/p/locations/l/operations/o, age: 1h, count: 3 }]",
    );
    for query in ["", "?pageSize=0", "?pageSize=1000", "?pageSize=2147483647"] {
        let got = body(&get(&mut fake, &format!("{PARENT}{query}")));
        assert_eq!(got["operations"].as_array().unwrap().len(), 2, "{query}");
        assert!(got["nextPageToken"].is_string(), "{query}");
    }
}

#[test]
fn what_clients_add_to_a_query_is_tolerated() {
    for query in [
        "filter=&pageSize=5&pageToken=&returnPartialSuccess=false&%24alt=json%3Benum-encoding%3Dint",
        "alt=json&prettyPrint=false&key=k&quotaUser=u&%24.xgafv=1&fields=operations",
        "page_size=5&page_token=",
        "filter=done%3Dfalse",
        "filter=done+%3D+false",
    ] {
        assert_eq!(get(&mut fake(""), &format!("{PARENT}?{query}")).status, 200, "{query}");
    }
}

#[test]
fn every_request_that_is_wrong_is_told_so_as_the_service_would() {
    let bad = |text: &str| (400, text.to_owned());
    let argument = || bad("INVALID_ARGUMENT");
    let nowhere = || (404, "HTML".to_owned());
    for (method, url, want) in [
        (Method::GET, format!("{PARENT}?pageSize=-1"), argument()),
        (Method::GET, format!("{PARENT}?pageSize=many"), argument()),
        (Method::GET, format!("{PARENT}?pageSize=2147483648"), argument()),
        (Method::GET, format!("{PARENT}?pageToken=x"), argument()),
        (Method::GET, format!("{PARENT}?filter=verb%3Dcreate"), argument()),
        (Method::GET, format!("{PARENT}?colour=red"), argument()),
        (Method::GET, format!("{PARENT}?returnPartialSuccess=maybe"), argument()),
        (Method::GET, format!("{PARENT}?returnPartialSuccess=true"), (501, "UNIMPLEMENTED".to_owned())),
        (Method::GET, format!("{PARENT}/o?pageSize=1"), argument()),
        (Method::GET, format!("{PARENT}/o%2Fx"), argument()),
        (Method::GET, format!("{PARENT}/o%ff"), argument()),
        (Method::GET, format!("{PARENT}/none"), (404, "NOT_FOUND".to_owned())),
        (
            Method::GET,
            "/v1/projects/p/locations/moon/operations".to_owned(),
            (403, "PERMISSION_DENIED".to_owned()),
        ),
        (
            Method::GET,
            "/v1/projects/p/locations/-/operations".to_owned(),
            (403, "PERMISSION_DENIED".to_owned()),
        ),
        (Method::GET, "/v1/projects/q/locations".to_owned(), (403, "PERMISSION_DENIED".to_owned())),
        (Method::POST, format!("{PARENT}/e:cancel"), bad("FAILED_PRECONDITION")),
        (Method::GET, format!("{PARENT}/o:cancel"), nowhere()),
        (Method::POST, format!("{PARENT}/o:wait"), nowhere()),
        (Method::POST, format!("{PARENT}/o"), nowhere()),
        (Method::PUT, format!("{PARENT}/o"), nowhere()),
        (Method::GET, format!("{PARENT}/o/x"), nowhere()),
        (Method::GET, format!("{PARENT}/"), argument()),
        (Method::GET, "/".to_owned(), nowhere()),
        (Method::GET, "/v2/projects/p/locations".to_owned(), nowhere()),
        (Method::GET, "/v1/operations".to_owned(), nowhere()),
    ] {
        let got = send(&mut fake(""), &sent(method.clone(), &url));
        assert_eq!(told(&got), want, "{method} {url}");
    }
}

#[test]
fn an_html_page_does_not_repeat_a_path_as_markup() {
    let got = get(&mut fake(""), "/<script>");
    assert!(!String::from_utf8(got.body).unwrap().contains("<script>"));
}

#[test]
fn a_post_without_a_length_is_turned_away_by_the_front_end() {
    let url = format!("{PARENT}/o:cancel");
    let mut fake = fake("");
    let got = send(&mut fake, &Sent { has_length: false, ..sent(Method::POST, &url) });
    assert_eq!(told(&got), (411, "HTML".to_owned()));
    let got = body(&get(&mut fake, &format!("{PARENT}/o")));
    assert_eq!(got["metadata"]["requestedCancellation"], false);
}

#[test]
fn a_cancel_takes_an_empty_body_and_an_empty_object_and_nothing_else() {
    let url = format!("{PARENT}/o:cancel");
    for (text, want) in [
        ("", 200),
        ("{}", 200),
        (" {\n} ", 200),
        ("[]", 400),
        ("null", 400),
        ("{", 400),
        ("x", 400),
        ("{\"name\":\"x\"}", 400),
    ] {
        let got = send(&mut fake(""), &Sent { body: text.as_bytes(), ..sent(Method::POST, &url) });
        assert_eq!(got.status, want, "{text:?}");
    }
    assert_eq!(body(&send(&mut fake(""), &sent(Method::POST, &url))), json!({}));
}

#[test]
fn a_token_is_asked_for_only_when_the_scenario_says_so() {
    let url = "/v1/projects/p/locations";
    let mut guarded = scenario("require_token: true\nlocations: { p: [l] }");
    for (token, want) in
        [(None, 401), (Some("Bearer "), 401), (Some("Basic abc"), 401), (Some("Bearer t"), 200)]
    {
        let got = send(&mut guarded, &Sent { token, ..sent(Method::GET, url) });
        assert_eq!(got.status, want, "{token:?}");
        assert_eq!(got.headers.iter().any(|(name, _)| *name == "www-authenticate"), want == 401);
    }
    // Who does not say who he is does not learn what is there.
    assert_eq!(get(&mut guarded, "/v1/projects/none/locations").status, 401);
    assert_eq!(get(&mut scenario("locations: { p: [l] }"), url).status, 200);
}

#[test]
fn each_fault_does_what_its_word_says() {
    for (answer, want) in [
        ("{ status: 503 }", (503, "HTML")),
        ("{ status: 503, code: UNKNOWN }", (503, "UNKNOWN")),
        ("{ status: 403, message: no }", (403, "PERMISSION_DENIED")),
        ("{ status: 400, code: FAILED_PRECONDITION }", (400, "FAILED_PRECONDITION")),
        ("not_json", (200, "HTML")),
    ] {
        let mut fake = fake(&format!("{{ answer: {answer} }}"));
        let got = get(&mut fake, &format!("{PARENT}/o"));
        assert_eq!(told(&got), (want.0, want.1.to_owned()), "{answer}");
        // Once, and no more.
        assert_eq!(get(&mut fake, &format!("{PARENT}/o")).status, 200, "{answer}");
    }
}

#[test]
fn a_quota_fault_tells_how_long_to_wait_in_the_body_and_in_the_header() {
    let mut fake = fake("{ answer: { status: 429, retry_after: 1500ms, retry_after_header: 1500ms } }");
    let got = get(&mut fake, PARENT);
    assert_eq!(told(&got), (429, "RESOURCE_EXHAUSTED".to_owned()));
    let want = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}]);
    assert_eq!(body(&got)["error"]["details"], want);
    assert!(got.headers.contains(&("retry-after", "2".to_owned())));
}

#[test]
fn a_broken_answer_says_whether_the_cancel_was_carried_out() {
    let url = format!("{PARENT}/o:cancel");
    for (answer, delivery, carried_out) in [
        ("{ status: 503 }", Delivery::Whole, false),
        ("drop", Delivery::Dropped, false),
        ("lost", Delivery::Dropped, true),
        ("truncate", Delivery::Truncated, true),
        ("not_json", Delivery::Whole, true),
        ("{ slow: 3s }", Delivery::Whole, true),
    ] {
        let mut fake = fake(&format!("{{ call: cancel, answer: {answer} }}"));
        assert_eq!(send(&mut fake, &sent(Method::POST, &url)).delivery, delivery, "{answer}");
        let got = body(&get(&mut fake, &format!("{PARENT}/o")));
        assert_eq!(got["done"], carried_out, "{answer}");
    }
}

#[test]
fn a_slow_answer_comes_on_top_of_the_latency() {
    let mut fake = scenario("latency: 20ms\nlocations: { p: [l] }\nfaults: [{ answer: { slow: 3s } }]");
    assert_eq!(get(&mut fake, PARENT).delay, Duration::from_millis(3020));
    assert_eq!(get(&mut fake, PARENT).delay, Duration::from_millis(20));
}

#[test]
fn an_empty_page_keeps_the_place_in_the_list() {
    let mut fake = fake("{ call: list, answer: empty_page }");
    let empty = body(&get(&mut fake, &format!("{PARENT}?pageSize=1")));
    assert!(empty.get("operations").is_none());
    let url = format!("{PARENT}?pageToken={}", empty["nextPageToken"].as_str().unwrap());
    assert_eq!(body(&get(&mut fake, &url))["operations"].as_array().unwrap().len(), 2);
}

#[test]
fn an_expired_token_waits_for_a_request_that_has_one() {
    let mut fake = fake("{ answer: expired_token }");
    let first = body(&get(&mut fake, &format!("{PARENT}?pageSize=1")));
    let url = format!("{PARENT}?pageToken={}", first["nextPageToken"].as_str().unwrap());
    assert_eq!(told(&get(&mut fake, &url)), (400, "INVALID_ARGUMENT".to_owned()));
    assert_eq!(get(&mut fake, &url).status, 200);
}

#[test]
fn a_field_can_be_missing_in_a_list_and_in_a_get() {
    for (answer, missing) in [("no_done", "done"), ("no_metadata", "metadata")] {
        let mut fake = fake(&format!("{{ times: 2, answer: {answer} }}"));
        let listed = body(&get(&mut fake, PARENT));
        assert!(
            listed["operations"].as_array().unwrap().iter().all(|operation| operation.get(missing).is_none())
        );
        assert!(body(&get(&mut fake, &format!("{PARENT}/e"))).get(missing).is_none());
        assert!(body(&get(&mut fake, &format!("{PARENT}/e"))).get(missing).is_some());
    }
}

#[test]
fn a_fault_hits_its_call_and_its_resource_so_often_and_no_other() {
    let hits = |fault: &str, urls: &[&str]| -> Vec<u16> {
        let mut fake = fake(fault);
        urls.iter().map(|url| get(&mut fake, url).status).collect()
    };
    let (o, e) = (format!("{PARENT}/o"), format!("{PARENT}/e"));
    let urls = [PARENT, &o, &e, &o, &o];
    assert_eq!(hits("{ call: get, answer: { status: 503 } }", &urls), [200, 503, 200, 200, 200]);
    assert_eq!(
        hits("{ call: get, name: '**/o', times: 2, answer: { status: 503 } }", &urls),
        [200, 503, 200, 503, 200]
    );
    assert_eq!(
        hits("{ name: 'projects/*/locations/l', times: always, answer: { status: 503 } }", &urls),
        [503, 200, 200, 200, 200]
    );
    assert_eq!(hits("{ name: 'projects/*', times: always, answer: { status: 503 } }", &urls), [200; 5]);
    assert_eq!(hits("{ times: always, answer: { status: 503 } }", &urls), [503; 5]);
    assert_eq!(hits("{ times: 0, answer: { status: 503 } }", &urls), [200; 5]);
}

#[test]
fn the_journal_tells_every_request_and_its_answer() {
    let mut fake = fake("{ call: cancel, answer: drop }");
    get(&mut fake, &format!("{PARENT}?pageSize=1"));
    send(&mut fake, &sent(Method::POST, &format!("{PARENT}/o:cancel")));
    let got: Vec<_> = fake.journal().requests.iter().map(|entry| (&*entry.method, entry.status)).collect();
    assert_eq!(got, [("GET", Some(200)), ("POST", None)]);
    assert_eq!(fake.journal().requests[0].query.as_deref(), Some("pageSize=1"));
    assert_eq!(fake.journal().count("POST"), 1);
}

#[test]
fn a_fault_waits_for_a_call_that_it_can_do_something_to() {
    let mut pages = fake("{ answer: empty_page }");
    assert_eq!(body(&get(&mut pages, &format!("{PARENT}/o")))["done"], false);
    assert!(body(&get(&mut pages, PARENT)).get("operations").is_none());
    let mut fields = fake("{ answer: no_done }");
    get(&mut fields, "/v1/projects/p/locations");
    assert!(body(&get(&mut fields, &format!("{PARENT}/o"))).get("done").is_none());
}

#[test]
fn an_empty_page_has_a_token_even_when_nothing_follows() {
    let mut fake = scenario("locations: { p: [l] }\nfaults: [{ answer: empty_page }]");
    let empty = body(&get(&mut fake, PARENT));
    let url = format!("{PARENT}?pageToken={}", empty["nextPageToken"].as_str().unwrap());
    assert_eq!(body(&get(&mut fake, &url)), json!({}));
}

#[test]
fn locations_are_listed_with_what_clients_add_to_the_query() {
    let got = get(&mut fake(""), "/v1/projects/p/locations?filter=&pageSize=5&pageToken=");
    assert_eq!(body(&got), json!({"locations": [{"name": "projects/p/locations/l", "locationId": "l"}]}));
}

#[test]
fn a_completed_operation_returns_the_resource_that_it_changed() {
    for (verb, target, want) in [
        ("create", "projects/p/locations/l/targets/t", "google.cloud.deploy.v1.Target"),
        ("update", "projects/p/locations/l/deliveryPipelines/d", "google.cloud.deploy.v1.DeliveryPipeline"),
        ("create", "projects/p/locations/l/deliveryPipelines/d/releases/r", "google.cloud.deploy.v1.Release"),
        ("delete", "projects/p/locations/l/targets/t", "google.protobuf.Empty"),
        ("create", "something else", "google.protobuf.Empty"),
    ] {
        let mut fake = scenario(&format!(
            "operations: [{{ name: projects/p/locations/l/operations/o, age: 1h, runs_for: 30m, verb: {verb}, \
             target: {target} }}]"
        ));
        let got = body(&get(&mut fake, &format!("{PARENT}/o")));
        assert_eq!(got["response"]["@type"], format!("type.googleapis.com/{want}"));
        assert_eq!(got["response"].get("name").is_some(), want != "google.protobuf.Empty", "{verb} {target}");
    }
}
