//! What tests of the shipped binaries share.

pub(crate) mod runtime_api;
pub(crate) mod world;
