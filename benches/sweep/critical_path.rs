//! How fast a sweep could be at best: when every answer takes exactly the latency, and everything else no time.
//!
//! With `at_once` requests under way at once:
//!
//! ```text
//! reading   = latency × max(⌈pages ÷ at_once⌉, pages of the longest collection)
//! cancels   = latency × ⌈cancels ÷ at_once⌉
//! following = the pause before the first look + latency
//! ```
//!
//! The looks at the earlier operations fall into the time of the later cancels and of the pause: only the last
//! cancel's pause and look come on top. This is so as long as the cancels are over before the first look is due,
//! which [`CriticalPath::new`] asserts, and each operation has ended at its first look.

use std::time::Duration;

use curfew::follow_up::pause_before;
use curfew::service::CancelAnswer;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    pub(crate) latency: Duration,
    pub(crate) at_once: usize,
    pub(crate) pages: usize,
    pub(crate) longest_collection: usize,
    pub(crate) cancels: usize,
}

/// The shortest time for it, by its parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CriticalPath {
    pub(crate) reading: Duration,
    pub(crate) cancels: Duration,
    pub(crate) following: Duration,
}

impl CriticalPath {
    pub(crate) fn new(work: Work) -> Self {
        let rounds = |requests: usize| u32::try_from(requests.div_ceil(work.at_once)).unwrap_or(u32::MAX);
        let longest = u32::try_from(work.longest_collection).unwrap_or(u32::MAX);
        let pause = pause_before(0, Some(CancelAnswer::Accepted));
        let cancels = work.latency * rounds(work.cancels);
        assert!(
            cancels <= work.latency + pause,
            "cancels and looks would compete: the formula does not hold"
        );
        Self {
            reading: work.latency * rounds(work.pages).max(longest),
            cancels,
            following: pause + work.latency,
        }
    }

    pub(crate) fn total(&self) -> Duration {
        self.reading + self.cancels + self.following
    }
}
