//! A plan as a file: written down, to be read and approved by people and then carried out as it stands.
//!
//! JSON with a version of its own, and a digest over all of the rest. The digest protects from accidents: a file that
//! was cut off, edited or merged is no plan any more. It is no signature: whoever can write the file can write a digest
//! that fits. What a forged plan could do is bound elsewhere, by the policy that is in force and by both keys.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{OperationKey, Plan, Violator, Withheld};
use crate::operation::{OperationName, ServiceName};
use crate::policy::duration::format as format_duration;
use crate::policy::{Action, sha256};
use crate::snapshot::Gap;

/// The form of the file that is written and read.
const VERSION: u32 = 1;

/// How many characters of a stranger's text an error quotes: a plan may have megabytes, a log line should not.
const QUOTED_CHARS: usize = 200;

/// Why a plan is not carried out. Nothing has been listed or sent then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefused {
    /// Not JSON, or not of this form.
    #[error("it is not a plan that `curfew plan` wrote: {0}")]
    Form(String),
    /// Another version of the form.
    #[error("it is a plan of version {0}, and this curfew carries out version {VERSION}: plan anew")]
    Version(u32),
    /// The digest does not fit the rest.
    #[error("its digest does not fit the rest of it: it was changed after it was made. Plan anew")]
    Digest,
    /// The digest fits what the file says, but its bytes are not those that were written.
    #[error(
        "it says what was planned, but not in the bytes that `curfew plan` wrote: white space, the order of keys or \
         the line ends were changed. Take the file as it was written, or plan anew"
    )]
    Bytes,
    /// An operation that stands in it more than once.
    #[error("it has {0} more than once")]
    Twice(String),
    /// The policy in force is another one.
    #[error("it was made under the policy {planned}, and {in_force} is in force: plan anew")]
    OtherPolicy {
        /// The digest of the policy that it was made under.
        planned: String,
        /// The digest of the policy in force.
        in_force: String,
    },
    /// It is too old.
    #[error(
        "it is {} old, and a plan may be {} old at most: plan anew, or allow more",
        format_duration(*age),
        format_duration(*max_age)
    )]
    TooOld {
        /// Since its snapshot.
        age: Duration,
        /// The most that is allowed.
        max_age: Duration,
    },
    /// Its snapshot lies in the future.
    #[error(
        "its snapshot lies {} in the future: the clock that made it or this one is wrong",
        format_duration(*ahead)
    )]
    FromFuture {
        /// By how much.
        ahead: Duration,
    },
    /// An operation that lies where the policy does not reach.
    #[error("it has {0}, which lies outside of the policy's scopes")]
    OutsidePolicy(String),
}

/// A plan that was written down. It is never changed: its digest speaks for all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    curfew_plan: u32,
    /// The digest of the policy that it was made under.
    pub policy_digest: String,
    /// Where that policy came from.
    pub policy_source: String,
    /// The instant of the snapshot that was judged.
    pub snapshot_at: DateTime<Utc>,
    /// How many operations were seen.
    pub seen: usize,
    /// How many of them had ended.
    pub done: usize,
    /// How many ran and might go on.
    pub spared: usize,
    /// How the limits bear on the plan, when they withhold something.
    pub limit: Option<String>,
    /// What could not be read: whatever lies there is not in the plan.
    pub gaps: Vec<Gap>,
    /// Every operation that breaks a rule, in the order of the plan.
    pub operations: Vec<PlannedOperation>,
    /// Left out where it is taken: empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    digest: String,
}

/// An operation that breaks a rule, as it was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedOperation {
    /// The service.
    pub service: ServiceName,
    /// The operation.
    pub operation: OperationName,
    /// When it was created: a new operation of the same name is another one.
    pub created_at: DateTime<Utc>,
    /// What is being done.
    pub verb: Option<Arc<str>>,
    /// The resource it is done to.
    pub target: Option<Arc<str>>,
    /// The rule that it breaks.
    pub rule: Arc<str>,
    /// What the rule wants done.
    pub action: Action,
    /// The limit that it exceeds, with the values of then.
    pub why: String,
    /// Why it is not to be cancelled, if it is not.
    pub withheld: Option<Withheld>,
    /// When a window that keeps it from being cancelled opens. Left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<DateTime<Utc>>,
    /// Which windows keep it from being cancelled, and when they open, in words. Left out where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

