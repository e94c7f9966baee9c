//! The value of `CURFEW_CREDENTIALS`, as a description: where a credential is kept, not what it is.
//!
//! Nothing is opened here, and it is not known here how any of the places is read.

use std::fmt;
use std::path::PathBuf;

use crate::google::auth::CredentialError;

/// Longest name or ARN of a secret, in bytes: what Secrets Manager takes as a `SecretId`.
const MAX_SECRET_ID_BYTES: usize = 2048;

/// Where the credential is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSpec {
    /// `adc`: Application Default Credentials, what the machine offers.
    Adc,
    /// `none`: no credential. Requests carry no token. For an emulator.
    None,
    /// `file:PATH`: a credentials file in one of Google's JSON forms.
    File(PathBuf),
    /// `secretsmanager:ID`: the same text in AWS Secrets Manager, by the secret's name or ARN.
    SecretsManager(String),
}

impl CredentialSpec {
    /// The forms that there are, for a sentence that says what would be right.
    pub const FORMS: &str = "adc, file:PATH, secretsmanager:ID or none";

    /// Parses one of [`Self::FORMS`].
    ///
    /// # Errors
    /// When it is none of them. The sentence names the forms, and not the text: a pasted key must not end in a log.
    pub fn parse(text: &str) -> Result<Self, CredentialError> {
        let wrong =
            |problem: &str| Err(CredentialError::Unusable(format!("{problem}; write {}", Self::FORMS)));
        match text.trim().split_once(':') {
            None if text.trim() == "adc" => Ok(Self::Adc),
            None if text.trim() == "none" => Ok(Self::None),
            Some(("file", "")) => wrong("the path after file: is empty"),
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some(("secretsmanager", id)) if is_secret_id(id) => Ok(Self::SecretsManager(id.to_owned())),
            Some(("secretsmanager", _)) => {
                wrong("what follows secretsmanager: is neither the name nor the ARN of a secret")
            }
            _ => wrong("the source of credentials is not known"),
        }
    }
}

impl fmt::Display for CredentialSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adc => f.write_str("adc"),
            Self::None => f.write_str("none"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::SecretsManager(id) => write!(f, "secretsmanager:{id}"),
        }
    }
}

/// The characters of a name (letters, digits and `/_+=.@-`), and the colons of an ARN. A pasted secret has others.
fn is_secret_id(id: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-:".contains(c);
    !id.is_empty() && id.len() <= MAX_SECRET_ID_BYTES && id.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_credentials_are_told_apart() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:curfew/google-AbCdEf";
        let secret = |id: &str| CredentialSpec::SecretsManager(id.to_owned());
        for (text, want) in [
            ("adc", CredentialSpec::Adc),
            ("none", CredentialSpec::None),
            (" adc ", CredentialSpec::Adc),
            ("file:key.json", CredentialSpec::File("key.json".into())),
            ("file:/a:b/c", CredentialSpec::File("/a:b/c".into())),
            ("secretsmanager:curfew/google", secret("curfew/google")),
            (&format!("secretsmanager:{arn}"), secret(arn)),
        ] {
            let got = CredentialSpec::parse(text).unwrap();
            assert_eq!(got, want);
            assert_eq!(got.to_string(), text.trim(), "what is shown can be written");
        }
    }

    #[test]
    fn a_text_that_is_no_place_names_the_forms_and_not_itself() {
        let long = format!("secretsmanager:{}", "s3cret".repeat(400));
        for text in [
            "",
            "ADC",
            "key.json",
            "file",
            "file:",
            "ssm:s3cret",
            r#"{"private_key":"s3cret"}"#,
            "secretsmanager:",
            r#"secretsmanager:{"private_key":"s3cret"}"#,
            "secretsmanager:s3cret\nkey",
            &long,
        ] {
            let error = CredentialSpec::parse(text).unwrap_err().to_string();
            assert!(error.contains(CredentialSpec::FORMS) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
