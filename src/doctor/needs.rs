//! What curfew must be allowed to do, in the forms in which it is granted: an IAM policy for AWS, a custom role for
//! each project on Google Cloud.
//!
//! Which permissions these are is known by `permissions`. Nothing is looked up and nothing granted here.

use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::permissions::{AwsPlace, on_aws, on_google, policy_document};
use crate::policy::Policy;

/// What must be granted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// The IAM policy of the function's role; `None` when nothing is read from AWS.
    pub aws: Option<Value>,
    /// A custom role for each project.
    pub google: Vec<Role>,
}

/// A custom role of Google Cloud, with the keys of its own files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Where the role is made and granted: `projects/acme-web`, `organizations/123456789012`.
    pub resource: String,
    /// The project, if it is one.
    pub project: Option<String>,
    /// What the role allows.
    pub included_permissions: Vec<String>,
}

impl Needs {
    /// What these settings and this policy need, as far as each is known. `region` is that of AWS.
    pub(super) fn of(config: Option<&Config>, policy: Option<&Policy>, region: Option<&str>) -> Self {
        let settings = config.map(|config| [config.policy.to_string(), config.credentials.to_string()]);
        let settings: Vec<&str> = settings.iter().flatten().map(String::as_str).collect();
        let statements = on_aws(&settings, &place(region));
        let roles = policy.map(on_google).unwrap_or_default();
        Self {
            aws: (!statements.is_empty()).then(|| policy_document(&statements)),
            google: roles
                .into_iter()
                .map(|(resource, permissions)| Role {
                    project: resource.strip_prefix("projects/").map(str::to_owned),
                    resource,
                    included_permissions: permissions.into_iter().collect(),
                })
                .collect(),
        }
    }
}

/// Where names lie that are no ARNs. The account is not known without asking AWS.
fn place(region: Option<&str>) -> AwsPlace {
    let usual = AwsPlace::default();
    let Some(region) = region else { return usual };
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    AwsPlace { partition: partition.to_owned(), region: region.to_owned(), ..usual }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_is_that_of_the_region() {
        for (region, want) in [
            (Some("eu-west-1"), "aws"),
            (Some("us-east-1"), "aws"),
            (Some("us-gov-west-1"), "aws-us-gov"),
            (Some("cn-north-1"), "aws-cn"),
            (None, "aws"),
        ] {
            assert_eq!(place(region).partition, want, "{region:?}");
        }
    }
}
