//! `curfew doctor`: each thing that can be missing, and that it is told with what to do. Nothing is ever cancelled.

use std::fs;

use serde_json::{Value, json};

use crate::command::Ran;
use crate::{Desk, POLICY, SCENARIO};

const EUROPE: &str = "projects/acme-web/locations/europe-west1";

/// Runs the doctor, and fails the test if anything but questions was sent.
async fn doctor(desk: &Desk, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let arguments = [&["doctor"], arguments].concat();
    let ran = desk.run_with(&arguments, variables).await;
    for request in desk.emulator.journal().requests {
        let is_question = request.method == "GET" || !request.path.contains("/operations");
        assert!(is_question, "{} {}", request.method, request.path);
    }
    ran
}

/// The same, read as JSON: exit code and findings.
async fn found(policy: &str, scenario: &str, variables: &[(&str, &str)]) -> (i32, Vec<Value>) {
    let desk = Desk::new(policy, scenario).await;
    let ran = doctor(&desk, &["--format", "json"], variables).await;
    (ran.code, findings(&ran))
}

fn findings(ran: &Ran) -> Vec<Value> {
    ran.json().get("findings").and_then(Value::as_array).expect("a list of findings").clone()
}

/// How a check of a subject came out.
fn status<'a>(findings: &'a [Value], check: &str, subject: Option<&str>) -> &'a str {
    finding(findings, check, subject)["status"].as_str().unwrap()
}

fn finding<'a>(findings: &'a [Value], check: &str, subject: Option<&str>) -> &'a Value {
    let mut fitting = findings.iter().filter(|finding| finding["check"] == check);
    let found = fitting.find(|finding| finding["subject"].as_str() == subject);
    found.unwrap_or_else(|| panic!("no {check} of {subject:?} in {findings:#?}"))
}

/// The findings that are neither ok nor skipped, as `check status`.
fn troubles(findings: &[Value]) -> Vec<String> {
    let troubles =
        findings.iter().filter(|finding| finding["status"] != "ok" && finding["status"] != "skipped");
    troubles
        .map(|finding| {
            assert!(finding["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{finding}");
            format!("{} {}", finding["check"].as_str().unwrap(), finding["status"].as_str().unwrap())
        })
        .collect()
}

fn two_projects() -> String {
    POLICY.replace("[acme-web]", "[acme-data, acme-web]")
}

#[tokio::test]
async fn where_nothing_is_missing_every_check_is_ok_and_the_role_is_told() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let ran = doctor(&desk, &[], &[]).await.exits(0);
    for line in [
        "✓ configuration ",
        "✓ policy ",
        "✓ mode ",
        "✓ credential ",
        "✓ token ",
        "✓ project projects/acme-web ",
    ] {
        ran.says(line);
    }
    for check in ["location", "list"] {
        ran.says(&format!("✓ {check} {EUROPE} "));
    }
    ran.says("✓ cancel projects/acme-web");
    ran.says("all well: 10 ok, 0 with a warning, 0 missing, 0 skipped");
    ran.says("On AWS, the function's role needs nothing");
    ran.says(
        "--permissions=clouddeploy.operations.cancel,clouddeploy.operations.get,clouddeploy.operations.list\n",
    );
    assert!(!ran.out.contains('→') && !ran.out.contains('\u{1b}') && ran.err.is_empty(), "{}", ran.out);
}

#[tokio::test]
async fn an_armed_policy_and_function_are_looked_at_without_a_cancel() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let ran = doctor(&desk, &["--mode", "enforce"], &[]).await.exits(0);
    ran.says("the policy says enforce, the function enforce: a sweep cancels");
    let off = doctor(&desk, &["--mode", "off"], &[]).await.exits(0);
    off.says("! mode");
    off.says("the kill switch is on");
}

#[tokio::test]
async fn a_missing_permission_to_cancel_is_told_with_the_one_to_give() {
    let scenario = format!(
        "{SCENARIO}permissions: {{ acme-web: [clouddeploy.operations.list, clouddeploy.operations.get] }}\n"
    );
    let (code, findings) = found(POLICY, &scenario, &[]).await;
    assert_eq!((code, troubles(&findings)), (1, vec!["cancel missing".to_owned()]));
    let cancel = finding(&findings, "cancel", Some("projects/acme-web"));
    for part in ["detail", "remedy"] {
        assert!(cancel[part].as_str().unwrap().contains("clouddeploy.operations.cancel"), "{cancel}");
    }
    // An audit does without: so Google holds a third key.
    let auditing = POLICY.replace("mode: enforce", "mode: audit");
    let (code, findings) = found(&auditing, &scenario, &[]).await;
    assert_eq!((code, troubles(&findings)), (0, vec!["cancel warning".to_owned()]));
}

