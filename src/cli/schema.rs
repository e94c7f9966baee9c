//! `curfew schema`: the JSON Schema of a policy, for editors.

use std::process::ExitCode;

use anstream::println;

use super::failure::ALL_WELL;
use crate::policy::schema;

/// Runs the command.
pub(super) fn run() -> ExitCode {
    // `{:#}` of JSON is indented.
    println!("{:#}", schema());
    ExitCode::from(ALL_WELL)
}
