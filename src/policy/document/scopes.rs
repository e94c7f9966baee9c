//! `scopes`: where to look.
//!
//! Which keys a scope has depends on its service: they are the placeholders of the service's lists.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::super::problem::{Problems, quoted};
use super::super::scope::{Locations, Scope};
use super::super::tree::Node;
use super::fields::{Fields, listed, nearest};
use super::{keys, scalars};
use crate::catalogue::{Part, Service, Services, default_service, left_out};
use crate::operation::{ProjectId, ServiceName};

/// What Google takes for "every one" in a path. In a policy it would look into places that nobody named.
const WILDCARD: &str = "-";

/// Where the services are that a scope can name.
const KNOWN: &str =
    "`curfew services` lists those that are known; one that is not can be defined under `services`";

/// The word for every location.
const ALL: &str = "all";

/// Reads the scopes. `complete` is false when `services` holds a mistake: then a service that is not known may be one
/// that was to be defined, and nothing is said of it.
pub(super) fn read(
    node: &Node,
    services: &Services,
    complete: bool,
    problems: &mut Problems,
) -> Option<Vec<Scope>> {
    let items = scalars::list(
        node,
        "scopes",
        "name a project: `- {projects: [my-project], locations: all}`",
        problems,
    )?;
    scalars::each(items, problems, |item, problems| read_scope(item, services, complete, problems))
}

fn read_scope(node: &Node, services: &Services, complete: bool, problems: &mut Problems) -> Option<Scope> {
    let fields = Fields::read(node, "a scope", &keys::SCOPE, problems)?;
    let service = match fields.get("service") {
        Some(node) => read_service(node, services, complete, problems),
        None => services.find(&default_service().name).cloned(),
    };
    let given: BTreeSet<Part> =
        Part::ALL.into_iter().filter(|part| fields.get(part.key()).is_some()).collect();
    let form = service.as_ref().map(|service| nearest_form(service, &given));
    let mut parts = Vec::new();
    let mut locations = None;
    let mut right = true;
    // Of a service that is not known, at least what is there is looked at.
    for part in form.as_ref().unwrap_or(&given).union(&given).copied() {
        let node = match &form {
            Some(form) if form.contains(&part) => fields.required(part.key(), help_for(part), problems),
            Some(_) => {
                report_senseless(&fields, part, service.as_deref(), problems);
                right = false;
                continue;
            }
            None => fields.get(part.key()),
        };
        if part == Part::Location {
            let asked = service.as_deref().zip(form.as_ref());
            locations = node.and_then(|node| read_locations(node, asked, problems));
            right &= locations.is_some();
        } else {
            let values = node.and_then(|node| read_values(node, part, problems));
            right &= values.is_some();
            parts.extend(values.map(|values| (part, values)));
        }
    }
    right.then_some(Scope { service: service?, parts, locations })
}

/// The form of a service that was meant: the one that has most of the parts that are there and fewest that are not.
fn nearest_form(service: &Service, given: &BTreeSet<Part>) -> BTreeSet<Part> {
    let forms = service.forms();
    let distance = |form: &BTreeSet<Part>| form.symmetric_difference(given).count();
    // Of several that are as near, the first is taken: the usual one.
    forms.into_iter().min_by_key(distance).unwrap_or_default()
}

fn report_senseless(fields: &Fields<'_>, part: Part, service: Option<&Service>, problems: &mut Problems) {
    let Some(service) = service else { return };
    let place = fields.key_place(part.key()).unwrap_or(fields.place());
    let message = format!("`{}` has no meaning in a scope of `{}`", part.key(), service.name);
    problems.report(place, message, format!("a scope of `{}` takes {}", service.name, takes(service)));
}

/// What scopes of a service take, for people: "`projects` and `locations`, or `organizations` and `locations`".
fn takes(service: &Service) -> String {
    let form = |form: BTreeSet<Part>| {
        let keys: Vec<String> = form.into_iter().map(|part| format!("`{}`", part.key())).collect();
        if keys.is_empty() { "nothing but the service".to_owned() } else { keys.join(" and ") }
    };
    let forms: Vec<String> = service.forms().into_iter().map(form).collect();
    forms.join(", or ")
}

