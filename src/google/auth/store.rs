//! The places that a credential is read from.
//!
//! A [`CredentialStore`] hands out the text of a credentials file, whenever it is asked. How often it is asked, and
//! what the text means, is not its business.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use secrecy::SecretString;

use crate::google::auth::CredentialError;

/// A text that is being read.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<SecretString, CredentialError>> + Send + 'a>>;

/// A place that keeps the text of a credentials file: a file, a secret.
pub trait CredentialStore: Send + Sync + fmt::Debug {
    /// Reads the text as it is now. Nothing is kept: who asks wants to know whether it has changed.
    ///
    /// The future fails with [`CredentialError::Unavailable`] when the place did not answer and may do so soon, with
    /// [`CredentialError::Unusable`] when there is no such text, or none that may be read. The sentence begins with
    /// [`origin`](Self::origin) and says what to do; it holds nothing of the text.
    fn read(&self) -> Reading<'_>;

    /// The place in words, as a sentence begins with it: "the credentials file /etc/key.json", "the secret
    /// curfew/google".
    fn origin(&self) -> String;
}

/// Where a credential comes from.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// Application Default Credentials: what the machine offers.
    Adc,
    /// No credential: requests carry no token. For an emulator.
    None,
    /// A text that is kept somewhere, in one of the forms of Google's credentials files.
    Stored(Arc<dyn CredentialStore>),
}

impl CredentialSource {
    /// A credentials file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::Stored(Arc::new(FileStore { path: path.into() }))
    }
}

/// A credentials file.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

impl CredentialStore for FileStore {
    fn read(&self) -> Reading<'_> {
        // A local file of a few kilobytes: a thread to read it on would cost more than it saves.
        let text = std::fs::read_to_string(&self.path);
        Box::pin(async move {
            text.map(SecretString::from).map_err(|error| {
                CredentialError::Unusable(format!("{} cannot be read: {}", self.origin(), error.kind()))
            })
        })
    }

    fn origin(&self) -> String {
        format!("the credentials file {}", self.path.display())
    }
}
