//! Rules and protections that ask for what operations of a service do not tell.
//!
//! What is never told is unknown: a rule never selects by it, and a protection that asks for it always holds. That is
//! right for one operation that lacks a value, and hardly meant for all that a service has.

use super::super::finding::{Finding, Subject, protection_path, rule_path};
use super::super::formula::{Formula, fields_of};
use crate::catalogue::{Said, Service};
use crate::policy::{DocPath, Field, Limit, Match, Pattern, Predicate, Rule, Test};

pub(super) const NOT_TOLD: &str = "field-not-told";

/// How many services a finding names. A policy for all of Google's would otherwise make a page of it.
const NAMED: usize = 4;

pub(in super::super) fn not_told(subject: &Subject<'_>) -> Vec<Finding> {
    let services = services(subject);
    let mut found = Vec::new();
    for (index, protection) in subject.policy.protect.iter().enumerate() {
        let (untold, names) = asked_in_vain(subject, &services, &protection.matches);
        if let Some(field) = untold {
            let message = format!(
                "operations of {} do not tell their {field}: this protects every one of them",
                listed(&names)
            );
            let help = "add the service to the match, or protect by something that they tell: `curfew services NAME`";
            let path = protection_path(index).key("match");
            found.push(Finding::new(NOT_TOLD, path, message, help).about(&protection.name));
        }
    }
    for (index, rule) in subject.policy.rules.iter().enumerate() {
        let (untold, names) = asked_in_vain(subject, &services, &rule.matches);
        if let Some(field) = untold {
            let message = format!(
                "operations of {} do not tell their {field}: this rule selects none of them, and hands none on",
                listed(&names)
            );
            let help =
                "add the services that it is for to the match: `curfew services NAME` shows what each tells";
            found
                .push(Finding::new(NOT_TOLD, rule_path(index).key("match"), message, help).about(&rule.name));
        } else if let (Some(field), names) = needed_in_vain(subject, &services, &rule.matches) {
            let message = format!(
                "operations of {} do not tell their {field}: this rule can select none of them, and is for no others",
                listed(&names)
            );
            let help = "leave it out of the match: `curfew services NAME` shows what each tells";
            found
                .push(Finding::new(NOT_TOLD, rule_path(index).key("match"), message, help).about(&rule.name));
        }
        found.extend(limit_in_vain(subject, &services, index, rule));
    }
    found
}

/// A limit that needs a time or a group's values which are not told.
fn limit_in_vain(subject: &Subject<'_>, services: &[&Service], index: usize, rule: &Rule) -> Option<Finding> {
    let (key, needed) = match &rule.limit {
        Limit::MaxAge(_) => ("max_age", Vec::new()),
        Limit::MaxRunning(max_running) => ("max_running", max_running.per.clone()),
    };
    let lacks_time = |service: &Service| service.profile.create_time.is_empty();
    let lacks = |service: &Service| needed.iter().find(|field| !is_told(service, field)).cloned();
    let covered = || services.iter().copied().filter(|service| is_for(subject, &rule.matches, service));
    let timeless: Vec<&str> =
        covered().filter(|service| lacks_time(service)).map(|service| service.name.as_str()).collect();
    let grouped = covered().find_map(lacks);
    let (what, names) = match grouped {
        _ if !timeless.is_empty() => ("when they were created".to_owned(), timeless),
        Some(field) => {
            let lacking = covered().filter(|service| !is_told(service, &field));
            (format!("their {field}"), lacking.map(|service| service.name.as_str()).collect())
        }
        None => return None,
    };
    let message =
        format!("operations of {} do not tell {what}: `{key}` selects none of them", listed(&names));
    let help = "leave them out of the match; what has no create time cannot be judged by its age";
    let path: DocPath = rule_path(index).key(key);
    Some(Finding::new(NOT_TOLD, path, message, help).about(&rule.name))
}

/// The services of the scopes, each once.
fn services<'a>(subject: &Subject<'a>) -> Vec<&'a Service> {
    let mut services: Vec<&Service> = Vec::new();
    for scope in &subject.policy.scopes {
        if !services.iter().any(|known| known.name == scope.service.name) {
            services.push(&scope.service);
        }
    }
    services
}

/// A field that a match needs and that services do not tell for which it is meant, and these services.
fn asked_in_vain<'a>(
    subject: &Subject<'_>,
    services: &[&'a Service],
    matches: &Match,
) -> (Option<Field>, Vec<&'a str>) {
    let fields = fields_of(matches);
    let mut first = None;
    let mut names = Vec::new();
    for service in services {
        let untold: Vec<Field> = fields.iter().filter(|field| !is_told(service, field)).cloned().collect();
        let Some(field) = untold.first() else { continue };
        let Some(of_service) = is_service(service) else { continue };
        let without = |formula: Formula| formula.without(&untold);
        let (is_true, is_false) = (without(Formula::is_true(matches)), without(Formula::is_false(matches)));
        let never = |formula: &Formula| subject.solver.solve(&[formula, &of_service]).is_never();
        // It is unknown for every operation of the service: neither true nor false without the field.
        if never(&is_true) && never(&is_false) {
            first.get_or_insert_with(|| field.clone());
            names.push(service.name.as_str());
        }
    }
    (first, names)
}

/// A field without which a match can be true of no service at all, and the services of which it could be true with it. It
/// may well be false of some of their operations: a rule hands those on.
fn needed_in_vain<'a>(
    subject: &Subject<'_>,
    services: &[&'a Service],
    matches: &Match,
) -> (Option<Field>, Vec<&'a str>) {
    if services.iter().any(|service| is_for(subject, matches, service)) {
        return (None, Vec::new());
    }
    let fields = fields_of(matches);
    let mut first = None;
    let mut names = Vec::new();
    for service in services {
        let Some(field) = fields.iter().find(|field| !is_told(service, field)) else { continue };
        let Some(of_service) = is_service(service) else { continue };
        if !subject.solver.solve(&[&Formula::is_true(matches), &of_service]).is_never() {
            first.get_or_insert_with(|| field.clone());
            names.push(service.name.as_str());
        }
    }
    (first, names)
}

/// Whether a match can be true for operations of a service.
fn is_for(subject: &Subject<'_>, matches: &Match, service: &Service) -> bool {
    let untold: Vec<Field> =
        fields_of(matches).into_iter().filter(|field| !is_told(service, field)).collect();
    let Some(of_service) = is_service(service) else { return false };
    let is_true = Formula::is_true(matches).without(&untold);
    !subject.solver.solve(&[&is_true, &of_service]).is_never()
}

fn is_service(service: &Service) -> Option<Formula> {
    let pattern = Pattern::parse(service.name.as_str()).ok()?;
    let predicate = Predicate { field: Field::Service, test: Test::OneOf(vec![pattern]) };
    Some(Formula::predicate(&predicate, true))
}

/// Whether operations of a service tell a field. Of the type and of other metadata nothing is known beforehand.
fn is_told(service: &Service, field: &Field) -> bool {
    match field {
        Field::Verb => !service.profile.verb.is_empty(),
        Field::Target => !service.profile.target.is_empty(),
        Field::CancellationRequested => service.profile.tells_cancellation(),
        Field::Project => service.says_project() != Said::Never,
        Field::Location => service.says_location() != Said::Never,
        Field::Service | Field::Name | Field::Kind | Field::Metadata(_) => true,
    }
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more services", shown.join(", ")),
    }
}
