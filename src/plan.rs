//! A snapshot against the policy: a verdict for every operation, and what is to be done.
//!
//! Pure. The plan is plain, sorted, serialisable data, and it does not know the mode: for the same snapshot it is
//! the same bytes in audit and in enforce. Whoever carries it out applies the mode, at the last line before the
//! wire.
//!
//! Here are the rules that need the whole snapshot: groups (`max_running`), the windows at its instant, and the limits of
//! one sweep. A plan can be written down, approved, and carried out later: `file` is its form, `approved` what is left of
//! it by then.

mod approved;
mod file;
mod groups;
mod limits;
mod windows;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::judge::{Judgement, Spared, SparedBecause, Verdict, Violation, judge};
use crate::operation::{Operation, OperationName, ServiceName};
use crate::policy::{Action, Policy};
use crate::request::Narrow;
use crate::snapshot::Snapshot;

pub use approved::{Approval, Chosen, DEFAULT_MAX_AGE};
pub use file::{PlanFile, PlanRefused, PlannedOperation};
pub use limits::{SweepLimit, tighter};

/// A snapshot, judged.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// One verdict for each of the snapshot's operations, in their order.
    pub verdicts: Vec<Verdict>,
    /// What is to be done.
    pub plan: Plan,
}

/// What is to be done, and what is left alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The digest of the policy that was applied.
    pub policy_digest: String,
    /// The instant against which ages were taken.
    pub now: DateTime<Utc>,
    /// How many operations were seen: `done + spared + violating`.
    pub seen: usize,
    /// How many of them have ended.
    pub done: usize,
    /// How many run and may go on.
    pub spared: usize,
    /// How many were spared for each reason; they add up to `spared`.
    pub spared_because: BTreeMap<SparedBecause, usize>,
    /// How the limits bear on this plan, in a sentence, when they withhold something.
    pub limit: Option<String>,
    /// Every operation that breaks a rule, the oldest first.
    pub violating: Vec<Violator>,
}

/// What tells operations apart: a name is only unique within its service.
pub type OperationKey<'a> = (&'a ServiceName, &'a OperationName);

impl Plan {
    /// The operations that break a rule, to be found by what they are.
    #[must_use]
    pub fn violators(&self) -> HashMap<OperationKey<'_>, &Violator> {
        self.violating.iter().map(|violator| (violator.key(), violator)).collect()
    }
}

/// An operation that breaks a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violator {
    /// The service.
    pub service: ServiceName,
    /// The operation.
    pub operation: OperationName,
    /// What is being done.
    pub verb: Option<Arc<str>>,
    /// The resource it is done to.
    pub target: Option<Arc<str>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Its age, in whole seconds.
    pub age_s: u64,
    /// The rule that it breaks.
    pub rule: Arc<str>,
    /// What the rule wants done.
    pub action: Action,
    /// The limit that it exceeds, with the actual values.
    pub why: String,
    /// Why it is not to be cancelled, if it is not.
    pub withheld: Option<Withheld>,
    /// When a window that keeps it from being cancelled opens; `None` also when that is more than five years off.
    pub opens_at: Option<DateTime<Utc>>,
    /// Which windows keep it from being cancelled, in words.
    pub window: Option<String>,
}

impl Violator {
    /// The operation that it is.
    #[must_use]
    pub fn key(&self) -> OperationKey<'_> {
        (&self.service, &self.operation)
    }
}

/// Why an operation that breaks a rule is not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// The run is an audit. Never in a plan: the mode is applied when it is carried out.
    Audit,
    /// The kill switch is on. Never in a plan.
    Off,
    /// The rule only reports.
    ReportOnly,
    /// A window of the policy or of its rule: it is frozen, or not active.
    Window,
    /// The limits of one sweep are used up.
    Limit,
    /// The time was over before its turn came. Never in a plan.
    Deadline,
    /// Its cancellation has been requested before: it is followed up, not cancelled again.
    AlreadyRequested,
    /// An approved plan would have cancelled it, and it is not any more what was approved. Never in a plan.
    Changed,
}

