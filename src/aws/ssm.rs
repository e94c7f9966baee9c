//! A parameter in Systems Manager.

use std::fmt;

use aws_sdk_ssm::Client;

use super::error::{Place, SourceError};
use super::names::ParameterName;
use super::sdk::Sdk;

/// A parameter.
pub struct Parameter {
    client: Client,
    name: ParameterName,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameter").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Parameter {
    /// The parameter with this name. It is not read yet.
    pub async fn open(sdk: &Sdk, name: &ParameterName) -> Self {
        Self { client: Client::new(sdk.config().await), name: name.clone() }
    }

    /// Reads its value, decrypted if it is a `SecureString`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fetch(&self) -> Result<String, SourceError> {
        let place = Place {
            name: format!("the parameter {}", self.name),
            setting: "CURFEW_POLICY",
            permission: "ssm:GetParameter on it, and kms:Decrypt on its key if it is a SecureString",
        };
        let request = self.client.get_parameter().name(self.name.as_str()).with_decryption(true);
        let answer = request.send().await.map_err(|error| place.explain(&error))?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        value.ok_or_else(|| place.malformed("came without a value"))
    }
}
