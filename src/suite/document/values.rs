//! Values that several parts of a test file have: instants, services, places, words that may be missing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::operation::{LocationId, NameError, ProjectId, ServiceName};
use crate::policy::reading::fields::Fields;
use crate::policy::reading::{Node, Problems, quoted, scalars};

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

/// The service under `service`, or none. Whether it is one that there is, only the policy knows.
pub(super) fn service(fields: &Fields<'_>, problems: &mut Problems) -> Option<Option<ServiceName>> {
    const HELP: &str = "write a service's short name, as the policy does: `service: clouddeploy`";
    fields.optional("service", None, problems, |node, problems| {
        segment(node, "service", HELP, ServiceName::parse, problems).map(Some)
    })
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
