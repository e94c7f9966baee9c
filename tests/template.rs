//! The deployment template against the code: every variable that the function reads is set, and its role may do what
//! the function does under each choice of parameters, and nothing else.
//!
//! Whether CloudFormation takes the template is for `make template` to say.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers are tests too, which clippy cannot see here"
)]

#[path = "template/stack.rs"]
mod stack;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use curfew::config;
use curfew::metrics::{Metrics, NAMESPACE};
use curfew::permissions::{AWS_SOURCES, AwsPlace, on_aws};
use curfew::policy::{Mode, Policy};
use curfew::report::Report;
use serde_json::{Value, json};

use stack::{ACCOUNT, REGION, Stack, read_template};

fn template() -> Value {
    read_template(&repository_file("template.yaml"))
}

fn repository_file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The parameters of every kind of deployment: each place of a policy, each kind of credential.
fn deployments() -> Vec<Vec<(&'static str, &'static str)>> {
    let policies = [
        "",
        "ssm:/curfew/policy",
        "ssm:policy",
        "s3://bucket/policies/prod.yaml",
        "appconfig:abc1234/def5678/ghi9012",
        "file:/opt/prod.yaml",
    ];
    let credentials = [
        vec![],
        vec![("Secret", "curfew/google")],
        vec![("Secret", "arn:aws:secretsmanager:us-east-1:210987654321:secret:google-AbCdEf")],
        vec![
            (
                "WorkloadIdentityProvider",
                "projects/1/locations/global/workloadIdentityPools/aws/providers/aws",
            ),
            ("ServiceAccount", "curfew@acme.iam.gserviceaccount.com"),
        ],
    ];
    let with = |policy| {
        credentials.iter().map(move |credential| {
            let extension = match policy {
                "appconfig:abc1234/def5678/ghi9012" => "arn:aws:lambda:eu-west-1:1:layer:AppConfig:1",
                _ => "",
            };
            let mut parameters = vec![("Policy", policy), ("AppConfigExtensionLayer", extension)];
            parameters.extend(credential);
            parameters
        })
    };
    policies.into_iter().flat_map(with).collect()
}

fn variables(stack: &Stack<'_>) -> BTreeMap<String, String> {
    let resources = stack.resources();
    let variables = &resources["Curfew"].1["Environment"]["Variables"];
    serde_json::from_value(variables.clone()).unwrap()
}

/// What the function's role may do: action and resource.
fn permissions(stack: &Stack<'_>) -> BTreeSet<(String, String)> {
    let mut statements = Vec::new();
    for (name, (kind, properties)) in stack.resources() {
        match kind {
            "AWS::IAM::Role" if name == "Role" => {
                assert_eq!(properties.get("ManagedPolicyArns"), None, "a managed policy may hold anything");
                let policies = properties["Policies"].as_array().unwrap();
                statements
                    .extend(policies.iter().map(|policy| policy["PolicyDocument"]["Statement"].clone()));
            }
            "AWS::IAM::RolePolicy" => {
                assert_eq!(properties["RoleName"], "Role", "{name}");
                statements.push(properties["PolicyDocument"]["Statement"].clone());
            }
            "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => panic!("{name} is not looked at"),
            _ => {}
        }
    }
    let mut got = BTreeSet::new();
    for statement in statements.iter().flat_map(|statements| statements.as_array().unwrap()) {
        assert_eq!(statement["Effect"], "Allow");
        for action in one_or_more(&statement["Action"]) {
            for resource in one_or_more(&statement["Resource"]) {
                got.insert((action.clone(), resource));
            }
        }
    }
    got
}

fn one_or_more(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}

/// What Lambda itself does with the function's role, whatever the parameters.
fn of_lambda() -> BTreeSet<(String, String)> {
    [
        ("logs:CreateLogStream", "LogGroup.Arn"),
        ("logs:PutLogEvents", "LogGroup.Arn"),
        ("sqs:SendMessage", "FailedRuns.Arn"),
    ]
    .map(|(action, resource)| (action.to_owned(), resource.to_owned()))
    .into()
}

#[test]
fn every_variable_that_the_function_reads_is_set() {
    let code = repository_file("src/config.rs");
    let read: BTreeSet<_> =
        code.split('"').filter(|text| text.starts_with("CURFEW_") && !text.contains(' ')).collect();
    assert!(read.contains(config::POLICY), "the names are looked for in the wrong way: {read:?}");
    let template = template();
    let set = variables(&Stack::new(&template, &[]));
    let set: BTreeSet<_> = set.keys().map(String::as_str).collect();
    assert_eq!(set, read);
}

#[test]
fn a_first_deployment_audits_by_the_starter_policy_which_audits_too() {
    let template = template();
    let stack = Stack::new(&template, &[]);
    let variables = variables(&stack);
    assert_eq!(variables[config::MODE], "audit");
    assert_eq!(variables[config::POLICY], "ssm:/curfew/policy");

    let starter = &stack.resources()["StarterPolicy"].1;
    assert_eq!(starter["Name"], "/curfew/policy");
    let got = starter["Value"].as_str().unwrap();
    assert_eq!(got, repository_file("policies/starter.yaml"));
    assert!(got.len() <= 4096, "a standard parameter holds 4 KB");
    assert_eq!(Policy::parse(got.as_bytes(), "the template").unwrap().mode, Mode::Audit);
}

