//! `curfew services`: what there is, what each tells, and the document that is made of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use curfew::catalogue::{left_out, table};
use curfew::emulator::Scenario;
use curfew::policy::Policy;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ran, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

async fn services(arguments: &[&str]) -> Ran {
    let arguments = [&["services"], arguments].concat();
    run(&arguments, &[], &root()).await
}

/// A policy with one service of its own and one that it changes.
fn policy_with_services() -> TempDir {
    let directory = TempDir::new().unwrap();
    let policy = "version: 1\nservices:\n  - { name: acme, title: Acme Jobs, target: [] }\n  \
                  - { name: alloydb, requests_per_minute: 5 }\n\
                  scopes: [{ service: acme, projects: [p], locations: all }]\n\
                  rules: [{ name: old, max_age: 1d }]\n";
    fs::write(directory.path().join("policy.yaml"), policy).unwrap();
    directory
}

#[tokio::test]
async fn the_list_has_a_line_for_every_service_with_what_it_tells_and_what_a_scope_takes() {
    let ran = services(&[]).await.exits(0);
    let line = |name: &str| {
        let mut lines = ran.out.lines();
        lines
            .find(|line| line.split(' ').next() == Some(name))
            .unwrap_or_else(|| panic!("no line for {name}"))
    };
    for service in table().iter() {
        assert!(line(service.name.as_str()).contains(&service.title), "{}", service.name);
    }
    for (name, want) in [
        ("alloydb", "AVTC   projects, locations"),
        ("aiplatform", "A–––   projects, locations"),
        ("spanner", "A–TC   projects, instances"),
        ("serviceusage", "––T–   the service alone"),
        ("dataplex", "AVTC   projects, locations | organizations, locations"),
    ] {
        assert!(line(name).ends_with(want), "{}", line(name));
    }
    ran.says(&format!("\n{} services.", table().iter().count()));
    ran.says(&format!("\n{} more are left out", left_out().len()));
}

#[tokio::test]
async fn a_query_is_looked_for_in_names_titles_and_hosts_in_any_case() {
    for (query, name) in
        [("KAFKA", "managedkafka"), ("workbench", "notebooks"), ("Translation.Google", "translate")]
    {
        let ran = services(&[query]).await.exits(0);
        assert!(ran.line(name).starts_with(name), "{}", ran.out);
        ran.says("\n1 service.");
    }
    let ran = services(&["stor"]).await.exits(0);
    ran.line("storagebatchoperations");
    assert!(ran.line("storagetransfer").contains("so what lies outside of a scope could not be told"));
}

#[tokio::test]
async fn a_name_shows_that_service_in_full() {
    let ran = services(&["Spanner"]).await.exits(0);
    for want in [
        "spanner: Spanner\n",
        "https://spanner.googleapis.com/v1\n",
        "/projects/{project}/instances/{instance}/backupOperations\n",
        "/{name}:cancel, by POST\n",
        "verb                    never: its operations do not tell it\n",
        "cancellation_requested  true if /cancelTime is there; else unknown\n",
        "since /startTime, else /progress/startTime",
        "after a cancel  `running` where others would be `ignored`",
        "API     spanner.googleapis.com, to be enabled\n",
        "spanner.backupOperations.cancel\n",
        "  - service: spanner\n    projects: [acme-web]\n    instances: [orders]\n",
    ] {
        ran.says(want);
    }
}

#[tokio::test]
async fn what_does_not_follow_from_what_is_told_is_said_in_words() {
    let vertex = services(&["aiplatform"]).await.exits(0);
    vertex.says("after a cancel  `running` where others would be `cancelling` or `ignored`");
    vertex.says("https://{location}-aiplatform.googleapis.com/v1\n");
    vertex.says("and 43 more, which --format json shows\n");
    vertex.says("IAM's names are not known; `gcloud iam list-testable-permissions");
    let usage = services(&["serviceusage"]).await.exits(0);
    usage.says("neither max_age nor max_running can be decided");
    assert!(!usage.out.contains("after a cancel"), "{}", usage.out);
    services(&["storage"]).await.exits(0).says("\nSee also: storagebatchoperations, storagetransfer\n");
}

#[tokio::test]
async fn a_service_that_is_left_out_is_told_with_its_reason() {
    let ran = services(&["run"]).await.exits(0);
    ran.says("curfew cannot police run: its operations can be listed, but not cancelled.\n");
    ran.says("\nSee also: devicerun, runtimeconfig\n");
}

#[tokio::test]
async fn what_is_nothing_at_all_fails_and_what_was_meant_is_named() {
    let ran = services(&["aloydb"]).await.exits(2);
    assert_eq!(ran.out, "");
    ran.complains("no service has `aloydb` in its name, title or host: did you mean `alloydb`?");
    services(&["no-such-thing"]).await.exits(2).complains("can be defined in a policy, under `services`");
    services(&["no-such-thing", "--format", "json"]).await.exits(2);
}

