//! Which places the policy names: of each project, the locations, or all of them.
//!
//! Two scopes may name the same project; it is looked at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{LocationId, ProjectId, ServiceName};
use crate::policy::{Locations, Policy};

/// A project of the policy, under one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) service: ServiceName,
    pub(super) project: ProjectId,
    /// Whether a scope covers all of its locations.
    pub(super) all: bool,
    /// The locations that are named.
    pub(super) named: BTreeSet<LocationId>,
}

impl Place {
    /// The permission for a method of the service, such as `operations.list`.
    pub(super) fn permission(&self, method: &str) -> String {
        format!("{}.{method}", self.service)
    }

    /// `projects/p`
    pub(super) fn name(&self) -> String {
        format!("projects/{}", self.project)
    }

    /// `projects/p/locations/l`
    pub(super) fn location(&self, location: &LocationId) -> String {
        format!("projects/{}/locations/{location}", self.project)
    }
}

/// The places of a policy, sorted.
pub(super) fn places(policy: &Policy) -> Vec<Place> {
    let mut places: BTreeMap<(&ServiceName, &ProjectId), Place> = BTreeMap::new();
    for scope in &policy.scopes {
        for project in &scope.projects {
            let place = places.entry((&scope.service, project)).or_insert_with(|| Place {
                service: scope.service.clone(),
                project: project.clone(),
                all: false,
                named: BTreeSet::new(),
            });
            match &scope.locations {
                Locations::All => place.all = true,
                Locations::Listed(named) => place.named.extend(named.iter().cloned()),
            }
        }
    }
    places.into_values().collect()
}
