//! The command line: one file a command.

#[cfg(feature = "emulator")]
pub mod emulator;
