//! Matches that say something else than they seem to: never true, true for everything, or for nowhere that is read.

use std::sync::Arc;

use super::super::finding::{Finding, Subject, protection_path, rule_path};
use super::super::formula::Formula;
use super::super::verbs;
use crate::catalogue::Part;
use crate::policy::{DocPath, Field, Match, Pattern, Predicate, Scope, Test, Written};

pub(super) const NEVER_TRUE: &str = "match-never-true";
pub(super) const OUTSIDE_SCOPES: &str = "match-outside-scopes";
pub(super) const EVERYTHING: &str = "matches-everything";
pub(super) const UNKNOWN_VERB: &str = "unknown-verb";

/// A match that is written in the policy.
struct WrittenMatch<'a> {
    name: &'a Arc<str>,
    matches: &'a Match,
    path: DocPath,
    is_protection: bool,
}

/// Every match that is written, protections first, as they stand in the file. A rule may have none.
fn written<'a>(subject: &Subject<'a>) -> Vec<WrittenMatch<'a>> {
    let protections = subject.policy.protect.iter().enumerate().map(|(index, protection)| WrittenMatch {
        name: &protection.name,
        matches: &protection.matches,
        path: protection_path(index).key("match"),
        is_protection: true,
    });
    let rules = subject.policy.rules.iter().enumerate().map(|(index, rule)| WrittenMatch {
        name: &rule.name,
        matches: &rule.matches,
        path: rule_path(index).key("match"),
        is_protection: false,
    });
    protections.chain(rules.filter(|rule| subject.outline.has(&rule.path))).collect()
}

pub(in super::super) fn never_true(subject: &Subject<'_>) -> Vec<Finding> {
    let never = written(subject)
        .into_iter()
        .filter(|written| subject.solver.solve(&[&Formula::is_true(written.matches)]).is_never());
    let finding = |written: WrittenMatch<'_>| {
        let message = if written.is_protection {
            "this match can never be true: no operation is all of this"
        } else {
            "this match can never be true: the rule never decides on anything"
        };
        let help =
            "all entries of a match must hold at once; for one of several, take `any` or a list of globs";
        Finding::new(NEVER_TRUE, written.path, message, help).about(written.name)
    };
    never.map(finding).collect()
}

pub(in super::super) fn outside_scopes(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(inside) = anywhere_in(&subject.policy.scopes) else { return Vec::new() };
    let inside = Formula::is_true(&inside);
    let nowhere = written(subject).into_iter().filter(|written| {
        let is_true = Formula::is_true(written.matches);
        subject.solver.solve(&[&is_true, &inside]).is_never() && !subject.solver.solve(&[&is_true]).is_never()
    });
    let finding = |written: WrittenMatch<'_>| {
        let message = "this match is for places that no scope has: nothing is ever read there";
        let help = "compare its `service`, `project`, `location` and `name` with `scopes`";
        Finding::new(OUTSIDE_SCOPES, written.path, message, help).about(written.name)
    };
    nowhere.map(finding).collect()
}

/// A match for all the places of the scopes.
fn anywhere_in(scopes: &[Scope]) -> Option<Match> {
    let one_of = |field: Field, names: &mut dyn Iterator<Item = &str>| {
        let patterns: Option<Vec<Pattern>> = names.map(|name| Pattern::parse(name).ok()).collect();
        patterns.map(|patterns| Match::Field(Predicate { field, test: Test::OneOf(patterns) }))
    };
    let scope = |scope: &Scope| {
        let mut parts = vec![one_of(Field::Service, &mut std::iter::once(scope.service.name.as_str()))?];
        for (field, part) in [(Field::Project, Part::Project), (Field::Location, Part::Location)] {
            // Without values: all of them, or the places have none.
            let values = scope.values(part);
            if !values.is_empty() {
                parts.push(one_of(field, &mut values.iter().map(|value| &**value))?);
            }
        }
        Some(Match::All(parts))
    };
    scopes.iter().map(scope).collect::<Option<Vec<Match>>>().map(Match::Any)
}