#[tokio::test]
async fn a_project_that_is_not_there_hides_nothing_of_the_others() {
    let (code, findings) = found(&two_projects(), SCENARIO, &[]).await;
    assert_eq!((code, troubles(&findings)), (1, vec!["project missing".to_owned()]));
    for check in ["list", "get", "cancel"] {
        assert_eq!(status(&findings, check, Some("projects/acme-data")), "skipped");
    }
    assert_eq!(status(&findings, "list", Some(EUROPE)), "ok");
    assert_eq!(status(&findings, "cancel", Some("projects/acme-web")), "ok");
}

#[tokio::test]
async fn a_location_that_is_not_there_is_told_with_those_that_are() {
    let policy = POLICY.replace("[europe-west1]", "[europe-west1, europe-wets1]");
    let (code, findings) = found(&policy, SCENARIO, &[]).await;
    assert_eq!((code, troubles(&findings)), (1, vec!["location missing".to_owned()]));
    let wrong = "projects/acme-web/locations/europe-wets1";
    let detail = finding(&findings, "location", Some(wrong))["detail"].as_str().unwrap();
    assert!(detail.contains("it has europe-west1"), "{detail}");
    assert_eq!(status(&findings, "list", Some(wrong)), "skipped");
    assert_eq!(status(&findings, "list", Some(EUROPE)), "ok");
}

#[tokio::test]
async fn a_list_that_is_denied_in_one_project_hides_nothing_of_the_other() {
    let scenario = format!(
        "{SCENARIO}locations: {{ acme-data: [europe-west1] }}\npermissions: {{ acme-data: [clouddeploy.operations.get] }}\n"
    );
    let (code, findings) = found(&two_projects(), &scenario, &[]).await;
    assert_eq!(code, 1);
    assert_eq!(troubles(&findings), ["list missing", "cancel missing"]);
    let denied = finding(&findings, "list", Some("projects/acme-data/locations/europe-west1"));
    assert!(denied["remedy"].as_str().unwrap().contains("clouddeploy.operations.list"), "{denied}");
    assert_eq!(status(&findings, "project", Some("projects/acme-data")), "ok");
    assert_eq!(status(&findings, "list", Some(EUROPE)), "ok");
}

#[tokio::test]
async fn without_any_list_nothing_could_be_read() {
    let scenario = format!("{SCENARIO}permissions: {{ acme-web: [clouddeploy.operations.cancel] }}\n");
    let (code, findings) = found(POLICY, &scenario, &[]).await;
    assert_eq!(code, 3, "{findings:#?}");
}

#[tokio::test]
async fn named_locations_need_no_permission_to_list_locations_and_all_does() {
    let scenario = format!(
        "{SCENARIO}permissions: {{ acme-web: [clouddeploy.operations.list, clouddeploy.operations.get, \
         clouddeploy.operations.cancel] }}\n"
    );
    let (code, findings) = found(POLICY, &scenario, &[]).await;
    assert_eq!((code, troubles(&findings)), (0, vec![]));
    let all = POLICY.replace("[europe-west1]", "all");
    let (code, findings) = found(&all, &scenario, &[]).await;
    assert_eq!((code, troubles(&findings)), (3, vec!["locations missing".to_owned()]));
    assert_eq!(status(&findings, "list", Some("projects/acme-web")), "skipped");
    let (code, findings) = found(&all, SCENARIO, &[]).await;
    assert_eq!((code, status(&findings, "list", Some(EUROPE))), (0, "ok"));
}

#[tokio::test]
async fn a_list_of_locations_without_an_end_is_told_and_ends() {
    let all = POLICY.replace("[europe-west1]", "all");
    let faults = "faults: [{ call: locations, times: always, answer: empty_page }]\n";
    let (code, findings) = found(&all, &format!("{SCENARIO}{faults}"), &[]).await;
    assert_eq!((code, troubles(&findings)), (3, vec!["locations warning".to_owned()]));
}

