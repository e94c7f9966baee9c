//! curfew enforces time limits on Google Cloud's long-running operations.

pub mod aws;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod follow_up;
pub mod google;
pub mod judge;
pub mod lambda;
pub mod operation;
pub mod plan;
pub mod policy;
pub mod report;
pub mod request;
pub mod service;
pub mod setup;
pub mod snapshot;
pub mod sweep;
#[cfg(test)]
mod testing;
