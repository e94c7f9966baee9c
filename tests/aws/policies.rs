//! The policy from each place where teams keep one, through the shipped function.

use axum::Router;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::fake_aws::Aws;
use crate::support::world::emulate;
use crate::{Function, OLD, POLICY};

/// Sweeps once by the policy at this place, and gives the `policy_source` that the report tells.
async fn swept_by(aws: &Aws, policy: &str, more: &[(&'static str, &str)]) -> String {
    let emulator = emulate(OLD).await;
    let mut variables = vec![("CURFEW_POLICY", policy), ("CURFEW_CREDENTIALS", "none")];
    variables.extend_from_slice(more);
    let mut function = Function::start(aws, &emulator, &variables).await;
    let report = function.report().await;
    assert_eq!(report["states"], json!({"cancelled": 1}), "{policy}: {report}");
    assert!(report["policy_digest"].as_str().unwrap().starts_with("sha256:"), "{report}");
    let records = function.stop().await;
    let sweep = records.iter().find(|record| record["event"] == "sweep").unwrap();
    assert_eq!(sweep["policy_source"], report["policy_source"]);
    report["policy_source"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_policy_is_read_from_parameters_and_objects_and_the_report_says_which() {
    let aws = Aws::with_moto().await;
    for (name, kind) in [("/curfew/policy", "String"), ("/curfew/secure", "SecureString")] {
        aws.set("AmazonSSM.PutParameter", &json!({"Name": name, "Value": POLICY, "Type": kind})).await;
        let source = format!("ssm:{name}");
        assert_eq!(swept_by(&aws, &source, &[]).await, source);
    }
    let arn = "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/curfew/policy";
    assert_eq!(swept_by(&aws, arn, &[]).await, arn);

    aws.bucket("acme-policies").await;
    aws.put("acme-policies/curfew/policy.yaml", POLICY).await;
    let source = "s3://acme-policies/curfew/policy.yaml";
    assert_eq!(swept_by(&aws, source, &[]).await, source);

    let versioned = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    aws.put("acme-policies?versioning", versioned).await;
    aws.put("acme-policies/curfew/policy.yaml", POLICY).await;
    let got = swept_by(&aws, source, &[]).await;
    assert!(got.starts_with(&format!("{source}?versionId=")), "{got}");
}

#[tokio::test]
async fn what_moto_says_does_not_exist_is_told_as_such() {
    let aws = Aws::with_moto().await;
    aws.bucket("acme-policies").await;
    let emulator = emulate(OLD).await;
    for (policy, credentials, want_type, want) in [
        ("ssm:/none", "none", "Curfew.PolicyUnreadable", "the parameter /none does not exist"),
        (
            "s3://acme-policies/none",
            "none",
            "Curfew.PolicyUnreadable",
            "s3://acme-policies/none does not exist",
        ),
        ("s3://acme-none/none", "none", "Curfew.PolicyUnreadable", "s3://acme-none/none does not exist"),
    ] {
        let variables = [("CURFEW_POLICY", policy), ("CURFEW_CREDENTIALS", credentials)];
        let mut function = Function::start(&aws, &emulator, &variables).await;
        let (error_type, message) = function.failure().await;
        assert_eq!(error_type, want_type);
        assert!(message.contains(want), "{message}");
        function.stop().await;
    }
    aws.parameter(POLICY);
    let mut function = Function::start(&aws, &emulator, &[]).await;
    let (_, message) = function.failure().await;
    assert!(message.contains("the secret curfew/google does not exist"), "{message}");
    function.stop().await;
    assert_eq!(emulator.journal().requests, []);
}

#[tokio::test]
async fn a_policy_comes_from_the_appconfig_extension() {
    let path = "/applications/curfew/environments/prod/configurations/policy";
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut serving = JoinSet::new();
    let app = Router::new().route(path, get(|| async { POLICY }));
    serving.spawn(async move { axum::serve(listener, app).await });

    let aws = Aws::without_moto().await;
    let more = [("AWS_APPCONFIG_EXTENSION_HTTP_PORT", port.as_str())];
    let source = "appconfig:curfew/prod/policy";
    assert_eq!(swept_by(&aws, source, &more).await, source);
    assert_eq!(aws.calls(), [], "the extension is asked, and nobody else");

    let emulator = emulate(OLD).await;
    let variables =
        [("CURFEW_POLICY", "appconfig:curfew/prod/none"), ("CURFEW_CREDENTIALS", "none"), more[0]];
    let mut function = Function::start(&aws, &emulator, &variables).await;
    let (error_type, message) = function.failure().await;
    assert_eq!(error_type, "Curfew.PolicyUnreadable");
    assert!(message.contains("appconfig:curfew/prod/none does not exist"), "{message}");
    function.stop().await;
}
