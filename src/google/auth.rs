//! Where bearer tokens come from: one small seam over `google-cloud-auth`.
//!
//! [`CredentialSpec`] is what the configuration says, [`CredentialSource`] the place that it names,
//! [`CredentialStore`] any place that keeps the text of a credentials file, and [`Credentials`] is what a client asks
//! for headers. The library caches tokens and renews them; this seam adds what it lacks: a credential that is no
//! longer taken is read anew from where it is kept, and one that slept through a freeze is not trusted.
//!
//! No secret, token, file content or answer of a token endpoint appears in an error or in `Debug`.

mod build;
mod credentials;
mod explain;
mod spec;
mod store;
mod summary;

#[cfg(test)]
#[path = "tests/auth_rotation.rs"]
mod rotation_tests;
#[cfg(test)]
#[path = "tests/auth_secrecy.rs"]
mod secrecy_tests;
#[cfg(test)]
#[path = "tests/auth.rs"]
mod tests;

pub use credentials::Credentials;
pub use spec::CredentialSpec;
pub use store::{CredentialSource, CredentialStore, FileStore, Reading};
pub use summary::{CredentialKind, CredentialSummary};

pub(super) use credentials::AuthHeaders;

/// Why no token can be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The configuration or the credential is wrong: nothing changes until somebody changes it.
    #[error("{0}")]
    Unusable(String),
    /// The place that keeps the credential or hands out tokens did not answer, or not well: it may pass.
    #[error("{0}")]
    Unavailable(String),
}
