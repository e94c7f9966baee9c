//! After a cancel: what became of the operation, read back from the service.
//!
//! The first half is pure: what a read shows, and with which answer to the cancel, makes exactly one [`State`].
//! The second half is the driver that reads with growing intervals until the state is final or the time is over.
//!
//! An accepted cancel is never taken for a success here: the only evidence is what `get` shows.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::operation::{Ending, OperationName, Progress, ServiceName};
use crate::service::{CancelAnswer, FailureKind, OperationsService};

/// What became of an operation, verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It ended `CANCELLED`.
    Cancelled,
    /// It completed, in spite of the cancel.
    Completed,
    /// It failed with another error.
    Failed,
    /// It has ended; how is not said.
    Finished,
    /// It still runs, and its cancellation has been requested.
    Cancelling,
    /// The cancel was accepted, and nothing came of it.
    Ignored,
    /// It still runs, and the cancel was not accepted; or the service does not tell whether cancellation was requested.
    Running,
    /// It does not exist any more.
    Gone,
    /// It could not be read, or does not say whether its cancellation has been requested.
    Unknown,
}

impl State {
    /// Every state, in the order in which people read them.
    pub const ALL: [State; 9] = [
        State::Cancelled,
        State::Completed,
        State::Failed,
        State::Finished,
        State::Cancelling,
        State::Ignored,
        State::Running,
        State::Gone,
        State::Unknown,
    ];

    /// The state's name in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Cancelled => "cancelled",
            State::Completed => "completed",
            State::Failed => "failed",
            State::Finished => "finished",
            State::Cancelling => "cancelling",
            State::Ignored => "ignored",
            State::Running => "running",
            State::Gone => "gone",
            State::Unknown => "unknown",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What one read of an operation showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// It is there.
    Seen {
        /// How it stands.
        progress: Progress,
        /// Whether its cancellation has been requested; `None` when there is nothing to say so.
        requested: Option<bool>,
        /// Whether the service tells that at all.
        told: bool,
    },
    /// It is not there (404).
    Absent,
    /// It could not be read, and why.
    Unreadable(String),
}

/// The state that a sighting shows, after a cancel that was answered so (`None`: none was sent in this run).
#[must_use]
pub fn state_of(sighting: &Sighting, answer: Option<CancelAnswer>) -> State {
    match sighting {
        Sighting::Absent => State::Gone,
        Sighting::Unreadable(_) => State::Unknown,
        Sighting::Seen { progress: Progress::Ended(ending), .. } => match ending {
            Ending::Cancelled => State::Cancelled,
            Ending::Completed => State::Completed,
            Ending::Failed { .. } => State::Failed,
            Ending::Unstated => State::Finished,
        },
        // Whether anything came of the cancel shows only when the operation ends.
        Sighting::Seen { progress: Progress::Running, told: false, .. } => State::Running,
        Sighting::Seen { progress: Progress::Running, requested: Some(true), .. } => State::Cancelling,
        Sighting::Seen { progress: Progress::Running, requested: None, .. } => State::Unknown,
        Sighting::Seen { progress: Progress::Running, requested: Some(false), .. } => match answer {
            Some(CancelAnswer::Accepted) => State::Ignored,
            _ => State::Running,
        },
    }
}

/// Whether looking again could still show another state that this run is waiting for.
///
/// An operation that runs on after a cancel which the service has turned down for good has nothing to wait for. One
/// whose cancel got no usable answer, or was refused for a reason that may be passing, is watched like an accepted
/// one: the request may have been taken.
#[must_use]
pub fn is_settled(state: State, answer: Option<CancelAnswer>) -> bool {
    match state {
        State::Cancelled | State::Completed | State::Failed | State::Finished | State::Gone => true,
        State::Cancelling | State::Ignored | State::Unknown => false,
        State::Running => {
            matches!(answer, Some(CancelAnswer::Denied | CancelAnswer::Unsupported | CancelAnswer::NotFound))
        }
    }
}

/// The pause before a read, by the number of reads made: 0.5 s, doubling to 8 s.
///
/// Most cancels that work show it within seconds; a minute of watching costs a dozen reads. A cancel that was not
/// accepted is read back at once: there is nothing to give time to.
#[must_use]
pub fn pause_before(reads_made: u32, answer: Option<CancelAnswer>) -> Duration {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(8);
    if reads_made == 0 && answer != Some(CancelAnswer::Accepted) {
        return Duration::ZERO;
    }
    FIRST.saturating_mul(1 << reads_made.min(8)).min(LONGEST)
}

/// What watching an operation gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedUp {
    /// The state at the last look.
    pub state: State,
    /// How many times it was looked at.
    pub polls: u32,
    /// How long it was watched.
    pub took: Duration,
    /// What the last look could not tell, and why.
    pub message: Option<String>,
}

/// How long an operation is watched.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The policy's `follow_up.for`. Zero: it is looked at once.
    pub watch_for: Duration,
    /// The instant at which this run must be over.
    pub until: Option<Instant>,
}

/// How long after the window's end the last read may still take, with its retries.
const LAST_READ: Duration = Duration::from_secs(15);

/// Watches an operation until its state is settled or the window closes. It is looked at at least once.
pub async fn follow_up<S: OperationsService>(
    service: &S,
    (of, name): (&ServiceName, &OperationName),
    answer: Option<CancelAnswer>,
    window: Window,
) -> FollowedUp {
    let started = Instant::now();
    let closes = started + window.watch_for;
    let read_until = window.until.map_or(closes + LAST_READ, |until| until.min(closes + LAST_READ));
    let mut polls = 0;
    loop {
        let due = (Instant::now() + pause_before(polls, answer)).min(closes).min(read_until);
        tokio::time::sleep_until(due).await;
        let sighting = look(service, of, name, read_until).await;
        polls += 1;
        let state = state_of(&sighting, answer);
        let next = Instant::now() + pause_before(polls, answer);
        let over = due >= closes || window.until.is_some_and(|until| next >= until);
        if over || is_settled(state, answer) {
            let message = match sighting {
                Sighting::Unreadable(message) => Some(format!("could not be read: {message}")),
                Sighting::Seen { progress: Progress::Running, told: false, .. } => {
                    Some("nothing tells that its cancellation has been requested".to_owned())
                }
                Sighting::Seen { progress: Progress::Running, requested: None, .. } => {
                    Some("it does not say whether its cancellation has been requested".to_owned())
                }
                _ => None,
            };
            return FollowedUp { state, polls, took: started.elapsed(), message };
        }
    }
}

async fn look<S: OperationsService>(
    service: &S,
    of: &ServiceName,
    name: &OperationName,
    until: Instant,
) -> Sighting {
    match service.get(of, name, Some(until)).await {
        Ok(operation) => Sighting::Seen {
            progress: operation.progress,
            requested: operation.cancellation_requested,
            told: operation.tells_cancellation,
        },
        Err(error) if error.kind == FailureKind::NotFound => Sighting::Absent,
        Err(error) => Sighting::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
