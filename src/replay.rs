//! Deciding again what a report says was decided.
//!
//! A report can carry a [`Recording`]: what was read, how far the run was narrowed, and every decision. All of it is
//! plain data, and deciding is pure, so the same policy decides the same again, byte for byte, wherever that is done.
//! What was decided and not what came of it: answers and states are the service's.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::operation::{OperationName, ServiceName};
use crate::plan::{Assessment, Plan, Violator, Withheld, plan};
use crate::policy::Policy;
use crate::request::Narrow;
use crate::snapshot::{Snapshot, SnapshotFileError};

/// How many operations a report lists at most: a Lambda response holds 6 MB, and a thousand records are about one.
pub const OPERATIONS_RETURNED: usize = 1_000;

/// What a report carries so that its decisions can be made again.
#[derive(Debug, Clone, Serialize)]
pub struct Recording {
    /// The curfew that decided.
    curfew_version: &'static str,
    /// What the run was narrowed to.
    narrow: Narrow,
    /// What was read.
    snapshot: Snapshot,
    /// What was decided.
    decisions: Value,
}

impl Recording {
    /// Records what was decided. `None` if it cannot be written, which plain data always can.
    #[must_use]
    pub fn new(snapshot: &Snapshot, narrow: &Narrow, assessment: &Assessment) -> Option<Self> {
        let decisions = serde_json::to_value(Decisions::of(snapshot, assessment)).ok()?;
        Some(Self {
            curfew_version: env!("CARGO_PKG_VERSION"),
            narrow: narrow.clone(),
            snapshot: snapshot.clone(),
            decisions,
        })
    }
}

/// Every decision of a run.
#[derive(Serialize)]
struct Decisions<'a> {
    plan: &'a Plan,
    verdicts: Vec<Decided<'a>>,
}

#[derive(Serialize)]
struct Decided<'a> {
    service: &'a ServiceName,
    operation: &'a OperationName,
    verdict: String,
}

impl<'a> Decisions<'a> {
    fn of(snapshot: &'a Snapshot, assessment: &'a Assessment) -> Self {
        let verdicts = snapshot.operations.iter().zip(&assessment.verdicts);
        let verdicts = verdicts.map(|(operation, verdict)| Decided {
            service: &operation.service,
            operation: &operation.name,
            verdict: verdict.to_string(),
        });
        Self { plan: &assessment.plan, verdicts: verdicts.collect() }
    }
}

/// Why a report cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is no report.
    #[error("it is not a report of a sweep as `curfew sweep --format json` prints it")]
    NotAReport(#[source] serde_json::Error),
    /// The sweep was not asked to record.
    #[error(
        "it carries no recording: the sweep must be asked for one, with `curfew sweep --record` or {{\"sweep\": {{\"record\": true}}}}"
    )]
    NothingRecorded,
    /// Its snapshot is none.
    #[error("its snapshot cannot be used")]
    Snapshot(#[from] SnapshotFileError),
    /// It was made under another policy.
    #[error(
        "it was made under the policy {recorded}, and this one is {given}: name the one that it was made under"
    )]
    OtherPolicy {
        /// The digest in the report.
        recorded: String,
        /// The digest of the policy that was given.
        given: String,
    },
}

/// What a replay found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// How many operations were decided about.
    pub decisions: usize,
    /// How many bytes were compared, both sides without white space and with sorted keys.
    pub bytes: usize,
    /// The curfew that had decided.
    pub recorded_by: String,
    /// What is not equal. Empty: everything is.
    pub differences: Vec<Difference>,
}

/// Something that was decided differently.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Of what: an operation, or a part of the report.
    pub of: String,
    /// As the report has it.
    pub recorded: String,
    /// As it is decided now.
    pub replayed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  recorded: {}\n  replayed: {}", self.of, self.recorded, self.replayed)
    }
}

#[derive(Deserialize)]
struct RecordedReport<'a> {
    policy_digest: Option<String>,
    #[serde(default, borrow)]
    recording: Option<RecordedDecisions<'a>>,
    seen: usize,
    done: usize,
    spared: usize,
    violating: usize,
    now: Option<DateTime<Utc>>,
    limit: Option<String>,
    spared_because: BTreeMap<String, usize>,
    operations: Vec<RecordedOperation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedDecisions<'a> {
    curfew_version: String,
    narrow: Narrow,
    #[serde(borrow)]
    snapshot: &'a RawValue,
    /// Parsed, for only then are they the same bytes after a tool has indented the report.
    decisions: Value,
}

/// What the report says of an operation that broke a rule, as far as it was decided and not found out later.
#[derive(Deserialize)]
struct RecordedOperation {
    service: ServiceName,
    operation: OperationName,
    rule: String,
    why: String,
    withheld: Option<Withheld>,
    opens_at: Option<DateTime<Utc>>,
}

