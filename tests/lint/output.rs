//! How findings are printed: as text, as JSON, as SARIF; and the exit codes.

use std::fs;
use std::path::Path;

use curfew::lint::CHECKS;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ran, run};

/// A right policy with three findings, one of which is silenced.
const POLICY: &str = "\
version: 1
scopes: [{ projects: [acme-web], locations: all }]
rules:
  - name: changes
    match: { verb: [create, update] }
    max_age: 60d
  - name: \"ü — production\"
    match: { verb: update, target: \"**/prod-*\" }
    max_age: 1h
  - { name: misspelt, max_age: 2h, match: { verb: cretae } }
lint:
  allow:
    - check: max-age-too-long
      reason: they take months
";

fn desk() -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join("my policies")).unwrap();
    fs::write(directory.path().join("my policies/policy.yaml"), POLICY).unwrap();
    fs::write(
        directory.path().join("clean.yaml"),
        "version: 1\nscopes: [{ projects: [p], locations: all }]\nrules: [{ name: r, max_age: 1h }]\n",
    )
    .unwrap();
    fs::write(directory.path().join("wrong.yaml"), "version: 2\n").unwrap();
    directory
}

async fn lint(desk: &TempDir, arguments: &[&str]) -> Ran {
    let arguments: Vec<&str> = [&["lint"], arguments].concat();
    run(&arguments, &[], desk.path()).await
}

#[tokio::test]
async fn a_finding_is_drawn_as_a_warning_with_its_line_its_example_and_what_to_do() {
    let ran = lint(&desk(), &["my policies/policy.yaml"]).await.exits(1);
    let want = "\
warning: this rule is never reached: `changes` takes every operation that it matches [unreachable-rule]
 --> my policies/policy.yaml:7:11
  |
7 |   - name: \"ü — production\"
  |           ^^^^^^^^^^^^^^^^
  |
  = note: for example verb `update`, target `projects/acme-web/locations/europe-west1/targets/prod-1`: taken by `changes`
  = help: put this rule before `changes`, narrow `changes`, or leave it out

warning: no operation of the scopes' services has the verb `cretae` [unknown-verb]
  --> my policies/policy.yaml:10:51
   |
10 |   - { name: misspelt, max_age: 2h, match: { verb: cretae } }
   |                                                   ^^^^^^
   |
   = help: did you mean `create`? The verbs are `create`, `update`, `delete`

my policies/policy.yaml: 2 findings, 1 silenced
";
    assert_eq!(ran.out, want);
    assert_eq!(ran.err, "");
}

#[tokio::test]
async fn the_exit_code_says_whether_anything_was_found() {
    let desk = desk();
    lint(&desk, &["clean.yaml"]).await.exits(0).says("clean.yaml: nothing found");
    lint(&desk, &["clean.yaml", "my policies/policy.yaml"]).await.exits(1);
    let ran = lint(&desk, &["wrong.yaml", "clean.yaml", "my policies/policy.yaml"]).await.exits(2);
    ran.complains("wrong.yaml:1:10");
    // One that is wrong hides nothing of the others.
    assert_eq!(ran.line("my policies/policy.yaml: "), "my policies/policy.yaml: 2 findings, 1 silenced");
    lint(&desk, &["no-such.yaml"]).await.exits(2).complains("no-such.yaml");
    lint(&desk, &["clean.yaml", "--function-timeout", "30"]).await.exits(2).complains("needs a unit");
    lint(&desk, &["clean.yaml", "--function-timeout", "30s"])
        .await
        .exits(1)
        .says("[follow-up-beyond-timeout]");
}

#[tokio::test]
async fn the_list_has_every_check_with_what_it_looks_for() {
    let ran = lint(&desk(), &["--list"]).await.exits(0);
    for check in CHECKS {
        ran.says(&format!("{}\n  {}\n  ", check.name, check.about));
    }
}

#[tokio::test]
async fn as_json_every_finding_has_its_place_and_the_silenced_ones_their_reason() {
    let ran = lint(&desk(), &["my policies/policy.yaml", "--format", "json"]).await.exits(1);
    let json = ran.json();
    let found = json["findings"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    let first = &found[0];
    assert_eq!(first["check"], "unreachable-rule");
    assert_eq!(first["path"], "rules[1].name");
    assert_eq!(first["rule"], "ü — production");
    assert_eq!((&first["line"], &first["column"], &first["end_column"]), (&7.into(), &11.into(), &27.into()));
    assert!(first["example"].as_str().unwrap().ends_with("taken by `changes`"));
    let silenced = json["silenced"].as_array().unwrap();
    assert_eq!((silenced.len(), &silenced[0]["reason"]), (1, &"they take months".into()));
}

async fn sarif(arguments: &[&str], code: i32) -> Value {
    lint(&desk(), &[arguments, &["--format", "sarif"]].concat()).await.exits(code).json()
}

/// The schema is the one that OASIS publishes with the standard, unchanged.
#[tokio::test]
async fn the_sarif_log_is_valid_by_the_schema_of_the_standard() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/sarif-2.1.0.schema.json");
    // An expression for languages has a bracket too many, which JavaScript takes and others refuse.
    let text = fs::read_to_string(schema).unwrap().replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (arguments, code) in [(&["my policies/policy.yaml", "clean.yaml"][..], 1), (&["clean.yaml"], 0)] {
        let log = sarif(arguments, code).await;
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    // It is a schema that refuses something.
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [{}] })));
}

#[tokio::test]
async fn a_code_host_finds_the_checks_and_the_regions_in_the_sarif_log() {
    let log = sarif(&["my policies/policy.yaml"], 1).await;
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), CHECKS.len());
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(
            rules[index]["help"]["markdown"].as_str().unwrap().contains(result["ruleId"].as_str().unwrap())
        );
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "my%20policies/policy.yaml");
        assert_eq!(location["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    }
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(
        (&region["startLine"], &region["startColumn"], &region["endColumn"]),
        (&7.into(), &11.into(), &27.into())
    );
    let suppressed: Vec<&Value> = results.iter().filter(|result| result["suppressions"].is_array()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "they take months");
}

#[tokio::test]
async fn a_path_from_the_root_is_made_one_from_here() {
    let desk = desk();
    let path = desk.path().join("my policies/policy.yaml");
    let ran = lint(&desk, &[path.to_str().unwrap(), "--format", "json"]).await.exits(1);
    assert_eq!(ran.json()["policies"][0], "my policies/policy.yaml");
}

#[tokio::test]
async fn validate_warns_of_the_same_and_ends_well() {
    let ran = run(&["validate", "my policies/policy.yaml"], &[], desk().path()).await.exits(0);
    ran.says("my policies/policy.yaml: valid");
    ran.complains("[unreachable-rule]");
    ran.complains("[unknown-verb]");
    assert!(!ran.err.contains("max-age-too-long"), "{}", ran.err);
}

#[tokio::test]
async fn the_schema_that_is_printed_is_the_one_that_is_committed() {
    let ran = run(&["schema"], &[], desk().path()).await.exits(0);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/policy.schema.json");
    assert_eq!(ran.out, fs::read_to_string(committed).unwrap());
}