pub(in super::super) fn everything(subject: &Subject<'_>) -> Vec<Finding> {
    written(subject).iter().flat_map(|written| takes_everything(subject, written)).collect()
}

fn takes_everything(subject: &Subject<'_>, written: &WrittenMatch<'_>) -> Vec<Finding> {
    if subject.solver.solve(&[&Formula::is_false(written.matches)]).is_never() {
        let (message, help) = if written.is_protection {
            ("this protects every operation: nothing is ever cancelled", "say what is to be protected")
        } else {
            (
                "this match is never false: it keeps every operation from the rules below",
                "leave `match` out to say so",
            )
        };
        return vec![Finding::new(EVERYTHING, written.path.clone(), message, help).about(written.name)];
    }
    let finding = |glob: Written| {
        let message = format!("`{}` takes every {}: it narrows nothing", glob.text, glob.key);
        let help = format!("name what is meant, or leave `{}` out", glob.key);
        Finding::new(EVERYTHING, glob.path, message, help).about(written.name)
    };
    let globs = subject.outline.globs(&written.path).into_iter();
    globs.filter(|glob| takes_every(subject, glob)).map(finding).collect()
}

/// Whether a glob takes whatever its field can be.
fn takes_every(subject: &Subject<'_>, glob: &Written) -> bool {
    let field = match glob.key.as_str() {
        "service" => Field::Service,
        "project" => Field::Project,
        "location" => Field::Location,
        "name" => Field::Name,
        "target" => Field::Target,
        "kind" => Field::Kind,
        // A verb is one word, which nothing but its meaning says.
        "verb" => return matches!(glob.text.as_str(), "*" | "**"),
        _ => return false,
    };
    let Ok(pattern) = Pattern::parse(&glob.text) else { return false };
    let predicate = Predicate { field, test: Test::OneOf(vec![pattern]) };
    subject.solver.solve(&[&Formula::predicate(&predicate, false)]).is_never()
}

pub(in super::super) fn unknown_verbs(subject: &Subject<'_>) -> Vec<Finding> {
    let known: Option<Vec<&[&str]>> =
        subject.policy.scopes.iter().map(|scope| verbs::of_service(scope.service.name.as_str())).collect();
    let Some(known) = known else { return Vec::new() };
    let mut once: Vec<&str> = Vec::new();
    for verb in known.into_iter().flatten() {
        if !once.contains(verb) {
            once.push(verb);
        }
    }
    let mut found = Vec::new();
    for written in written(subject) {
        let globs = subject.outline.globs(&written.path).into_iter().filter(|glob| glob.key == "verb");
        for glob in globs {
            let Ok(pattern) = Pattern::parse(&glob.text) else { continue };
            if once.iter().any(|verb| pattern.is_match(verb)) {
                continue;
            }
            let list: Vec<String> = once.iter().map(|verb| format!("`{verb}`")).collect();
            let message = format!("no operation of the scopes' services has the verb `{}`", glob.text);
            let help = match meant(&glob.text, &once) {
                Some(verb) => format!("did you mean `{verb}`? The verbs are {}", list.join(", ")),
                None => format!("the verbs are {}", list.join(", ")),
            };
            found.push(Finding::new(UNKNOWN_VERB, glob.path, message, help).about(written.name));
        }
    }
    found
}

/// The verb that a wrong one was taken for: misspelt, in capitals, or the name of the method.
fn meant<'a>(given: &str, verbs: &[&'a str]) -> Option<&'a str> {
    let given = given.to_lowercase();
    let given = if given == "patch" { "update" } else { given.as_str() };
    // One that long is no slip.
    let near = |verb: &&&str| given.len() < 20 && strsim::damerau_levenshtein(given, verb) <= 2;
    verbs.iter().find(near).copied()
}
