//! The command line takes a policy and a credential from the same places.

use std::path::Path;

use crate::command::run;
use crate::fake_aws::{Aws, REGION};
use crate::support::world::{cancelled, emulate};
use crate::{OLD, POLICY, user};

#[tokio::test]
async fn a_sweep_and_a_validation_from_a_desk_read_from_aws() {
    let aws = Aws::without_moto().await;
    let emulator = emulate(&format!("{OLD}\ntokens: issued")).await;
    aws.parameter(POLICY);
    aws.secret(&user(&emulator, 1));
    let url = emulator.url();
    let mut variables = aws.variables();
    variables.push(("AWS_REGION", REGION.to_owned()));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let anywhere = Path::new(env!("CARGO_MANIFEST_DIR"));

    let ran = run(&["validate", "ssm:/curfew/policy"], &variables, anywhere).await.exits(0);
    ran.says("ssm:/curfew/policy: valid");
    let sweep = ["sweep", "--mode", "enforce", "--format", "json", "--endpoint", &url];
    let places = ["--policy", "ssm:/curfew/policy", "--credentials", "secretsmanager:curfew/google"];
    let ran = run(&[&sweep[..], &places].concat(), &variables, anywhere).await.exits(0);
    assert_eq!(ran.json()["policy_source"], "ssm:/curfew/policy");
    assert!(cancelled(&emulator).contains("old"));

    let ran = run(&[&["doctor", "--endpoint", &url], &places[..]].concat(), &variables, anywhere).await;
    ran.says("valid, sha256:");
    ran.says("secretsmanager:GetSecretValue");
    let ran = run(&["sweep", "--mode", "off", "--policy", "ssm:/gone"], &variables, anywhere).await;
    ran.exits(0);
    assert_eq!(aws.count("GetParameter"), 3, "switched off, it reads nothing");

    aws.fail("GetSecretValue", 400, "ResourceNotFoundException");
    let ran = run(&[&sweep[..], &places].concat(), &variables, anywhere).await.exits(2);
    ran.complains("the secret curfew/google does not exist");
    aws.fail("GetSecretValue", 503, "InternalServiceError");
    let ran = run(&[&sweep[..], &places].concat(), &variables, anywhere).await.exits(3);
    ran.complains("could not be read at this time");
    let without_region: Vec<_> = variables.into_iter().filter(|(name, _)| *name != "AWS_REGION").collect();
    let off_cloud = [&without_region[..], &[("AWS_EC2_METADATA_DISABLED", "true")]].concat();
    for policy in ["ssm:/curfew/policy", "s3://acme-policies/policy.yaml"] {
        let without = off_cloud.iter().copied().filter(|(name, _)| *name != "AWS_ENDPOINT_URL");
        let ran = run(&["validate", policy], &without.collect::<Vec<_>>(), anywhere).await.exits(2);
        ran.complains("was not read: no request for it could be made; check AWS_REGION");
    }
}

#[tokio::test]
async fn the_doctor_tells_a_policy_that_is_wrong_from_one_that_may_not_be_read() {
    let aws = Aws::without_moto().await;
    let emulator = emulate(OLD).await;
    let mut variables = aws.variables();
    variables.push(("AWS_REGION", REGION.to_owned()));
    variables.push(("CURFEW_GOOGLE_ENDPOINT", emulator.url()));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let anywhere = Path::new(env!("CARGO_MANIFEST_DIR"));
    let arguments = ["doctor", "--policy", "ssm:/curfew/policy", "--credentials", "none"];
    for (code, want) in [
        ("AccessDeniedException", "→ let whoever asked read it"),
        ("ParameterNotFound", "→ put the policy where CURFEW_POLICY or --policy says"),
        ("InternalServerError", "→ run this again"),
        ("ExpiredTokenException", "→ set up what is missing"),
    ] {
        aws.fail("GetParameter", 400, code);
        let ran = run(&arguments, &variables, anywhere).await.exits(2);
        ran.says(want);
        assert!(!ran.out.contains("correct the policy"), "{code}: {}", ran.out);
    }
    aws.parameter("version: 1\n");
    run(&arguments, &variables, anywhere).await.exits(2).says("→ correct the policy");

    let arguments = ["doctor", "--policy", "policies/demo.yaml", "--credentials", "secretsmanager:s"];
    aws.fail("GetSecretValue", 503, "InternalServiceError");
    run(&arguments, &variables, anywhere).await.exits(2).says("→ run this again");
    aws.fail("GetSecretValue", 400, "AccessDeniedException");
    run(&arguments, &variables, anywhere).await.exits(2).says("→ put a credentials file where");
}
