//! For how long a policy is kept, and what is asked when that is over. Hours pass at once: `now` is a parameter.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use chrono::{DateTime, TimeDelta, Utc};
use curfew::aws::{Sdk, Secret};
use curfew::config::{self, Config};
use curfew::setup::{PolicyReader, SetUpError};
use serde_json::json;

use crate::POLICY;
use crate::fake_aws::{Aws, MARK, REGION};

/// AWS at this endpoint, with keys that show up if anything prints them.
async fn sdk(aws: &Aws) -> Sdk {
    let keys = Credentials::new("AKIDEXAMPLE", MARK, Some(MARK.to_owned()), None, "test");
    let timeouts = aws_config::timeout::TimeoutConfig::builder().operation_timeout(Duration::from_secs(60));
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .endpoint_url(aws.url())
        .region(Region::new(REGION))
        .credentials_provider(keys)
        .timeout_config(timeouts.build());
    Sdk::with_config(loader.load().await)
}

async fn reader(aws: &Aws, source: &str) -> PolicyReader {
    let config = Config::read(|name| (name == config::POLICY).then(|| source.to_owned())).unwrap();
    PolicyReader::open(&config, &sdk(aws).await).await.unwrap()
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

#[tokio::test]
async fn a_policy_is_kept_for_a_minute_by_the_wall_clock() {
    let aws = Aws::without_moto().await;
    aws.parameter(POLICY);
    let reader = reader(&aws, "ssm:/curfew/policy").await;
    // The last clock was set back: how old the policy is cannot be told.
    for (seconds, want) in [(0, 1), (1, 1), (59, 1), (60, 2), (119, 2), (7200, 3), (100, 4)] {
        reader.read(at(seconds)).await.unwrap();
        assert_eq!(aws.count("GetParameter"), want, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_policy_that_is_changed_while_warm_is_in_force_after_its_time() {
    let aws = Aws::without_moto().await;
    aws.parameter(POLICY);
    let reader = reader(&aws, "ssm:/curfew/policy").await;
    let old = reader.read(at(0)).await.unwrap().policy;
    aws.parameter(&POLICY.replace("1h", "2h"));
    assert_eq!(reader.read(at(59)).await.unwrap().policy.digest, old.digest);
    assert_ne!(reader.read(at(60)).await.unwrap().policy.digest, old.digest);
}

#[tokio::test]
async fn a_policy_that_is_gone_or_wrong_is_not_replaced_by_the_old_one() {
    let aws = Aws::without_moto().await;
    aws.parameter(POLICY);
    let reader = reader(&aws, "ssm:/curfew/policy").await;
    reader.read(at(0)).await.unwrap();

    aws.fail("GetParameter", 400, "ParameterNotFound");
    let error = reader.read(at(60)).await.unwrap_err();
    assert!(matches!(error, SetUpError::PolicyUnfetched(_)), "{error}");
    reader.read(at(61)).await.unwrap_err();
    // A clock that goes back does not bring it back either.
    reader.read(at(1)).await.unwrap_err();

    aws.parameter("version: 7");
    let error = reader.read(at(62)).await.unwrap_err();
    assert!(matches!(error, SetUpError::PolicyInvalid(_)), "{error}");

    aws.parameter(POLICY);
    reader.read(at(63)).await.unwrap();
}

#[tokio::test]
async fn an_unchanged_object_costs_one_conditional_request_and_a_changed_one_is_read() {
    let aws = Aws::with_moto().await;
    let object = "acme-policies/curfew/policy.yaml";
    aws.bucket("acme-policies").await;
    aws.put(object, POLICY).await;
    let reader = reader(&aws, &format!("s3://{object}")).await;
    let statuses = || aws.calls().iter().map(|call| call.status).collect::<Vec<_>>();

    let first = reader.read(at(0)).await.unwrap();
    let second = reader.read(at(60)).await.unwrap();
    assert_eq!(first.policy.digest, second.policy.digest);
    assert_eq!(statuses(), [200, 304]);
    reader.read(at(119)).await.unwrap();
    assert_eq!(statuses(), [200, 304], "asked once is enough for another minute");

    aws.put(object, &POLICY.replace("1h", "2h")).await;
    let third = reader.read(at(120)).await.unwrap();
    assert_ne!(third.policy.digest, first.policy.digest);
    assert_eq!(statuses(), [200, 304, 200]);

    aws.fail("GetObject", 503, "SlowDown");
    reader.read(at(180)).await.unwrap_err();
    aws.answer("GetObject", 304, String::new());
    reader.read(at(181)).await.unwrap_err();
}

#[tokio::test]
async fn an_object_that_no_policy_would_be_is_not_read_to_its_end() {
    let aws = Aws::without_moto().await;
    aws.answer("GetObject", 200, "#".repeat(3 << 20));
    let error = reader(&aws, "s3://acme-policies/backup.tar").await.read(at(0)).await.unwrap_err();
    assert!(error.to_string().contains("s3://acme-policies/backup.tar is larger than"), "{error}");
}

#[tokio::test]
async fn nothing_that_is_read_or_signed_with_shows_in_debug_output() {
    let aws = Aws::without_moto().await;
    aws.secret(&format!("{MARK}-a-secret"));
    aws.parameter(POLICY);
    let sdk = sdk(&aws).await;
    let secret = Secret::open(&sdk, "curfew/google").await;
    let read = secret.fetch().await.unwrap();
    let reader = reader(&aws, "ssm:/curfew/policy").await;
    reader.read(at(0)).await.unwrap();
    aws.answer("GetSecretValue", 200, json!({"SecretString": 7, "Name": MARK}).to_string());
    let error = secret.fetch().await.unwrap_err();
    for got in [format!("{sdk:?} {secret:?} {read:?} {reader:?}"), format!("{error:?} {error}")] {
        assert!(!got.contains(MARK), "{got}");
    }
}
