//! `google.longrunning.Operations` over REST: what is sent, what comes back, and what to do when it does not.
//!
//! [`wire`] turns bytes into the domain, [`error`] turns failures into decisions, [`retry`] carries the decisions
//! out; none of them does I/O, so that a world without a socket can stand behind the same code. [`Client`] adds HTTP,
//! [`Credentials`] the tokens. Nothing here knows of policy.

mod auth;
mod client;
mod endpoint;
mod entry;
pub mod error;
mod fields;
pub mod retry;
mod skew;
pub mod wire;

#[cfg(test)]
#[path = "tests/server.rs"]
mod test_server;

pub use auth::{
    CredentialError, CredentialKind, CredentialSource, CredentialSpec, CredentialStore, CredentialSummary,
    Credentials, FileStore, Reading,
};
pub use client::{Client, ClientError};
pub use endpoint::{Endpoint, EndpointError};
