//! `curfew validate`: what a policy means, or everything that is wrong with it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::command::run;

#[tokio::test]
async fn every_policy_that_is_shipped_is_valid() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    for entry in fs::read_dir(&policies).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".test.yaml") {
            continue;
        }
        let ran = run(&["validate", path.to_str().unwrap()], &[], &policies).await.exits(0);
        ran.says(": valid\n  mode ");
        ran.says("\n  digest     sha256:");
        assert_eq!(ran.err, "");
    }
}

#[tokio::test]
async fn all_mistakes_of_all_files_are_told_at_once_with_line_column_and_caret() {
    let directory = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write(
        "bad.yaml",
        "version: 1\nscopes: [{ projects: [p], locations: all }]\nrules:\n  - { name: a, max_age: 90 }\n  \
         - { name: a, max_agee: 2h }\nlimitss: {}\n",
    );
    write("worse.yaml", "version: 2\n");
    write("good.yaml", crate::POLICY);
    let ran = run(&["validate", "bad.yaml", "good.yaml", "worse.yaml"], &[], directory.path()).await.exits(2);
    for (at, what) in [
        ("bad.yaml:4:25", "a duration needs a unit"),
        ("bad.yaml:5:", "max_agee"),
        ("bad.yaml:6:1", "limitss"),
        ("worse.yaml:1:10", "version"),
    ] {
        ran.complains(at);
        ran.complains(what);
    }
    assert!(ran.err.matches('^').count() >= 4, "{}", ran.err);
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    // One file's mistakes do not hide that another one is right.
    ran.says("good.yaml: valid");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let directory = TempDir::new().unwrap();
    let ran = run(&["validate", "no-such.yaml"], &[], directory.path()).await.exits(2);
    ran.complains("`no-such.yaml` could not be read");
}

#[tokio::test]
async fn the_windows_of_a_policy_are_shown_as_they_were_understood() {
    let directory = TempDir::new().unwrap();
    let windows = "active: [{ days: [mon, tue, wed], hours: '22:00-06:00', time_zone: Europe/Berlin }]\n\
                   freeze: [{ name: year-end, dates: 2026-12-20..2027-01-06 }]\n";
    fs::write(directory.path().join("good.yaml"), format!("{}{windows}", crate::POLICY)).unwrap();
    let ran = run(&["validate", "good.yaml"], &[], directory.path()).await.exits(0);
    ran.says("\n  active     Mon-Wed 22:00-06:00 Europe/Berlin\n");
    ran.says("\n  freeze     year-end: 2026-12-20..2027-01-06 UTC\n");
}
