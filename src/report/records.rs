//! The records: what stands in the log, and what a run returns. Their keys are a contract.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::{Report, Sums};
use crate::follow_up::{FollowedUp, State};
use crate::judge::SparedBecause;
use crate::operation::{OperationName, ResourcePath, ServiceName};
use crate::plan::{Violator, Withheld};
use crate::policy::{Action, Closed, Mode};
use crate::replay::{OPERATIONS_RETURNED, Recording};
use crate::service::{CancelAnswer, CancelReply};
use crate::snapshot::{Gap, GapReason};

/// How many gaps stand in one sweep record. Each has a line of its own; a log event holds 256 KB.
pub const GAPS_IN_SWEEP_RECORD: usize = 100;

/// One operation that broke a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperationRecord {
    /// `operation`.
    pub event: &'static str,
    /// The run.
    pub sweep_id: String,
    /// The effective mode.
    pub mode: Mode,
    /// The Google service.
    pub service: ServiceName,
    /// The operation.
    pub operation: OperationName,
    /// What was being done.
    pub verb: Option<Arc<str>>,
    /// The resource it was done to.
    pub target: Option<Arc<str>>,
    /// When it was created, RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub created_at: DateTime<Utc>,
    /// Its age, in seconds.
    pub age_s: u64,
    /// The rule that it broke.
    pub rule: Arc<str>,
    /// What the rule wants done.
    pub action: Action,
    /// The limit that it exceeded, with the actual values.
    pub why: String,
    /// Why it was not cancelled; null when a cancel was tried.
    pub withheld: Option<Withheld>,
    /// Where a window withholds it: when that opens, RFC 3339. Null when it is more than five years off, and elsewhere.
    #[serde(serialize_with = "rfc3339_or_null")]
    pub opens_at: Option<DateTime<Utc>>,
    /// The answer to the cancel; null when none was sent.
    pub cancel: Option<CancelAnswer>,
    /// For an answer other than `accepted`: the `google.rpc.Code` name, or the HTTP status.
    pub cancel_code: Option<String>,
    /// How many cancel requests were sent.
    pub cancel_attempts: u32,
    /// What became of it, read back; null when it was not looked at again.
    pub state: Option<State>,
    /// How many times it was looked at.
    pub polls: u32,
    /// How long it was followed up, in milliseconds.
    pub follow_up_ms: u64,
    /// A sentence for people: why the cancel was not accepted, why it was withheld, why it could not be read.
    pub message: Option<String>,
}

impl OperationRecord {
    /// The record of an operation with which nothing has been done yet.
    #[must_use]
    pub fn untouched(violator: &Violator, sweep_id: &str, mode: Mode) -> Self {
        Self {
            event: "operation",
            sweep_id: sweep_id.to_owned(),
            mode,
            service: violator.service.clone(),
            operation: violator.operation.clone(),
            verb: violator.verb.clone(),
            target: violator.target.clone(),
            created_at: violator.created_at,
            age_s: violator.age_s,
            rule: violator.rule.clone(),
            action: violator.action,
            why: violator.why.clone(),
            withheld: violator.withheld,
            opens_at: violator.opens_at,
            cancel: None,
            cancel_code: None,
            cancel_attempts: 0,
            state: None,
            polls: 0,
            follow_up_ms: 0,
            message: violator.window.clone(),
        }
    }

    /// Notes that a window has closed since the plan was made.
    pub fn close(&mut self, closed: Closed) {
        self.withheld = Some(Withheld::Window);
        self.opens_at = closed.opens_at;
        self.message = Some(closed.why);
    }

    /// Notes the answer to the cancel.
    pub fn answer(&mut self, reply: CancelReply) {
        self.cancel = Some(reply.answer);
        self.cancel_code = reply.code;
        self.cancel_attempts = reply.attempts;
        self.message = reply.message;
    }

    /// Notes what became of the operation. What the cancel was answered is the more telling message.
    pub fn follow(&mut self, seen: FollowedUp) {
        self.state = Some(seen.state);
        self.polls = seen.polls;
        self.follow_up_ms = u64::try_from(seen.took.as_millis()).unwrap_or(u64::MAX);
        self.message = match (self.message.take(), seen.message) {
            (Some(cancel), Some(read)) => Some(format!("{cancel}; {read}")),
            (cancel, read) => cancel.or(read),
        };
    }
}