#[test]
fn the_role_may_do_what_the_function_does_and_nothing_else() {
    let template = template();
    let place = AwsPlace { region: REGION.into(), account: ACCOUNT.into(), ..AwsPlace::default() };
    for parameters in deployments() {
        let stack = Stack::new(&template, &parameters);
        let variables = variables(&stack);
        let settings = [variables[config::POLICY].as_str(), variables[config::CREDENTIALS].as_str()];
        let mut want = of_lambda();
        for statement in on_aws(&settings, &place) {
            want.extend(
                statement.actions.iter().map(|action| ((*action).to_owned(), statement.resource.clone())),
            );
        }
        assert_eq!(permissions(&stack), want, "{parameters:?}");
    }
}

/// The operations of the AWS SDK that the code calls: what it calls, without arguments, on something named `client`.
fn sdk_calls() -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws")).unwrap();
    for entry in entries {
        let path = entry.unwrap().path();
        let code = fs::read_to_string(&path).unwrap();
        if !code.contains("aws_sdk_") || !code.contains(".send()") {
            continue;
        }
        let code: String = code.split_whitespace().collect();
        let found =
            code.split("client.").skip(1).filter_map(|rest| rest.split_once("()")).map(|(name, _)| name);
        let found: Vec<_> =
            found.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect();
        assert!(!found.is_empty(), "{} sends something, and no call is found in it", path.display());
        calls.extend(found.into_iter().map(str::to_owned));
    }
    calls
}

#[test]
fn every_call_to_aws_is_in_the_table_of_permissions_and_no_other() {
    let want: BTreeSet<_> =
        AWS_SOURCES.iter().filter_map(|source| source.sdk_call).map(str::to_owned).collect();
    assert_eq!(sdk_calls(), want);
}

#[test]
fn a_key_may_be_used_only_where_one_is_named_and_only_through_the_services_that_curfew_reads() {
    let template = template();
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234";
    let stack = Stack::new(&template, &[("KmsKey", key)]);
    let without = permissions(&Stack::new(&template, &[]));
    let got: Vec<_> = permissions(&stack).difference(&without).cloned().collect();
    assert_eq!(got, [("kms:Decrypt".to_owned(), key.to_owned())]);

    let resources = stack.resources();
    let statement = &resources["Decrypt"].1["PolicyDocument"]["Statement"][0];
    let through = one_or_more(&statement["Condition"]["StringEquals"]["kms:ViaService"]);
    let got: BTreeSet<_> = through.iter().filter_map(|service| service.split('.').next()).collect();
    let want: BTreeSet<_> =
        AWS_SOURCES.iter().map(|source| source.prefix.split(':').next().unwrap()).collect();
    assert_eq!(got, want);
}

#[test]
fn the_policy_and_the_credential_are_there_whichever_the_parameters_name() {
    let template = template();
    for parameters in deployments() {
        let stack = Stack::new(&template, &parameters);
        let named: BTreeMap<_, _> = parameters.iter().copied().collect();
        let variables = variables(&stack);
        let resources = stack.resources();
        let layers = one_or_more(&resources["Curfew"].1["Layers"]);

        let policy = &variables[config::POLICY];
        let want = if named["Policy"].is_empty() { "ssm:/curfew/policy" } else { named["Policy"] };
        assert_eq!(policy, want);
        assert_eq!(resources.contains_key("StarterPolicy"), named["Policy"].is_empty());
        assert_eq!(resources.contains_key("Policies"), policy.starts_with("file:"));
        let want = match policy.split(':').next().unwrap() {
            "file" => vec!["Policies"],
            "appconfig" => vec![named["AppConfigExtensionLayer"]],
            _ => vec![],
        };
        assert_eq!(layers, want, "{policy}");

        let want = match (named.get("Secret"), named.get("WorkloadIdentityProvider")) {
            (Some(secret), None) => format!("secretsmanager:{secret}"),
            (None, Some(_)) => {
                "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:GoogleCredential-AbCdEf"
                    .into()
            }
            _ => "adc".into(),
        };
        assert_eq!(variables[config::CREDENTIALS], want);
    }
}

#[test]
fn a_provider_makes_a_credential_for_it_that_holds_no_key() {
    let template = template();
    let stack = Stack::new(
        &template,
        &[("WorkloadIdentityProvider", "projects/1/…/providers/aws"), ("ServiceAccount", "curfew@acme")],
    );
    let resources = stack.resources();
    let got: Value =
        serde_json::from_str(resources["GoogleCredential"].1["SecretString"].as_str().unwrap()).unwrap();
    let want = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/…/providers/aws",
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url":
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/curfew@acme:generateAccessToken",
        "credential_source": {
            "environment_id": "aws1",
            "regional_cred_verification_url":
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        },
    });
    assert_eq!(got, want);
}

