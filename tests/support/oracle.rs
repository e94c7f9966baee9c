//! A second opinion: what a policy selects in a snapshot, worked out as plainly as can be.
//!
//! It shares no code with curfew's judge and plan, is quadratic where they are not, and knows only the globs that
//! the tests' policies hold: a leading `**/`, and `*` within a segment.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use curfew::operation::Operation;
use curfew::snapshot::{Gap, Snapshot};
use serde_json::Value;

use super::policies::{LimitSpec, MatchSpec, PolicySpec, WindowSpec};

/// What the oracle expects of a plan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    /// Every operation that breaks a rule, the oldest first.
    pub(crate) violating: Vec<String>,
    /// The index of the rule that each of them breaks.
    pub(crate) rules: Vec<usize>,
    /// Those of them that are to be cancelled.
    pub(crate) cancelled: Vec<String>,
    /// Those of them that a window keeps from being cancelled.
    pub(crate) in_window: Vec<String>,
}

/// What the policy selects, of what a run was asked for.
pub(crate) fn select(spec: &PolicySpec, snapshot: &Snapshot, asked: impl Fn(&Operation) -> bool) -> Selected {
    let mut violators: Vec<(&Operation, usize)> = Vec::new();
    for operation in snapshot.operations.iter().filter(|operation| operation.is_running()) {
        let facts = Facts::of(operation);
        if is_protected(spec, operation) {
            continue;
        }
        let Some(rule) = deciding_rule(spec, &facts) else { continue };
        let broken = match &spec.rules[rule].limit {
            LimitSpec::MaxAge(seconds) => {
                age_s(operation, snapshot.now).is_some_and(|age| age > i64::try_from(*seconds).unwrap())
            }
            LimitSpec::MaxRunning { .. } => is_over_count(spec, snapshot, rule, operation),
        };
        // Whether a cancel would be the first or the second could be known and is not: nothing that could be decided.
        let unread = operation.tells_cancellation && operation.cancellation_requested.is_none();
        let undecidable = !spec.rules[rule].report_only && unread;
        if broken && !undecidable {
            violators.push((operation, rule));
        }
    }
    violators.sort_by_key(|(operation, _)| place_in_line(operation));
    let wanted = |(operation, rule): &&(&Operation, usize)| {
        !spec.rules[*rule].report_only && operation.cancellation_requested != Some(true)
    };
    let is_open = |rule: usize| is_open(spec, rule, snapshot.now);
    let asked_for: Vec<_> = violators.iter().copied().filter(|(operation, _)| asked(operation)).collect();
    let in_window = asked_for.iter().filter(wanted).filter(|(_, rule)| !is_open(*rule));
    let cancellable: Vec<_> = asked_for.iter().filter(wanted).filter(|(_, rule)| is_open(*rule)).collect();
    let running = snapshot.operations.iter().filter(|operation| operation.is_running()).count();
    let allowed = allowed(spec, running);
    // Under `cancel_none`, all that break a rule are counted, whatever was asked for and whatever a window says.
    let kept = if spec.limits.cancel_none && violators.iter().filter(wanted).count() > allowed {
        0
    } else {
        allowed
    };
    Selected {
        rules: asked_for.iter().map(|(_, rule)| *rule).collect(),
        violating: asked_for.iter().map(|(operation, _)| key(operation)).collect(),
        cancelled: cancellable.iter().take(kept).map(|(operation, _)| key(operation)).collect(),
        in_window: in_window.map(|(operation, _)| key(operation)).collect(),
    }
}

/// Whether the windows of the policy and of a rule let it act.
pub(crate) fn is_open(spec: &PolicySpec, rule: usize, at: DateTime<Utc>) -> bool {
    [&spec.windows, &spec.rules[rule].windows].into_iter().all(|windows| {
        let mut active = windows.iter().filter(|window| !window.freezes).peekable();
        let allowed = active.peek().is_none() || active.any(|window| holds(window, at));
        allowed && !windows.iter().any(|window| window.freezes && holds(window, at))
    })
}

/// Whether it is the window's time, begun today or yesterday.
fn holds(window: &WindowSpec, at: DateTime<Utc>) -> bool {
    let minute = at.hour() * 60 + at.minute();
    let (from, to) = window.hours.unwrap_or((0, 1440));
    let is_on = |at: DateTime<Utc>| {
        window.days.is_empty() || window.days.contains(&at.format("%a").to_string().to_lowercase().as_str())
    };
    let yesterday = at - TimeDelta::days(1);
    if from < to {
        is_on(at) && (from..to).contains(&minute)
    } else {
        (is_on(at) && minute >= from) || (is_on(yesterday) && minute < to)
    }
}

/// Whether a protection holds, or cannot be ruled out.
pub(crate) fn is_protected(spec: &PolicySpec, operation: &Operation) -> bool {
    spec.protect.iter().any(|matches| truth(matches, &Facts::of(operation)) != Some(false))
}

/// Service and name, which together are unique.
pub(crate) fn key(operation: &Operation) -> String {
    format!("{} {}", operation.service, operation.name)
}

/// How many cancels the limits allow: the largest number that breaks neither.
pub(crate) fn allowed(spec: &PolicySpec, running: usize) -> usize {
    let within = |count: &usize| {
        spec.limits.max_share.is_none_or(|share| count * 10_000 <= usize::from(share) * running)
    };
    (0..=spec.limits.max_cancellations.min(running)).rev().find(within).unwrap()
}

fn place_in_line(operation: &Operation) -> (Option<DateTime<Utc>>, String, String) {
    (operation.create_time, operation.service.to_string(), operation.name.to_string())
}

