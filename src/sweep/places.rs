//! Which places a run reads: what the policy names and the request leaves in.
//!
//! Pure. Where the policy covers all locations of a place, and the request names none, they have to be asked for; that
//! is done by `read`.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{Collection, ResourcePath, ServiceName};
use crate::policy::{Asked, Policy};
use crate::request::{Narrow, NarrowScope};

/// Where to read.
#[derive(Debug)]
pub struct Places<'a> {
    /// Collections that are known by name.
    pub known: BTreeSet<Collection>,
    /// Places whose locations have to be asked for first, by the lists of them.
    pub ask: BTreeMap<(ServiceName, ResourcePath), Vec<Asked<'a>>>,
}

impl Places<'_> {
    /// Whether a collection is one of those that are read, in a location that has to be asked for or is known.
    #[must_use]
    pub fn cover(&self, collection: &Collection) -> bool {
        self.known.contains(collection)
            || collection.path.location().is_some_and(|location| {
                let asked = self.ask.iter().filter(|((service, _), _)| *service == collection.service);
                asked
                    .flat_map(|(_, asked)| asked)
                    .any(|asked| asked.collections_in(location).contains(collection))
            })
    }
}

/// The places that the policy names and `narrow` leaves in, each once.
#[must_use]
pub fn places<'a>(policy: &'a Policy, narrow: &Narrow) -> Places<'a> {
    let mut known: BTreeSet<Collection> = BTreeSet::new();
    let mut ask: BTreeMap<_, Vec<Asked<'a>>> = BTreeMap::new();
    for scope in &policy.scopes {
        known.extend(scope.collections());
        for asked in scope.asked() {
            match narrow.locations_in(&scope.service.name, &asked.path) {
                Some(named) => known.extend(named.iter().flat_map(|location| asked.collections_in(location))),
                None => ask.entry((scope.service.name.clone(), asked.path.clone())).or_default().push(asked),
            }
        }
    }
    known.retain(|collection| narrow.covers_collection(collection));
    Places { known, ask }
}

/// What a request names that the policy does not: told, and never looked at.
#[must_use]
pub fn outside_policy(policy: &Policy, narrow: &Narrow) -> Vec<String> {
    let everything = places(policy, &Narrow::default());
    let is_inside = |scope: &NarrowScope| {
        let known = |collection: &Collection| scope.covers(&collection.service, &collection.path);
        everything.known.iter().any(known)
            || everything.ask.keys().any(|(service, path)| scope.could_cover(service, path))
    };
    let scopes = narrow.scopes.iter().flatten().filter(|scope| !is_inside(scope)).map(ToString::to_string);
    let operations = narrow.operations.iter().flatten();
    let operations = operations.filter(|(service, name)| !policy.covers(service, name));
    scopes.chain(operations.map(|(service, name)| format!("{service} {name}"))).collect()
}
