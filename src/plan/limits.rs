//! How much one sweep may cancel.
//!
//! Both limits hold at once, and 0 means none. What is over is withheld, with a sentence that shows the sum.

use std::fmt;

use super::{Violator, Withheld};
use crate::policy::{Limits, WhenExceeded};

/// Withholds what the limits do not allow. `violating` is sorted, the oldest first; `left_out` is how many more the
/// request leaves out of those that were to be cancelled; `running` is the number of running operations seen. Answers
/// the sentence that says so, when something is withheld.
pub(super) fn apply(
    violating: &mut [Violator],
    left_out: usize,
    limits: &Limits,
    running: usize,
) -> Option<String> {
    let asked = violating.iter().filter(|violator| violator.withheld.is_none()).count();
    if asked == 0 {
        return None;
    }
    // Too many violators are too many, whichever of them a request picks out or a window lets through: neither must
    // get around `cancel_none`.
    let wanted = match limits.when_exceeded {
        WhenExceeded::CancelOldest => asked,
        WhenExceeded::CancelNone => asked + in_window(violating) + left_out,
    };
    let (allowed, reason) = allowance(limits, running);
    if wanted <= allowed {
        return None;
    }
    let kept = match limits.when_exceeded {
        WhenExceeded::CancelOldest => allowed,
        WhenExceeded::CancelNone => 0,
    };
    for violator in violating.iter_mut().filter(|violator| violator.withheld.is_none()).skip(kept) {
        violator.withheld = Some(Withheld::Limit);
    }
    let consequence = match limits.when_exceeded {
        WhenExceeded::CancelNone if allowed > 0 => ", and when_exceeded is cancel_none: none is cancelled",
        _ => "",
    };
    let verb = if wanted == 1 { "breaks" } else { "break" };
    Some(format!("{reason}; {wanted} {verb} a rule{consequence}"))
}

/// How many a window keeps from being cancelled. They take no place in the limits.
fn in_window(violating: &[Violator]) -> usize {
    violating.iter().filter(|violator| violator.withheld == Some(Withheld::Window)).count()
}

/// A limit of one sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SweepLimit {
    /// A number of cancels.
    MaxCancellations,
    /// A share of the running operations.
    MaxShare,
}

/// As it is called in a policy.
impl fmt::Display for SweepLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SweepLimit::MaxCancellations => "max_cancellations",
            SweepLimit::MaxShare => "max_share",
        })
    }
}

/// The limit that allows less with so many running operations: the one that withholds, when something is withheld.
#[must_use]
pub fn tighter(limits: &Limits, running: usize) -> SweepLimit {
    match limits.max_share {
        Some(share) if share.of(running) < limits.max_cancellations => SweepLimit::MaxShare,
        _ => SweepLimit::MaxCancellations,
    }
}

/// How many cancels the limits allow, and the limit that says so.
fn allowance(limits: &Limits, running: usize) -> (usize, String) {
    match (tighter(limits, running), limits.max_share) {
        (SweepLimit::MaxShare, Some(share)) => {
            let allowed = share.of(running);
            let allowed_text = if allowed == 0 { "none".to_owned() } else { allowed.to_string() };
            (allowed, format!("max_share: {share} of {running} allows {allowed_text}"))
        }
        _ if limits.max_cancellations == 0 => (0, "max_cancellations: 0 allows none".to_owned()),
        _ => (
            limits.max_cancellations,
            format!("max_cancellations: at most {} in one sweep", limits.max_cancellations),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::plan;
    use crate::request::Narrow;
    use crate::testing::{policy, running, snapshot};

    const RULE: &str = "rules: [{ name: old, max_age: 1h }]\n";

    /// Plans with `violators` of `running` operations over age, and answers the ids that are to be cancelled and
    /// the sentence.
    fn planned(limits: &str, violators: usize, total: usize) -> (Vec<String>, Option<String>) {
        let operations = (0..total)
            .map(|n| {
                running(&format!("o{n}"), if n < violators { 1000 - i64::try_from(n).unwrap() } else { 1 })
            })
            .collect();
        let policy = policy(&format!("{RULE}{limits}"));
        let plan = plan(&snapshot(operations), &policy, &Narrow::default()).plan;
        assert_eq!(plan.violating.len(), violators);
        let cancelled = plan.violating.iter().filter(|violator| violator.withheld.is_none());
        (cancelled.map(|violator| violator.operation.id().to_owned()).collect(), plan.limit)
    }

    #[test]
    fn the_oldest_are_kept_up_to_the_limit() {
        let (cancelled, limit) = planned("limits: { max_cancellations: 2 }", 5, 10);
        assert_eq!(cancelled, ["o0", "o1"]);
        assert_eq!(limit.unwrap(), "max_cancellations: at most 2 in one sweep; 5 break a rule");
    }

    #[test]
    fn none_is_cancelled_when_the_policy_wants_it_so() {
        let limits = "limits: { max_cancellations: 2, when_exceeded: cancel_none }";
        assert!(planned(limits, 3, 10).0.is_empty());
        assert_eq!(planned(limits, 2, 10).0.len(), 2);
    }

    #[test]
    fn a_request_for_one_operation_does_not_get_around_cancel_none() {
        let operations = (0..3).map(|n| running(&format!("o{n}"), 1000)).collect();
        let policy = policy(&format!("{RULE}limits: {{ max_cancellations: 2, when_exceeded: cancel_none }}"));
        let snapshot = snapshot(operations);
        let named = snapshot.operations.first().map(|one| (one.service.clone(), one.name.clone()));
        let narrow = Narrow { operations: Some(named.into_iter().collect()), ..Narrow::default() };
        let plan = plan(&snapshot, &policy, &narrow).plan;
        let withheld: Vec<_> = plan.violating.iter().map(|violator| violator.withheld).collect();
        assert_eq!(withheld, [Some(super::Withheld::Limit)]);
    }

    #[test]
    fn zero_means_none() {
        for limits in ["limits: { max_cancellations: 0 }", "limits: { max_share: 0% }"] {
            let (cancelled, limit) = planned(limits, 5, 10);
            assert!(cancelled.is_empty() && limit.is_some(), "{limits}");
        }
    }

    #[test]
    fn a_share_is_exact_and_says_its_sum() {
        let (cancelled, limit) = planned("limits: { max_share: 25% }", 1, 3);
        assert!(cancelled.is_empty());
        assert!(limit.unwrap().contains("25% of 3 allows none"));
        assert_eq!(planned("limits: { max_share: 25% }", 3, 8).0.len(), 2);
        assert_eq!(planned("limits: { max_share: 30.9% }", 4, 10).0.len(), 3);
        assert_eq!(planned("limits: { max_share: 100% }", 8, 8).0.len(), 8);
    }

    #[test]
    fn without_limits_twenty_five_are_cancelled() {
        assert_eq!(planned("", 40, 100).0.len(), 25);
    }

    #[test]
    fn both_limits_hold_at_once() {
        assert_eq!(planned("limits: { max_cancellations: 3, max_share: 10% }", 5, 10).0.len(), 1);
        assert_eq!(planned("limits: { max_cancellations: 3, max_share: 90% }", 5, 10).0.len(), 3);
    }
}
