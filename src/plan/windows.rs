//! Windows: what is not to be cancelled at the plan's instant.
//!
//! They come before the limits: what a window withholds takes no place in these.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Violator, Withheld};
use crate::policy::{Closed, Policy};

/// Withholds what the windows of the policy and of its rule keep from being cancelled at `now`.
pub(super) fn apply(violating: &mut [Violator], policy: &Policy, now: DateTime<Utc>) {
    // All violators of a rule are under the same windows.
    let mut rules: HashMap<Arc<str>, Option<Closed>> = HashMap::new();
    for violator in violating.iter_mut().filter(|violator| violator.withheld.is_none()) {
        let name = &violator.rule;
        let closed = rules
            .entry(Arc::clone(name))
            .or_insert_with(|| policy.rule(name).and_then(|rule| policy.closed(rule, now)));
        if let Some(closed) = closed {
            violator.withheld = Some(Withheld::Window);
            violator.opens_at = closed.opens_at;
            violator.window = Some(closed.why.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::plan::{Plan, plan};
    use crate::request::Narrow;
    use crate::testing::{policy, running, snapshot};

    /// Plans at noon (UTC) of Tuesday, 2026-11-24.
    fn planned(operations: Vec<Operation>, text: &str) -> Plan {
        plan(&snapshot(operations), &policy(text), &Narrow::default()).plan
    }

    fn withheld(plan: &Plan) -> Vec<(&str, Option<Withheld>)> {
        plan.violating.iter().map(|violator| (violator.operation.id(), violator.withheld)).collect()
    }

    #[test]
    fn a_frozen_policy_withholds_its_violators_and_says_when_it_opens() {
        let freeze = "freeze: [{ name: release, dates: 2026-11-23..2026-11-25, time_zone: Europe/Berlin }]\n";
        let plan = planned(vec![running("o", 90)], &format!("{freeze}rules: [{{ name: r, max_age: 1h }}]"));
        let got = plan.violating.first().unwrap();
        assert_eq!(got.withheld, Some(Withheld::Window));
        assert_eq!(got.opens_at, "2026-11-25T23:00:00Z".parse().ok());
        assert_eq!(got.window.as_deref(), Some("frozen by release; opens 2026-11-26 00:00 Europe/Berlin"));
    }

    #[test]
    fn a_rule_acts_when_the_policys_windows_and_its_own_allow_it() {
        let cases = [
            ("", "", None),
            ("active: [{ days: [tue] }]", "", None),
            ("active: [{ days: [wed] }]", "", Some(Withheld::Window)),
            ("", ", active: [{ days: [wed] }]", Some(Withheld::Window)),
            ("active: [{ days: [tue] }]", ", active: [{ days: [wed] }]", Some(Withheld::Window)),
            ("active: [{ days: [tue] }]", ", active: [{ days: [wed] }, { days: [tue] }]", None),
            ("active: [{ days: [tue] }]", ", freeze: [{ days: [tue] }]", Some(Withheld::Window)),
            ("freeze: [{ days: [wed] }]", ", freeze: [{ days: [mon] }]", None),
        ];
        for (policys, own, want) in cases {
            let text = format!("{policys}\nrules: [{{ name: r, max_age: 1h{own} }}]");
            let plan = planned(vec![running("o", 90)], &text);
            assert_eq!(withheld(&plan), [("o", want)], "{text}");
        }
    }

    #[test]
    fn a_frozen_rule_still_decides_and_others_go_on() {
        let text = "rules:
  - { name: frozen, match: { name: '**/a*' }, max_age: 1h, freeze: [{ days: [tue] }] }
  - { name: rest, max_age: 1h }";
        let plan = planned(vec![running("a", 100), running("b", 90)], text);
        assert_eq!(withheld(&plan), [("a", Some(Withheld::Window)), ("b", None)]);
    }

    #[test]
    fn what_only_reports_or_was_asked_for_before_is_not_withheld_by_a_window() {
        let asked = Operation { cancellation_requested: Some(true), ..running("asked", 200) };
        let text = "freeze: [{ days: [tue] }]
rules:
  - { name: r, match: { name: '**/report' }, max_age: 1h, action: report }
  - { name: s, max_age: 1h }";
        let plan = planned(vec![asked, running("report", 90)], text);
        let want = [("asked", Some(Withheld::AlreadyRequested)), ("report", Some(Withheld::ReportOnly))];
        assert_eq!(withheld(&plan), want);
        assert!(plan.violating.iter().all(|violator| violator.window.is_none()));
    }

    const ONE_AT_MOST: &str = "limits: { max_cancellations: 1, when_exceeded: WHEN }
rules:
  - { name: frozen, match: { name: '**/a*' }, max_age: 1h, freeze: [{ days: [tue] }] }
  - { name: rest, max_age: 1h }";

    #[test]
    fn what_a_window_withholds_takes_no_place_in_the_limits() {
        let text = ONE_AT_MOST.replace("WHEN", "cancel_oldest");
        let plan = planned(vec![running("a", 100), running("b", 90)], &text);
        assert_eq!(withheld(&plan), [("a", Some(Withheld::Window)), ("b", None)]);
        assert_eq!(plan.limit, None);
    }

    #[test]
    fn a_window_does_not_get_around_cancel_none() {
        let text = ONE_AT_MOST.replace("WHEN", "cancel_none");
        let plan = planned(vec![running("a", 100), running("b", 90)], &text);
        assert_eq!(withheld(&plan), [("a", Some(Withheld::Window)), ("b", Some(Withheld::Limit))]);
        assert!(plan.limit.unwrap().contains("2 break a rule"));
    }
}