impl Withheld {
    /// Every reason.
    pub const ALL: [Withheld; 8] = [
        Withheld::Audit,
        Withheld::Off,
        Withheld::ReportOnly,
        Withheld::Window,
        Withheld::Limit,
        Withheld::Deadline,
        Withheld::AlreadyRequested,
        Withheld::Changed,
    ];

    /// Whether a plan gives it. The others are given when a plan is carried out.
    #[must_use]
    pub fn is_planned(self) -> bool {
        match self {
            Withheld::Audit | Withheld::Off | Withheld::Deadline | Withheld::Changed => false,
            Withheld::ReportOnly | Withheld::Window | Withheld::Limit | Withheld::AlreadyRequested => true,
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Withheld::Audit => "audit",
            Withheld::Off => "off",
            Withheld::ReportOnly => "report_only",
            Withheld::Window => "window",
            Withheld::Limit => "limit",
            Withheld::Deadline => "deadline",
            Withheld::AlreadyRequested => "already_requested",
            Withheld::Changed => "changed",
        })
    }
}

/// Judges every operation of a snapshot and plans what is to be done with those that `narrow` leaves in.
#[must_use]
pub fn plan(snapshot: &Snapshot, policy: &Policy, narrow: &Narrow) -> Assessment {
    let judgements: Vec<Judgement> =
        snapshot.operations.iter().map(|operation| judge(operation, policy, snapshot.now)).collect();
    decide(snapshot, policy, narrow, groups::settle(snapshot, policy, judgements))
}

/// Plans by verdicts that there are already.
fn decide(snapshot: &Snapshot, policy: &Policy, narrow: &Narrow, mut verdicts: Vec<Verdict>) -> Assessment {
    let mut counts = Counts::default();
    let mut violating = Vec::new();
    let mut left_out = 0;
    for (operation, verdict) in snapshot.operations.iter().zip(&mut verdicts) {
        if let Verdict::Violates(violation) = verdict
            && !narrow.covers_operation(&operation.service, &operation.name)
        {
            left_out += usize::from(withheld(operation, violation.action).is_none());
            *verdict = Verdict::Spared(Spared::OutsideRequest { rule: violation.rule.clone() });
        }
        match verdict {
            Verdict::Ended => counts.done += 1,
            Verdict::Spared(spared) => counts.spare(spared.because()),
            Verdict::Violates(violation) => violating.push(violator(operation, violation)),
        }
    }
    violating.sort_by(|a, b| {
        (a.created_at, &a.service, &a.operation).cmp(&(b.created_at, &b.service, &b.operation))
    });
    windows::apply(&mut violating, policy, snapshot.now);
    let limit = limits::apply(&mut violating, left_out, &policy.limits, snapshot.running());
    let plan = Plan {
        policy_digest: policy.digest.clone(),
        now: snapshot.now,
        seen: snapshot.operations.len(),
        done: counts.done,
        spared: counts.spared,
        spared_because: counts.because,
        limit,
        violating,
    };
    Assessment { verdicts, plan }
}

#[derive(Default)]
struct Counts {
    done: usize,
    spared: usize,
    because: BTreeMap<SparedBecause, usize>,
}

impl Counts {
    fn spare(&mut self, because: SparedBecause) {
        self.spared += 1;
        *self.because.entry(because).or_default() += 1;
    }
}

/// Why an operation that breaks a rule would not be cancelled, whatever the windows and the limits say.
fn withheld(operation: &Operation, action: Action) -> Option<Withheld> {
    match action {
        Action::Report => Some(Withheld::ReportOnly),
        Action::Cancel if operation.cancellation_requested == Some(true) => Some(Withheld::AlreadyRequested),
        Action::Cancel => None,
    }
}

fn violator(operation: &Operation, violation: &Violation) -> Violator {
    Violator {
        service: operation.service.clone(),
        operation: operation.name.clone(),
        verb: operation.verb.clone(),
        target: operation.target.clone(),
        created_at: violation.created_at,
        age_s: violation.age.as_secs(),
        rule: violation.rule.clone(),
        action: violation.action,
        why: violation.why.to_string(),
        withheld: withheld(operation, violation.action),
        opens_at: None,
        window: None,
    }
}