/// The version alone, whatever else there is.
#[derive(Deserialize)]
struct Version {
    curfew_plan: u32,
}

impl PlanFile {
    /// Writes a plan down, with what could not be read for it and where its policy came from.
    #[must_use]
    pub fn new(plan: &Plan, gaps: &[Gap], policy_source: &str) -> Self {
        let mut file = Self {
            curfew_plan: VERSION,
            policy_digest: plan.policy_digest.clone(),
            policy_source: policy_source.to_owned(),
            snapshot_at: plan.now,
            seen: plan.seen,
            done: plan.done,
            spared: plan.spared,
            limit: plan.limit.clone(),
            gaps: gaps.to_vec(),
            operations: plan.violating.iter().map(PlannedOperation::from).collect(),
            digest: String::new(),
        };
        file.digest = file.digest_of_the_rest();
        file
    }

    /// The text of the file, without the line break at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them: it always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads a file. It must be, byte for byte, what is written for its content, with one line break at its end.
    ///
    /// # Errors
    /// When it is not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PlanRefused> {
        let Version { curfew_plan } = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
        let file =
            Self::checked(curfew_plan, || serde_json::from_slice(bytes).map_err(|error| malformed(&error)))?;
        if bytes.strip_suffix(b"\n") != Some(file.to_json().as_bytes()) {
            return Err(PlanRefused::Bytes);
        }
        Ok(file)
    }

    /// Reads a plan from a value, whose white space and order of keys are lost: an invocation is handed on so.
    ///
    /// # Errors
    /// When the values are not those that were written.
    pub fn from_value(value: &Value) -> Result<Self, PlanRefused> {
        let Version { curfew_plan } = Version::deserialize(value).map_err(|error| malformed(&error))?;
        Self::checked(curfew_plan, || Self::deserialize(value).map_err(|error| malformed(&error)))
    }

    /// `sha256:` and the hex digest: the name of this plan.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The operations that it would cancel, in order.
    pub fn to_cancel(&self) -> impl Iterator<Item = &PlannedOperation> {
        self.operations.iter().filter(|planned| planned.withheld.is_none())
    }

    fn checked(version: u32, read: impl FnOnce() -> Result<Self, PlanRefused>) -> Result<Self, PlanRefused> {
        if version != VERSION {
            return Err(PlanRefused::Version(version));
        }
        let file = read()?;
        if file.digest != file.digest_of_the_rest() {
            return Err(PlanRefused::Digest);
        }
        let mut known = HashSet::new();
        match file.operations.iter().find(|planned| !known.insert(planned.key())) {
            Some(twice) => Err(PlanRefused::Twice(twice.name())),
            None => Ok(file),
        }
    }

    /// Over the rest in its canonical form: compact JSON, the keys in the order of the file.
    fn digest_of_the_rest(&self) -> String {
        let rest = Self { digest: String::new(), ..self.clone() };
        // It always serialises, as above.
        let canonical = serde_json::to_vec(&rest).unwrap_or_default();
        sha256(&canonical)
    }
}

impl PlannedOperation {
    /// What no other operation of a plan has.
    pub(super) fn key(&self) -> OperationKey<'_> {
        (&self.service, &self.operation)
    }

    /// Its service and its name, for people.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.service, self.operation)
    }
}

impl From<&Violator> for PlannedOperation {
    fn from(violator: &Violator) -> Self {
        Self {
            service: violator.service.clone(),
            operation: violator.operation.clone(),
            created_at: violator.created_at,
            verb: violator.verb.clone(),
            target: violator.target.clone(),
            rule: violator.rule.clone(),
            action: violator.action,
            why: violator.why.clone(),
            withheld: violator.withheld,
            opens_at: violator.opens_at,
            window: violator.window.clone(),
        }
    }
}

