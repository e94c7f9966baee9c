//! Why something could not be read from AWS, and what to do about it.
//!
//! AWS tells by a code and a status; what is decided here depends on these alone. AWS's own words are repeated only
//! where they name a missing permission: of a request that was signed wrongly they hold the whole of it, session
//! token included.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ssm::config::http::HttpResponse;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};

use crate::google::error::one_line;

/// Why something could not be read. The sentence names what was to be read and says what to do; it holds nothing of
/// what is kept there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// There is no such thing: somebody has to make it, or to correct the name.
    #[error("{0}")]
    Missing(String),
    /// It may not be read: somebody has to allow it.
    #[error("{0}")]
    Denied(String),
    /// AWS cannot even be asked: the function's own keys or region are missing or not taken.
    #[error("{0}")]
    NotSetUp(String),
    /// No answer, or a refusal that passes: the next run may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// It was read, and is nothing that can be used.
    #[error("{0}")]
    Malformed(String),
}

/// What AWS's answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Missing,
    Denied,
    KeysNotTaken,
    Throttled,
    Passing,
}

/// A place that is read: how sentences name it, and what reading it takes.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// "the parameter /curfew/policy".
    pub(super) name: String,
    /// The variable that names the place.
    pub(super) setting: &'static str,
    /// What the role has to be allowed, as the end of "allow …".
    pub(super) permission: &'static str,
}

impl Place {
    /// Sorts what the SDK says about a request that failed.
    pub(super) fn explain<E>(&self, error: &SdkError<E, HttpResponse>) -> SourceError
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let error = answer.err();
                self.refused(error.code(), error.message(), answer.raw().status().as_u16())
            }
            _ if lacks_credentials(error) => self.not_set_up(
                "there are no AWS credentials. A Lambda function has those of its role; elsewhere set \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
            ),
            SdkError::ConstructionFailure(_) => self.not_sent(),
            // Nothing of the network: without a region, for example, there is no address to send to.
            SdkError::DispatchFailure(failure) if failure.is_other() && failure.as_other().is_none() => self.not_sent(),
            SdkError::ResponseError(_) => self.unavailable("AWS's answer was not understood"),
            _ => self.unavailable(
                "AWS could not be reached. A function in a VPC needs an endpoint or a NAT gateway; check AWS_REGION, \
                 and AWS_ENDPOINT_URL if that is set",
            ),
        }
    }

    /// What was read is nothing that can be used.
    pub(super) fn malformed(&self, problem: &str) -> SourceError {
        SourceError::Malformed(format!("{} {problem}", self.name))
    }

    /// AWS was not asked, because it cannot be.
    pub(super) fn not_set_up(&self, problem: &str) -> SourceError {
        SourceError::NotSetUp(format!("{} was not read: {problem}", self.name))
    }

    fn not_sent(&self) -> SourceError {
        self.not_set_up(
            "no request for it could be made; check AWS_REGION, and AWS_ENDPOINT_URL if that is set",
        )
    }

    /// It may pass.
    pub(super) fn unavailable(&self, problem: &str) -> SourceError {
        SourceError::Unavailable(format!("{} could not be read at this time: {problem}", self.name))
    }

    /// There is no such thing.
    pub(super) fn missing(&self, reason: &str) -> SourceError {
        let Self { name, setting, .. } = self;
        SourceError::Missing(format!(
            "{name} does not exist, has no value or lies in another region ({reason}); create it, or correct {setting}"
        ))
    }

    /// It may not be read.
    pub(super) fn denied(&self, reason: &str) -> SourceError {
        let Self { name, permission, .. } = self;
        SourceError::Denied(format!("{name} may not be read ({reason}); allow {permission}"))
    }

    fn refused(&self, code: Option<&str>, message: Option<&str>, status: u16) -> SourceError {
        let reason = match code {
            Some(code) => one_line(&format!("HTTP {status}, {code}")),
            None => format!("HTTP {status}"),
        };
        match meaning(code, status) {
            Meaning::Missing => self.missing(&reason),
            Meaning::Denied => match message {
                Some(message) => self.denied(&format!("{reason}: {}", one_line(message))),
                None => self.denied(&reason),
            },
            Meaning::KeysNotTaken => self.not_set_up(&format!(
                "AWS does not take the keys it was asked with ({reason}); check AWS_ACCESS_KEY_ID and its companions, \
                 and the clock of this machine"
            )),
            Meaning::Throttled => self.unavailable(&format!(
                "AWS asks for fewer requests ({reason}); the next run tries again"
            )),
            Meaning::Passing => {
                self.unavailable(&format!("AWS failed to answer ({reason}); the next run tries again"))
            }
        }
    }
}

