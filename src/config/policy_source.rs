//! The value of `CURFEW_POLICY`, as a description: where a policy is kept, not what it says.
//!
//! Nothing is opened here.

use std::fmt;
use std::path::PathBuf;

use crate::aws::{ObjectName, ParameterName, ProfileName};

/// Where a policy is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicySource {
    /// `file:PATH`: a file, one that came with the function as a rule.
    File(PathBuf),
    /// `ssm:NAME`: a parameter in AWS Systems Manager, by its name or ARN.
    Ssm(ParameterName),
    /// `s3://BUCKET/KEY`: an object in S3.
    S3(ObjectName),
    /// `appconfig:APP/ENV/PROFILE`: a configuration profile in AWS AppConfig.
    AppConfig(ProfileName),
}

impl PolicySource {
    /// The forms that there are, for a sentence that says what would be right.
    pub const FORMS: &str = "`file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or `appconfig:APP/ENV/PROFILE`";

    /// Parses one of [`Self::FORMS`].
    ///
    /// # Errors
    /// When it is none of them; the sentence goes on after the text itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = if let Some(path) = text.strip_prefix("file:") {
            if path.is_empty() {
                return Err("a path must follow `file:`".to_owned());
            }
            return Ok(Self::File(path.into()));
        } else if let Some(name) = text.strip_prefix("ssm:") {
            ParameterName::parse(name).map(Self::Ssm)
        } else if let Some(name) = text.strip_prefix("s3://") {
            ObjectName::parse(name).map(Self::S3)
        } else if let Some(name) = text.strip_prefix("appconfig:") {
            ProfileName::parse(name).map(Self::AppConfig)
        } else {
            return Err(format!("it must be {}", Self::FORMS));
        };
        parsed.map_err(|error| error.to_string())
    }
}

impl fmt::Display for PolicySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Ssm(name) => write!(f, "ssm:{name}"),
            Self::S3(name) => write!(f, "s3://{name}"),
            Self::AppConfig(name) => write!(f, "appconfig:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_place_is_known_and_shown_as_it_is_written() {
        let file = |source: &PolicySource| matches!(source, PolicySource::File(_));
        let ssm = |source: &PolicySource| matches!(source, PolicySource::Ssm(_));
        let s3 = |source: &PolicySource| matches!(source, PolicySource::S3(_));
        let appconfig = |source: &PolicySource| matches!(source, PolicySource::AppConfig(_));
        for (text, is_kind) in [
            ("file:policy.yaml", file as fn(&PolicySource) -> bool),
            ("file:/etc/curfew.yaml", file),
            ("ssm:/curfew/policy", ssm),
            ("ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/curfew/policy", ssm),
            ("s3://acme-policies/curfew/policy.yaml", s3),
            ("appconfig:curfew/prod/policy", appconfig),
        ] {
            let got = PolicySource::parse(text).unwrap();
            assert!(is_kind(&got), "{got:?}");
            assert_eq!(got.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_told_with_what_would_be_right() {
        for (text, want) in [
            ("", PolicySource::FORMS),
            ("policy.yaml", PolicySource::FORMS),
            ("https://example.com/policy.yaml", PolicySource::FORMS),
            ("file:", "a path must follow"),
            ("ssm:", "such as /curfew/policy"),
            ("s3://bucket", "s3://BUCKET/KEY"),
            ("appconfig:app/env", "appconfig:APP/ENV/PROFILE"),
        ] {
            let got = PolicySource::parse(text).unwrap_err();
            assert!(got.contains(want), "{text}: {got}");
        }
    }
}
