//! What was done and what became of it: the last of the four values, and what is written down of it.
//!
//! A [`Report`] is made from a plan and the outcome of each of its operations. Its sums are counted from the
//! outcomes, apart from the plan's own numbers, and [`Report::mismatches`] checks that they add up: a report that
//! does not is a bug of curfew's that must be heard of.
//!
//! The records are flat JSON objects, one line each: one per operation that broke a rule, one per gap, one per
//! sweep. They hold no token, no secret and no raw response body.

mod accounting;
mod records;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::follow_up::State;
use crate::judge::SparedBecause;
use crate::plan::Withheld;
use crate::policy::Mode;
use crate::replay::Recording;
use crate::service::CancelAnswer;
use crate::snapshot::Gap;

pub use crate::replay::OPERATIONS_RETURNED;
pub use records::{GAPS_IN_SWEEP_RECORD, GapRecord, OperationRecord, SweepRecord};

/// A whole run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The run's id; it stands in every record.
    pub sweep_id: String,
    /// The effective mode.
    pub mode: Mode,
    /// The policy's digest; `None` when no policy was looked at.
    pub policy_digest: Option<String>,
    /// Where the policy came from; `None` when no policy was looked at.
    pub policy_source: Option<String>,
    /// The digest of the approved plan that was carried out; `None` in a sweep.
    pub plan_digest: Option<String>,
    /// What woke the run; `None` when it could not be told.
    pub trigger: Option<String>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// The instant against which ages were taken; `None` when nothing was read.
    pub now: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How long the reading took, in milliseconds.
    pub listing_ms: u64,
    /// How many collections were to be read.
    pub collections: usize,
    /// How many pages of operations were read.
    pub pages: usize,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// How many operations were seen.
    pub seen: usize,
    /// How many of them have ended.
    pub done: usize,
    /// How many run and may go on.
    pub spared: usize,
    /// The same by reason.
    pub spared_because: BTreeMap<SparedBecause, usize>,
    /// How the limits bear on this run, when they withhold something.
    pub limit: Option<String>,
    /// Scopes and operations that the request named and that lie outside of the policy: they were not looked at.
    pub outside_policy: Vec<String>,
    /// Every operation that broke a rule, the oldest first.
    pub operations: Vec<OperationRecord>,
    /// What was read and decided, when the run was asked to record it.
    pub recording: Option<Recording>,
    /// How many bytes the report would have had with its recording, where that was too many to be answered.
    pub recording_omitted: Option<usize>,
}

/// The sums over the operations that broke a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many broke a rule.
    pub violating: usize,
    /// How many were withheld, by reason.
    pub withheld: BTreeMap<Withheld, usize>,
    /// For how many a cancel was tried.
    pub attempted: usize,
    /// The answers to the cancels.
    pub answers: BTreeMap<CancelAnswer, usize>,
    /// What became of those operations.
    pub states: BTreeMap<State, usize>,
    /// What became of the operations whose cancellation had been requested before.
    pub followed_up: BTreeMap<State, usize>,
}

/// How a run went, for whoever must decide whether to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All well.
    AllWell,
    /// An operation that was to be cancelled has no verified `cancelled`, a collection could not be read, or the
    /// sums are wrong.
    NeedsAttention,
    /// Nothing could be read.
    NothingRead,
}

impl Report {
    /// Counts the sums from the operations' records.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = Sums { violating: self.operations.len(), ..Sums::default() };
        for record in &self.operations {
            match record.withheld {
                Some(withheld) => {
                    *sums.withheld.entry(withheld).or_default() += 1;
                    if let Some(state) = record.state {
                        *sums.followed_up.entry(state).or_default() += 1;
                    }
                }
                None => {
                    sums.attempted += 1;
                    if let Some(answer) = record.cancel {
                        *sums.answers.entry(answer).or_default() += 1;
                    }
                    if let Some(state) = record.state {
                        *sums.states.entry(state).or_default() += 1;
                    }
                }
            }
        }
        sums
    }

    /// Whether everything was read and everything that was to be done was tried: no gap, and nothing withheld for
    /// want of time.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
            && !self.operations.iter().any(|record| record.withheld == Some(Withheld::Deadline))
    }

    /// How the run went.
    #[must_use]
    pub fn standing(&self) -> Standing {
        if self.mode == Mode::Off {
            return Standing::AllWell;
        }
        if self.pages == 0 && !self.gaps.is_empty() {
            return Standing::NothingRead;
        }
        let uncancelled = self.operations.iter().any(|record| match record.withheld {
            // What changed by itself needs nobody. What could not be read again is a gap, and that counts below.
            Some(
                Withheld::Audit | Withheld::Off | Withheld::ReportOnly | Withheld::Window | Withheld::Changed,
            ) => false,
            Some(Withheld::Limit | Withheld::Deadline) => self.mode == Mode::Enforce,
            Some(Withheld::AlreadyRequested) => {
                self.mode == Mode::Enforce && record.state != Some(State::Cancelled)
            }
            None => record.state != Some(State::Cancelled),
        });
        if uncancelled || !self.gaps.is_empty() || !self.mismatches().is_empty() {
            Standing::NeedsAttention
        } else {
            Standing::AllWell
        }
    }
}

impl fmt::Display for Report {
    /// The sums in a few lines, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mode == Mode::Off {
            return write!(f, "nothing was read, nothing was sent");
        }
        let sums = self.sums();
        match &self.plan_digest {
            Some(digest) => write!(f, "plan {digest}: {} to be cancelled", sums.violating)?,
            None => {
                write!(f, "{} seen: {} ended, {} spared", self.seen, self.done, self.spared)?;
                if !self.spared_because.is_empty() {
                    write!(f, " ({})", listed(&self.spared_because))?;
                }
                write!(f, ", {} violating", sums.violating)?;
            }
        }
        if sums.violating > 0 {
            write!(f, "\n{} attempted", sums.attempted)?;
            if !sums.answers.is_empty() {
                write!(f, " ({})", listed(&sums.answers))?;
            }
            if !sums.states.is_empty() {
                write!(f, " → {}", listed(&sums.states))?;
            }
            if !sums.withheld.is_empty() {
                write!(f, "; withheld: {}", listed(&sums.withheld))?;
            }
            if !sums.followed_up.is_empty() {
                write!(f, "; followed up: {}", listed(&sums.followed_up))?;
            }
        }
        if let Some(limit) = &self.limit {
            write!(f, "\nlimit: {limit}")?;
        }
        for gap in &self.gaps {
            write!(f, "\ngap: {gap}")?;
        }
        for outside in &self.outside_policy {
            write!(f, "\noutside of the policy, not looked at: {outside}")?;
        }
        for mismatch in self.mismatches() {
            write!(f, "\nACCOUNTING MISMATCH (a bug in curfew, please report it): {mismatch}")?;
        }
        Ok(())
    }
}

/// `2 accepted, 1 denied`.
fn listed<K: fmt::Display>(counts: &BTreeMap<K, usize>) -> String {
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
