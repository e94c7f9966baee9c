//! Values that several parts of a test file have: instants, services, places, words that may be missing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::operation::{LocationId, NameError, ProjectId, ServiceName};
use crate::policy::KNOWN_SERVICES;
use crate::policy::reading::fields::{Fields, listed, nearest};
use crate::policy::reading::{Node, Problems, quoted, scalars};

/// The service of what names none.
const DEFAULT_SERVICE: &str = "clouddeploy";

/// An instant, as RFC 3339 writes it.
pub(super) fn instant(node: &Node, what: &str, problems: &mut Problems) -> Option<DateTime<Utc>> {
    let help = format!("write date, time and zone: `{what}: 2026-11-24T12:00:00Z`");
    let text = scalars::text(node, what, &help, problems)?;
    match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => Some(instant.to_utc()),
        Err(_) => {
            problems.report(node.place, format!("{} is not an instant", quoted(text)), help);
            None
        }
    }
}

/// The service under `service`, or the usual one.
pub(super) fn service(fields: &Fields<'_>, problems: &mut Problems) -> Option<ServiceName> {
    let Some(node) = fields.get("service") else { return ServiceName::parse(DEFAULT_SERVICE).ok() };
    let known = format!("the services that are known: {}", listed(KNOWN_SERVICES));
    let given = scalars::text(node, "service", &known, problems)?;
    if !KNOWN_SERVICES.contains(&given) {
        let help = match nearest(given, KNOWN_SERVICES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => known,
        };
        problems.report(node.place, format!("unknown service {}", quoted(given)), help);
        return None;
    }
    ServiceName::parse(given).ok()
}

/// A project.
pub(super) fn project(node: &Node, problems: &mut Problems) -> Option<ProjectId> {
    segment(
        node,
        "project",
        "write a project's id or number: `project: acme-web`",
        ProjectId::parse,
        problems,
    )
}

/// A location.
pub(super) fn location(node: &Node, problems: &mut Problems) -> Option<LocationId> {
    segment(node, "location", "write a location: `location: europe-west1`", LocationId::parse, problems)
}

fn segment<T>(
    node: &Node,
    what: &str,
    help: &str,
    parse: fn(&str) -> Result<T, NameError>,
    problems: &mut Problems,
) -> Option<T> {
    let text = scalars::text(node, what, help, problems)?;
    parse(text).map_err(|error| problems.report(node.place, error.to_string(), help)).ok()
}

/// A text, or nothing at all: `verb: null` says that the service did not say it.
pub(super) fn text_or_missing(node: &Node, what: &str, problems: &mut Problems) -> Option<Option<Arc<str>>> {
    if node.is_null() {
        return Some(None);
    }
    let help = format!("write a text, or `{what}: null` for one that is missing");
    scalars::text(node, what, &help, problems).map(|text| Some(text.into()))
}