#[tokio::test]
async fn a_policys_own_services_are_shown_if_it_is_named() {
    let directory = policy_with_services();
    let own = async |arguments: &[&str]| {
        let arguments = [&["services"], arguments, &["--policy", "policy.yaml"]].concat();
        run(&arguments, &[], directory.path()).await
    };
    let acme = own(&["acme"]).await.exits(0);
    acme.says("acme: Acme Jobs, as the policy defines it\n");
    acme.says("https://acme.googleapis.com/v1\n");
    let alloydb = own(&["alloydb"]).await.exits(0);
    alloydb.says("alloydb: AlloyDB, as the policy defines it\n");
    alloydb.says("at most 5 a minute and 16 at once");
    let json = own(&["alloydb", "-f", "json"]).await.exits(0).json();
    assert_eq!(json["services"][0]["built_in"], false);
    assert!(!own(&["dns"]).await.exits(0).out.contains("as the policy defines it"));
    assert!(own(&["acm"]).await.exits(0).line("Acme").ends_with("AV–C   projects, locations"));
    services(&["acme"]).await.exits(2);
    run(&["services", "--policy", "none.yaml"], &[], directory.path()).await.exits(2).complains("none.yaml");
}

/// Scripts rely on these keys.
#[tokio::test]
async fn the_json_of_a_service_has_everything_under_these_keys() {
    let json = services(&["storage", "--format", "json"]).await.exits(0).json();
    assert_eq!(json["left_out"], Value::Array(Vec::new()));
    let [service] = json["services"].as_array().unwrap().as_slice() else { panic!("{json}") };
    let got: BTreeSet<&str> = service.as_object().unwrap().keys().map(String::as_str).collect();
    let want = "base_url built_in cancel cancel_requested cancel_state cancel_time create_time examples get host \
                lists location locations name note permissions project regional_base_url regional_host \
                requests_at_once requests_per_minute scopes target tells_cancellation title verb version";
    assert_eq!(got, want.split_whitespace().collect());
    assert_eq!(service["cancel"], "b/{bucket}/operations/{id}/cancel");
    assert_eq!(service["lists"][0]["names"][0], "projects/_/buckets/{bucket}/operations/*");
    assert_eq!((&service["project"], &service["verb"][0]), (&"never".into(), &"/commonMetadata/type".into()));
    assert_eq!(service["scopes"], serde_json::json!([["buckets"]]));
    assert_eq!(service["permissions"]["cancel"][0], "storage.bucketOperations.cancel");
}

#[tokio::test]
async fn the_json_of_all_has_those_that_are_left_out_too() {
    let json = services(&["-f", "json"]).await.exits(0).json();
    assert_eq!(json["services"].as_array().unwrap().len(), table().iter().count());
    assert_eq!(json["left_out"].as_array().unwrap().len(), left_out().len());
    let run = services(&["run", "-f", "json"]).await.exits(0).json();
    assert_eq!((run["services"].as_array().unwrap().len(), &run["left_out"][0]["name"]), (0, &"run".into()));
}

#[tokio::test]
async fn the_document_of_the_services_is_what_the_program_prints() {
    let got = services(&["--format", "markdown"]).await.exits(0).out;
    let path = root().join("docs/services.md");
    assert!(
        got == fs::read_to_string(path).unwrap(),
        "docs/services.md is not up to date: cargo run --quiet -- services --format markdown > docs/services.md"
    );
    // One says where the document comes from. Any other would be a marker that nothing was filled in for.
    assert_eq!(got.matches("<!--").count(), 1);
    for argument in [["kafka"].as_slice(), &["--policy", "policies/starter.yaml"]] {
        let arguments = [&["--format", "markdown"], argument].concat();
        services(&arguments).await.exits(2).complains("the document is about all services that are built in");
    }
}

#[test]
fn every_sample_in_the_document_of_the_services_is_valid() {
    let text = fs::read_to_string(root().join("docs/services.md")).unwrap();
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let (mut policies, mut scenarios) = (0, 0);
    for block in blocks {
        if block.starts_with("version: 1") {
            Policy::parse(block.as_bytes(), "docs/services.md").unwrap_or_else(|error| panic!("{error}"));
            policies += 1;
        } else {
            Scenario::parse(block, "docs/services.md").unwrap_or_else(|error| panic!("{error}\n{block}"));
            scenarios += 1;
        }
    }
    assert_eq!((policies, scenarios), (3, 1));
    for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
        assert!(root().join("docs").join(link.0).exists(), "{}", link.0);
    }
}
