//! From the text of a credentials file to a credential.
//!
//! The forms are Google's own; the library reads them. What is done here before: the wrapping that Secrets Manager's
//! console puts around a text is taken off, and two things in a federated configuration are set right or refused
//! which the library (google-cloud-auth 1.18) does not look at. Nothing is fetched here.

use google_cloud_auth::credentials::{
    self as google, anonymous, external_account, impersonated, service_account, user_account,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::google::auth::CredentialError;

/// The one scope that every Cloud Deploy method documents. What may be done within it is a matter of IAM.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The only version of the AWS source that there is (AIP-4117).
const AWS_VERSION: &str = "aws1";

/// A credential that sends no token.
pub(super) fn anonymous() -> google::Credentials {
    anonymous::Builder::new().build()
}

/// What the machine offers.
pub(super) fn application_default() -> Result<google::Credentials, CredentialError> {
    google::Builder::default().with_scopes([SCOPE]).build().map_err(|_| {
        CredentialError::Unusable(
            "the application default credentials cannot be used; check the file that \
             GOOGLE_APPLICATION_CREDENTIALS names, or set CURFEW_CREDENTIALS to file:PATH"
                .to_owned(),
        )
    })
}

/// The credential in the text of a credentials file. `origin` begins every error.
///
/// `aws_keys_at_hand`: whether the environment holds the function's own AWS keys.
pub(super) fn from_text(
    text: &SecretString,
    origin: &str,
    aws_keys_at_hand: bool,
) -> Result<google::Credentials, CredentialError> {
    let unusable = |problem: &str| CredentialError::Unusable(format!("{origin} {problem}"));
    let mut json = parse(text).ok_or_else(|| {
        unusable("is not JSON; it must be a credentials file as Google's console or gcloud writes it")
    })?;
    mend(&mut json, aws_keys_at_hand).map_err(unusable)?;
    let kind = json.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let built = match kind.as_str() {
        "service_account" => service_account::Builder::new(json)
            .with_access_specifier(service_account::AccessSpecifier::from_scopes([SCOPE]))
            .build(),
        "external_account" => external_account::Builder::new(json).with_scopes([SCOPE]).build(),
        "authorized_user" => user_account::Builder::new(json).with_scopes([SCOPE]).build(),
        "impersonated_service_account" => impersonated::Builder::new(json).with_scopes([SCOPE]).build(),
        _ => {
            return Err(unusable(
                "has no known type; its `type` must be service_account, external_account, authorized_user or \
                 impersonated_service_account",
            ));
        }
    };
    // The library's own text may quote a field's value.
    built.map_err(|_| {
        unusable(&format!("is not a complete {kind} file: a field is missing or malformed; create it anew"))
    })
}

/// The text as JSON, without a wrapping.
pub(super) fn parse(text: &SecretString) -> Option<Value> {
    serde_json::from_str(text.expose_secret()).ok().map(unwrapped)
}

/// Takes off what Secrets Manager's console puts around a text that is entered as a key and its value: an object with
/// one entry, which holds the text as a string.
fn unwrapped(json: Value) -> Value {
    let only = json.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.values().next());
    let inner = only.and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
    inner.filter(Value::is_object).unwrap_or(json)
}

/// Sets right what the library does not look at, in a configuration and in the one that it impersonates from.
fn mend(json: &mut Value, aws_keys_at_hand: bool) -> Result<(), &'static str> {
    if let Some(inner) = json.get_mut("source_credentials") {
        mend(inner, aws_keys_at_hand)?;
    }
    let Some(source) = json.get_mut("credential_source").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    // The library takes any source with this key for an AWS one, of whatever version.
    if source.get("environment_id").is_some_and(|id| id != AWS_VERSION) {
        return Err(
            "has a `credential_source.environment_id` other than aws1, the only version that there is; \
                    create it anew with `gcloud iam workload-identity-pools create-cred-config --aws`",
        );
    }
    // The library asks for a session of the metadata service before it looks at the environment. A Lambda function
    // has its keys in the environment and no metadata service, so that the question would end it.
    if aws_keys_at_hand {
        source.remove("imdsv2_session_token_url");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn federated(source: &Value) -> Value {
        json!({"type": "external_account", "credential_source": source})
    }

    #[test]
    fn the_metadata_service_is_not_asked_when_the_environment_has_keys() {
        let source =
            json!({"environment_id": "aws1", "imdsv2_session_token_url": "http://169.254.169.254/t"});
        for wrapped in [federated(&source), json!({"source_credentials": federated(&source)})] {
            let (mut with_keys, mut without) = (wrapped.clone(), wrapped);
            mend(&mut with_keys, true).unwrap();
            mend(&mut without, false).unwrap();
            assert!(!with_keys.to_string().contains("imdsv2"), "{with_keys}");
            assert!(with_keys.to_string().contains("aws1"), "{with_keys}");
            assert!(without.to_string().contains("imdsv2"), "on EC2 it is needed: {without}");
        }
    }

    #[test]
    fn only_version_1_of_the_aws_source_is_taken() {
        for id in [json!("aws2"), json!("aws"), json!("azure99"), json!(1), json!(null)] {
            let mut config = federated(&json!({"environment_id": id}));
            assert!(mend(&mut config, true).unwrap_err().contains("aws1"), "{id}");
            assert!(mend(&mut json!({"source_credentials": config}), true).is_err(), "{id}");
        }
        assert_eq!(mend(&mut federated(&json!({"file": "/token"})), true), Ok(()));
    }

    #[test]
    fn one_wrapping_is_taken_off_and_anything_else_is_left_as_it_is() {
        let inner = json!({"type": "service_account", "client_email": "a"});
        assert_eq!(unwrapped(json!({"google": inner.to_string()})), inner);
        for whole in [
            inner.clone(),
            json!({"type": "service_account"}),
            json!({"a": inner.to_string(), "b": "x"}),
            json!({"a": inner}),
            json!({"a": "[1]"}),
            json!([inner.to_string()]),
        ] {
            assert_eq!(unwrapped(whole.clone()), whole);
        }
    }
}
