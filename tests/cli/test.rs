//! `curfew test`: what a person and a build server see of the tests of policies.

use std::fs;
use std::path::{Path, PathBuf};

use roxmltree::Document;
use tempfile::TempDir;

use crate::command::{Ran, run};
use crate::{Desk, SCENARIO};

/// Two tests of [`crate::POLICY`], of which one fails.
const TESTS: &str = r#"policy: policies/mine.yaml
tests:
  - name: production is never touched
    operations:
      - { id: op-1, age: 3d, target: projects/p/locations/l/targets/prod-1 }
    expect:
      op-1: "spare: protected by production"
  - name: a change <may> take an hour
    operations: [{ id: op-2, age: 30m, verb: update }]
    steps:
      - { at: +30m, expect: { op-2: "spare: within_max_age" } }
      - { at: +31m, expect: { op-2: cancel by stuck-changes } }
"#;

/// A directory with the policy and these test files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join("policies")).unwrap();
    for (name, text) in [("policies/mine.yaml", crate::POLICY)].iter().chain(files) {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

async fn test(files: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let directory = directory(files);
    run(&[&["test"], arguments].concat(), &[], directory.path()).await
}

#[tokio::test]
async fn every_policy_that_is_shipped_has_tests_that_pass_and_exercise_all_of_it() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let files = fs::read_dir(&policies).unwrap().map(|entry| entry.unwrap().path());
    let (tests, others): (Vec<PathBuf>, Vec<PathBuf>) = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .partition(|path| path.to_string_lossy().ends_with(".test.yaml"));
    for policy in &others {
        assert!(tests.contains(&policy.with_extension("test.yaml")), "{} has no tests", policy.display());
    }
    let mut arguments = vec!["test", "--require-coverage"];
    arguments.extend(tests.iter().map(|path| path.to_str().unwrap()));
    let ran = run(&arguments, &[], &policies).await.exits(0);
    ran.says(&format!("passed, 0 failed, in {} files", tests.len()));
    assert_eq!(ran.err, "");
}

#[tokio::test]
async fn a_failure_shows_what_was_wanted_what_came_and_the_line() {
    let want = "\
mine.test.yaml (policies/mine.yaml)
  ok      production is never touched
  FAILED  a change <may> take an hour
    op-2 at +31m (mine.test.yaml:12)
      want  cancel by stuck-changes
      got   spare: within_max_age
            rule stuck-changes: age 1h 1m is within max_age 2h, due in 59m

policies/mine.yaml: 2 of 3 parts exercised; not exercised: rule anything-else
1 passed, 1 failed, in 1 file
";
    let ran = test(&[("mine.test.yaml", TESTS)], &["mine.test.yaml"]).await.exits(1);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), (want, ""));
}

#[tokio::test]
async fn a_policy_that_audits_is_judged_as_if_it_enforced_and_the_output_says_so() {
    let audits = crate::POLICY.replace("mode: enforce", "mode: audit");
    let files = [("policies/mine.yaml", audits.as_str()), ("mine.test.yaml", &TESTS.replace("+31m", "+91m"))];
    let ran = test(&files, &["mine.test.yaml"]).await.exits(0);
    ran.says("mine.test.yaml (policies/mine.yaml, mode audit: judged as if both keys were turned)");
}

#[tokio::test]
async fn only_the_tests_whose_name_has_the_text_run_and_coverage_is_not_told() {
    let files = [("mine.test.yaml", TESTS)];
    let ran = test(&files, &["mine.test.yaml", "--filter", "production"]).await.exits(0);
    ran.says("1 passed, 0 failed");
    assert!(!ran.out.contains("exercised"), "{}", ran.out);
    let none = test(&files, &["mine.test.yaml", "--filter", "nothing"]).await.exits(2);
    none.complains("no test has \"nothing\" in its name");
}

#[tokio::test]
async fn what_no_test_exercises_fails_a_run_that_requires_coverage() {
    let passing = TESTS.replace("+31m", "+91m");
    let files = [("mine.test.yaml", passing.as_str())];
    test(&files, &["mine.test.yaml"]).await.exits(0).says("not exercised: rule anything-else");
    test(&files, &["mine.test.yaml", "--require-coverage"]).await.exits(1);
    // Another file may exercise the rest.
    let more = "policy: policies/mine.yaml\ntests:\n  - name: t\n    operations: [{ id: o, verb: x, age: 2d }]\n    \
                expect: { o: report }\n";
    let files = [files[0], ("more.test.yaml", more)];
    let ran = test(&files, &["mine.test.yaml", "more.test.yaml", "--require-coverage"]).await.exits(0);
    ran.says("policies/mine.yaml: 3 of 3 parts exercised\n3 passed, 0 failed, in 2 files");
}

