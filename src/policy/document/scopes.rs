//! `scopes`: where to look.

use std::collections::HashSet;

use super::super::model::{Locations, Scope};
use super::super::problem::{Problems, quoted};
use super::super::tree::Node;
use super::fields::{Fields, listed};
use super::{keys, scalars};
use crate::operation::{LocationId, NameError, ProjectId, ServiceName};

/// The services that curfew can read and cancel in, by their short names.
pub const KNOWN_SERVICES: &[&str] = &["clouddeploy"];

/// The service of a scope that names none.
const DEFAULT_SERVICE: &str = "clouddeploy";

/// What Google takes for "every one" in a path. In a policy it would look into places that nobody named.
const WILDCARD: &str = "-";

/// The word for every location of a project.
const ALL: &str = "all";

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Vec<Scope>> {
    let items = scalars::list(
        node,
        "scopes",
        "name a project: `- {projects: [my-project], locations: all}`",
        problems,
    )?;
    scalars::each(items, problems, read_scope)
}

fn read_scope(node: &Node, problems: &mut Problems) -> Option<Scope> {
    let fields = Fields::read(node, "a scope", &keys::SCOPE, problems)?;
    let service = match fields.get("service") {
        Some(node) => read_service(node, problems),
        None => ServiceName::parse(DEFAULT_SERVICE).ok(),
    };
    let projects = fields
        .required("projects", "name the projects to look into: `projects: [my-project]`", problems)
        .and_then(|node| read_projects(node, problems));
    let locations = fields
        .required("locations", "name them, `locations: [europe-west1]`, or take `locations: all`", problems)
        .and_then(|node| read_locations(node, problems));
    Some(Scope { service: service?, projects: projects?, locations: locations? })
}

fn read_service(node: &Node, problems: &mut Problems) -> Option<ServiceName> {
    let help = format!("the services that are known: {}", listed(KNOWN_SERVICES));
    let given = scalars::text(node, "service", &help, problems)?;
    if !KNOWN_SERVICES.contains(&given) {
        problems.report(node.place, format!("unknown service {}", quoted(given)), help);
        return None;
    }
    ServiceName::parse(given).ok()
}

fn read_projects(node: &Node, problems: &mut Problems) -> Option<Vec<ProjectId>> {
    const RIGHT: &str = "write the id or the number of a project alone: `projects: [my-project]`";
    let items = scalars::list(node, "projects", RIGHT, problems)?;
    read_names(items, "a project", RIGHT, ProjectId::parse, problems)
}

fn read_locations(node: &Node, problems: &mut Problems) -> Option<Locations> {
    const RIGHT: &str = "write names, `locations: [europe-west1]`, or `locations: all` without brackets";
    if scalars::is_text(node, ALL) {
        return Some(Locations::All);
    }
    let items = scalars::list(node, "locations", RIGHT, problems)?;
    read_names(items, "a location", RIGHT, LocationId::parse, problems).map(Locations::Listed)
}

/// A list of names, none of them twice, none that stands for several.
fn read_names<T>(
    items: &[Node],
    what: &str,
    help: &str,
    parse: fn(&str) -> Result<T, NameError>,
    problems: &mut Problems,
) -> Option<Vec<T>> {
    let mut seen = HashSet::new();
    scalars::each(items, problems, |item, problems| {
        let name = scalars::text(item, what, help, problems)?;
        if name == WILDCARD || name == ALL {
            problems.report(item.place, format!("{} is not {what}", quoted(name)), help);
            return None;
        }
        if !seen.insert(name) {
            let message = format!("{} is in this list twice", quoted(name));
            problems.report(item.place, message, "keep one of them");
            return None;
        }
        parse(name).map_err(|error| problems.report(item.place, error.to_string(), help)).ok()
    })
}