/// One gap.
#[derive(Debug, Clone, Serialize)]
pub struct GapRecord<'a> {
    /// `gap`.
    pub event: &'static str,
    /// The run.
    pub sweep_id: &'a str,
    /// The effective mode.
    pub mode: Mode,
    /// The Google service.
    pub service: &'a ServiceName,
    /// What could not be listed: `projects/p/locations/l/operations`, or `projects/p/locations`.
    pub path: &'a ResourcePath,
    /// The project; null where the path says none.
    pub project: Option<&'a str>,
    /// The location; null where the path says none, as that of a list of locations.
    pub location: Option<&'a str>,
    /// What kind of gap it is.
    pub reason: GapReason,
    /// A sentence for people.
    pub message: &'a str,
}

impl<'a> GapRecord<'a> {
    /// The record of a gap.
    #[must_use]
    pub fn new(gap: &'a Gap, sweep_id: &'a str, mode: Mode) -> Self {
        Self {
            event: "gap",
            sweep_id,
            mode,
            service: &gap.service,
            path: &gap.path,
            project: gap.path.project(),
            location: gap.path.location(),
            reason: gap.reason,
            message: &gap.message,
        }
    }
}

/// One sweep.
#[derive(Debug, Clone, Serialize)]
pub struct SweepRecord<'a> {
    event: &'static str,
    sweep_id: &'a str,
    mode: Mode,
    trigger: Option<&'a str>,
    policy_digest: Option<&'a str>,
    policy_source: Option<&'a str>,
    plan_digest: Option<&'a str>,
    #[serde(serialize_with = "rfc3339")]
    started_at: DateTime<Utc>,
    #[serde(serialize_with = "rfc3339_or_null")]
    now: Option<DateTime<Utc>>,
    duration_ms: u64,
    listing_ms: u64,
    complete: bool,
    collections: usize,
    gaps: &'a [Gap],
    gaps_omitted: usize,
    seen: usize,
    done: usize,
    spared: usize,
    violating: usize,
    withheld: BTreeMap<Withheld, usize>,
    limit: Option<&'a str>,
    attempted: usize,
    answers: BTreeMap<CancelAnswer, usize>,
    states: BTreeMap<State, usize>,
    followed_up: BTreeMap<State, usize>,
    outside_policy: &'a [String],
    accounting_mismatches: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spared_because: Option<&'a BTreeMap<SparedBecause, usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<&'a [OperationRecord]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations_omitted: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording_omitted: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<&'a Recording>,
}

impl Report {
    /// The sweep's log line: the sums alone.
    #[must_use]
    pub fn line(&self) -> SweepRecord<'_> {
        let Sums { violating, withheld, attempted, answers, states, followed_up } = self.sums();
        let (gaps, gaps_omitted) = cut(&self.gaps, GAPS_IN_SWEEP_RECORD);
        SweepRecord {
            event: "sweep",
            sweep_id: &self.sweep_id,
            mode: self.mode,
            trigger: self.trigger.as_deref(),
            policy_digest: self.policy_digest.as_deref(),
            policy_source: self.policy_source.as_deref(),
            plan_digest: self.plan_digest.as_deref(),
            started_at: self.started_at,
            now: self.now,
            duration_ms: self.duration_ms,
            listing_ms: self.listing_ms,
            complete: self.is_complete(),
            collections: self.collections,
            gaps,
            gaps_omitted,
            seen: self.seen,
            done: self.done,
            spared: self.spared,
            violating,
            withheld,
            limit: self.limit.as_deref(),
            attempted,
            answers,
            states,
            followed_up,
            outside_policy: &self.outside_policy,
            accounting_mismatches: self.mismatches(),
            spared_because: None,
            operations: None,
            operations_omitted: None,
            recording_omitted: None,
            recording: None,
        }
    }

    /// What a run returns: the sums, why operations were spared, and the operations that broke a rule, cut at
    /// [`OPERATIONS_RETURNED`]. The recording, if there is one.
    #[must_use]
    pub fn whole(&self) -> SweepRecord<'_> {
        let (operations, omitted) = cut(&self.operations, OPERATIONS_RETURNED);
        SweepRecord {
            spared_because: Some(&self.spared_because),
            operations: Some(operations),
            operations_omitted: Some(omitted),
            recording_omitted: self.recording_omitted,
            recording: self.recording.as_ref(),
            ..self.line()
        }
    }
}

fn cut<T>(all: &[T], at_most: usize) -> (&[T], usize) {
    let kept = all.get(..at_most).unwrap_or(all);
    (kept, all.len() - kept.len())
}

fn rfc3339_or_null<S: Serializer>(instant: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => rfc3339(instant, serializer),
        None => serializer.serialize_none(),
    }
}

fn rfc3339<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
