//! What Google's answers about a place mean, as findings. Pure.
//!
//! Google does not tell a project that is not there from one in which the account may do nothing. So what a project
//! is known by is any call that works in it, or any permission that the account has.

use crate::catalogue::Permissions;
use crate::doctor::finding::{Check, Finding};
use crate::doctor::places::Place;
use crate::doctor::remedy::{needing, remedy};
use crate::doctor::scopes::{Answers, Known};
use crate::operation::{Collection, LocationId};
use crate::policy::Mode;
use crate::service::{CallError, FailureKind};

/// The findings about one place. `policy` is the policy's own mode: one that audits needs no permission to cancel.
pub(super) fn findings(answers: &Answers, policy: Mode) -> Vec<Finding> {
    let place = &answers.place;
    let mut findings = vec![exists(answers)];
    if findings.iter().any(|finding| finding.remedy.is_some()) {
        let skipped = [Check::List, Check::Get, Check::Cancel];
        findings.extend(skipped.map(|check| Finding::skipped(check, Check::Project).of(place.name())));
        return findings;
    }
    if place.has_all() {
        findings.push(all_locations(answers));
    }
    for named in place.named() {
        if place.location_list().is_some() && named.path.location().is_some() {
            findings.push(location(answers, &named));
        }
        if !answers.lists.contains_key(&named) {
            findings.push(Finding::skipped(Check::List, Check::Location).of(place.name_of(&named)));
        }
    }
    findings.extend(answers.lists.keys().map(|collection| list(answers, collection)));
    if place.has_all() && !matches!(answers.known, Some(Ok(_))) {
        findings.push(Finding::skipped(Check::List, Check::Locations).of(place.name()));
    }
    let lacks_get = "what becomes of a cancel cannot be read";
    findings.push(permission(answers, Check::Get, |known| &known.get, lacks_get, true));
    let cancels = policy == Mode::Enforce;
    findings.push(permission(answers, Check::Cancel, |known| &known.cancel, "no cancel is taken", cancels));
    findings
}

fn exists(answers: &Answers) -> Finding {
    let Answers { place, known, granted, lists } = answers;
    let exists = matches!(known, Some(Ok(_)))
        || lists.values().any(Result::is_ok)
        || matches!(granted, Some(Ok(granted)) if !granted.is_empty());
    if exists {
        return Finding::ok(Check::Project, "it exists").of(place.name());
    }
    let of_locations = known.iter().filter_map(|known| known.as_ref().err());
    let errors: Vec<&CallError> =
        of_locations.chain(lists.values().filter_map(|list| list.as_ref().err())).collect();
    // What says more than "denied" comes first.
    let telling = errors.iter().find(|error| error.kind != FailureKind::Denied).or(errors.first());
    let Some(error) = telling else {
        return Finding::ok(Check::Project, "nothing speaks against it").of(place.name());
    };
    let what = place.what();
    let detail = match error.kind {
        FailureKind::NotFound => format!("there is no such {what}: {error}"),
        FailureKind::Denied => format!("it does not exist, or the account may do nothing in it: {error}"),
        _ => format!("nothing could be read of it: {error}"),
    };
    let remedy = remedy(error, place, &needed(place, |known| &known.list));
    Finding::missing(Check::Project, detail, remedy).of(place.name())
}

fn all_locations(answers: &Answers) -> Finding {
    let place = &answers.place;
    let service = &place.service.name;
    let finding = match &answers.known {
        Some(Ok(known)) if !known.complete => Finding::warning(
            Check::Locations,
            format!("the list has gaps; it could be read as far as: {}", names(known)),
            "name the locations in the policy",
        ),
        Some(Ok(known)) if known.locations.is_empty() => Finding::warning(
            Check::Locations,
            format!("the {} has {service} in no location: there is nothing to police", place.what()),
            format!("see whether this is the right {}", place.what()),
        ),
        Some(Ok(known)) => Finding::ok(Check::Locations, names(known)),
        Some(Err(error)) => {
            let remedy = remedy(error, place, &needed(place, |known| &known.locations));
            Finding::missing(
                Check::Locations,
                error.to_string(),
                format!("{remedy}; or name the locations in the policy"),
            )
        }
        None => Finding::skipped(Check::Locations, Check::Project),
    };
    finding.of(place.name())
}

