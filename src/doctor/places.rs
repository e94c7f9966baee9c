//! Which places the policy names, one after the other: of each service, what its places lie in.
//!
//! Two scopes may name the same project; it is looked at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::{DEFAULT_SERVICE, Part, Service};
use crate::operation::{Collection, ProjectId, ResourcePath, shown};
use crate::policy::{Locations, Policy, Scope};

/// A project of the policy under one service; or what else the places of a service lie in.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) service: Arc<Service>,
    /// `projects/p`, `organizations/1`, `buckets/b`; the service's own name where its places lie in nothing.
    pub(super) root: String,
    /// The project, if it is one.
    pub(super) project: Option<ProjectId>,
    /// What the policy's scopes name of it.
    scopes: Vec<Scope>,
}

impl Place {
    /// Whether a scope covers all of its locations.
    pub(super) fn has_all(&self) -> bool {
        self.scopes.iter().any(|scope| scope.locations == Some(Locations::All))
    }

    /// The collections that are named.
    pub(super) fn named(&self) -> BTreeSet<Collection> {
        self.scopes.iter().flat_map(Scope::collections).collect()
    }

    /// The collections in a location, where all of them are covered.
    pub(super) fn collections_in(&self, location: &str) -> BTreeSet<Collection> {
        let asked = self.scopes.iter().flat_map(Scope::asked);
        asked.flat_map(|asked| asked.collections_in(location)).collect()
    }

    /// Where the service lists the locations of the place; `None` where it does not, or there are none.
    pub(super) fn location_list(&self) -> Option<ResourcePath> {
        self.scopes.iter().flat_map(Scope::location_lists).next()
    }

    /// What it is, in one word: `project`.
    pub(super) fn what(&self) -> &str {
        match self.root.split_once('/') {
            Some((kind, _)) => kind.trim_end_matches('s'),
            None => "service",
        }
    }

    /// `projects/p`, with the service in front unless it is the usual one.
    pub(super) fn name(&self) -> String {
        self.called(&self.root)
    }

    /// `projects/p/locations/l`, likewise.
    pub(super) fn name_of(&self, collection: &Collection) -> String {
        self.called(shown(&collection.path))
    }

    fn called(&self, what: &str) -> String {
        match self.service.name.as_str() {
            DEFAULT_SERVICE => what.to_owned(),
            service if service == what => what.to_owned(),
            service => format!("{service} {what}"),
        }
    }
}

/// The places of a policy, sorted.
pub(super) fn places(policy: &Policy) -> Vec<Place> {
    let mut places: BTreeMap<(String, String), Place> = BTreeMap::new();
    for scope in policy.scopes.iter().flat_map(by_root) {
        let root = scope.roots().into_iter().next().unwrap_or_default();
        let project = scope.values(Part::Project).first().and_then(|project| ProjectId::parse(project).ok());
        let place = places.entry((scope.service.name.to_string(), root.clone())).or_insert_with(|| Place {
            service: scope.service.clone(),
            root,
            project,
            scopes: Vec::new(),
        });
        place.scopes.push(scope);
    }
    places.into_values().collect()
}

/// A scope taken apart by the values of its first part.
fn by_root(scope: &Scope) -> Vec<Scope> {
    let Some(((part, values), rest)) = scope.parts.split_first() else { return vec![scope.clone()] };
    let one = |value: &Arc<str>| {
        let parts = [(*part, vec![value.clone()])].into_iter().chain(rest.iter().cloned()).collect();
        Scope { parts, ..scope.clone() }
    };
    values.iter().map(one).collect()
}
