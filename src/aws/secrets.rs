//! A secret in Secrets Manager: the text of Google's credentials file.
//!
//! It is read anew each time it is asked for, and kept by no one here. The SDK's own buffers, through which the text
//! passes, are not wiped; what is handed out is.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use secrecy::SecretString;

use super::error::{Place, SourceError};
use super::sdk::Sdk;
use crate::google::{CredentialError, CredentialStore, Reading};

/// A secret.
pub struct Secret {
    client: Client,
    id: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Secret {
    /// The secret with this name or ARN. It is not read yet.
    pub async fn open(sdk: &Sdk, id: &str) -> Self {
        Self { client: Client::new(sdk.config().await), id: id.to_owned() }
    }

    /// Reads its current version, kept as a string or as bytes.
    ///
    /// # Errors
    /// When it cannot be read or is no text.
    pub async fn fetch(&self) -> Result<SecretString, SourceError> {
        let place = self.place();
        let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
        let value = answer.map_err(|error| place.explain(&error))?;
        match (value.secret_string, value.secret_binary) {
            (Some(text), _) => Ok(text.into()),
            (None, Some(bytes)) => match String::from_utf8(bytes.into_inner()) {
                Ok(text) => Ok(text.into()),
                // The error holds the bytes.
                Err(_) => Err(place.malformed("is no text; store Google's credentials file in it as it is")),
            },
            (None, None) => Err(place.malformed("is empty; store Google's credentials file in it")),
        }
    }

    fn place(&self) -> Place {
        Place {
            name: self.origin(),
            setting: "CURFEW_CREDENTIALS",
            permission: "secretsmanager:GetSecretValue on it, and kms:Decrypt on its key if that is one of your own",
        }
    }
}

impl CredentialStore for Secret {
    fn read(&self) -> Reading<'_> {
        Box::pin(async {
            self.fetch().await.map_err(|error| match error {
                SourceError::Unavailable(told) => CredentialError::Unavailable(told),
                SourceError::Missing(told)
                | SourceError::Denied(told)
                | SourceError::NotSetUp(told)
                | SourceError::Malformed(told) => CredentialError::Unusable(told),
            })
        })
    }

    fn origin(&self) -> String {
        format!("the secret {}", self.id)
    }
}
