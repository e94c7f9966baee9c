//! The shipped `curfew` as a process: its arguments, its variables, and what it printed.
//!
//! Its output is always a pipe. It sees the variables of the test and none of the developer's shell.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ran {
    /// Fails the test unless the exit code is this.
    pub(crate) fn exits(self, want: i32) -> Self {
        assert_eq!(self.code, want, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Fails the test unless the text stands in standard error.
    pub(crate) fn complains(&self, of: &str) {
        assert!(self.err.contains(of), "want {of:?} in:\n{}", self.err);
    }

    /// Fails the test unless the text stands in standard output.
    pub(crate) fn says(&self, what: &str) {
        assert!(self.out.contains(what), "want {what:?} in:\n{}", self.out);
    }

    /// The line of standard output in which this text stands.
    pub(crate) fn line(&self, with: &str) -> &str {
        let mut lines = self.out.lines();
        lines
            .find(|line| line.contains(with))
            .unwrap_or_else(|| panic!("no line with {with:?} in:\n{}", self.out))
    }
}

/// The command, ready to start, with these variables.
pub(crate) fn command(arguments: &[&str], variables: &[(&str, &str)], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_curfew"));
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs the command to its end.
pub(crate) async fn run(arguments: &[&str], variables: &[(&str, &str)], directory: &Path) -> Ran {
    let output = command(arguments, variables, directory).output().await.unwrap();
    Ran {
        code: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
