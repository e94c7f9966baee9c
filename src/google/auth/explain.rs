//! Why no token came, in curfew's words: the library's own text may hold the token endpoint's whole answer.

use std::error::Error as StdError;
use std::io;

use google_cloud_auth::errors::CredentialsError;
use google_cloud_gax::error::Error as GaxError;

use crate::google::auth::{CredentialError, CredentialSource};

/// Says what happened, from the kinds of the causes alone, and what to do about it.
pub(super) fn explain(error: &CredentialsError, source: &CredentialSource) -> CredentialError {
    let mut detail = "the credential could not be exchanged for one".to_owned();
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(http) = cause.downcast_ref::<reqwest::Error>() {
            detail = match http.status() {
                Some(status) => format!("the token endpoint answered HTTP {}", status.as_u16()),
                None if http.is_decode() => "what the token endpoint answered is no token".to_owned(),
                None => "the token endpoint could not be reached".to_owned(),
            };
        } else if let Some(status) = cause.downcast_ref::<GaxError>().and_then(GaxError::http_status_code) {
            // Only the second exchange, from the federated to the account's own token, fails like this.
            detail = format!("the account cannot be impersonated: IAM answered HTTP {status}");
        } else if let Some(io) = cause.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::NotFound
        {
            detail = "a file that the credential names does not exist".to_owned();
        }
        next = cause.source();
    }
    no_token(&detail, source, error.is_transient())
}

/// No token, for this reason.
pub(super) fn no_token(detail: &str, source: &CredentialSource, may_pass: bool) -> CredentialError {
    let hint = match source {
        CredentialSource::Adc => {
            "; outside of Google Cloud run `gcloud auth application-default login` or set CURFEW_CREDENTIALS to file:PATH"
                .to_owned()
        }
        _ if may_pass => String::new(),
        CredentialSource::None => "; check CURFEW_CREDENTIALS".to_owned(),
        CredentialSource::Stored(store) => format!("; check {}", store.origin()),
    };
    let message = format!("no token: {detail}{hint}");
    if may_pass { CredentialError::Unavailable(message) } else { CredentialError::Unusable(message) }
}
