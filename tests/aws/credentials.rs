//! Google's credential from Secrets Manager: what it may look like there, and when it is read.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use crate::fake_aws::Aws;
use crate::support::world::emulate;
use crate::{Function, OLD, POLICY, google, user};

/// It belongs to no account and opens nothing.
const SERVICE_ACCOUNT: &str = include_str!("../../src/google/tests/throwaway-service-account.json");

#[tokio::test]
async fn a_cold_run_reads_secret_and_policy_once_and_a_warm_one_neither() {
    let aws = Aws::with_moto().await;
    let emulator = emulate(&format!("{OLD}\ntokens: issued")).await;
    let secret = user(&emulator, 1);
    aws.set("secretsmanager.CreateSecret", &json!({"Name": "curfew/google", "SecretString": secret})).await;
    let parameter = json!({"Name": "/curfew/policy", "Value": POLICY, "Type": "String"});
    aws.set("AmazonSSM.PutParameter", &parameter).await;

    let mut function = Function::start(&aws, &emulator, &[]).await;
    assert_eq!(aws.calls(), [], "nothing is asked before the first invocation");
    let report = function.report().await;
    assert_eq!(report["states"], json!({"cancelled": 1}), "{report}");
    assert_eq!(report["policy_source"], "ssm:/curfew/policy");
    assert_eq!((aws.count("GetSecretValue"), aws.count("GetParameter"), aws.calls().len()), (1, 1, 2));
    let cold = google(&emulator);
    let want = ["POST token?edition=1", "GET operations", "POST old:cancel", "GET old"];
    assert_eq!(cold, want, "secret, token, list, cancel, follow-up");

    let report = function.report().await;
    assert_eq!((&report["seen"], &report["done"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!(aws.calls().len(), 2, "a warm run reads neither");
    assert_eq!(google(&emulator)[cold.len()..], ["GET operations"], "and needs no new token");
    let records = function.stop().await;
    let sweeps: Vec<_> = records.iter().filter(|record| record["event"] == "sweep").collect();
    assert_eq!(sweeps.len(), 2);
    assert_eq!(sweeps[0]["policy_source"], "ssm:/curfew/policy");
}

#[tokio::test]
async fn a_secret_may_be_a_string_or_bytes_or_wrapped_by_the_console() {
    let aws = Aws::with_moto().await;
    aws.parameter(POLICY);
    let emulator = emulate(&format!("{OLD}\nrequire_token: true")).await;
    let wrapped = json!({"google": SERVICE_ACCOUNT}).to_string();
    for (id, mut secret) in [
        ("plain", json!({"SecretString": SERVICE_ACCOUNT})),
        ("wrapped", json!({"SecretString": wrapped})),
        ("bytes", json!({"SecretBinary": BASE64_STANDARD.encode(SERVICE_ACCOUNT)})),
    ] {
        secret["Name"] = id.into();
        aws.set("secretsmanager.CreateSecret", &secret).await;
        let source = format!("secretsmanager:{id}");
        let mut function = Function::start(&aws, &emulator, &[("CURFEW_CREDENTIALS", &source)]).await;
        let report = function.report().await;
        assert_eq!((&report["complete"], &report["seen"]), (&json!(true), &json!(1)), "{id}: {report}");
        function.stop().await;
    }
}

#[tokio::test]
async fn a_rotated_secret_is_read_once_when_the_old_one_is_not_taken_any_more() {
    let aws = Aws::with_moto().await;
    aws.parameter(&POLICY.replace("enforce", "audit"));
    let emulator = emulate(&format!("{OLD}\ntokens: {{ revoke_after: 1 }}")).await;
    let first = json!({"Name": "curfew/google", "SecretString": user(&emulator, 1)});
    aws.set("secretsmanager.CreateSecret", &first).await;
    let mut function = Function::start(&aws, &emulator, &[]).await;
    assert_eq!(function.report().await["complete"], true);

    let second = json!({"SecretId": "curfew/google", "SecretString": user(&emulator, 2)});
    aws.set("secretsmanager.PutSecretValue", &second).await;
    assert_eq!(function.report().await["complete"], true, "within the same run");
    assert_eq!(aws.count("GetSecretValue"), 2);
    let want = [
        "POST token?edition=1",
        "GET operations",
        "GET operations",
        "POST token?edition=2",
        "GET operations",
    ];
    assert_eq!(google(&emulator), want);
    function.stop().await;
}

#[tokio::test]
async fn a_federated_configuration_is_exchanged_with_the_functions_own_role() {
    let aws = Aws::without_moto().await;
    aws.parameter(POLICY);
    let emulator = emulate(&format!("{OLD}\ntokens: issued")).await;
    let account = "v1/projects/-/serviceAccounts/curfew@p.iam.gserviceaccount.com:generateAccessToken";
    let provider = "projects/1/locations/global/workloadIdentityPools/aws/providers/curfew";
    let verify = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";
    let federated = json!({
        "type": "external_account",
        "audience": format!("//iam.googleapis.com/{provider}"),
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "token_url": format!("{}/v1/token", emulator.url()),
        "service_account_impersonation_url": format!("{}/{account}", emulator.url()),
        "credential_source": {
            "environment_id": "aws1",
            "regional_cred_verification_url": verify,
            // The metadata service that a Lambda function does not have.
            "imdsv2_session_token_url": "http://127.0.0.1:1/latest/api/token",
        },
    });
    aws.secret(&federated.to_string());
    let mut function = Function::start(&aws, &emulator, &[]).await;
    let report = function.report().await;
    assert_eq!(report["states"], json!({"cancelled": 1}), "{report}");
    let got = google(&emulator);
    let want = "POST curfew@p.iam.gserviceaccount.com:generateAccessToken";
    assert_eq!(got[..3], ["POST token", want, "GET operations"]);
    assert_eq!(aws.count("GetSecretValue"), 1);
    function.stop().await;
}
