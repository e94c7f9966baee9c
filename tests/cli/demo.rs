//! `curfew demo`: what a newcomer sees first.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::Instant;

use crate::command::{command, run};

#[tokio::test]
async fn the_demo_shows_every_state_and_every_withheld_reason_in_plain_text_and_in_time() {
    let elsewhere = tempfile::TempDir::new().unwrap();
    let started = Instant::now();
    // Variables that are meant for real runs do not concern it.
    let variables = [("CURFEW_GOOGLE_ENDPOINT", "http://127.0.0.1:1"), ("CURFEW_MODE", "off")];
    let demo = run(&["demo"], &variables, elsewhere.path()).await.exits(0);
    assert!(started.elapsed() < Duration::from_secs(10), "it took {:?}", started.elapsed());

    assert_eq!(demo.err, "");
    assert!(!demo.out.contains('\u{1b}'), "no colour in a pipe");
    assert!(demo.out.lines().all(|line| !line.ends_with(' ')), "no blank at a line's end");
    let row = |id: &str| {
        // The last act's table is the one of the armed run.
        let mut rows = demo.out.lines().rev();
        rows.find(|line| line.contains(&format!("/{id} ")))
            .unwrap_or_else(|| panic!("no {id}:\n{}", demo.out))
    };
    for (id, cancel, state) in [
        ("stops", "accepted", "cancelled"),
        ("completes-in-spite", "accepted", "completed"),
        ("breaks", "accepted", "failed"),
        ("ends-without-a-word", "accepted", "finished"),
        ("takes-its-time", "accepted", "cancelling"),
        ("does-not-listen", "accepted", "ignored"),
        ("vanishes", "accepted", "gone"),
        ("cannot-be-read", "accepted", "unknown"),
        ("may-not-be-cancelled", "denied", "running"),
        ("has-no-cancel", "unsupported", "running"),
        ("is-just-finishing", "refused", "completed"),
        ("is-out-of-reach", "unreachable", "running"),
        ("was-asked-before", "withheld: already_requested", "cancelled"),
        ("is-only-reported", "withheld: report_only", "–"),
        ("is-over-the-limit", "withheld: limit", "–"),
        ("comes-too-late", "withheld: deadline", "–"),
    ] {
        let row = row(id);
        let (_, rest) = row.split_once(cancel).unwrap_or_else(|| panic!("want {cancel} in {row}"));
        assert!(rest.split_whitespace().any(|word| word == state), "want {state} in {row}");
    }
    demo.says("withheld: audit");
    demo.says("mode off: nothing was read, nothing was sent");
    assert!(!demo.out.contains("MISMATCH"), "{}", demo.out);
}

#[tokio::test]
async fn colour_is_there_when_it_is_asked_for() {
    let desk = crate::Desk::new(crate::POLICY, crate::SCENARIO).await;
    assert!(desk.run(&["--color", "always", "sweep"]).await.exits(0).out.contains("\u{1b}["));
    assert!(!desk.run(&["sweep", "--color", "never"]).await.exits(0).out.contains('\u{1b}'));
}

#[tokio::test]
async fn a_reader_that_leaves_early_makes_no_panic() {
    let elsewhere = tempfile::TempDir::new().unwrap();
    let mut demo = command(&["demo"], &[], elsewhere.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().unwrap().starts_with("curfew demo"));
    drop(lines);
    let output = demo.wait_with_output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
