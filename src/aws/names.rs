//! The names of what is kept at AWS, as they stand in a setting.
//!
//! A name that is parsed can be asked for; whether there is such a thing, only AWS knows.

use std::fmt;

/// Longest name or ARN of a parameter that Systems Manager takes, in bytes.
const MAX_PARAMETER_BYTES: usize = 2048;

/// Longest key of an object, in bytes.
const MAX_KEY_BYTES: usize = 1024;

/// Longest identifier or name of anything in AppConfig, in characters.
const MAX_APPCONFIG_CHARS: usize = 128;

/// A text that is no such name: what is wrong with it, in a sentence that goes on after the text itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(&'static str);

/// The name or ARN of a parameter in Systems Manager; a version or label may follow after a colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterName(String);

impl ParameterName {
    /// Parses `/curfew/policy`, `curfew-policy` or an ARN.
    ///
    /// # Errors
    /// When Systems Manager would not take it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let known = |c: char| c.is_ascii_alphanumeric() || "/_.-:".contains(c);
        if text.is_empty() || text.len() > MAX_PARAMETER_BYTES || !text.chars().all(known) {
            return Err(NameError(
                "the name or ARN of a parameter must follow `ssm:`, such as /curfew/policy",
            ));
        }
        if text.starts_with("arn:") && !is_parameter_arn(text) {
            return Err(NameError("this is not the ARN of a parameter in Systems Manager"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As Systems Manager takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME`.
fn is_parameter_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':').skip(2);
    parts.next() == Some("ssm") && parts.nth(2).is_some_and(|last| last.starts_with("parameter/"))
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    bucket: String,
    key: String,
}

impl ObjectName {
    /// Parses `BUCKET/KEY`.
    ///
    /// # Errors
    /// When no bucket can have that name, or the key is missing or too long.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (bucket, key) = text.split_once('/').unwrap_or((text, ""));
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(known) {
            return Err(NameError("the name of a bucket must follow `s3://`, as in s3://BUCKET/KEY"));
        }
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.contains(char::is_control) {
            return Err(NameError("an object's key must follow the bucket, as in s3://BUCKET/KEY"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

/// A configuration profile in AppConfig, each part by its name or its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileName {
    application: String,
    environment: String,
    profile: String,
}

impl ProfileName {
    /// Parses `APP/ENV/PROFILE`.
    ///
    /// # Errors
    /// When it does not have these three parts.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut parts = text.split('/').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(application), Some(environment), Some(profile), None)
                if [&application, &environment, &profile].into_iter().all(|part| is_appconfig_name(part)) =>
            {
                Ok(Self { application, environment, profile })
            }
            _ => Err(NameError(
                "an application, an environment and a profile must follow `appconfig:`, as in \
                                appconfig:APP/ENV/PROFILE",
            )),
        }
    }

    /// The application, the environment and the profile.
    #[must_use]
    pub fn parts(&self) -> [&str; 3] {
        [&self.application, &self.environment, &self.profile]
    }
}

/// Dots alone would be read as a way up or down in the extension's path.
fn is_appconfig_name(text: &str) -> bool {
    !text.trim_matches('.').is_empty()
        && text.chars().nth(MAX_APPCONFIG_CHARS).is_none()
        && !text.contains(char::is_control)
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_aws_takes_are_taken_as_they_are() {
        let arn = "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/curfew/policy";
        for text in ["/curfew/policy", "curfew-policy", "/curfew/policy:7", "/curfew/policy:live", arn] {
            assert_eq!(ParameterName::parse(text).unwrap().to_string(), text);
        }
        for (text, bucket, key) in [
            ("acme-policies/policy.yaml", "acme-policies", "policy.yaml"),
            ("acme.policies/curfew/ä b/policy.yaml", "acme.policies", "curfew/ä b/policy.yaml"),
            ("abc//", "abc", "/"),
        ] {
            let got = ObjectName::parse(text).unwrap();
            assert_eq!((got.bucket(), got.key(), got.to_string().as_str()), (bucket, key, text));
        }
        let got = ProfileName::parse("curfew/prod/the policy").unwrap();
        assert_eq!(got.parts(), ["curfew", "prod", "the policy"]);
        assert_eq!(got.to_string(), "curfew/prod/the policy");
    }

    #[test]
    fn what_no_parameter_can_be_called_is_refused() {
        let bucket = "arn:aws:s3:::bucket/key";
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:curfew-AbCdEf";
        for text in
            ["", "/curfew policy", "/curfew/policy?", "/ä", bucket, secret, "arn:aws:ssm", &"x".repeat(2049)]
        {
            assert!(ParameterName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_object_has_a_bucket_and_a_key() {
        for text in ["", "bucket", "bucket/", "/key", "Bucket/key", "ab/key", "b_b_b/key", "bucket/a\nb"] {
            assert!(ObjectName::parse(text).is_err(), "{text}");
        }
        assert!(ObjectName::parse(&format!("bucket/{}", "k".repeat(1025))).is_err());
    }

    #[test]
    fn a_profile_has_three_parts_and_none_leads_elsewhere() {
        for text in
            ["", "app", "app/env", "app//profile", "app/env/profile/more", "app/../profile", "app/env/."]
        {
            assert!(ProfileName::parse(text).is_err(), "{text}");
        }
    }
}
