//! What curfew must be allowed to do: on AWS by its settings, on Google Cloud by its policy.
//!
//! One table says which of its calls to AWS need which permission; the deployment template grants the same, and tests
//! compare the two with each other and with the calls in the code. Nothing is asked or granted here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::policy::{Locations, Policy};

/// A place in which curfew keeps a policy or a secret, and what it takes to read there.
#[derive(Debug, Clone, Copy)]
pub struct AwsSource {
    /// How a setting begins that names something in this place.
    pub prefix: &'static str,
    /// The operation of the AWS SDK that reads it. `None` where another program on the same machine is asked, which
    /// calls AWS under the function's role.
    pub sdk_call: Option<&'static str>,
    /// The permissions for that.
    pub actions: &'static [&'static str],
    arn: fn(&str, &AwsPlace) -> String,
}

/// Every place on AWS that curfew reads from. It writes to none.
pub const AWS_SOURCES: [AwsSource; 4] = [
    AwsSource {
        prefix: "secretsmanager:",
        sdk_call: Some("get_secret_value"),
        actions: &["secretsmanager:GetSecretValue"],
        arn: secret_arn,
    },
    AwsSource {
        prefix: "ssm:",
        sdk_call: Some("get_parameter"),
        actions: &["ssm:GetParameter"],
        arn: parameter_arn,
    },
    AwsSource { prefix: "s3://", sdk_call: Some("get_object"), actions: &["s3:GetObject"], arn: object_arn },
    AwsSource {
        prefix: "appconfig:",
        // The AppConfig extension makes both calls; curfew only talks to the extension.
        sdk_call: None,
        actions: &["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"],
        arn: configuration_arn,
    },
];

/// What no setting tells: under a customer managed KMS key, the reader of a secret, a parameter, an object or a
/// configuration must be allowed to use the key too. Keys of AWS need nothing.
pub const KMS_NOTE: &str = "if a customer managed KMS key encrypts it, `kms:Decrypt` on that key as well";

/// The account in which names that are no ARNs lie. An unknown part is `*`, which permits no more: a role reaches
/// nothing in another account by its own policy alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsPlace {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Such as `eu-west-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Default for AwsPlace {
    fn default() -> Self {
        Self { partition: "aws".to_owned(), region: "*".to_owned(), account: "*".to_owned() }
    }
}

/// One statement of an IAM policy that allows something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Always `Allow`.
    #[serde(rename = "Effect")]
    effect: &'static str,
    /// What may be done.
    #[serde(rename = "Action")]
    pub actions: &'static [&'static str],
    /// To what, as an ARN.
    #[serde(rename = "Resource")]
    pub resource: String,
}

/// The statements that these settings need. A setting is taken as it is written, such as `ssm:/curfew/policy`; one
/// that names nothing on AWS (`file:`, `adc`, `none`) needs nothing.
#[must_use]
pub fn on_aws(settings: &[&str], place: &AwsPlace) -> Vec<Statement> {
    let statement = |setting: &&str| {
        AWS_SOURCES.iter().find_map(|source| {
            let name = setting.strip_prefix(source.prefix)?;
            let resource =
                if name.starts_with("arn:") { without_version(name) } else { (source.arn)(name, place) };
            Some(Statement { effect: "Allow", actions: source.actions, resource })
        })
    };
    settings.iter().filter_map(statement).collect()
}

