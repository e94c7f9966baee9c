//! One operation in full: every protection and every rule in order, every predicate with the actual value.
//!
//! It is collected once, and then either drawn for people or serialised for programs: both say the same. It shows how
//! the verdict came about; it does not find it again.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::Entry;
use crate::cli::show::age;
use crate::judge::age as age_at;
use crate::operation::Operation;
use crate::policy::{Policy, Rule, Trace, Truth, Window, Windows};
use crate::snapshot::Snapshot;

/// An operation and all that was asked about it.
#[derive(Debug, Serialize)]
pub(super) struct InFull<'a> {
    service: &'a str,
    operation: String,
    /// RFC 3339; null when it is missing.
    created_at: Option<String>,
    age: String,
    verb: Option<&'a str>,
    target: Option<&'a str>,
    kind: Option<&'a str>,
    cancellation_requested: Option<bool>,
    /// Whether it has ended. Then nothing else is asked.
    done: bool,
    protections: Vec<Step>,
    rules: Vec<Step>,
    /// The windows of the policy and of the rule that decides, as they stand at the time of the reading.
    windows: Vec<WindowStep>,
    verdict: &'static str,
    reason: String,
    would: Option<String>,
    /// Where a window withholds its cancel: when it opens, RFC 3339.
    opens_at: Option<String>,
    /// Which windows withhold its cancel, in words.
    window: Option<String>,
    /// How the limits of one sweep bear on it, when they withhold its cancel.
    limit: Option<&'a str>,
}

/// A protection or a rule, held against the operation.
#[derive(Debug, Serialize)]
struct Step {
    /// The protection's name, or the rule in one line.
    name: String,
    /// What its match says: `true`, `false` or `unknown`.
    truth: String,
    /// What follows from that.
    outcome: &'static str,
    /// How the match came to say so.
    trace: Part,
}

/// A window, held against the time of the reading.
#[derive(Debug, Serialize)]
struct WindowStep {
    /// `active` or `freeze`.
    kind: &'static str,
    /// The rule's name; null for one of the policy.
    rule: Option<String>,
    /// The window in one line.
    window: String,
    /// Whether it is now.
    holds: bool,
}

impl WindowStep {
    fn of(windows: &Windows, rule: Option<&Rule>, now: DateTime<Utc>) -> Vec<Self> {
        let step = |kind, window: &Window, holds| Self {
            kind,
            rule: rule.map(|rule| rule.name.to_string()),
            window: window.to_string(),
            holds,
        };
        let active = windows.active.iter().map(|window| step("active", window, window.allows_at(now)));
        let freeze = windows.freeze.iter().map(|window| step("freeze", window, window.freezes_at(now)));
        active.chain(freeze).collect()
    }
}

/// A step of a match's evaluation.
#[derive(Debug, Serialize)]
struct Part {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<String>,
    truth: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
    /// The same, and all parts, for people.
    #[serde(skip)]
    drawn: String,
}

impl From<&Trace> for Part {
    fn from(trace: &Trace) -> Self {
        Self {
            what: trace.label.clone(),
            wanted: trace.wanted.clone(),
            actual: trace.actual.clone(),
            truth: trace.truth.to_string(),
            parts: trace.children.iter().map(Part::from).collect(),
            drawn: trace.to_string(),
        }
    }
}

impl Step {
    fn new(name: String, trace: &Trace, outcome: &'static str) -> Self {
        Self { name, truth: trace.truth.to_string(), outcome, trace: Part::from(trace) }
    }
}

impl<'a> InFull<'a> {
    /// Holds everything in the policy against the operation. `limit` is the plan's.
    #[must_use]
    pub(super) fn new(
        policy: &Policy,
        snapshot: &Snapshot,
        operation: &'a Operation,
        entry: Entry<'_>,
        limit: Option<&'a str>,
    ) -> Self {
        let running = operation.is_running();
        let withheld_by_limit = entry.withheld_by_limit;
        Self {
            service: operation.service.as_str(),
            operation: operation.name.to_string(),
            created_at: operation.create_time.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            age: age_of(operation, snapshot),
            verb: operation.verb.as_deref(),
            target: operation.target.as_deref(),
            kind: operation.kind.as_deref(),
            cancellation_requested: operation.cancellation_requested,
            done: !running,
            protections: if running { protections(policy, operation) } else { Vec::new() },
            rules: if running { rules(policy, operation) } else { Vec::new() },
            windows: if running { windows(policy, snapshot, operation) } else { Vec::new() },
            verdict: entry.verdict,
            reason: entry.reason,
            would: entry.would,
            opens_at: entry.opens_at,
            window: entry.window.map(str::to_owned),
            limit: limit.filter(|_| withheld_by_limit),
        }
    }
}

