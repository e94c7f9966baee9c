use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const OPERATION: &str = "/v1/projects/p/locations/l/operations/o";

async fn start(faults: &str) -> Emulator {
    let text =
        format!("operations: [{{ name: projects/p/locations/l/operations/o, age: 1h }}]\nfaults: [{faults}]");
    let scenario = Scenario::parse(&text, "test").unwrap();
    Emulator::start(&scenario, "127.0.0.1:0".parse().unwrap(), Clock::system()).await.unwrap()
}

/// Sends these bytes on a connection of their own, and reads until the other side closes it.
async fn raw(emulator: &Emulator, request: &str) -> String {
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has brought what it brought.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// A GET that leaves the connection open: only a server that hangs up ends it.
fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: e\r\n\r\n")
}

fn closing(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: e\r\nConnection: close\r\n{more}\r\n")
}

fn content_length(answer: &str) -> usize {
    let line = answer.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    line.parse().unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn an_answer_is_whole_and_has_its_length() {
    let got = raw(&start("").await, &closing("GET", OPERATION, "")).await;
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
    assert_eq!(content_length(&got), body(&got).len());
}

#[tokio::test]
async fn a_post_without_a_length_gets_411_and_one_with_a_length_does_not() {
    let emulator = start("").await;
    let cancel = format!("{OPERATION}:cancel");
    let got = raw(&emulator, &closing("POST", &cancel, "")).await;
    assert!(got.starts_with("HTTP/1.1 411 "), "{got}");
    assert!(got.contains("content-type: text/html"), "{got}");
    let got = raw(&emulator, &closing("POST", &cancel, "Content-Length: 0\r\n")).await;
    assert!(got.starts_with("HTTP/1.1 200 ") && body(&got) == "{}", "{got}");
}

#[tokio::test]
async fn a_chunked_body_needs_no_length() {
    let emulator = start("").await;
    let chunked = closing("POST", &format!("{OPERATION}:cancel"), "Transfer-Encoding: chunked\r\n");
    let got = raw(&emulator, &(chunked + "2\r\n{}\r\n0\r\n\r\n")).await;
    assert!(got.starts_with("HTTP/1.1 200 "), "{got}");
}

#[tokio::test]
async fn a_dropped_answer_closes_the_connection_without_a_byte() {
    for answer in ["drop", "lost"] {
        let emulator = start(&format!("{{ answer: {answer} }}")).await;
        assert_eq!(raw(&emulator, &get(OPERATION)).await, "");
        assert_eq!(emulator.journal().requests[0].status, None);
    }
}

#[tokio::test]
async fn a_truncated_answer_announces_more_than_it_sends_and_closes_the_connection() {
    let emulator = start("{ answer: truncate }").await;
    let got = raw(&emulator, &get(OPERATION)).await;
    let whole = content_length(&got);
    assert_eq!(body(&got).len(), whole / 2, "{got}");
    let again = raw(&emulator, &closing("GET", OPERATION, "")).await;
    assert_eq!(body(&again).len(), whole);
    assert!(again.contains(body(&got)));
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let emulator = start("").await;
    let got = raw(&emulator, &(get(OPERATION) + &closing("GET", OPERATION, ""))).await;
    assert_eq!(got.matches("HTTP/1.1 200 OK").count(), 2, "{got}");
}

#[tokio::test]
async fn the_journal_can_be_read_over_http_and_is_not_in_itself() {
    let emulator = start("").await;
    raw(&emulator, &closing("GET", &format!("{OPERATION}?alt=json"), "")).await;
    let got = raw(&emulator, &closing("GET", "/emulator/journal", "")).await;
    let got: serde_json::Value = serde_json::from_str(body(&got)).unwrap();
    let want = serde_json::json!({
        "omitted": 0,
        "requests": [{ "method": "GET", "path": OPERATION, "query": "alt=json", "status": 200 }],
    });
    assert_eq!(got, want);
    assert_eq!(emulator.journal().requests.len(), 1);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let emulator = start("").await;
    let head = closing("POST", &format!("{OPERATION}:cancel"), "Content-Length: 70000\r\n");
    let got = raw(&emulator, &(head + &" ".repeat(70_000))).await;
    assert!(got.starts_with("HTTP/1.1 413 "), "{got}");
}

#[tokio::test]
async fn it_stops_listening_and_hangs_up_when_it_is_shut_down() {
    let emulator = start("").await;
    let address = emulator.address();
    let mut open = TcpStream::connect(address).await.unwrap();
    open.write_all(get(OPERATION).as_bytes()).await.unwrap();
    assert!(open.read_u8().await.is_ok());
    emulator.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
    // What was sent before still comes; then there is an end.
    let _ = open.read_to_end(&mut Vec::new()).await;
}

#[test]
fn only_http_1_needs_a_header_to_tell_a_length() {
    assert!(has_length(Version::HTTP_2, &HeaderMap::new()));
    assert!(!has_length(Version::HTTP_11, &HeaderMap::new()));
}

#[tokio::test]
async fn an_answer_takes_at_least_the_latency() {
    let scenario = Scenario::parse("latency: 60ms\nlocations: { p: [l] }", "test").unwrap();
    let clock = Clock::system();
    let emulator = Emulator::start(&scenario, "127.0.0.1:0".parse().unwrap(), clock).await.unwrap();
    let sent = clock.now();
    let got = raw(&emulator, &closing("GET", "/v1/projects/p/locations", "")).await;
    assert!(got.starts_with("HTTP/1.1 200 "), "{got}");
    assert!((clock.now() - sent).num_milliseconds() >= 60);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "curfew's own client speaks HTTP/2 only over TLS")]
async fn http_2_is_spoken_too_and_a_dropped_answer_resets_the_stream() {
    let emulator = start("{ call: get, answer: drop }, { call: get, answer: truncate }").await;
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let url = format!("{}{OPERATION}", emulator.url());
    let got = client.post(format!("{url}:cancel")).send().await.unwrap();
    assert_eq!((got.version(), got.status().as_u16()), (Version::HTTP_2, 200));
    assert!(client.get(&url).send().await.is_err());
    assert!(client.get(&url).send().await.unwrap().bytes().await.is_err());
    assert_eq!(client.get(&url).send().await.unwrap().status().as_u16(), 200);
}
