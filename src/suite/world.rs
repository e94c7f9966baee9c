//! The snapshot that a run under the policy would have seen of a test's operations.
//!
//! Everything that the policy names counts as read, but for the gaps of the test. What lies elsewhere is left out, as
//! a sweep never sees it; which operations these are is kept, to be told to whoever expects something of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value as Json};

use super::model::{Basis, Details, Given, Hidden, Named, Target, Test};
use crate::offline::seen_by;
use crate::operation::{Collection, LocationId, Metadata, Operation, OperationName, ProjectId};
use crate::policy::{Locations, Policy};
use crate::request::Narrow;
use crate::snapshot::{Gap, GapReason, Reading, Snapshot};
use crate::sweep::{Places, places};

/// The location of an operation that has only an id, where the policy covers all of them.
const USUAL_LOCATION: &str = "europe-west1";

/// A test's operations as the policy sees them.
#[derive(Debug)]
pub(super) struct World {
    /// What a run sees when the test begins.
    pub(super) snapshot: Snapshot,
    /// What it does not see, because the policy does not look there.
    pub(super) outside: BTreeSet<OperationName>,
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
        whole.gaps.extend(test.gaps.iter().map(gap));
        let names = |snapshot: &Snapshot| -> BTreeSet<OperationName> {
            snapshot.operations.iter().map(|operation| operation.name.clone()).collect()
        };
        let all = names(&whole);
        let snapshot = seen_by(whole, policy);
        let outside = all.difference(&names(&snapshot)).cloned().collect();
        Self { snapshot, outside, twice }
    }
}

fn gap(Hidden { service, project, location }: &Hidden) -> Gap {
    Gap {
        service: service.clone(),
        project: project.clone(),
        location: location.clone(),
        reason: GapReason::Unreachable,
        message: "the test says that it could not be read".to_owned(),
    }
}

/// The operations that stand in a test, in a world in which all that the policy names was read.
fn inline(now: DateTime<Utc>, operations: Vec<Operation>, policy: &Policy) -> Snapshot {
    let Places { known, ask } = places(policy, &Narrow::default());
    let located = ask.into_iter().map(|(service, project)| (service.clone(), project.clone())).collect();
    let mut collections = known;
    collections.extend(operations.iter().filter_map(collection));
    Snapshot::new(now, Reading { collections, located, pages: 1, operations, gaps: Vec::new() })
}

fn collection(operation: &Operation) -> Option<Collection> {
    Some(Collection {
        service: operation.service.clone(),
        project: ProjectId::parse(operation.name.project()).ok()?,
        location: LocationId::parse(operation.name.location()).ok()?,
    })
}

/// One operation under its own name, or so many, numbered from 1 with four digits.
fn row<'a>(given: &'a Given, policy: &Policy) -> impl Iterator<Item = Operation> + 'a {
    let name = match &given.named {
        Named::Whole(name) => name.to_string(),
        Named::Id(id) => format!("{}/operations/{id}", usual_place(policy)),
    };
    let numbers = given.count.map_or(0..=0, |count| 1..=count);
    numbers.filter_map(move |number| {
        let name = if number == 0 { name.clone() } else { format!("{name}-{number:04}") };
        // The document has seen to it that every number still makes a name.
        Some(operation(given, OperationName::parse(&name).ok()?))
    })
}

/// Where an operation lies that has only an id: in the first place that the policy names.
fn usual_place(policy: &Policy) -> String {
    let scope = policy.scopes.first();
    let project = scope.and_then(|scope| scope.projects.first()).map_or("-", ProjectId::as_str);
    let location = match scope.map(|scope| &scope.locations) {
        Some(Locations::Listed(listed)) => listed.first().map_or(USUAL_LOCATION, LocationId::as_str),
        Some(Locations::All) | None => USUAL_LOCATION,
    };
    format!("projects/{project}/locations/{location}")
}

fn operation(given: &Given, name: OperationName) -> Operation {
    let Some(details) = &given.details else {
        return Operation {
            service: given.service.clone(),
            name,
            progress: given.progress,
            create_time: None,
            verb: None,
            target: None,
            kind: None,
            cancellation_requested: None,
            metadata: None,
        };
    };
    let target = match &details.target {
        Target::Stated(stated) => stated.clone(),
        Target::Usual => Some(usual_target(&name)),
    };
    Operation {
        service: given.service.clone(),
        progress: given.progress,
        create_time: details.created_at,
        verb: details.verb.clone(),
        kind: details.kind.clone(),
        cancellation_requested: details.cancellation_requested,
        metadata: metadata(details, target.as_deref()),
        target,
        name,
    }
}

/// A target in the operation's own place, of a name that no policy protects for what it says.
fn usual_target(name: &OperationName) -> Arc<str> {
    format!("projects/{}/locations/{}/targets/test", name.project(), name.location()).into()
}

/// The metadata as the service would have sent it, so that a JSON pointer finds what a field shows. The test's own
/// keys win, and `null` takes one out.
fn metadata(details: &Details, target: Option<&str>) -> Option<Metadata> {
    let created_at = details.created_at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let texts = [
        ("@type", details.kind.as_deref()),
        ("createTime", created_at.as_deref()),
        ("target", target),
        ("verb", details.verb.as_deref()),
    ];
    let mut object: Map<String, Json> =
        texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), Json::from(text?)))).collect();
    if details.cancellation_requested == Some(true) {
        object.insert("requestedCancellation".to_owned(), Json::from(true));
    }
    object.extend(details.more.clone());
    object.retain(|_, value| !value.is_null());
    let raw: Box<RawValue> = to_raw_value(&object).ok()?;
    Some(Metadata::new(&raw))
}
