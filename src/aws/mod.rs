//! What is kept at AWS: the places from which a policy or a secret is read.
//!
//! Each place hands out a text and knows nothing of what it means. When it is read, and for how long what was read
//! holds, is decided by who asks.

mod appconfig;
mod error;
mod names;
mod s3;
mod sdk;
mod secrets;
mod ssm;

pub use appconfig::Profile;
pub use error::SourceError;
pub use names::{NameError, ObjectName, ParameterName, ProfileName};
pub use s3::{Content, Object};
pub use sdk::Sdk;
pub use secrets::Secret;
pub use ssm::Parameter;