fn malformed(error: &impl Display) -> PlanRefused {
    PlanRefused::Form(quoted(&error.to_string()))
}

/// The beginning of a text that came from outside, with control characters escaped: it ends up in a log.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARS).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::request::Narrow;
    use crate::testing::{gap, policy, running, snapshot_with_gaps};

    fn file() -> PlanFile {
        let policy = policy("rules: [{ name: old, max_age: 1h }]\nlimits: { max_cancellations: 1 }");
        let snapshot = snapshot_with_gaps(
            vec![running("a", 120), running("b", 90), running("c", 1)],
            vec![gap(Some("m"))],
        );
        PlanFile::new(&plan(&snapshot, &policy, &Narrow::default()).plan, &snapshot.gaps, "file:policy.yaml")
    }

    fn written() -> Vec<u8> {
        format!("{}\n", file().to_json()).into_bytes()
    }

    #[test]
    fn what_was_written_is_what_is_read_back() {
        assert_eq!(PlanFile::from_bytes(&written()), Ok(file()));
        let value: Value = serde_json::from_slice(&written()).unwrap();
        assert_eq!(PlanFile::from_value(&value), Ok(file()));
        assert_eq!(file().to_cancel().count(), 1);
    }

    #[test]
    fn a_file_in_other_bytes_is_refused_and_a_value_is_not() {
        let value: Value = serde_json::from_slice(&written()).unwrap();
        let text = String::from_utf8(written()).unwrap();
        for other in [value.to_string(), file().to_json(), text.replace('\n', "\r\n"), format!("{text}\n")] {
            assert_eq!(PlanFile::from_bytes(other.as_bytes()), Err(PlanRefused::Bytes), "{other}");
        }
    }

    #[test]
    fn a_file_of_another_version_says_so_whatever_else_is_in_it() {
        for other in [r#"{"curfew_plan": 2, "steps": []}"#, r#"{"curfew_plan": 0}"#] {
            let refused = PlanFile::from_bytes(other.as_bytes()).unwrap_err();
            assert!(matches!(refused, PlanRefused::Version(_)), "{refused}");
        }
    }

    #[test]
    fn a_key_that_is_unknown_missing_or_given_twice_is_refused() {
        let text = String::from_utf8(written()).unwrap();
        for (from, to) in [
            ("  \"seen\": 3,\n", "  \"seen\": 3,\n  \"note\": 1,\n"),
            ("  \"seen\": 3,\n", ""),
            ("  \"seen\": 3,\n", "  \"seen\": 3,\n  \"seen\": 3,\n"),
            ("      \"action\": \"cancel\",\n", "      \"action\": \"cancel\",\n      \"note\": 1,\n"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            let refused = PlanFile::from_bytes(other.as_bytes()).unwrap_err();
            assert!(matches!(refused, PlanRefused::Form(_)), "{refused}");
        }
    }

    #[test]
    fn an_operation_that_stands_in_it_twice_is_refused_though_the_digest_fits() {
        let mut twice = file();
        twice.operations.push(twice.operations[0].clone());
        twice.digest = twice.digest_of_the_rest();
        let refused = PlanFile::from_bytes(format!("{}\n", twice.to_json()).as_bytes()).unwrap_err();
        let want = "it has clouddeploy projects/p/locations/l/operations/a more than once";
        assert_eq!(refused.to_string(), want);
    }

    #[test]
    fn a_strangers_text_is_quoted_short_and_on_one_line() {
        let hostile = format!("{{\"curfew_plan\": 1, \"{}\": 1}}", "\\n".repeat(100_000));
        let refused = PlanFile::from_bytes(hostile.as_bytes()).unwrap_err().to_string();
        assert!(refused.len() < 600 && !refused.contains('\n'), "{} bytes", refused.len());
    }
}
