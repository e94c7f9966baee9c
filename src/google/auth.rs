//! Where bearer tokens come from: one small seam over `google-cloud-auth`.
//!
//! [`CredentialSource`] is what the configuration says, [`Credentials`] is what a client asks for headers. The
//! library caches tokens and renews them; this seam adds what it lacks: a credential that Google no longer takes can
//! be dropped, and is then built anew from its source (a key file may have been rotated meanwhile).
//!
//! No secret, token, file content or answer of a token endpoint appears in an error or in `Debug`.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use google_cloud_auth::credentials::{
    self as google, CacheableResource, anonymous, external_account, impersonated, service_account,
    user_account,
};
use google_cloud_auth::errors::CredentialsError;
use http::{Extensions, HeaderMap};
use serde_json::Value;

/// The one scope that every Cloud Deploy method documents. What may be done within it is a matter of IAM.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Where the credential comes from: the value of `CURFEW_CREDENTIALS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSource {
    /// Application Default Credentials: what the machine offers.
    Adc,
    /// A credentials file in one of Google's JSON forms.
    File(PathBuf),
    /// No credential: requests carry no token. For an emulator.
    None,
}

/// Why no token can be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The configuration or the credential is wrong: nothing changes until somebody changes it.
    #[error("{0}")]
    Unusable(String),
    /// The place that hands out tokens did not answer, or not well: it may pass.
    #[error("{0}")]
    Unavailable(String),
}

impl CredentialSource {
    /// Parses `adc`, `file:PATH` or `none`.
    ///
    /// # Errors
    /// When it is none of them. The sentence names the forms, and not the text: a pasted key must not end in a log.
    pub fn parse(text: &str) -> Result<Self, CredentialError> {
        const FORMS: &str = "write adc, file:PATH or none";
        match text.trim().split_once(':') {
            None if text.trim() == "adc" => Ok(Self::Adc),
            None if text.trim() == "none" => Ok(Self::None),
            Some(("file", "")) => {
                Err(CredentialError::Unusable(format!("the path after file: is empty; {FORMS}")))
            }
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some(("secretsmanager", _)) => Err(CredentialError::Unusable(format!(
                "this build cannot read credentials from secretsmanager: yet; {FORMS}"
            ))),
            _ => Err(CredentialError::Unusable(format!("the source of credentials is not known; {FORMS}"))),
        }
    }

    fn build(&self) -> Result<google::Credentials, CredentialError> {
        match self {
            Self::None => Ok(anonymous::Builder::new().build()),
            Self::Adc => google::Builder::default().with_scopes([SCOPE]).build().map_err(|_| {
                CredentialError::Unusable(
                    "the application default credentials cannot be used; check the file that \
                     GOOGLE_APPLICATION_CREDENTIALS names, or set CURFEW_CREDENTIALS to file:PATH"
                        .to_owned(),
                )
            }),
            Self::File(path) => build_from_file(path),
        }
    }
}

fn build_from_file(path: &Path) -> Result<google::Credentials, CredentialError> {
    let unusable = |problem: &str| {
        CredentialError::Unusable(format!("the credentials file {} {problem}", path.display()))
    };
    let text = std::fs::read(path).map_err(|error| unusable(&format!("cannot be read: {}", error.kind())))?;
    let json: Value = serde_json::from_slice(&text).map_err(|_| {
        unusable("is not JSON; it must be a credentials file as Google's console or gcloud writes it")
    })?;
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

/// The headers that authorise one request, and which credential made them.
pub(super) struct AuthHeaders {
    pub(super) headers: HeaderMap,
    /// To be handed to [`Credentials::invalidate`] when they are not taken.
    pub(super) generation: u64,
}

/// A source of bearer tokens. It caches them, and renews them in time.
pub struct Credentials {
    source: CredentialSource,
    current: Mutex<Current>,
}

/// The credential in use. A new one gets a new number, so that of many requests that failed with the same one only
/// the first drops it.
struct Current {
    generation: u64,
    built: Option<google::Credentials>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Builds the credential; a file is read here. No token is fetched yet. Must be called inside a tokio runtime,
    /// in which the library renews tokens.
    ///
    /// # Errors
    /// [`CredentialError::Unusable`] when the source does not hold a credential.
    pub fn load(source: CredentialSource) -> Result<Self, CredentialError> {
        let built = source.build()?;
        Ok(Self { source, current: Mutex::new(Current { generation: 0, built: Some(built) }) })
    }

    /// The headers for one request.
    pub(super) async fn headers(&self) -> Result<AuthHeaders, CredentialError> {
        let (credentials, generation) = self.current()?;
        match credentials.headers(Extensions::new()).await {
            Ok(CacheableResource::New { data, .. }) => Ok(AuthHeaders { headers: data, generation }),
            // Only an answer to a request that names what it has already; none does.
            Ok(CacheableResource::NotModified) => Ok(AuthHeaders { headers: HeaderMap::new(), generation }),
            Err(error) => {
                // The library keeps a failure for good when it takes it to be permanent.
                self.invalidate(generation);
                Err(explain(&error, &self.source))
            }
        }
    }

    /// Drops the credential of this generation: the next request builds it anew from its source.
    pub(super) fn invalidate(&self, generation: u64) {
        let mut current = self.lock();
        if current.generation == generation {
            current.generation += 1;
            current.built = None;
        }
    }

    fn current(&self) -> Result<(google::Credentials, u64), CredentialError> {
        let mut current = self.lock();
        let built = match current.built.take() {
            Some(built) => built,
            None => self.source.build()?,
        };
        current.built = Some(built.clone());
        Ok((built, current.generation))
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what happened in curfew's words: the library's text may hold the token endpoint's whole answer.
fn explain(error: &CredentialsError, source: &CredentialSource) -> CredentialError {
    let mut detail = "the credential could not be exchanged for one".to_owned();
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(http) = cause.downcast_ref::<reqwest::Error>() {
            detail = match http.status() {
                Some(status) => format!("the token endpoint answered HTTP {}", status.as_u16()),
                None => "the token endpoint could not be reached".to_owned(),
            };
        } else if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::NotFound
        {
            detail = "a file that the credential names does not exist".to_owned();
        }
        next = cause.source();
    }
    let hint = match source {
        CredentialSource::Adc => {
            "; outside of Google Cloud run `gcloud auth application-default login` or set CURFEW_CREDENTIALS to file:PATH"
        }
        _ if error.is_transient() => "",
        _ => "; check the credential that CURFEW_CREDENTIALS names",
    };
    let message = format!("no token: {detail}{hint}");
    if error.is_transient() {
        CredentialError::Unavailable(message)
    } else {
        CredentialError::Unusable(message)
    }
}

#[cfg(test)]
#[path = "tests/auth.rs"]
mod tests;