#[test]
fn the_schedule_sends_what_the_function_reads_as_a_schedule() {
    let template = template();
    let resources = Stack::new(&template, &[]).resources();
    let input = resources["Curfew"].1["Events"]["Schedule"]["Properties"]["Input"].as_str().unwrap();
    let filled = input
        .replace("<aws.scheduler.scheduled-time>", "2026-11-24T06:00:00Z")
        .replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3");
    let asked = curfew::lambda::read_event(&filled).unwrap();
    assert!(asked.request().narrow.is_everything());
}

#[test]
fn every_alarm_rings_where_the_topic_is_and_says_what_to_do() {
    let template = template();
    let topic = "arn:aws:sns:eu-west-1:123456789012:alarms";
    let guide = repository_file("docs/deploy.md");
    let resources = Stack::new(&template, &[("AlarmTopic", topic)]).resources();
    let alarms: Vec<_> =
        resources.iter().filter(|(_, (kind, _))| *kind == "AWS::CloudWatch::Alarm").collect();
    assert_eq!(alarms.len(), 9);
    for (name, (_, properties)) in alarms {
        assert_eq!(properties["AlarmActions"], json!([topic]), "{name}");
        let full_name = properties["AlarmName"].as_str().unwrap();
        let short_name = full_name.strip_prefix("curfew-").unwrap();
        assert!(guide.contains(&format!("**{short_name}**")), "{short_name} is not in docs/deploy.md");
        assert!(properties["AlarmDescription"].as_str().unwrap().len() <= 1024, "{name}");
    }
}

/// The names of the metrics that a run writes, and their dimensions.
fn written() -> (BTreeSet<String>, Vec<Value>) {
    let report = Report::default();
    let line = serde_json::to_value(Metrics::new(&report, "curfew", Some(Duration::ZERO))).unwrap();
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], NAMESPACE);
    let names = directive["Metrics"].as_array().unwrap().iter();
    let names = names.map(|metric| metric["Name"].as_str().unwrap().to_owned()).collect();
    (names, directive["Dimensions"].as_array().unwrap().clone())
}

/// Each metric of curfew's own that an alarm watches, by the alarm.
fn watched(resources: &BTreeMap<&str, (&str, Value)>) -> BTreeMap<String, Value> {
    let alarms = resources.iter().filter(|(_, (kind, _))| *kind == "AWS::CloudWatch::Alarm");
    let metrics = alarms.flat_map(|(name, (_, properties))| {
        let stats = properties["Metrics"].as_array().into_iter().flatten();
        let stats = stats.map(|query| &query["MetricStat"]["Metric"]).chain([properties]);
        stats
            .filter(|metric| metric["Namespace"] == NAMESPACE)
            .map(|metric| ((*name).to_owned(), metric.clone()))
    });
    metrics.collect()
}

#[test]
fn every_alarm_and_the_dashboard_look_at_metrics_that_a_run_writes() {
    let (written, dimensions) = written();
    assert!(dimensions.contains(&json!(["FunctionName"])), "{dimensions:?}");
    let template = template();
    let resources = Stack::new(&template, &[]).resources();

    let watched = watched(&resources);
    let names: Vec<_> = watched.values().map(|metric| metric["MetricName"].as_str().unwrap()).collect();
    assert_eq!(names, ["AccountingMismatches", "Gaps", "Ignored", "Refused", "Sweeps", "Unreachable"]);
    for (alarm, metric) in &watched {
        assert!(written.contains(metric["MetricName"].as_str().unwrap()), "{alarm} watches {metric}");
        assert_eq!(metric["Dimensions"], json!([{"Name": "FunctionName", "Value": "Curfew"}]), "{alarm}");
    }

    let body: Value =
        serde_json::from_str(resources["Dashboard"].1["DashboardBody"].as_str().unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        let mut namespace = "";
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            // `.` repeats what stands above.
            namespace = Some(metric[0].as_str().unwrap()).filter(|text| *text != ".").unwrap_or(namespace);
            if namespace == NAMESPACE {
                shown.insert(metric[1].as_str().unwrap().to_owned());
            }
        }
    }
    let never_written: Vec<_> = shown.difference(&written).collect();
    assert_eq!(never_written, Vec::<&String>::new());
    assert!(shown.len() >= watched.len(), "{shown:?}");
}

#[test]
fn silence_is_three_intervals_without_a_sweep_and_can_be_left_out() {
    let template = template();
    let alarm =
        |minutes| Stack::new(&template, &[("IntervalMinutes", minutes)]).resources().remove("SilenceAlarm");
    let (_, got) = alarm("7").unwrap();
    let number = |value: &Value| value.as_str().unwrap().parse::<u32>().unwrap();
    let period = number(&got["Metrics"][1]["MetricStat"]["Period"]);
    assert_eq!(period * number(&got["EvaluationPeriods"]), 3 * 7 * 60);
    assert_eq!(got["TreatMissingData"], "breaching");
    assert_eq!(alarm("0"), None);
}

#[test]
fn the_version_that_is_published_is_the_crate_s() {
    let template = template();
    let got = &template["Metadata"]["AWS::ServerlessRepo::Application"]["SemanticVersion"];
    assert_eq!(got, env!("CARGO_PKG_VERSION"));
}
