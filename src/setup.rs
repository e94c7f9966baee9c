//! From the settings to a policy and a client: what every run needs before it can start.
//!
//! The Lambda function and the command line both begin here. Nothing is read yet, and nothing sent: what is made
//! here is made once, and reads when a run asks it to.

mod policy_reader;

use std::io;
use std::sync::Arc;

use crate::aws::{Sdk, Secret, SourceError};
use crate::config::Config;
use crate::google::{
    Client, ClientError, CredentialSource, CredentialSpec, Credentials, Endpoint, EndpointError,
};
use crate::policy::PolicyError;

pub use policy_reader::{PolicyRead, PolicyReader};

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The policy's file could not be read.
    #[error("`{origin}` could not be read")]
    PolicyUnreadable {
        /// Where it was looked for.
        origin: String,
        /// Why it was not there.
        source: io::Error,
    },
    /// The policy could not be fetched from where it is kept.
    #[error(transparent)]
    PolicyUnfetched(#[from] SourceError),
    /// The policy was fetched and is wrong.
    #[error("{0}")]
    PolicyInvalid(PolicyError),
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

/// Makes the client. Its credential is read when it is needed.
///
/// # Errors
/// When the endpoint is not usable.
pub async fn connect(config: &Config, sdk: &Sdk) -> Result<Client, SetUpError> {
    let endpoint = match &config.google_endpoint {
        None => Endpoint::google(),
        Some(url) => {
            Endpoint::parse(url).map_err(|source| SetUpError::Endpoint { url: url.clone(), source })?
        }
    };
    let source = match &config.credentials {
        CredentialSpec::Adc => CredentialSource::Adc,
        CredentialSpec::None => CredentialSource::None,
        CredentialSpec::File(path) => CredentialSource::file(path),
        CredentialSpec::SecretsManager(id) => CredentialSource::Stored(Arc::new(Secret::open(sdk, id).await)),
    };
    let credentials = Credentials::new(source).with_aws_keys_at_hand(config.aws_keys_at_hand);
    Ok(Client::new(endpoint, credentials, config.trust)?)
}
