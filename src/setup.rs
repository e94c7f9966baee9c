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
        /// As it was set, but for a user name and a password.
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
            Endpoint::parse(url).map_err(|source| SetUpError::Endpoint { url: without_user(url), source })?
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

/// The URL as an error may quote it: what stands before an `@` may be a password.
fn without_user(url: &str) -> String {
    url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, rest)| format!("…@{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::with_causes;

    #[tokio::test]
    async fn a_password_in_the_endpoint_is_refused_and_not_repeated() {
        for url in ["https://user:hush@example.com", "http://user:hu@sh@example.com", "user:hush@example.com"]
        {
            let config =
                Config::read(|name| (name == crate::config::GOOGLE_ENDPOINT).then(|| url.to_owned()));
            let error = connect(&config.unwrap(), &Sdk::default()).await.unwrap_err();
            let told = format!("{} {error:?}", with_causes(&error));
            assert!(told.contains("…@example.com") && !told.contains("hu"), "{told}");
        }
    }
}
