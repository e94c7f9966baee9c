//! What curfew can know of a service's operations, in words: of each field of a match where it is found, and what follows
//! for limits and states. Both the page of one service and the document of all of them say it in these words.

use std::collections::BTreeSet;

use crate::catalogue::{Part, Pointer, Profile, Said, Service, table};

/// How the text of a field begins that is known of no operation of a service.
pub(super) const NEVER: &str = "never";

/// The fields of a match, each with where it is found.
#[must_use]
pub(super) fn fields(service: &Service) -> [(&'static str, String); 9] {
    let Service { profile, .. } = service;
    [
        ("service", "always".to_owned()),
        ("name", "always".to_owned()),
        ("project", in_names(service.says_project())),
        ("location", in_names(service.says_location())),
        ("verb", found(&profile.verb)),
        ("target", found(&profile.target)),
        ("kind", "/@type".to_owned()),
        ("cancellation_requested", cancellation(profile)),
        ("metadata", "at any JSON pointer".to_owned()),
    ]
}

/// What age is counted from.
#[must_use]
pub(super) fn age(service: &Service) -> String {
    match service.profile.create_time.as_slice() {
        [] => "not known: its operations do not say when they were created, so neither max_age nor max_running can be \
               decided. They are listed, and all of them are spared"
            .to_owned(),
        pointers => format!("since {}", joined(pointers, ", else ")),
    }
}

/// Which states an operation can be in after a cancel. `None` where no rule can select one.
#[must_use]
pub(super) fn states(service: &Service) -> Option<&'static str> {
    if service.profile.create_time.is_empty() {
        return None;
    }
    let profile = &service.profile;
    Some(if profile.has_cancel_flag() {
        "any state there is"
    } else if profile.tells_cancellation() {
        "`running` where others would be `ignored`: that a cancel was not requested is never told, so each sweep sends it \
         again until it shows"
    } else {
        "`running` where others would be `cancelling` or `ignored`: its operations do not tell whether a cancel was \
         requested, so each sweep sends it again"
    })
}

/// What is known of an operation, one letter each: its age, verb, target, and whether a cancel was requested.
#[must_use]
pub(super) fn marks(service: &Service) -> String {
    told(service).into_iter().map(|(letter, told)| if told { letter } else { '–' }).collect()
}

/// What the marks stand for, and whether a service tells it.
#[must_use]
pub(super) fn told(service: &Service) -> [(char, bool); 4] {
    let Profile { create_time, verb, target, .. } = &service.profile;
    [
        ('A', !create_time.is_empty()),
        ('V', !verb.is_empty()),
        ('T', !target.is_empty()),
        ('C', service.profile.tells_cancellation()),
    ]
}

/// The keys that scopes of a service take, one text for each form.
#[must_use]
pub(super) fn forms(service: &Service) -> Vec<String> {
    let form = |parts: BTreeSet<Part>| {
        let keys: Vec<&str> = parts.into_iter().map(Part::key).collect();
        if keys.is_empty() { "the service alone".to_owned() } else { keys.join(", ") }
    };
    service.forms().into_iter().map(form).collect()
}

/// What scopes begin with whose locations the service does not list, so that a policy must name them.
#[must_use]
pub(super) fn roots_without_locations(service: &Service) -> Vec<&'static str> {
    let lacks =
        |form: &BTreeSet<Part>| form.contains(&Part::Location) && service.locations_for(form).is_none();
    let lacking = service.forms().into_iter().filter(lacks);
    lacking.filter_map(|form| form.first().map(|part| part.key())).collect()
}

/// Whether a policy defines it, or changes what is built in.
#[must_use]
pub(super) fn is_own(service: &Service) -> bool {
    table().find(&service.name).is_none_or(|built_in| **built_in != *service)
}

fn in_names(said: Said) -> String {
    match said {
        Said::Always => "always: the name says it",
        Said::Sometimes => "for the operations whose names say it",
        Said::Never => return format!("{NEVER}: no name says it"),
    }
    .to_owned()
}

fn not_told() -> String {
    format!("{NEVER}: its operations do not tell it")
}

fn found(pointers: &[Pointer]) -> String {
    if pointers.is_empty() { not_told() } else { joined(pointers, ", else ") }
}

fn cancellation(Profile { cancel_requested, cancel_time, cancel_state, .. }: &Profile) -> String {
    let mut ways = Vec::new();
    if !cancel_requested.is_empty() {
        ways.push(joined(cancel_requested, " or "));
    }
    if !cancel_time.is_empty() {
        ways.push(format!("{} is there", joined(cancel_time, " or ")));
    }
    if let Some(state) = cancel_state {
        ways.push(format!("{} is {}", joined(&state.at, " or "), state.is.join(" or ")));
    }
    match (ways.is_empty(), cancel_requested.is_empty()) {
        (true, _) => not_told(),
        (false, true) => format!("true if {}; else unknown", ways.join(", or ")),
        (false, false) => ways.join(", or "),
    }
}

fn joined(pointers: &[Pointer], between: &str) -> String {
    let pointers: Vec<&str> = pointers.iter().map(Pointer::as_str).collect();
    pointers.join(between)
}
