//! `curfew emulator` as a process.
#![cfg(all(feature = "cli", feature = "emulator"))]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy cannot see here")]

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

fn emulator(scenario: &str) -> (tempfile::NamedTempFile, Command) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), scenario).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_curfew"));
    command.args(["emulator", "--scenario"]).arg(file.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    (file, command)
}

#[tokio::test]
async fn it_says_where_it_listens_answers_and_stops_on_a_signal() {
    let (_file, mut command) = emulator("locations: { p: [l] }");
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let address = line.strip_prefix("curfew emulator: listening on http://").unwrap().to_owned();

    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = "GET /v1/projects/p/locations HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("projects/p/locations/l"), "{answer}");

    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    assert_eq!(process.wait().await.unwrap().code(), Some(0));
    assert_eq!(lines.next_line().await.unwrap(), None, "one line, and no more");
}

#[tokio::test]
async fn a_scenario_that_is_none_is_bad_usage_and_says_where() {
    let (file, mut command) = emulator("operations:\n  - name: o\n");
    let got = command.output().await.unwrap();
    assert_eq!(got.status.code(), Some(2));
    let said = String::from_utf8(got.stderr).unwrap();
    assert!(said.contains(&format!("{}:2:11: ", file.path().display())), "{said}");
    assert!(got.stdout.is_empty());
}
