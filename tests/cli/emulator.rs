//! `curfew emulator`: a service to try things on, in a process of its own.

use std::fs;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::command::{command, run};
use crate::{POLICY, SCENARIO};

/// Starts an emulator and gives the address that its first line names.
async fn start(arguments: &[&str], directory: &TempDir) -> (Child, String) {
    let mut child = command(arguments, &[], directory.path()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let url = line.strip_prefix("curfew emulator: listening on ").unwrap_or_else(|| panic!("{line}"));
    (child, url.to_owned())
}

#[tokio::test]
async fn it_says_where_it_listens_serves_a_scenario_and_ends_well_on_sigterm() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("world.yaml"), SCENARIO).unwrap();
    fs::write(directory.path().join("policy.yaml"), POLICY).unwrap();
    let (mut child, url) = start(&["emulator", "--scenario", "world.yaml"], &directory).await;

    let sweep = ["sweep", "--mode", "enforce", "--endpoint", &url, "--credentials", "none"];
    let ran = run(&sweep, &[], directory.path()).await.exits(0);
    assert!(ran.line("/stuck ").contains("cancelled"), "{}", ran.out);

    let pid = child.id().unwrap().to_string();
    let kill = tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn without_a_scenario_it_serves_the_world_of_the_demo() {
    let directory = TempDir::new().unwrap();
    let (_child, url) = start(&["emulator"], &directory).await;
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/demo.yaml");
    let explain = ["explain", "--policy", policy, "--endpoint", &url, "--credentials", "none"];
    // One of the demo's collections cannot be read.
    let ran = run(&explain, &[], directory.path()).await.exits(1);
    ran.says("acme-web/europe-west1/does-not-listen");
    ran.complains("asia-east1");
}

#[tokio::test]
async fn a_scenario_that_is_wrong_is_told_with_its_place() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("world.yaml"), "operations:\n  - { name: nonsense, age: 1h }\n").unwrap();
    let ran = run(&["emulator", "--scenario", "world.yaml"], &[], directory.path()).await.exits(2);
    ran.complains("world.yaml:2:13");
}
