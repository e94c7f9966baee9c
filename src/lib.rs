//! curfew enforces time limits on Google Cloud's long-running operations.

#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod google;
pub mod operation;
pub mod policy;
pub mod service;
