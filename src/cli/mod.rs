//! The command line: one file a command.
//!
//! A command reads its arguments, calls the same code that the Lambda function calls, and prints. Results go to
//! standard output, everything else to standard error.

mod apply;
mod args;
#[cfg(feature = "emulator")]
mod demo;
mod diff;
mod doctor;
#[cfg(feature = "emulator")]
mod emulator;
mod explain;
mod failure;
mod lint;
mod look;
mod options;
mod plan;
mod progress;
mod replay;
mod run;
mod schema;
mod services;
mod show;
mod snapshot;
mod sweep;
mod table;
mod test;
mod validate;

pub use args::Cli;
pub use run::run;
