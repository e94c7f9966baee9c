//! An error with all of its causes, in one line of text.
//!
//! Each error of curfew says its own part and keeps its cause; whoever shows one to a person joins them here. What is
//! to be done about it is not said here.

use std::error::Error;

/// The error, and each of its causes after a colon.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Outer(&'static str, #[source] io::Error);

    #[test]
    fn every_cause_is_told_after_the_error_that_it_caused() {
        let error = Outer("the policy could not be read", io::Error::other("no such file"));
        assert_eq!(with_causes(&error), "the policy could not be read: no such file");
    }
}
