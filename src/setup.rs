//! From the settings to a policy and a client: what every run needs before it can start.
//!
//! The Lambda function and the command line both begin here. Nothing is sent to Google yet.

use std::fs;
use std::io;

use crate::config::{Config, PolicySource};
use crate::google::{
    Client, ClientError, CredentialError, CredentialSource, CredentialSpec, Credentials, Endpoint,
    EndpointError,
};
use crate::policy::{Policy, PolicyError};

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The policy could not be fetched.
    #[error("`{origin}` could not be read")]
    PolicyUnreadable {
        /// Where it was looked for.
        origin: String,
        /// Why it was not there.
        source: io::Error,
    },
    /// The policy was fetched and is wrong.
    #[error("{0}")]
    PolicyInvalid(PolicyError),
    /// The credential cannot be read, or is none.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The base URL that is to replace Google's is none.
    #[error("`{url}` is no endpoint")]
    Endpoint {
        /// As it was set.
        url: String,
        /// What is wrong with it.
        source: EndpointError,
    },
    /// No HTTP client could be made.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Fetches and checks the policy.
///
/// # Errors
/// When it cannot be fetched, or anything in it is wrong. There is no such thing as half a policy.
pub fn read_policy(source: &PolicySource) -> Result<Policy, SetUpError> {
    let PolicySource::File(path) = source;
    let origin = path.display().to_string();
    let bytes =
        fs::read(path).map_err(|source| SetUpError::PolicyUnreadable { origin: origin.clone(), source })?;
    Policy::parse(&bytes, &origin).map_err(SetUpError::PolicyInvalid)
}

/// Makes the client. Its credential is read when it is needed.
///
/// # Errors
/// When the endpoint is not usable, or the place of the credential not known.
pub fn connect(config: &Config) -> Result<Client, SetUpError> {
    let endpoint = match &config.google_endpoint {
        None => Endpoint::google(),
        Some(url) => {
            Endpoint::parse(url).map_err(|source| SetUpError::Endpoint { url: url.clone(), source })?
        }
    };
    let credentials = Credentials::new(credential_source(&config.credentials)?)
        .with_aws_keys_at_hand(config.aws_keys_at_hand);
    Ok(Client::new(endpoint, credentials)?)
}

/// The place that the configuration names.
fn credential_source(spec: &CredentialSpec) -> Result<CredentialSource, CredentialError> {
    match spec {
        CredentialSpec::Adc => Ok(CredentialSource::Adc),
        CredentialSpec::None => Ok(CredentialSource::None),
        CredentialSpec::File(path) => Ok(CredentialSource::file(path)),
        CredentialSpec::SecretsManager(_) => Err(CredentialError::Unusable(
            "this version reads a credential from `file:PATH` or `adc` only; `secretsmanager:` comes in a later one"
                .to_owned(),
        )),
    }
}
