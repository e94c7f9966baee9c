//! What Google's answers about a project mean, as findings. Pure.
//!
//! Google does not tell a project that is not there from one in which the account may do nothing. So what a project
//! is known by is any call that works in it, or any permission that the account has.

use crate::doctor::finding::{Check, Finding};
use crate::doctor::places::Place;
use crate::doctor::remedy::remedy;
use crate::doctor::scopes::{Answers, CANCEL, GET, Known, LIST, LOCATIONS};
use crate::operation::LocationId;
use crate::policy::Mode;
use crate::service::{CallError, FailureKind};

/// The findings about one project. `policy` is the policy's own mode: one that audits needs no permission to cancel.
pub(super) fn findings(answers: &Answers, policy: Mode) -> Vec<Finding> {
    let place = &answers.place;
    let mut findings = vec![project(answers)];
    if findings.iter().any(|finding| finding.remedy.is_some()) {
        let skipped = [Check::List, Check::Get, Check::Cancel];
        findings.extend(skipped.map(|check| Finding::skipped(check, Check::Project).of(place.name())));
        return findings;
    }
    if place.all {
        findings.push(all_locations(answers));
    }
    for named in &place.named {
        findings.push(location(answers, named));
        if !answers.lists.contains_key(named) {
            findings.push(Finding::skipped(Check::List, Check::Location).of(place.location(named)));
        }
    }
    findings.extend(answers.lists.keys().map(|location| list(answers, location)));
    if place.all && answers.known.is_err() {
        findings.push(Finding::skipped(Check::List, Check::Locations).of(place.name()));
    }
    findings.push(permission(answers, Check::Get, GET, "what becomes of a cancel cannot be read", true));
    let cancels = policy == Mode::Enforce;
    findings.push(permission(answers, Check::Cancel, CANCEL, "no cancel is taken", cancels));
    findings
}

fn project(answers: &Answers) -> Finding {
    let Answers { place, known, granted, lists } = answers;
    let exists = known.is_ok()
        || lists.values().any(Result::is_ok)
        || granted.as_ref().is_ok_and(|granted| !granted.is_empty());
    if exists {
        return Finding::ok(Check::Project, "it exists").of(place.name());
    }
    let errors: Vec<&CallError> = known
        .as_ref()
        .err()
        .into_iter()
        .chain(lists.values().filter_map(|list| list.as_ref().err()))
        .collect();
    // What says more than "denied" comes first.
    let telling = errors.iter().find(|error| error.kind != FailureKind::Denied).or(errors.first());
    let Some(error) = telling else {
        return Finding::ok(Check::Project, "nothing speaks against it").of(place.name());
    };
    let detail = match error.kind {
        FailureKind::NotFound => format!("there is no such project: {error}"),
        FailureKind::Denied => format!("it does not exist, or the account may do nothing in it: {error}"),
        _ => format!("nothing could be read of it: {error}"),
    };
    let permission = place.permission(LIST);
    Finding::missing(Check::Project, detail, remedy(error, place, &permission)).of(place.name())
}

fn all_locations(answers: &Answers) -> Finding {
    let place = &answers.place;
    let finding = match &answers.known {
        Ok(known) if !known.complete => Finding::warning(
            Check::Locations,
            format!("the list has gaps; it could be read as far as: {}", names(known)),
            "name the locations in the policy",
        ),
        Ok(known) if known.locations.is_empty() => Finding::warning(
            Check::Locations,
            format!("the project has {} in no location: there is nothing to police", place.service),
            "see whether this is the right project",
        ),
        Ok(known) => Finding::ok(Check::Locations, names(known)),
        Err(error) => {
            let permission = place.permission(LOCATIONS);
            let remedy =
                format!("{}; or name the locations in the policy", remedy(error, place, &permission));
            Finding::missing(Check::Locations, error.to_string(), remedy)
        }
    };
    finding.of(place.name())
}

fn location(answers: &Answers, named: &LocationId) -> Finding {
    let place = &answers.place;
    let finding = match (&answers.known, answers.lists.get(named)) {
        (Ok(known), _) if known.locations.contains(named) => Finding::ok(Check::Location, "it exists"),
        (_, Some(Ok(_))) => Finding::ok(Check::Location, "list is answered there"),
        (Ok(known), None) => Finding::missing(
            Check::Location,
            format!("the project has no such location for {}; it has {}", place.service, names(known)),
            "correct the location in the policy, or take it out",
        ),
        // Whether it is there is not known; why list fails is told by the check of list.
        (_, Some(Err(_)) | None) => Finding::skipped(Check::Location, Check::List),
    };
    finding.of(place.location(named))
}

fn list(answers: &Answers, location: &LocationId) -> Finding {
    let place = &answers.place;
    let finding = match answers.lists.get(location) {
        Some(Ok(page)) if page.missing.is_empty() => Finding::ok(Check::List, "it works"),
        Some(Ok(page)) => Finding::warning(
            Check::List,
            format!("it works, with gaps: {}", page.missing.join("; ")),
            "a rule with `max_running` judges nothing that a gap could hide; see what the service says there",
        ),
        Some(Err(error)) => {
            Finding::missing(Check::List, error.to_string(), remedy(error, place, &place.permission(LIST)))
        }
        None => Finding::skipped(Check::List, Check::Location),
    };
    finding.of(place.location(location))
}

/// Whether the account has the permission for a method, and what follows if it has not. Where it is not `needed`, to
/// lack it is only worth a warning.
fn permission(answers: &Answers, check: Check, method: &str, so: &str, needed: bool) -> Finding {
    let Answers { place, granted, .. } = answers;
    let wanted = place.permission(method);
    let finding = match granted {
        Ok(granted) if granted.contains(&wanted) => Finding::ok(check, format!("the account has {wanted}")),
        Ok(_) if needed => {
            Finding::missing(check, format!("the account lacks {wanted}: {so}"), grant(place, &wanted))
        }
        Ok(_) => Finding::warning(
            check,
            format!("the account lacks {wanted}, which the policy does not need as long as it only audits"),
            format!("before the policy says `mode: enforce`: {}", grant(place, &wanted)),
        ),
        Err(error) => Finding::warning(
            check,
            format!("whether the account has {wanted} could not be found out: {error}"),
            "enable the API that tells, in the project that the account belongs to: `gcloud services enable \
             cloudresourcemanager.googleapis.com`; curfew itself does not need it",
        ),
    };
    finding.of(place.name())
}

fn grant(place: &Place, permission: &str) -> String {
    format!("give the account {permission} in the project {}, with the role below", place.project)
}

fn names(known: &Known) -> String {
    let names: Vec<&str> = known.locations.iter().map(LocationId::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
