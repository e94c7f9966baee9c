//! Which places a run reads: what the policy names and the request leaves in.
//!
//! Pure. Where the policy covers all locations of a project, and the request names none, they have to be asked for;
//! that is done by `read`.

use std::collections::BTreeSet;

use crate::operation::{Collection, LocationId, ProjectId, ServiceName};
use crate::policy::{Locations, Policy, Scope};
use crate::request::{Narrow, NarrowScope};

/// Where to read.
#[derive(Debug)]
pub struct Places<'a> {
    /// Collections that are known by name.
    pub known: BTreeSet<Collection>,
    /// Projects whose locations have to be asked for first.
    pub ask: BTreeSet<(&'a ServiceName, &'a ProjectId)>,
}

/// The places that the policy names and `narrow` leaves in, each once.
#[must_use]
pub fn places<'a>(policy: &'a Policy, narrow: &Narrow) -> Places<'a> {
    let mut known: BTreeSet<Collection> = BTreeSet::new();
    let mut ask = BTreeSet::new();
    for Scope { service, projects, locations } in &policy.scopes {
        for project in projects {
            match locations {
                Locations::Listed(listed) => {
                    known.extend(listed.iter().map(|location| Collection {
                        service: service.clone(),
                        project: project.clone(),
                        location: location.clone(),
                    }));
                }
                Locations::All => match narrowed_locations(narrow, service, project) {
                    Some(named) => known.extend(named),
                    None if narrow.covers_project(service, project) => {
                        ask.insert((service, project));
                    }
                    None => {}
                },
            }
        }
    }
    known.retain(|collection| narrow.covers_collection(collection));
    Places { known, ask }
}

/// What a request names that the policy does not: told, and never looked at.
#[must_use]
pub fn outside_policy(policy: &Policy, narrow: &Narrow) -> Vec<String> {
    let scopes = narrow.scopes.iter().flatten().filter(|NarrowScope { service, project, location }| {
        !policy.has_place(service, project.as_str(), location.as_ref().map(LocationId::as_str))
    });
    let scopes = scopes.map(|NarrowScope { service, project, location }| match location {
        Some(location) => format!("{service} projects/{project}/locations/{location}"),
        None => format!("{service} projects/{project}"),
    });
    let operations = narrow.operations.iter().flatten();
    let operations = operations
        .filter(|(service, name)| !policy.has_place(service, name.project(), Some(name.location())))
        .map(|(service, name)| format!("{service} {name}"));
    scopes.chain(operations).collect()
}

/// The collections that a request names itself, where the policy covers all locations: they need not be asked for.
fn narrowed_locations(
    narrow: &Narrow,
    service: &ServiceName,
    project: &ProjectId,
) -> Option<Vec<Collection>> {
    let collection =
        |location: LocationId| Collection { service: service.clone(), project: project.clone(), location };
    if let Some(operations) = &narrow.operations {
        let named =
            operations.iter().filter(|(of, name)| of == service && name.project() == project.as_str());
        return named.map(|(_, name)| LocationId::parse(name.location()).ok().map(collection)).collect();
    }
    let scopes = narrow.scopes.as_ref()?;
    let named = scopes.iter().filter(|scope| scope.service == *service && scope.project == *project);
    named.map(|scope| scope.location.clone().map(collection)).collect()
}