fn location(answers: &Answers, named: &Collection) -> Finding {
    let place = &answers.place;
    let finding = match (&answers.known, answers.lists.get(named)) {
        (Some(Ok(known)), _) if known.has(named) => Finding::ok(Check::Location, "it exists"),
        (_, Some(Ok(_))) => Finding::ok(Check::Location, "list is answered there"),
        (Some(Ok(known)), None) => Finding::missing(
            Check::Location,
            format!(
                "the {} has no such location for {}; it has {}",
                place.what(),
                place.service.name,
                names(known)
            ),
            "correct the location in the policy, or take it out",
        ),
        // Whether it is there is not known; why list fails is told by the check of list.
        (_, Some(Err(_)) | None) => Finding::skipped(Check::Location, Check::List),
    };
    finding.of(place.name_of(named))
}

fn list(answers: &Answers, collection: &Collection) -> Finding {
    let place = &answers.place;
    let finding = match answers.lists.get(collection) {
        Some(Ok(page)) if page.missing.is_empty() => Finding::ok(Check::List, "it works"),
        Some(Ok(page)) => Finding::warning(
            Check::List,
            format!("it works, with gaps: {}", page.missing.join("; ")),
            "a rule with `max_running` judges nothing that a gap could hide; see what the service says there",
        ),
        Some(Err(error)) => {
            let remedy = remedy(error, place, &needed(place, |known| &known.list));
            Finding::missing(Check::List, error.to_string(), remedy)
        }
        None => Finding::skipped(Check::List, Check::Location),
    };
    finding.of(place.name_of(collection))
}

/// Whether the account has the permissions for a method, and what follows if it has not. Where it is not `needed`, to
/// lack it is only worth a warning.
fn permission(
    answers: &Answers,
    check: Check,
    method: fn(&Permissions) -> &Vec<String>,
    so: &str,
    needed: bool,
) -> Finding {
    let Answers { place, granted, .. } = answers;
    let wanted = place.service.permissions.as_ref().map(method).filter(|wanted| !wanted.is_empty());
    let finding = match (granted, wanted) {
        (_, None) => Finding::warning(
            check,
            format!("which permission of {} this takes is not known to curfew", place.service.name),
            "see Google's documentation of the service; a sweep in mode audit, and then of one operation, shows it",
        ),
        (None, Some(wanted)) => Finding::warning(
            check,
            format!("only a project tells whether the account has {}", wanted.join(", ")),
            format!("see that the account has it on {}", place.root),
        ),
        (Some(Ok(granted)), Some(wanted)) => {
            let lacking: Vec<&str> =
                wanted.iter().map(String::as_str).filter(|wanted| !granted.contains(*wanted)).collect();
            let lacking = lacking.join(", ");
            if lacking.is_empty() {
                Finding::ok(check, format!("the account has {}", wanted.join(", ")))
            } else if needed {
                Finding::missing(check, format!("the account lacks {lacking}: {so}"), grant(place, &lacking))
            } else {
                Finding::warning(
                    check,
                    format!(
                        "the account lacks {lacking}, which the policy does not need as long as it only audits"
                    ),
                    format!("before the policy says `mode: enforce`: {}", grant(place, &lacking)),
                )
            }
        }
        (Some(Err(error)), Some(wanted)) => Finding::warning(
            check,
            format!("whether the account has {} could not be found out: {error}", wanted.join(", ")),
            "enable the API that tells, in the project that the account belongs to: `gcloud services enable \
             cloudresourcemanager.googleapis.com`; curfew itself does not need it",
        ),
    };
    finding.of(place.name())
}

fn grant(place: &Place, permissions: &str) -> String {
    format!("give the account {permissions} in {}, with the role below", needing(place))
}

/// The permissions for a method in words; where they are not known, what they are for.
fn needed(place: &Place, method: fn(&Permissions) -> &Vec<String>) -> String {
    let known = place.service.permissions.as_ref().map(method).filter(|known| !known.is_empty());
    known.map_or_else(
        || format!("the permission to read operations of {}", place.service.name),
        |known| known.join(", "),
    )
}

fn names(known: &Known) -> String {
    let names: Vec<&str> = known.locations.iter().map(LocationId::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
