//! curfew enforces time limits on Google Cloud's long-running operations.

pub mod clock;
pub mod config;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod google;
pub mod lambda;
pub mod operation;
pub mod policy;
pub mod request;
pub mod service;