#[tokio::test]
async fn a_file_that_cannot_be_run_hides_no_other_and_makes_the_exit_code_two() {
    let files = [
        ("mine.test.yaml", TESTS),
        ("lost.test.yaml", &TESTS.replace("mine.yaml", "lost.yaml")),
        ("bad.test.yaml", "policy: policies/mine.yaml\ntest: []\n"),
        (
            "saved.test.yaml",
            "policy: policies/mine.yaml\ntests: [{ name: t, snapshot: no.json, expect: {} }]\n",
        ),
        ("policies/wrong.yaml", "version: 2\n"),
        ("wrong.test.yaml", &TESTS.replace("mine.yaml", "wrong.yaml")),
    ];
    let names = ["none.test.yaml", "lost.test.yaml", "bad.test.yaml", "saved.test.yaml", "wrong.test.yaml"];
    let ran = test(&files, &[names.as_slice(), &["mine.test.yaml"]].concat()).await.exits(2);
    for complaint in [
        "the test file, none.test.yaml, could not be read: ",
        "the policy of lost.test.yaml, policies/lost.yaml, could not be read: ",
        "bad.test.yaml:2:1",
        "did you mean `tests`?",
        "the snapshot no.json cannot be used: ",
        "policies/wrong.yaml:1:10",
    ] {
        ran.complains(complaint);
    }
    ran.says("1 passed, 1 failed, in 1 file; 5 files could not be run");
}

#[tokio::test]
async fn a_snapshot_that_was_saved_is_judged_at_its_instant() {
    let desk = Desk::new(crate::POLICY, SCENARIO).await;
    desk.run(&["snapshot", "-o", "now.json"]).await.exits(0);
    let tests = "policy: policy.yaml\ntests:\n  - name: t\n    snapshot: now.json\n    steps:\n      - at: +0m\n        \
                 expect: { stuck: cancel by stuck-changes, young: \"spare: within_max_age\", over: ended }\n      - at: \
                 +2h\n        expect: { stuck: cancel by stuck-changes, young: cancel by stuck-changes }\n";
    fs::write(desk.path().join("policy.test.yaml"), tests).unwrap();
    let ran = run(&["test", "policy.test.yaml"], &[], desk.path()).await.exits(0);
    ran.says("1 passed, 0 failed");
}

#[tokio::test]
async fn a_snapshot_on_the_command_line_takes_the_place_of_those_that_tests_name() {
    let desk = Desk::new(crate::POLICY, SCENARIO).await;
    desk.run(&["snapshot", "-o", "today.json"]).await.exits(0);
    let tests = "policy: policy.yaml\ntests:\n  - name: t\n    snapshot: gone.json\n    expect: { stuck: cancel by \
                 stuck-changes }\n  - name: u\n    operations: [{ id: o, age: 1m, verb: create }]\n    expect: { o: \
                 \"spare: within_max_age\" }\n";
    fs::write(desk.path().join("policy.test.yaml"), tests).unwrap();
    run(&["test", "policy.test.yaml"], &[], desk.path()).await.exits(2).complains("gone.json");
    let ran = run(&["test", "policy.test.yaml", "--snapshot", "today.json"], &[], desk.path()).await.exits(0);
    ran.says("2 passed, 0 failed");
}

#[tokio::test]
async fn a_program_gets_every_failure_and_the_coverage() {
    let json =
        test(&[("mine.test.yaml", TESTS)], &["mine.test.yaml", "--format", "json"]).await.exits(1).json();
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
    let failure = &json["files"][0]["tests"][1]["failures"][0];
    assert_eq!(failure["want"], "cancel by stuck-changes");
    assert_eq!(failure["got"], "spare: within_max_age");
    assert_eq!((&failure["line"], &failure["at"]), (&12.into(), &"+31m".into()));
    assert_eq!(json["coverage"][0]["not_exercised"][0], "rule anything-else");
    assert_eq!(json["coverage"][0]["parts"], 3);
}

#[tokio::test]
async fn a_build_server_reads_the_results_as_junit() {
    let files = [("mine.test.yaml", TESTS), ("bad.test.yaml", "policy: policies/mine.yaml\ntest: []\n")];
    let ran = test(&files, &["mine.test.yaml", "bad.test.yaml", "--format", "junit"]).await.exits(2);
    let document = Document::parse(&ran.out).unwrap_or_else(|error| panic!("{error}:\n{}", ran.out));
    let root = document.root_element();
    let counts = |name: &str| {
        ["tests", "failures", "errors"].map(|key| {
            let mut found = document.descendants().filter(|node| node.attribute("name") == Some(name));
            found.next().unwrap().attribute(key).unwrap()
        })
    };
    assert_eq!(root.tag_name().name(), "testsuites");
    assert_eq!(counts("curfew test"), ["3", "1", "1"]);
    assert_eq!(counts("mine.test.yaml"), ["2", "1", "0"]);

    let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let names: Vec<_> = cases.iter().map(|case| case.attribute("name").unwrap()).collect();
    assert_eq!(names, ["production is never touched", "a change <may> take an hour", "the file can be run"]);
    assert_eq!((cases[1].attribute("file"), cases[1].attribute("line")), (Some("mine.test.yaml"), Some("8")));
    let child = |case: usize, tag: &str| cases[case].children().find(|node| node.has_tag_name(tag));
    assert!(child(0, "failure").is_none());
    let failure = child(1, "failure").unwrap();
    assert_eq!(
        failure.attribute("message"),
        Some("op-2: want cancel by stuck-changes, got spare: within_max_age")
    );
    assert!(failure.text().unwrap().contains("mine.test.yaml:12: op-2 at +31m"), "{failure:?}");
    assert!(child(2, "error").unwrap().text().unwrap().contains("did you mean `tests`?"));
}
