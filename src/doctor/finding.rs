//! What was looked at, what was found, and what it all comes to. Plain data; nothing is looked at here.

use std::fmt;

use serde::Serialize;

/// What is looked at, in this order. A later check may depend on an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The settings mean something.
    Configuration,
    /// There are keys for AWS. Only where something is kept there, or a credential is proved by them.
    AwsCredentials,
    /// The policy can be read and is right.
    Policy,
    /// What the two keys, the policy's and the function's, allow together.
    Mode,
    /// There is a credential for Google, and of which kind.
    Credential,
    /// A token can be had for it.
    Token,
    /// A project exists, or what else the places of a service lie in.
    Project,
    /// The locations of a project can be listed, where the policy says `all`.
    Locations,
    /// A location that the policy names exists.
    Location,
    /// The operations of a location can be listed.
    List,
    /// The account may read single operations.
    Get,
    /// The account may cancel operations.
    Cancel,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Check::Configuration => "configuration",
            Check::AwsCredentials => "AWS credentials",
            Check::Policy => "policy",
            Check::Mode => "mode",
            Check::Credential => "credential",
            Check::Token => "token",
            Check::Project => "project",
            Check::Locations => "locations",
            Check::Location => "location",
            Check::List => "list",
            Check::Get => "get",
            Check::Cancel => "cancel",
        })
    }
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it has to be.
    Ok,
    /// It works, but may not be what is wanted; or it could not be found out.
    Warning,
    /// It does not work.
    Missing,
    /// Not looked at, because something that it depends on is missing.
    Skipped,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// Of what: `projects/p` or `projects/p/locations/l`, with the service in front unless it is `clouddeploy`. `None`
    /// where there is only one.
    pub subject: Option<String>,
    /// How it stands.
    pub status: Status,
    /// What was seen.
    pub detail: String,
    /// What to do about it; `None` where there is nothing to do.
    pub remedy: Option<String>,
}

impl Finding {
    /// All well.
    pub(super) fn ok(check: Check, detail: impl Into<String>) -> Self {
        Self { check, subject: None, status: Status::Ok, detail: detail.into(), remedy: None }
    }

    /// Something to know.
    pub(super) fn warning(check: Check, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: Status::Warning, remedy: Some(remedy.into()), ..Self::ok(check, detail) }
    }

    /// Something to mend.
    pub(super) fn missing(check: Check, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: Status::Missing, remedy: Some(remedy.into()), ..Self::ok(check, detail) }
    }

    /// Not looked at, for want of that.
    pub(super) fn skipped(check: Check, for_want_of: Check) -> Self {
        Self { status: Status::Skipped, ..Self::ok(check, format!("not looked at: needs the {for_want_of}")) }
    }

    /// The same, of this.
    pub(super) fn of(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

/// What the findings come to. A command's exit code says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Nothing is missing.
    AllWell,
    /// A sweep would do some of its work.
    SomethingMissing,
    /// The settings, the policy or the credential cannot be used: no sweep can start.
    BadConfiguration,
    /// A sweep would read nothing.
    NothingRead,
}

/// What these findings come to.
#[must_use]
pub fn health(findings: &[Finding]) -> Health {
    let missing = |checks: &[Check]| {
        findings.iter().any(|finding| finding.status == Status::Missing && checks.contains(&finding.check))
    };
    let was_read = |finding: &Finding| {
        finding.check == Check::List && matches!(finding.status, Status::Ok | Status::Warning)
    };
    if missing(&[Check::Configuration, Check::Policy, Check::Credential]) {
        Health::BadConfiguration
    } else if !findings.iter().any(was_read) {
        Health::NothingRead
    } else if findings.iter().any(|finding| finding.status == Status::Missing) {
        Health::SomethingMissing
    } else {
        Health::AllWell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_sweep_counts_for_more_than_what_only_lessens_it() {
        let list = Finding::ok(Check::List, "");
        let missing = |check| Finding::missing(check, "", "");
        for (findings, want) in [
            (vec![list.clone()], Health::AllWell),
            (vec![list.clone(), Finding::warning(Check::Cancel, "", "")], Health::AllWell),
            (vec![list.clone(), missing(Check::Cancel)], Health::SomethingMissing),
            (vec![list.clone(), missing(Check::List)], Health::SomethingMissing),
            (vec![missing(Check::List), missing(Check::Cancel)], Health::NothingRead),
            (vec![missing(Check::Token), Finding::skipped(Check::List, Check::Token)], Health::NothingRead),
            (vec![missing(Check::Policy)], Health::BadConfiguration),
            (vec![missing(Check::Credential), missing(Check::Cancel)], Health::BadConfiguration),
        ] {
            assert_eq!(health(&findings), want, "{findings:?}");
        }
    }
}