fn age_s(operation: &Operation, now: DateTime<Utc>) -> Option<i64> {
    let created = operation.create_time.filter(|created| *created <= now)?;
    Some((now - created).num_seconds())
}

/// The first rule that holds, unless one before it might.
fn deciding_rule(spec: &PolicySpec, facts: &Facts<'_>) -> Option<usize> {
    let truths = spec.rules.iter().map(|rule| rule.matches.as_ref().map_or(Some(true), |m| truth(m, facts)));
    let (rule, holds) = truths.enumerate().find(|(_, truth)| *truth != Some(false))?;
    (holds == Some(true)).then_some(rule)
}

fn is_over_count(spec: &PolicySpec, snapshot: &Snapshot, rule: usize, operation: &Operation) -> bool {
    let LimitSpec::MaxRunning { count, per, newest } = &spec.rules[rule].limit else { return false };
    let Some(own) = group(per, &Facts::of(operation)) else { return false };
    if age_s(operation, snapshot.now).is_none() {
        return false;
    }
    let hides = |gap: &Gap| {
        let facts = Facts::of_gap(gap);
        let elsewhere = per.iter().zip(&own).any(|(field, value)| {
            matches!(*field, "service" | "project" | "location")
                && facts.text(field).is_some_and(|at| at != *value)
        });
        let covered = spec.rules[rule].matches.as_ref().is_none_or(|m| truth(m, &facts) != Some(false));
        !elsewhere && covered
    };
    if snapshot.gaps.iter().any(hides) {
        return false;
    }
    let members = snapshot.operations.iter().filter(|member| {
        let facts = Facts::of(member);
        member.is_running()
            && (member.cancellation_requested == Some(false) || !member.tells_cancellation)
            && age_s(member, snapshot.now).is_some()
            && deciding_rule(spec, &facts) == Some(rule)
            && group(per, &facts).as_ref() == Some(&own)
    });
    let preferred = members.filter(|member| {
        let (theirs, ours) = (place_in_line(member), place_in_line(operation));
        if *newest { theirs < ours } else { theirs > ours }
    });
    preferred.count() >= *count
}

/// The values that make the group.
fn group<'a>(per: &[&str], facts: &Facts<'a>) -> Option<Vec<&'a str>> {
    per.iter().map(|field| facts.text(field)).collect()
}

/// What is known of an operation, or of any operation that a gap hides.
pub(crate) struct Facts<'a> {
    service: &'a str,
    project: &'a str,
    location: Option<&'a str>,
    operation: Option<&'a Operation>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(operation: &'a Operation) -> Self {
        let (project, location) = place(operation.name.as_str());
        Self { service: operation.service.as_str(), project, location, operation: Some(operation) }
    }

    fn of_gap(gap: &'a Gap) -> Self {
        let (project, location) = place(gap.path.as_str());
        Self { service: gap.service.as_str(), project, location, operation: None }
    }

    fn text(&self, field: &str) -> Option<&'a str> {
        match field {
            "service" => Some(self.service),
            "project" => Some(self.project),
            "location" => self.location,
            "name" => self.operation.map(|operation| operation.name.as_str()),
            "verb" => self.operation?.verb.as_deref(),
            "target" => self.operation?.target.as_deref(),
            "kind" => self.operation?.kind.as_deref(),
            other => panic!("no field {other}"),
        }
    }
}

/// The project and the location, if there is one, in `projects/{project}/locations/{location}/…`.
fn place(path: &str) -> (&str, Option<&str>) {
    let mut parts = path.split('/').skip(1).step_by(2);
    (parts.next().unwrap(), parts.next())
}

/// `None`: unknown.
pub(crate) fn truth(matches: &MatchSpec, facts: &Facts<'_>) -> Option<bool> {
    match matches {
        MatchSpec::All(parts) => {
            let truths: Vec<_> = parts.iter().map(|part| truth(part, facts)).collect();
            if truths.contains(&Some(false)) { Some(false) } else { known(&truths).then_some(true) }
        }
        MatchSpec::Any(parts) => {
            let truths: Vec<_> = parts.iter().map(|part| truth(part, facts)).collect();
            if truths.contains(&Some(true)) { Some(true) } else { known(&truths).then_some(false) }
        }
        MatchSpec::Not(part) => truth(part, facts).map(|holds| !holds),
        MatchSpec::OneOf(field, globs) => {
            let text = facts.text(field)?;
            let short = text.strip_prefix("type.googleapis.com/").filter(|_| *field == "kind");
            Some(globs.iter().any(|g| glob(g, text) || short.is_some_and(|short| glob(g, short))))
        }
        MatchSpec::Requested(want) => facts.operation?.cancellation_requested.map(|got| got == *want),
        MatchSpec::Metadata(pointer, want) => {
            let metadata: Value =
                serde_json::from_str(facts.operation?.metadata.as_ref()?.as_json()).unwrap();
            match (want, metadata.pointer(pointer)?) {
                (Value::Bool(want), Value::Bool(got)) => Some(want == got),
                (Value::Number(want), Value::Number(got)) => Some(want == got),
                (Value::String(want), Value::String(got)) => Some(want == got),
                _ => None,
            }
        }
    }
}

fn known(truths: &[Option<bool>]) -> bool {
    truths.iter().all(Option::is_some)
}

fn glob(pattern: &str, text: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**/") {
        return glob(rest, text)
            || text
                .match_indices('/')
                .any(|(slash, _)| glob(rest, text.get(slash + 1..).unwrap_or_default()));
    }
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let end = rest.find('/').unwrap_or(rest.len());
            (0..=end).any(|taken| glob(after, rest.get(taken..).unwrap_or_default()))
        }),
    }
}