/// Sorts an answer. What is not known is taken to pass: an error that goes on being told is found, but one that
/// nobody tries again is not.
fn meaning(code: Option<&str>, status: u16) -> Meaning {
    match code.unwrap_or_default() {
        // The last two of Secrets Manager: scheduled for deletion, and a name that none can have. The three before of
        // a bucket in another region, the first where the request was signed for this one.
        "ResourceNotFoundException"
        | "ParameterNotFound"
        | "ParameterVersionNotFound"
        | "ParameterVersionLabelNotFound"
        | "NoSuchKey"
        | "NoSuchBucket"
        | "NoSuchVersion"
        | "ValidationException"
        | "AuthorizationHeaderMalformed"
        | "PermanentRedirect"
        | "TemporaryRedirect"
        | "InvalidRequestException"
        | "InvalidParameterException" => Meaning::Missing,
        // A key of KMS that is gone or disabled must be given back by somebody, as a permission must. S3's codes for it
        // have a dot.
        "AccessDenied"
        | "AccessDeniedException"
        | "AllAccessDisabled"
        | "DecryptionFailure"
        | "InvalidKeyId"
        | "KMS.DisabledException"
        | "KMS.KMSInvalidStateException"
        | "KMS.NotFoundException"
        | "KMSAccessDeniedException"
        | "KMSDisabledException"
        | "KMSInvalidStateException"
        | "KMSNotFoundException" => Meaning::Denied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "RequestExpired"
        | "RequestTimeTooSkewed" => Meaning::KeysNotTaken,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "ProvisionedThroughputExceededException" => Meaning::Throttled,
        _ => match status {
            404 => Meaning::Missing,
            401 | 403 => Meaning::Denied,
            429 => Meaning::Throttled,
            _ => Meaning::Passing,
        },
    }
}

/// The SDK reports keys that it could not find as a failure to send.
fn lacks_credentials(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<CredentialsError>() {
            return true;
        }
        next = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { name: "the secret s".to_owned(), setting: "CURFEW_CREDENTIALS", permission: "x:Read on it" }
    }

    #[test]
    fn each_kind_of_refusal_says_what_to_do() {
        for (code, status, want) in [
            (
                Some("ResourceNotFoundException"),
                400,
                SourceError::Missing(
                    "the secret s does not exist, has no value or lies in another region \
                     (HTTP 400, ResourceNotFoundException); create it, or correct CURFEW_CREDENTIALS"
                        .to_owned(),
                ),
            ),
            (
                Some("ThrottlingException"),
                400,
                SourceError::Unavailable(
                    "the secret s could not be read at this time: AWS asks for fewer requests \
                     (HTTP 400, ThrottlingException); the next run tries again"
                        .to_owned(),
                ),
            ),
            (
                None,
                503,
                SourceError::Unavailable(
                    "the secret s could not be read at this time: AWS failed to answer (HTTP 503); the next run \
                     tries again"
                        .to_owned(),
                ),
            ),
            (
                None,
                403,
                SourceError::Denied("the secret s may not be read (HTTP 403); allow x:Read on it".to_owned()),
            ),
        ] {
            assert_eq!(place().refused(code, None, status), want);
        }
    }

    #[test]
    fn what_s3_says_of_a_bucket_elsewhere_and_of_a_key_that_is_gone_is_nothing_that_passes() {
        for (code, status) in
            [("PermanentRedirect", 301), ("TemporaryRedirect", 307), ("AuthorizationHeaderMalformed", 400)]
        {
            let got = place().refused(Some(code), None, status);
            assert!(matches!(&got, SourceError::Missing(told) if told.contains("another region")), "{got:?}");
        }
        for code in ["KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"] {
            let got = place().refused(Some(code), None, 400);
            assert!(matches!(got, SourceError::Denied(_)), "{code}: {got:?}");
        }
    }

    #[test]
    fn a_missing_permission_is_told_in_the_words_of_aws() {
        let got = place().refused(Some("AccessDeniedException"), Some("role r may\nnot"), 400).to_string();
        let want = "the secret s may not be read (HTTP 400, AccessDeniedException: role r may not); allow x:Read on it";
        assert_eq!(got, want);
    }

    #[test]
    fn the_words_about_a_wrong_signature_are_not_repeated_for_they_hold_the_session_token() {
        let message = "the canonical string should have been x-amz-security-token:s3cret";
        for code in ["SignatureDoesNotMatch", "InvalidSignatureException", "SomethingNew"] {
            let got = place().refused(Some(code), Some(message), 400).to_string();
            assert!(got.contains(code) && !got.contains("s3cret"), "{got}");
        }
    }
}
