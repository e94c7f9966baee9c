//! Builders that the unit tests share. Only compiled for tests.

pub(crate) mod scripted;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::operation::{
    Collection, Ending, NamePattern, Operation, OperationName, Progress, ResourcePath, ServiceName,
};
use crate::policy::Policy;
use crate::snapshot::{Gap, GapReason, Reading, Snapshot};

/// The instant at which the tests' snapshots were read.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// A policy for project `p` in location `l`, with these further top-level keys.
pub(crate) fn policy(rest: &str) -> Policy {
    let text =
        format!("version: 1\nmode: enforce\nscopes:\n  - projects: [p]\n    locations: [l, m]\n{rest}");
    Policy::parse(text.as_bytes(), "policy.yaml").unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn clouddeploy() -> ServiceName {
    ServiceName::parse("clouddeploy").unwrap()
}

/// The operations of Cloud Deploy in a location.
pub(crate) fn collection(project: &str, location: &str) -> Collection {
    let path = format!("projects/{project}/locations/{location}/operations");
    Collection {
        service: clouddeploy(),
        path: ResourcePath::parse(&path).unwrap(),
        names: vec![NamePattern::parse(&format!("{path}/*")).unwrap()],
    }
}

/// A running operation in `projects/p/locations/l` that was created so many minutes ago.
pub(crate) fn running(id: &str, age_minutes: i64) -> Operation {
    Operation {
        service: clouddeploy(),
        name: OperationName::parse(&format!("projects/p/locations/l/operations/{id}")).unwrap(),
        progress: Progress::Running,
        create_time: Some(now() - TimeDelta::minutes(age_minutes)),
        verb: Some(Arc::from("create")),
        target: Some(Arc::from("projects/p/locations/l/targets/dev")),
        kind: Some(Arc::from("type.googleapis.com/google.cloud.deploy.v1.OperationMetadata")),
        cancellation_requested: Some(false),
        tells_cancellation: true,
        metadata: None,
    }
}

/// The same, ended.
pub(crate) fn ended(id: &str, age_minutes: i64) -> Operation {
    Operation { progress: Progress::Ended(Ending::Completed), ..running(id, age_minutes) }
}

/// A snapshot of these operations, whole.
pub(crate) fn snapshot(operations: Vec<Operation>) -> Snapshot {
    snapshot_with_gaps(operations, Vec::new())
}

pub(crate) fn snapshot_with_gaps(operations: Vec<Operation>, gaps: Vec<Gap>) -> Snapshot {
    let collections = BTreeSet::from([collection("p", "l"), collection("p", "m")]);
    Snapshot::new(now(), Reading { collections, pages: 1, operations, gaps, ..Reading::default() })
}

/// A gap that hides a whole location of project `p`; without a location, all of them.
pub(crate) fn gap(location: Option<&str>) -> Gap {
    let path = match location {
        Some(location) => collection("p", location).path,
        None => ResourcePath::parse("projects/p/locations").unwrap(),
    };
    Gap::at(&clouddeploy(), &path, GapReason::Unreachable, "could not be read".to_owned())
}
