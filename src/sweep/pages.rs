//! The pages of one listing: which comes next, and what can be in the way.

use std::collections::HashSet;

use crate::service::CallError;
use crate::snapshot::GapReason;

/// The most pages that one listing may have. Ten thousand pages of a thousand operations are far more than any
/// collection holds: a service that always has a further page would otherwise be asked forever, for a run from a desk
/// has no deadline.
const MAX_PAGES: usize = 10_000;

const NO_END: &str =
    "the service gave a page token a second time, or more than 10000 pages: they have no end";

/// The page tokens of one listing.
#[derive(Default)]
pub(super) struct Pages {
    token: Option<String>,
    seen: HashSet<String>,
}

/// What comes after a page.
pub(super) enum Turn {
    /// Another one.
    Next,
    /// Nothing: it was the last.
    End,
    /// A page that was read before, or one too many.
    Loop,
}

impl Pages {
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub(super) fn turn(&mut self, next: Option<String>) -> Turn {
        let Some(next) = next else { return Turn::End };
        if !self.seen.insert(next.clone()) || self.seen.len() >= MAX_PAGES {
            return Turn::Loop;
        }
        self.token = Some(next);
        Turn::Next
    }
}

/// Why the pages were not turned to the last.
pub(super) enum Obstacle {
    /// The time for reading was over.
    Late,
    /// A page could not be had.
    Failed(CallError),
    /// They have no end.
    NoEnd,
}

impl Obstacle {
    /// What kind of gap it leaves.
    pub(super) fn reason(&self) -> GapReason {
        match self {
            Obstacle::Late => GapReason::Deadline,
            Obstacle::Failed(error) => GapReason::from(error),
            Obstacle::NoEnd => GapReason::Incomplete,
        }
    }

    /// The gap in a sentence, which begins with `what` was not done; `so_far` says where a failed page was.
    pub(super) fn told(&self, what: &str, so_far: &str) -> String {
        match self {
            Obstacle::Late => format!("{what} in the time there is for reading"),
            Obstacle::Failed(error) => format!("{what}{so_far}: {error}"),
            Obstacle::NoEnd => NO_END.to_owned(),
        }
    }
}