/// An operation's age, or what is missing to have one.
#[must_use]
pub(super) fn age_of(operation: &Operation, snapshot: &Snapshot) -> String {
    age_at(operation, snapshot.now)
        .map_or_else(|missing| missing.to_string(), |(_, lasted)| age(lasted.as_secs()))
}

fn protections(policy: &Policy, operation: &Operation) -> Vec<Step> {
    let steps = policy.protect.iter().map(|protection| {
        let trace = protection.matches.explain(operation);
        let outcome = match trace.truth {
            Truth::True => "holds",
            Truth::Unknown => "cannot be ruled out, so it holds",
            Truth::False => "does not hold",
        };
        Step::new(protection.name.to_string(), &trace, outcome)
    });
    steps.collect()
}

fn rules(policy: &Policy, operation: &Operation) -> Vec<Step> {
    let mut decided = false;
    let steps = policy.rules.iter().map(|rule| {
        let trace = rule.matches.explain(operation);
        let outcome = match trace.truth {
            _ if decided => "not reached",
            Truth::True => "its match holds: it decides",
            Truth::Unknown => "its match is unknown: no rule may decide",
            Truth::False => "its match does not hold",
        };
        decided |= trace.truth != Truth::False;
        Step::new(rule.to_string(), &trace, outcome)
    });
    steps.collect()
}

/// The windows that matter for the operation: the policy's, and those of the rule that decides about it, if one does.
fn windows(policy: &Policy, snapshot: &Snapshot, operation: &Operation) -> Vec<WindowStep> {
    let decides = policy
        .rules
        .iter()
        .map(|rule| (rule, rule.matches.evaluate(operation)))
        .find(|(_, truth)| *truth != Truth::False)
        .and_then(|(rule, truth)| (truth == Truth::True).then_some(rule));
    let mut steps = WindowStep::of(&policy.windows, None, snapshot.now);
    if let Some(rule) = decides {
        steps.extend(WindowStep::of(&rule.windows, Some(rule), snapshot.now));
    }
    steps
}

impl fmt::Display for WindowStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.window)?;
        match &self.rule {
            Some(rule) => write!(f, " (rule {rule})")?,
            None => f.write_str(" (the whole policy)")?,
        }
        f.write_str(if self.holds { ": it is now" } else { ": it is not now" })
    }
}

impl fmt::Display for InFull<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |value: Option<&str>| value.unwrap_or("missing").to_owned();
        let requested = self.cancellation_requested.map(|requested| requested.to_string());
        writeln!(f, "{}", self.operation)?;
        writeln!(f, "  service                 {}", self.service)?;
        writeln!(f, "  create time             {}", said(self.created_at.as_deref()))?;
        writeln!(f, "  age                     {}", self.age)?;
        writeln!(f, "  verb                    {}", said(self.verb))?;
        writeln!(f, "  target                  {}", said(self.target))?;
        writeln!(f, "  kind                    {}", said(self.kind))?;
        writeln!(f, "  cancellation requested  {}", said(requested.as_deref()))?;
        for (kind, steps) in [("protection", &self.protections), ("rule", &self.rules)] {
            for step in steps {
                writeln!(f, "\n{kind} {}: {}", step.name, step.outcome)?;
                step.trace.drawn.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
            }
        }
        if !self.windows.is_empty() {
            writeln!(f)?;
            self.windows.iter().try_for_each(|step| writeln!(f, "{step}"))?;
        }
        write!(f, "\nverdict: {}", self.reason)?;
        if let Some(would) = &self.would {
            write!(f, "\nan enforcing sweep would: {would}")?;
        }
        if let Some(window) = &self.window {
            write!(f, "\nwindow: {window}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, "\nlimit: {limit}")?;
        }
        Ok(())
    }
}
