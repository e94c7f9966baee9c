//! How a command ends when it cannot do what it was asked for, and the exit codes.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use crate::report::Standing;

/// All well.
pub(super) const ALL_WELL: u8 = 0;
/// The sweep ran, but a violator was not cancelled or a collection could not be read.
pub(super) const NEEDS_ATTENTION: u8 = 1;
/// Bad usage, policy or configuration.
pub(super) const BAD_INPUT: u8 = 2;
/// Nothing could be read.
pub(super) const NOTHING_READ: u8 = 3;

/// A command that could not do its work: the exit code, and what to print.
#[derive(Debug)]
pub(super) struct CliFailure {
    code: u8,
    message: String,
}

impl CliFailure {
    /// Something about the usage, the policy or the configuration is wrong.
    #[must_use]
    pub(super) fn bad_input(what: &str, error: &dyn Error) -> Self {
        Self::caused(BAD_INPUT, what, error)
    }

    /// What went wrong and why, with its exit code.
    #[must_use]
    pub(super) fn caused(code: u8, what: &str, error: &dyn Error) -> Self {
        Self::new(code, &chain(what, error))
    }

    /// Everything that is wrong with a policy, drawn.
    #[must_use]
    pub(super) fn problems(drawn: String) -> Self {
        Self { code: BAD_INPUT, message: drawn }
    }

    /// A sentence, with its exit code.
    #[must_use]
    pub(super) fn new(code: u8, sentence: &str) -> Self {
        Self { code, message: format!("error: {sentence}") }
    }

    /// The exit code.
    #[must_use]
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for CliFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// `what: error: its cause: …`
fn chain(what: &str, error: &dyn Error) -> String {
    let mut text = format!("{what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// The exit code of a run that went like this.
#[must_use]
pub(super) fn exit_code(standing: Standing) -> ExitCode {
    ExitCode::from(match standing {
        Standing::AllWell => ALL_WELL,
        Standing::NeedsAttention => NEEDS_ATTENTION,
        Standing::NothingRead => NOTHING_READ,
    })
}