/// The statements as a policy document, to be pasted into IAM.
#[must_use]
pub fn policy_document(statements: &[Statement]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// An ARN as IAM compares it. That of a parameter may have a version or label behind it (`…:parameter/NAME:7`), which
/// chooses what is read and is no part of what is permitted.
fn without_version(arn: &str) -> String {
    let parameter =
        arn.split_once(":parameter/").and_then(|(head, name)| Some((head, name.split_once(':')?.0)));
    parameter.map_or_else(|| arn.to_owned(), |(head, name)| format!("{head}:parameter/{name}"))
}

fn secret_arn(name: &str, AwsPlace { partition, region, account }: &AwsPlace) -> String {
    // Secrets Manager adds a hyphen and six characters to the name.
    format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????")
}

fn parameter_arn(name: &str, AwsPlace { partition, region, account }: &AwsPlace) -> String {
    // A name that is a path begins with the slash which the ARN has in any case. A version or label (`NAME:7`) is no
    // part of it.
    let name = name.strip_prefix('/').unwrap_or(name);
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    format!("arn:{partition}:ssm:{region}:{account}:parameter/{name}")
}

fn object_arn(name: &str, AwsPlace { partition, .. }: &AwsPlace) -> String {
    format!("arn:{partition}:s3:::{name}")
}

fn configuration_arn(name: &str, AwsPlace { partition, region, account }: &AwsPlace) -> String {
    // IAM knows these by their ids only. Where the setting has names, the ids must be put in by hand.
    let mut parts = name.splitn(3, '/').map(|part| if part.is_empty() { "*" } else { part });
    let mut next = || parts.next().unwrap_or("*");
    let (application, environment, profile) = (next(), next(), next());
    format!(
        "arn:{partition}:appconfig:{region}:{account}:application/{application}/environment/{environment}/\
         configuration/{profile}"
    )
}

/// The IAM permissions that the policy needs on Google Cloud, by where they are needed: `projects/acme-web`,
/// `organizations/123456789012`, or a service as a whole. Those of a service of which they are not known are missing.
///
/// `cancel` is among them even for a policy that only audits: it is the policy's last line to change.
#[must_use]
pub fn on_google(policy: &Policy) -> BTreeMap<String, BTreeSet<String>> {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for scope in &policy.scopes {
        let Some(known) = &scope.service.permissions else { continue };
        let locations =
            if scope.locations == Some(Locations::All) { known.locations.as_slice() } else { &[] };
        let needed = [&known.list, &known.get, &known.cancel].into_iter().flatten().chain(locations);
        let needed: Vec<&String> = needed.collect();
        for root in scope.roots() {
            places.entry(root).or_default().extend(needed.iter().map(|permission| (*permission).clone()));
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> AwsPlace {
        AwsPlace { region: "eu-west-1".into(), account: "123456789012".into(), ..AwsPlace::default() }
    }

    fn resources(setting: &str) -> Vec<String> {
        on_aws(&[setting], &place()).into_iter().map(|statement| statement.resource).collect()
    }

    #[test]
    fn each_source_on_aws_needs_its_own_call_on_the_one_thing_it_names() {
        let cases = [
            (
                "secretsmanager:curfew/google",
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:curfew/google-??????",
            ),
            ("ssm:/curfew/policy", "arn:aws:ssm:eu-west-1:123456789012:parameter/curfew/policy"),
            ("ssm:policy", "arn:aws:ssm:eu-west-1:123456789012:parameter/policy"),
            ("ssm:/curfew/policy:live", "arn:aws:ssm:eu-west-1:123456789012:parameter/curfew/policy"),
            ("s3://bucket/a/policy.yaml", "arn:aws:s3:::bucket/a/policy.yaml"),
            (
                "appconfig:abc1234/env5678/pro9012",
                "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234/environment/env5678/configuration/pro9012",
            ),
        ];
        for (setting, want) in cases {
            assert_eq!(resources(setting), [want], "{setting}");
        }
    }

    #[test]
    fn an_arn_is_taken_as_it_is() {
        let arn = "arn:aws:secretsmanager:us-east-1:210987654321:secret:google-AbCdEf";
        assert_eq!(resources(&format!("secretsmanager:{arn}")), [arn]);
        let arn = "arn:aws:ssm:us-east-1:210987654321:parameter/curfew/policy";
        for setting in [format!("ssm:{arn}"), format!("ssm:{arn}:7"), format!("ssm:{arn}:live")] {
            assert_eq!(resources(&setting), [arn], "a version is no part of it: {setting}");
        }
    }

    #[test]
    fn what_is_not_on_aws_needs_no_permission_there() {
        let got = on_aws(&["file:/opt/policy.yaml", "adc", "none"], &place());
        assert_eq!(got, []);
    }

    #[test]
    fn the_statements_make_a_policy_that_iam_reads() {
        let statements = on_aws(&["ssm:/curfew/policy", "adc"], &AwsPlace::default());
        let want = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": ["ssm:GetParameter"],
                "Resource": "arn:aws:ssm:*:*:parameter/curfew/policy",
            }],
        });
        assert_eq!(policy_document(&statements), want);
    }

    #[test]
    fn only_a_project_of_which_all_locations_are_read_needs_the_list_of_locations() {
        let policy = "
version: 1
scopes:
  - { projects: [web, data], locations: [europe-west1] }
  - { projects: [data], locations: all }
rules: [{ name: old, max_age: 1d }]
";
        let got = on_google(&Policy::parse(policy.as_bytes(), "test").unwrap());
        let got: Vec<_> = got
            .iter()
            .map(|(project, permissions)| (project.as_str(), Vec::from_iter(permissions)))
            .collect();
        let [cancel, get, list] =
            ["cancel", "get", "list"].map(|method| format!("clouddeploy.operations.{method}"));
        let locations = "clouddeploy.locations.list".to_owned();
        let want = [
            ("projects/data", vec![&locations, &cancel, &get, &list]),
            ("projects/web", vec![&cancel, &get, &list]),
        ];
        assert_eq!(got, want);
    }
}