fn read_service(
    node: &Node,
    services: &Services,
    complete: bool,
    problems: &mut Problems,
) -> Option<Arc<Service>> {
    let given = scalars::text(node, "service", KNOWN, problems)?;
    let found = ServiceName::parse(given).ok().and_then(|name| services.find(&name).cloned());
    if found.is_none() && complete {
        problems.report(
            node.place,
            format!("unknown service {}", quoted(given)),
            unknown_help(given, services),
        );
    }
    found
}

/// What to do about a service that is not known.
pub(crate) fn unknown_help(given: &str, services: &Services) -> String {
    if let Some(left) = left_out().iter().find(|left| left.name == given) {
        return format!("curfew cannot police it: {}", left.reason);
    }
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    match nearest(given, &names) {
        Some(meant) => format!("did you mean {}?", listed(&[meant])),
        None => KNOWN.to_owned(),
    }
}

fn help_for(part: Part) -> &'static str {
    match part {
        Part::Project => "name the projects to look into: `projects: [my-project]`",
        Part::Organization => "name the organizations by their numbers: `organizations: [\"123456789012\"]`",
        Part::Folder => "name the folders by their numbers: `folders: [\"123456789012\"]`",
        Part::Location => "name them, `locations: [europe-west1]`, or take `locations: all`",
        Part::Instance => "name the instances: `instances: [orders]`",
        Part::Database => "name the databases: `databases: [\"(default)\"]`",
        Part::Dataset => "name the datasets: `datasets: [records]`",
        Part::Bucket => "name the buckets: `buckets: [acme-archive]`",
    }
}

fn read_values(node: &Node, part: Part, problems: &mut Problems) -> Option<Vec<Arc<str>>> {
    let right = match part {
        Part::Project => "write the id or the number of a project alone: `projects: [my-project]`",
        part => help_for(part),
    };
    let items = scalars::list(node, part.key(), right, problems)?;
    read_names(items, part, right, problems)
}

/// The locations of a scope of this service and form, if both are known.
fn read_locations(
    node: &Node,
    of: Option<(&Service, &BTreeSet<Part>)>,
    problems: &mut Problems,
) -> Option<Locations> {
    const RIGHT: &str = "write names, `locations: [europe-west1]`, or `locations: all` without brackets";
    if scalars::is_text(node, ALL) {
        let Some((service, form)) = of.filter(|(service, form)| service.locations_for(form).is_none()) else {
            return Some(Locations::All);
        };
        // Some list those of projects, but not those of organizations.
        let root = form.first().filter(|_| !service.locations.is_empty());
        let of = root.map_or_else(String::new, |root| format!(" of `{}`", root.key()));
        let message = format!("`{}` does not list its locations{of}", service.name);
        problems.report(node.place, message, "name them: `locations: [europe-west1]`");
        return None;
    }
    let items = scalars::list(node, "locations", RIGHT, problems)?;
    read_names(items, Part::Location, RIGHT, problems).map(Locations::Listed)
}

/// A list of names, none of them twice, none that stands for several.
fn read_names(items: &[Node], part: Part, help: &str, problems: &mut Problems) -> Option<Vec<Arc<str>>> {
    let what = match part {
        Part::Organization | Part::Instance => format!("an {}", part.word()),
        part => format!("a {}", part.word()),
    };
    let mut seen = HashSet::new();
    scalars::each(items, problems, |item, problems| {
        // The numbers of projects, organizations and folders are names too.
        let name = scalars::text(item, &what, help, problems)?;
        if name == WILDCARD || name == ALL {
            problems.report(item.place, format!("{} is not {what}", quoted(name)), help);
            return None;
        }
        if !seen.insert(name) {
            let message = format!("{} is in this list twice", quoted(name));
            problems.report(item.place, message, "keep one of them");
            return None;
        }
        // What is a project by its characters is any of the others.
        match ProjectId::parse(name) {
            Ok(_) => Some(name.into()),
            Err(error) => {
                let problem = error.to_string().replace("is not a project:", &format!("is not {what}:"));
                problems.report(item.place, problem, help);
                None
            }
        }
    })
}
