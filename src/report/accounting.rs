//! The sums that must hold in every report.

use super::{Report, Sums};
use crate::plan::Withheld;

impl Report {
    /// The sums that do not add up, each in a sentence. Empty in a sound report.
    ///
    /// `seen = done + spared + violating` · `spared = Σ spared_because` · `violating = Σ withheld + attempted` ·
    /// `attempted = Σ answers = Σ states` · every operation that was `already_requested` has a state, and no other
    /// withheld one has.
    #[must_use]
    pub fn mismatches(&self) -> Vec<String> {
        let sums = self.sums();
        let Sums { violating, withheld, attempted, answers, states, followed_up } = &sums;
        let requested = withheld.get(&Withheld::AlreadyRequested).copied().unwrap_or_default();
        let equations = [
            ("seen", self.seen, "done + spared + violating", self.done + self.spared + violating),
            ("spared", self.spared, "the sum of spared_because", self.spared_because.values().sum()),
            (
                "violating",
                *violating,
                "the sum of withheld + attempted",
                withheld.values().sum::<usize>() + attempted,
            ),
            ("attempted", *attempted, "the sum of answers", answers.values().sum()),
            ("attempted", *attempted, "the sum of states", states.values().sum()),
            (
                "withheld as already_requested",
                requested,
                "the sum of followed_up",
                followed_up.values().sum(),
            ),
        ];
        equations
            .into_iter()
            .filter(|(_, left, _, right)| left != right)
            .map(|(left_name, left, right_name, right)| {
                format!("{left_name} is {left}, but {right_name} is {right}")
            })
            .collect()
    }
}
