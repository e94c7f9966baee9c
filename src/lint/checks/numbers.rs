//! Ages, limits and durations that can hardly be meant, and switches that contradict each other.

use std::time::Duration;

use super::super::finding::{Finding, Subject, rule_path};
use crate::policy::duration::format;
use crate::policy::{Action, DocPath, Limit, Match, Mode, Policy, Share};

pub(super) const TOO_SHORT: &str = "max-age-too-short";
pub(super) const TOO_LONG: &str = "max-age-too-long";
pub(super) const OF_NONE: &str = "max-running-of-none";
pub(super) const WITHOUT_LIMITS: &str = "enforce-without-limits";
pub(super) const CANCELS_NOTHING: &str = "enforce-cancels-nothing";
pub(super) const CANCELS_ANYTHING: &str = "cancels-anything";
pub(super) const FOLLOW_UP: &str = "follow-up-beyond-timeout";

/// Operations of Cloud Deploy take minutes, and the function runs every five: a shorter age would be met by work that is
/// simply going on.
const SHORTEST: Duration = Duration::from_secs(5 * 60);

/// Nothing that Cloud Deploy does may take longer than a day: a month is hours that were meant and days that were
/// written, or a rule that will never act.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

pub(in super::super) fn too_short(subject: &Subject<'_>) -> Vec<Finding> {
    ages(
        subject,
        |age| age < SHORTEST,
        TOO_SHORT,
        |age| {
            (
                format!("a `max_age` of {} is shorter than ordinary work takes", format(age)),
                format!(
                    "take {} or more, so that nothing is cancelled that is simply going on",
                    format(SHORTEST)
                ),
            )
        },
    )
}

pub(in super::super) fn too_long(subject: &Subject<'_>) -> Vec<Finding> {
    ages(
        subject,
        |age| age > LONGEST,
        TOO_LONG,
        |age| {
            (
                format!("a `max_age` of {} is longer than anything runs", format(age)),
                "check the unit: `m` is minutes, `h` hours, `d` days, `w` weeks".to_owned(),
            )
        },
    )
}

fn ages(
    subject: &Subject<'_>,
    is_wrong: impl Fn(Duration) -> bool,
    check: &'static str,
    say: impl Fn(Duration) -> (String, String),
) -> Vec<Finding> {
    let rules = subject.policy.rules.iter().enumerate();
    let found = rules.filter_map(|(index, rule)| match rule.limit {
        Limit::MaxAge(age) if is_wrong(age) => {
            let (message, help) = say(age);
            Some(Finding::new(check, rule_path(index).key("max_age"), message, help).about(&rule.name))
        }
        Limit::MaxAge(_) | Limit::MaxRunning(_) => None,
    });
    found.collect()
}

pub(in super::super) fn of_none(subject: &Subject<'_>) -> Vec<Finding> {
    let rules = subject.policy.rules.iter().enumerate();
    let none = rules.filter(|(_, rule)| {
        rule.action == Action::Cancel && matches!(&rule.limit, Limit::MaxRunning(limit) if limit.count == 0)
    });
    let finding = |(index, rule): (usize, &crate::policy::Rule)| {
        let message =
            "none may run: every operation that this rule matches is cancelled as soon as it is seen";
        let help = "take a count of 1 or more, or `max_age` to let it run for a while";
        Finding::new(OF_NONE, rule_path(index).key("max_running").key("count"), message, help)
            .about(&rule.name)
    };
    none.map(finding).collect()
}

pub(in super::super) fn without_limits(subject: &Subject<'_>) -> Vec<Finding> {
    let limits = DocPath::section("limits");
    let says = |key: &str| subject.outline.has(&limits.key(key));
    if subject.policy.mode != Mode::Enforce || says("max_cancellations") || says("max_share") {
        return Vec::new();
    }
    let message = format!(
        "this policy enforces and says nothing of how much: a sweep may cancel {} operations",
        subject.policy.limits.max_cancellations
    );
    let help = "say it: `limits: { max_cancellations: 10, max_share: 50% }`";
    vec![Finding::new(WITHOUT_LIMITS, DocPath::section("mode"), message, help)]
}

pub(in super::super) fn cancels_nothing(subject: &Subject<'_>) -> Vec<Finding> {
    let Policy { mode: Mode::Enforce, rules, limits, .. } = subject.policy else { return Vec::new() };
    let section = DocPath::section("limits");
    let mut found = Vec::new();
    let mut report = |path: DocPath, why: &str, help: &str| {
        let message = format!("this policy enforces, and {why}");
        found.push(Finding::new(CANCELS_NOTHING, path, message, help));
    };
    let help = "raise it, or say `mode: audit`";
    if limits.max_cancellations == 0 {
        report(section.key("max_cancellations"), "allows no cancellation", help);
    }
    if limits.max_share.is_some() && limits.max_share == Share::from_basis_points(0) {
        report(section.key("max_share"), "allows a share of nothing", help);
    }
    if rules.iter().all(|rule| rule.action == Action::Report) {
        let help = "give one the action `cancel`, or say `mode: audit`";
        report(DocPath::section("mode"), "every rule only reports", help);
    }
    found
}

pub(in super::super) fn cancels_anything(subject: &Subject<'_>) -> Vec<Finding> {
    let Policy { mode: Mode::Enforce, rules, protect, .. } = subject.policy else { return Vec::new() };
    if !protect.is_empty() {
        return Vec::new();
    }
    let for_all = |matches: &Match| matches!(matches, Match::All(parts) if parts.is_empty());
    let anything =
        rules.iter().enumerate().filter(|(_, rule)| rule.action == Action::Cancel && for_all(&rule.matches));
    let finding = |(index, rule): (usize, &crate::policy::Rule)| {
        let message = "this rule cancels whatever it meets, and nothing is protected";
        let help = "protect what must never be cancelled, give the rule a `match`, or let it only report";
        Finding::new(CANCELS_ANYTHING, rule_path(index).key("name"), message, help).about(&rule.name)
    };
    anything.map(finding).collect()
}

pub(in super::super) fn follow_up(subject: &Subject<'_>) -> Vec<Finding> {
    let (watched, timeout) = (subject.policy.follow_up_for, subject.function_timeout);
    if watched <= timeout {
        return Vec::new();
    }
    let message = format!(
        "a cancelled operation is to be watched for {}, and the function is ended after {}",
        format(watched),
        format(timeout)
    );
    let help = "take less: the next run looks again; or give the function more time";
    vec![Finding::new(FOLLOW_UP, DocPath::section("follow_up").key("for"), message, help)]
}