/// Decides again what a report says was decided, and compares.
///
/// # Errors
/// When there is nothing to compare: no report, no recording, another policy.
pub fn replay(report: &[u8], policy: &Policy) -> Result<Replayed, ReplayError> {
    let report: RecordedReport<'_> = serde_json::from_slice(report).map_err(ReplayError::NotAReport)?;
    let recording = report.recording.ok_or(ReplayError::NothingRecorded)?;
    let recorded_digest = report.policy_digest.unwrap_or_default();
    if recorded_digest != policy.digest {
        let given = policy.digest.clone();
        return Err(ReplayError::OtherPolicy { recorded: recorded_digest, given });
    }
    let snapshot = Snapshot::from_json(recording.snapshot.get().as_bytes())?;
    let assessment = plan(&snapshot, policy, &recording.narrow);
    let again =
        serde_json::to_value(Decisions::of(&snapshot, &assessment)).map_err(ReplayError::NotAReport)?;

    let (recorded, replayed) = (recording.decisions.to_string(), again.to_string());
    let mut differences = Vec::new();
    if recorded != replayed {
        differences.push(first_difference(&recorded, &replayed));
    }
    let Plan { now, limit, spared_because, seen, done, spared, violating, .. } = &assessment.plan;
    let sums = [
        ("seen", report.seen, *seen),
        ("done", report.done, *done),
        ("spared", report.spared, *spared),
        ("violating", report.violating, violating.len()),
    ];
    differences.extend(sums.into_iter().filter(|(_, recorded, replayed)| recorded != replayed).map(
        |(key, recorded, replayed)| Difference {
            of: format!("the sum `{key}`"),
            recorded: recorded.to_string(),
            replayed: replayed.to_string(),
        },
    ));
    let spared_because: BTreeMap<String, usize> =
        spared_because.iter().map(|(because, number)| (because.to_string(), *number)).collect();
    let told = |limit: &Option<String>| limit.clone().unwrap_or_else(|| "none".to_owned());
    let parts = [
        ("`now`", report.now.map_or("none".to_owned(), |now| format!("{now:?}")), format!("{now:?}")),
        ("`limit`", told(&report.limit), told(limit)),
        ("`spared_because`", format!("{:?}", report.spared_because), format!("{spared_because:?}")),
    ];
    differences.extend(
        parts
            .into_iter()
            .filter(|(_, recorded, replayed)| recorded != replayed)
            .map(|(of, recorded, replayed)| Difference { of: of.to_owned(), recorded, replayed }),
    );
    differences.extend(carried_out_otherwise(&report.operations, violating));
    Ok(Replayed {
        decisions: assessment.verdicts.len(),
        bytes: replayed.len(),
        recorded_by: recording.curfew_version,
        differences,
    })
}

/// How many bytes around a difference are shown.
const SHOWN: usize = 80;

fn first_difference(recorded: &str, replayed: &str) -> Difference {
    let at = recorded.bytes().zip(replayed.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let (from, to) = (at.saturating_sub(SHOWN), (at + SHOWN).min(text.len()));
        String::from_utf8_lossy(text.as_bytes().get(from..to).unwrap_or_default()).into_owned()
    };
    Difference {
        of: format!("the decisions, from byte {at} on"),
        recorded: around(recorded),
        replayed: around(replayed),
    }
}

