//! The snapshot that a run under the policy would have seen of a test's operations.
//!
//! Everything that the policy names counts as read, but for the gaps of the test. What lies elsewhere is left out, as
//! a sweep never sees it; which operations these are is kept, to be told to whoever expects something of them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::described::{operation, untold};
use super::model::{Basis, Given, Hidden, Named, Test};
use crate::catalogue::{Service, default_service};
use crate::offline::seen_by;
use crate::operation::{Collection, Operation, OperationName, ResourcePath, ServiceName};
use crate::policy::Policy;
use crate::request::Narrow;
use crate::snapshot::{Gap, GapReason, Reading, Snapshot};
use crate::sweep::{Places, places};

/// A test's operations as the policy sees them.
#[derive(Debug)]
pub(super) struct World {
    /// What a run sees when the test begins.
    pub(super) snapshot: Snapshot,
    /// What it does not see, because the policy does not look there.
    pub(super) outside: BTreeSet<OperationName>,
    /// Services of which the test has operations, and that there are not.
    pub(super) unknown: BTreeSet<ServiceName>,
    /// What the test says of operations that their services never tell.
    pub(super) untold: BTreeSet<(ServiceName, &'static str)>,
    /// An operation that the test describes twice, in two ways: a row and one by itself, an id and a whole name.
    pub(super) twice: Option<OperationName>,
}

impl World {
    /// Builds the world of a test. `saved` is the snapshot that it names; without the one that it needs, the world is
    /// empty.
    pub(super) fn of(test: &Test, policy: &Policy, saved: Option<&Snapshot>) -> Self {
        let mut twice = None;
        let mut whole = match (&test.basis, saved) {
            (Basis::Inline { now, operations: given }, _) => {
                let operations: Vec<Operation> = given.iter().flat_map(|given| row(given, policy)).collect();
                let mut names = BTreeSet::new();
                let double = operations.iter().find(|one| !names.insert((&one.service, &one.name)));
                twice = double.map(|operation| operation.name.clone());
                inline(*now, operations, policy)
            }
            (Basis::Snapshot(_), Some(saved)) => saved.clone(),
            (Basis::Snapshot(_), None) => Snapshot::new(DateTime::UNIX_EPOCH, Reading::default()),
        };
        whole.gaps.extend(test.gaps.iter().flat_map(|hidden| gaps(hidden, policy)));
        let names = |snapshot: &Snapshot| -> BTreeSet<OperationName> {
            snapshot.operations.iter().map(|operation| operation.name.clone()).collect()
        };
        let all = names(&whole);
        let snapshot = seen_by(whole, policy);
        let outside = all.difference(&names(&snapshot)).cloned().collect();
        let given = match &test.basis {
            Basis::Inline { operations, .. } => operations.as_slice(),
            Basis::Snapshot(_) => &[],
        };
        let of_operations = given.iter().map(|given| given.service.as_ref());
        let named = of_operations.chain(test.gaps.iter().map(|gap| gap.service.as_ref()));
        let named = named.map(|service| service_of(service, policy));
        let unknown = named.filter(|service| policy.services.find(service).is_none()).collect();
        let untold = given.iter().filter_map(|given| {
            let service = policy.services.find(&service_of(given.service.as_ref(), policy))?;
            Some((service.name.clone(), untold(given, service)?))
        });
        let untold = untold.collect();
        Self { snapshot, outside, unknown, untold, twice }
    }
}

/// The gaps that hide a place: in every list that the policy has there, or in the list of locations.
fn gaps(Hidden { service, project, location }: &Hidden, policy: &Policy) -> Vec<Gap> {
    let service = &service_of(service.as_ref(), policy);
    let Places { known, ask } = places(policy, &Narrow::default());
    let of_project = |path: &ResourcePath| path.project() == Some(project.as_str());
    let paths: BTreeSet<ResourcePath> = match location {
        Some(location) => {
            let asked = ask.iter().filter(|((of, _), _)| of == service).flat_map(|(_, asked)| asked);
            let asked = asked.flat_map(|asked| asked.collections_in(location.as_str()));
            let known = known.into_iter().filter(|collection| collection.service == *service).chain(asked);
            known
                .map(|collection| collection.path)
                .filter(|path| path.location() == Some(location.as_str()))
                .collect()
        }
        None => ask.into_keys().filter(|(of, _)| of == service).map(|(_, path)| path).collect(),
    };
    let message = "the test says that it could not be read";
    let gap = |path: &ResourcePath| Gap::at(service, path, GapReason::Unreachable, message.to_owned());
    paths.iter().filter(|path| of_project(path)).map(gap).collect()
}

/// The operations that stand in a test, in a world in which all that the policy names was read.
fn inline(now: DateTime<Utc>, operations: Vec<Operation>, policy: &Policy) -> Snapshot {
    let Places { known, ask } = places(policy, &Narrow::default());
    let located = ask.into_keys().collect();
    let mut collections = known;
    collections.extend(operations.iter().filter_map(|operation| collection(operation, policy)));
    Snapshot::new(now, Reading { collections, located, pages: 1, operations, gaps: Vec::new() })
}

fn collection(operation: &Operation, policy: &Policy) -> Option<Collection> {
    policy.services.find(&operation.service)?.collection_of(&operation.name)
}

/// One operation under its own name, or so many, numbered from 1 with four digits. None of a service that there is not.
fn row<'a>(given: &'a Given, policy: &'a Policy) -> impl Iterator<Item = Operation> + 'a {
    let service = policy.services.find(&service_of(given.service.as_ref(), policy));
    let name = service.and_then(|service| match &given.named {
        Named::Whole(name) => Some(name.to_string()),
        Named::Id(id) => usual_name(service, id, policy),
    });
    let numbers = given.count.map_or(0..=0, |count| 1..=count);
    numbers.filter_map(move |number| {
        let name = name.clone()?;
        let name = if number == 0 { name } else { format!("{name}-{number:04}") };
        // The document has seen to it that every number still makes a name.
        Some(operation(given, OperationName::parse(&name).ok()?, service?))
    })
}

/// The service that is meant where a test names none: the first one of the policy.
fn service_of(named: Option<&ServiceName>, policy: &Policy) -> ServiceName {
    let first = || policy.scopes.first().map(|scope| scope.service.name.clone());
    named.cloned().or_else(first).unwrap_or_else(|| default_service().name.clone())
}

/// The name of an operation that has only an id: in the first place that the policy names, of the same service if there
/// is one.
fn usual_name(service: &Service, id: &str, policy: &Policy) -> Option<String> {
    let of_service = policy.scopes.iter().find(|scope| scope.service.name == service.name);
    let scope = of_service.or(policy.scopes.first())?;
    let collection = scope.example()?;
    let pattern = collection.names.first()?.as_str();
    let (place, _) = pattern.rsplit_once('/')?;
    Some(format!("{}/{id}", place.replace('*', "test")))
}
