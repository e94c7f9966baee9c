//! Rules that nothing ever gets to.
//!
//! A rule selects an operation when its match is true, every earlier rule's is false, and every protection's is, too. An
//! earlier match that is *unknown* ends the search like one that is true. So a rule selects nothing exactly when these
//! cannot be so at once; only a proof of that is reported, never a suspicion.

use super::super::example::described;
use super::super::finding::{Finding, Subject, rule_path};
use super::super::formula::{Formula, fields_of};
use super::super::solve::Answer;
use crate::policy::{Field, Match, Rule, Truth};

pub(super) const UNREACHABLE: &str = "unreachable-rule";
pub(super) const PROTECTED: &str = "rule-fully-protected";

/// What must be so for a rule to be looked at, and to take an operation.
struct Way {
    takes: Formula,
    /// The earlier rules let it pass.
    passes: Vec<Formula>,
}

impl Way {
    fn to(rules: &[Rule], index: usize) -> Option<Self> {
        let (earlier, own) = rules.split_at_checked(index)?;
        let passes = earlier.iter().map(|rule| Formula::is_false(&rule.matches)).collect();
        Some(Self { takes: Formula::is_true(&own.first()?.matches), passes })
    }

    fn all(&self) -> Vec<&Formula> {
        let mut all: Vec<&Formula> = self.passes.iter().collect();
        all.push(&self.takes);
        all
    }
}

pub(in super::super) fn unreachable_rules(subject: &Subject<'_>) -> Vec<Finding> {
    let rules = &subject.policy.rules;
    let found =
        rules.iter().enumerate().skip(1).filter_map(|(index, rule)| unreachable(subject, index, rule));
    found.collect()
}

fn unreachable(subject: &Subject<'_>, index: usize, rule: &Rule) -> Option<Finding> {
    let (rules, solver) = (&subject.policy.rules, &subject.solver);
    let way = Way::to(rules, index)?;
    if let Answer::Example(_) = solver.solve(&way.all()) {
        return None;
    }
    // A match that is never true has a finding of its own. The example is an operation for which it is.
    let example = match solver.solve(&[&way.takes]) {
        Answer::Never => return None,
        Answer::Example(operation) => Some(operation),
        Answer::Unclear => None,
    };
    let alone = way.passes.iter().position(|passes| solver.solve(&[&way.takes, passes]).is_never());
    if alone.is_none() && !solver.solve(&way.all()).is_never() {
        return None;
    }
    let taker = alone.or_else(|| {
        let operation = example.as_ref()?;
        rules.iter().position(|earlier| earlier.matches.evaluate(operation) != Truth::False)
    });
    let taker = taker.and_then(|taker| rules.get(taker)).filter(|taker| taker.name != rule.name);
    let by = match (alone, taker) {
        (Some(_), Some(taker)) => format!("`{}` takes every operation that it matches", taker.name),
        _ => "the rules above take every operation that it matches".to_owned(),
    };
    let before = taker.map_or_else(|| "them".to_owned(), |taker| format!("`{}`", taker.name));
    let help = match &rule.matches {
        Match::All(parts) if parts.is_empty() => format!("narrow {before}, or leave this rule out"),
        _ => format!("put this rule before {before}, narrow {before}, or leave it out"),
    };
    let mut finding = Finding::new(
        UNREACHABLE,
        rule_path(index).key("name"),
        format!("this rule is never reached: {by}"),
        help,
    )
    .about(&rule.name);
    if let (Some(operation), Some(taker)) = (&example, taker) {
        finding.example = described(operation, &together(&rule.matches, &taker.matches))
            .map(|described| format!("{described}: taken by `{}`", taker.name));
    }
    Some(finding)
}

pub(in super::super) fn protected_rules(subject: &Subject<'_>) -> Vec<Finding> {
    let rules = &subject.policy.rules;
    let found = rules.iter().enumerate().filter_map(|(index, rule)| protected(subject, index, rule));
    found.collect()
}

fn protected(subject: &Subject<'_>, index: usize, rule: &Rule) -> Option<Finding> {
    let (policy, solver) = (subject.policy, &subject.solver);
    let way = Way::to(&policy.rules, index)?;
    let spares: Vec<Formula> = policy.protect.iter().map(|p| Formula::is_false(&p.matches)).collect();
    let with = |more: &[Formula]| {
        let mut all = way.all();
        let answer = {
            all.extend(more);
            solver.solve(&all)
        };
        answer.is_never()
    };
    if spares.is_empty() || !with(&spares) {
        return None;
    }
    // What never gets here at all has a finding of its own.
    let Answer::Example(operation) = solver.solve(&way.all()) else { return None };
    let alone = spares.iter().position(|spare| with(std::slice::from_ref(spare)));
    let protection = alone.and_then(|alone| policy.protect.get(alone));
    let by = match protection {
        Some(protection) => format!("`{}` protects", protection.name),
        None => "the protections cover".to_owned(),
    };
    let help = match protection {
        Some(protection) => format!("narrow `{}`, or leave this rule out", protection.name),
        None => "narrow one of them, or leave this rule out".to_owned(),
    };
    let message = format!("this rule never selects anything: {by} every operation that it decides");
    let mut finding = Finding::new(PROTECTED, rule_path(index).key("name"), message, help).about(&rule.name);
    let protecting = policy.protect.iter().find(|p| p.matches.evaluate(&operation) != Truth::False)?;
    finding.example = described(&operation, &together(&rule.matches, &protecting.matches))
        .map(|described| format!("{described}: protected by `{}`", protecting.name));
    Some(finding)
}

/// The fields that either looks at.
fn together(a: &Match, b: &Match) -> Vec<Field> {
    let mut fields = fields_of(a);
    fields.extend(fields_of(b));
    let mut once: Vec<Field> = Vec::new();
    for field in fields {
        if !once.contains(&field) {
            once.push(field);
        }
    }
    once
}