/// The report's own list of operations against the plan. The mode, the deadline and a window that has closed since are
/// no decisions of the plan: they come in when it is carried out. A long list is cut at its end.
fn carried_out_otherwise(operations: &[RecordedOperation], violating: &[Violator]) -> Vec<Difference> {
    let expected = violating.len().min(OPERATIONS_RETURNED);
    let number = (operations.len() != expected).then(|| Difference {
        of: "the number of operations that are listed".to_owned(),
        recorded: operations.len().to_string(),
        replayed: expected.to_string(),
    });
    let pairs = operations.iter().zip(violating);
    let otherwise = pairs.filter_map(|(recorded, planned)| {
        let (withheld, opens_at) = match recorded.withheld {
            Some(Withheld::Audit | Withheld::Off | Withheld::Deadline) => (None, recorded.opens_at),
            Some(Withheld::Window) if planned.withheld.is_none() => (None, None),
            other => (other, recorded.opens_at),
        };
        let line =
            |service, operation, rule, why, withheld: Option<Withheld>, opens_at: Option<DateTime<Utc>>| {
                let withheld = withheld.map_or("cancel".to_owned(), |why| why.to_string());
                let opens = opens_at.map(|at| format!(", opens at {at:?}")).unwrap_or_default();
                format!("{service} {operation}: {rule}: {why}: {withheld}{opens}")
            };
        let RecordedOperation { service, operation, rule, why, .. } = recorded;
        let recorded = line(service, operation, &**rule, why, withheld, opens_at);
        let Violator { service: of, operation: name, rule, why, withheld, opens_at, .. } = planned;
        let replayed = line(of, name, &**rule, why, *withheld, *opens_at);
        (recorded != replayed).then(|| Difference { of: operation.to_string(), recorded, replayed })
    });
    number.into_iter().chain(otherwise).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::judge::Verdict;
    use crate::policy::Mode;
    use crate::report::{OperationRecord, Report};
    use crate::testing::{ended, now, policy, running, snapshot};

    const POLICY: &str = "rules: [{ name: old, max_age: 1h }]\nlimits: { max_cancellations: 1 }";

    /// The report of an audit, as it is printed.
    fn report(policy: &Policy) -> Value {
        let snapshot = snapshot(vec![running("a", 30), running("b", 90), running("c", 200), ended("d", 500)]);
        let assessment = plan(&snapshot, policy, &Narrow::default());
        let mut operations: Vec<OperationRecord> = assessment
            .plan
            .violating
            .iter()
            .map(|violator| OperationRecord::untouched(violator, "id", Mode::Audit))
            .collect();
        operations[0].withheld = Some(Withheld::Audit);
        let report = Report {
            policy_digest: Some(policy.digest.clone()),
            now: Some(now()),
            seen: 4,
            done: 1,
            spared: 1,
            spared_because: assessment.plan.spared_because.clone(),
            limit: assessment.plan.limit.clone(),
            operations,
            recording: Recording::new(&snapshot, &Narrow::default(), &assessment),
            ..Report::default()
        };
        assert!(matches!(assessment.verdicts[1], Verdict::Violates(_)));
        serde_json::from_str(&serde_json::to_string_pretty(&report.whole()).unwrap()).unwrap()
    }

    fn differences(report: &Value, policy: &Policy) -> Vec<String> {
        let text = serde_json::to_string(report).unwrap();
        let differences = replay(text.as_bytes(), policy).unwrap().differences.into_iter();
        differences.map(|difference| difference.of).collect()
    }

    #[test]
    fn what_was_decided_is_decided_again_byte_for_byte() {
        let policy = policy(POLICY);
        let text = serde_json::to_string_pretty(&{
            let snapshot = snapshot(vec![running("b", 90), running("c", 200)]);
            let assessment = plan(&snapshot, &policy, &Narrow::default());
            Recording::new(&snapshot, &Narrow::default(), &assessment).unwrap()
        });
        assert!(text.unwrap().contains("rule old: age 3h 20m exceeds max_age 1h"));
        assert_eq!(differences(&report(&policy), &policy), Vec::<String>::new());
    }

    #[test]
    fn anything_that_was_changed_afterwards_is_found() {
        let policy = policy(POLICY);
        let whole = report(&policy);
        let change = |pointer: &str, value: Value| {
            let mut changed = whole.clone();
            *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
            differences(&changed, &policy)
        };
        assert_eq!(change("/seen", json!(5)), ["the sum `seen`"]);
        assert_eq!(change("/operations/0/withheld", json!("limit")).len(), 1);
        assert_eq!(change("/operations/1/withheld", json!(null)).len(), 1);
        assert_eq!(change("/operations/1/why", json!("age 9h exceeds max_age 1h")).len(), 1);
        assert_eq!(change("/operations/1/opens_at", json!("2026-11-24T13:00:00Z")).len(), 1);
        assert_eq!(change("/operations", json!([])), ["the number of operations that are listed"]);
        assert_eq!(change("/now", json!("2026-11-24T12:00:01Z")), ["`now`"]);
        assert_eq!(change("/limit", json!(null)), ["`limit`"]);
        assert_eq!(change("/spared_because", json!({ "protected": 1 })), ["`spared_because`"]);
        let later = change("/recording/snapshot/now", json!("2026-11-24T12:00:01Z"));
        assert!(later[0].starts_with("the decisions, from byte "), "{later:?}");
    }

    #[test]
    fn a_window_that_closed_between_the_plan_and_its_cancel_is_no_difference() {
        let policy = policy(POLICY);
        let mut report = report(&policy);
        report["operations"][0]["withheld"] = json!("window");
        report["operations"][0]["opens_at"] = json!("2026-11-24T18:00:00Z");
        assert_eq!(differences(&report, &policy), Vec::<String>::new());
        // What the plan withheld for another reason was never to be sent.
        report["operations"][1]["withheld"] = json!("window");
        assert_eq!(differences(&report, &policy).len(), 1);
    }

    #[test]
    fn a_report_of_another_policy_is_refused() {
        let error = replay(
            report(&policy(POLICY)).to_string().as_bytes(),
            &policy("rules: [{ name: r, max_age: 2h }]"),
        );
        assert!(matches!(error, Err(ReplayError::OtherPolicy { .. })), "{error:?}");
    }

    #[test]
    fn what_carries_no_recording_says_how_to_get_one() {
        let policy = policy(POLICY);
        let mut bare = report(&policy);
        bare.as_object_mut().unwrap().remove("recording");
        let error = replay(bare.to_string().as_bytes(), &policy).unwrap_err();
        assert!(error.to_string().contains("curfew sweep --record"), "{error}");
        for text in ["", "[]", "{}"] {
            assert!(matches!(replay(text.as_bytes(), &policy), Err(ReplayError::NotAReport(_))), "{text}");
        }
    }
}
