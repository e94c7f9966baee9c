//! From the settings to a policy and a client: what every run needs before it can start.
//!
//! The Lambda function and the command line both begin here. Nothing is sent to Google yet.

use std::fs;
use std::io;

use crate::config::{Config, PolicySource};
use crate::google::{
    Client, ClientError, CredentialError, CredentialSource, Credentials, Endpoint, EndpointError,
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
    /// The credential could not be loaded.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The base URL that is to replace Google's is none.
    #[error("CURFEW_GOOGLE_ENDPOINT is `{url}`")]
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

/// Makes the client, with its credential loaded.
///
/// # Errors
/// When the endpoint or the credential is not usable.
pub fn connect(config: &Config) -> Result<Client, SetUpError> {
    let endpoint = match &config.google_endpoint {
        None => Endpoint::google(),
        Some(url) => {
            Endpoint::parse(url).map_err(|source| SetUpError::Endpoint { url: url.clone(), source })?
        }
    };
    let credentials = Credentials::load(CredentialSource::parse(&config.credentials)?)?;
    Ok(Client::new(endpoint, credentials)?)
}