#[tokio::test]
async fn permissions_that_cannot_be_asked_for_are_a_warning() {
    let fault = "{ call: permissions, times: always, answer: { status: 403, code: PERMISSION_DENIED, message: the API is disabled } }";
    let (code, findings) = found(POLICY, &format!("{SCENARIO}faults: [{fault}]\n"), &[]).await;
    assert_eq!((code, troubles(&findings)), (0, vec!["get warning".to_owned(), "cancel warning".to_owned()]));
    let cancel = finding(&findings, "cancel", Some("projects/acme-web"));
    assert!(cancel["detail"].as_str().unwrap().contains("the API is disabled"), "{cancel}");
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_told_as_such() {
    let faults = "faults: [{ times: always, answer: { status: 500 } }]\n";
    let (code, findings) = found(POLICY, &format!("{SCENARIO}{faults}"), &[]).await;
    assert_eq!((code, troubles(&findings)), (3, vec!["project missing".to_owned()]));
    let detail = finding(&findings, "project", Some("projects/acme-web"))["detail"].as_str().unwrap();
    assert!(detail.contains("nothing could be read of it: HTTP 500"), "{detail}");
}

#[tokio::test]
async fn every_kind_of_credential_is_told_without_its_secrets() {
    let key = include_str!("../../src/google/tests/throwaway-service-account.json");
    let email = serde_json::from_str::<Value>(key).unwrap()["client_email"].as_str().unwrap().to_owned();
    let desk = Desk::new(POLICY, &format!("{SCENARIO}require_token: true\n")).await;
    let url = desk.emulator.url();
    let user = json!({"type": "authorized_user", "client_id": "c", "client_secret": "hush", "refresh_token": "hush",
                      "token_uri": format!("{url}/token")});
    let account = "curfew@acme-web.iam.gserviceaccount.com";
    let impersonation = format!("{url}/v1/projects/-/serviceAccounts/{account}:generateAccessToken");
    let aws = json!({
        "type": "external_account", "token_url": format!("{url}/v1/token"),
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/providers/curfew",
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "service_account_impersonation_url": impersonation,
        "credential_source": {"environment_id": "aws1",
            "regional_cred_verification_url":
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"},
    });
    for (text, mark, kind, member) in [
        (key.to_owned(), '✓', "the key of a service account", email.as_str()),
        (user.to_string(), '!', "the refresh token of a person", "MEMBER"),
        (aws.to_string(), '✓', "workload identity federation from AWS", account),
    ] {
        fs::write(desk.path().join("google.json"), &text).unwrap();
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIAHUSH"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_REGION", "eu-west-1"),
        ];
        let variables = [&[("CURFEW_CREDENTIALS", "file:google.json")][..], &keys].concat();
        let ran = doctor(&desk, &[], &variables).await.exits(0);
        let credential = ran.line(" credential ");
        assert!(credential.starts_with(mark) && credential.contains(kind), "{credential}");
        assert!(ran.line("--member=").contains(member), "{}", ran.out);
        ran.says("✓ token ");
        assert!(!ran.out.contains("hush") && !ran.out.contains("PRIVATE KEY"), "{}", ran.out);
        assert_eq!(ran.out.contains("✓ AWS credentials"), text.contains("aws1"), "{}", ran.out);
    }
}

#[tokio::test]
async fn a_credential_without_a_token_is_told_once_and_what_needs_it_is_skipped() {
    let fault = "faults: [{ call: token, times: always, answer: { status: 400 } }]\n";
    let desk = Desk::new(POLICY, &format!("{SCENARIO}{fault}")).await;
    let user = json!({"type": "authorized_user", "client_id": "c", "client_secret": "hush", "refresh_token": "hush",
                      "token_uri": format!("{}/token", desk.emulator.url())});
    fs::write(desk.path().join("google.json"), user.to_string()).unwrap();
    let ran = doctor(&desk, &["-f", "json"], &[("CURFEW_CREDENTIALS", "file:google.json")]).await.exits(3);
    let findings = findings(&ran);
    assert_eq!(troubles(&findings), ["credential warning", "token missing"]);
    assert_eq!(status(&findings, "cancel", None), "skipped");
    // The role is needed all the same.
    assert_eq!(ran.json()["needs"]["google"][0]["resource"], "projects/acme-web");
    assert!(!ran.out.contains("hush"), "{}", ran.out);
}

#[tokio::test]
async fn a_file_that_is_no_credential_or_not_there_is_bad_configuration() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    fs::write(desk.path().join("wrong.json"), r#"{"type": "hush"}"#).unwrap();
    for (file, want) in [("wrong.json", "has no known type"), ("none.json", "cannot be read")] {
        let credentials = format!("file:{file}");
        let ran = doctor(&desk, &[], &[("CURFEW_CREDENTIALS", &credentials)]).await.exits(2);
        ran.says("✗ credential");
        ran.says(want);
        ran.says("– token");
        assert!(!ran.out.contains("hush"), "{}", ran.out);
    }
    assert_eq!(desk.emulator.journal().requests, []);
}

#[tokio::test]
async fn a_wrong_policy_is_shown_with_its_carets_and_the_credential_is_still_looked_at() {
    let desk =
        Desk::new("version: 1\nscopes: [{ projects: [p], locations: all }]\nrules: []\n", SCENARIO).await;
    let ran = doctor(&desk, &[], &[]).await.exits(2);
    ran.says("✗ policy");
    ran.says("policy.yaml:3:8");
    ran.says("✓ token");
    ran.says("– list");
    assert_eq!(desk.emulator.journal().requests, []);
}

#[tokio::test]
async fn a_setting_that_means_nothing_ends_the_rest() {
    for (name, value, want) in [
        ("CURFEW_CREDENTIALS", "file:", "CURFEW_CREDENTIALS"),
        ("CURFEW_GOOGLE_ENDPOINT", "http://example.com", "use https"),
    ] {
        let desk = Desk::new(POLICY, SCENARIO).await;
        let ran = doctor(&desk, &[], &[(name, value)]).await.exits(2);
        ran.says("✗ configuration");
        ran.says(want);
        assert_eq!(desk.emulator.journal().requests, []);
    }
}
