//! Why an invocation could do nothing, as Lambda is told.
//!
//! An invocation fails only when nothing could be done at all, so that alarms and retries mean something; a
//! violator that could not be cancelled is a finding in the report and no failure. Each variant has an error type
//! that stays the same from version to version: alarms and metric filters are built upon it. The message carries
//! the whole chain of causes and ends with what to do.

use std::error::Error;

use lambda_runtime::Diagnostic;

use crate::causes::with_causes;
use crate::lambda::event::EventError;
use crate::plan::PlanRefused;

/// Any cause. The kinds of cause are many, and Lambda is told them in words only.
type Cause = Box<dyn Error + Send + Sync>;

/// An invocation that could do nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The function's own settings are wrong.
    #[error("the configuration is invalid")]
    ConfigurationInvalid(#[source] Cause),
    /// The policy could not be fetched: it is missing, or access to it is denied.
    #[error("the policy could not be read")]
    PolicyUnreadable(#[source] Cause),
    /// The policy was read, but does not hold.
    #[error("the policy is invalid")]
    PolicyInvalid(#[source] Cause),
    /// There is no credential for Google, or it could not be turned into a token.
    #[error("no credential for Google could be had")]
    CredentialUnavailable(#[source] Cause),
    /// Google refused the credential everywhere, so that nothing could be listed.
    #[error("Google rejected the credential")]
    CredentialRejected(#[source] Cause),
    /// The payload is none that curfew takes.
    #[error("the event was not understood")]
    EventNotUnderstood(#[from] EventError),
    /// The payload holds a plan that may not be carried out.
    #[error("the plan is refused")]
    PlanRefused(#[from] PlanRefused),
}

impl Failure {
    /// The stable name of this kind of failure.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Failure::ConfigurationInvalid(_) => "Curfew.ConfigurationInvalid",
            Failure::PolicyUnreadable(_) => "Curfew.PolicyUnreadable",
            Failure::PolicyInvalid(_) => "Curfew.PolicyInvalid",
            Failure::CredentialUnavailable(_) => "Curfew.CredentialUnavailable",
            Failure::CredentialRejected(_) => "Curfew.CredentialRejected",
            Failure::EventNotUnderstood(_) => "Curfew.EventNotUnderstood",
            Failure::PlanRefused(_) => "Curfew.PlanRefused",
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Failure::ConfigurationInvalid(_) => "correct the function's environment variables",
            Failure::PolicyUnreadable(_) => {
                "check that CURFEW_POLICY names the policy and that the function may read it"
            }
            Failure::PolicyInvalid(_) => {
                "correct the policy; `curfew validate` checks it before it is deployed"
            }
            Failure::CredentialUnavailable(_) => {
                "check CURFEW_CREDENTIALS and what it names, and that the function may read it"
            }
            Failure::CredentialRejected(_) => {
                "check that the credential is current and that its account may list and cancel operations"
            }
            Failure::EventNotUnderstood(_) => {
                "correct what invokes the function; the same event will fail again"
            }
            Failure::PlanRefused(_) => {
                "nothing was listed or sent; make a plan with `curfew plan`, have it approved, and apply that"
            }
        }
    }
}

impl Failure {
    /// The whole chain of causes, and what to do.
    #[must_use]
    pub fn told(&self) -> String {
        let mut text = with_causes(self);
        // A cause of several lines, such as a policy's errors with their carets, keeps the advice apart.
        let separator = if text.contains('\n') { "\n" } else { "; " };
        text.push_str(separator);
        text.push_str(self.advice());
        text
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.error_type().to_owned(), error_message: failure.told() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(text: &str) -> Cause {
        text.to_owned().into()
    }

    #[test]
    fn every_failure_has_the_error_type_that_alarms_are_built_upon() {
        let configuration = crate::config::Config::read(|_| Some("nonsense".to_owned())).unwrap_err();
        let event = crate::lambda::read_event("[]").unwrap_err();
        for (failure, want) in [
            (Failure::ConfigurationInvalid(configuration.into()), "Curfew.ConfigurationInvalid"),
            (Failure::PolicyUnreadable(cause("x")), "Curfew.PolicyUnreadable"),
            (Failure::PolicyInvalid(cause("x")), "Curfew.PolicyInvalid"),
            (Failure::CredentialUnavailable(cause("x")), "Curfew.CredentialUnavailable"),
            (Failure::CredentialRejected(cause("x")), "Curfew.CredentialRejected"),
            (Failure::EventNotUnderstood(event), "Curfew.EventNotUnderstood"),
            (Failure::PlanRefused(PlanRefused::Digest), "Curfew.PlanRefused"),
        ] {
            assert_eq!(Diagnostic::from(failure).error_type, want);
        }
    }

    #[test]
    fn the_message_tells_every_cause_and_what_to_do() {
        let event = r#"{"sweep": {"operations": ["projects/p/locations/l/operations/.."]}}"#;
        let failure = Failure::from(crate::lambda::read_event(event).unwrap_err());
        let got = Diagnostic::from(failure).error_message;
        let want = "the event was not understood: in `sweep.operations[0]`: \
                    `projects/p/locations/l/operations/..` is not an operation name: it is a relative path; \
                    correct what invokes the function; the same event will fail again";
        assert_eq!(got, want);
    }

    #[test]
    fn a_cause_of_several_lines_keeps_the_advice_on_a_line_of_its_own() {
        let got = Diagnostic::from(Failure::PolicyInvalid(cause("line 1\nline 2"))).error_message;
        let want = "the policy is invalid: line 1\nline 2\n\
                    correct the policy; `curfew validate` checks it before it is deployed";
        assert_eq!(got, want);
    }
}
