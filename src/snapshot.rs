//! What was read, and what is missing: the first of the four values.
//!
//! A snapshot is plain data. It is read once, at one `now`, by `sweep`; everything decided from it is decided by
//! pure code. Its gaps are as much a part of it as its operations: what could not be read is never taken to be
//! empty. Which places were read is remembered too: that a place is not among them says nothing about what is in it.

mod file;

use std::collections::BTreeSet;
use std::fmt;
use std::mem;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::operation::{Collection, Operation, ResourcePath, ServiceName, shown};
use crate::service::{CallError, FailureKind};

pub use file::SnapshotFileError;

/// The operations of the collections that were looked at, and the gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The one instant against which ages are taken: when the reading was over.
    pub now: DateTime<Utc>,
    /// The collections that were to be read.
    pub collections: BTreeSet<Collection>,
    /// The lists of locations that were asked for, such as `projects/p/locations`, each with the service that was asked.
    pub located: BTreeSet<(ServiceName, ResourcePath)>,
    /// How many pages of operations were read. Zero: nothing is known.
    pub pages: usize,
    /// Every operation that was seen, each once, ordered by service and name.
    pub operations: Vec<Operation>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// What a reading brought, as it came.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The collections that were to be read.
    pub collections: BTreeSet<Collection>,
    /// The lists of locations that were asked for, such as `projects/p/locations`, each with the service that was asked.
    pub located: BTreeSet<(ServiceName, ResourcePath)>,
    /// How many pages of operations were read.
    pub pages: usize,
    /// The operations, in any order, doubles among them.
    pub operations: Vec<Operation>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// Puts a snapshot together: sorts, and drops the doubles that a listing can hold when operations come and go
    /// between two pages. Of a double that is seen once running and once ended, the ended one is kept.
    #[must_use]
    pub fn new(now: DateTime<Utc>, read: Reading) -> Self {
        let Reading { collections, located, pages, mut operations, mut gaps } = read;
        // Doubles stay in the order in which they were read, and of two that run the later reading knows more.
        operations.sort_by(|a, b| (&a.service, &a.name).cmp(&(&b.service, &b.name)));
        operations.dedup_by(|later, kept| {
            let is_double = (&later.service, &later.name) == (&kept.service, &kept.name);
            if is_double && kept.is_running() {
                mem::swap(later, kept);
            }
            is_double
        });
        gaps.sort();
        Self { now, collections, located, pages, operations, gaps }
    }

    /// How many of the operations are running.
    #[must_use]
    pub fn running(&self) -> usize {
        self.operations.iter().filter(|operation| operation.is_running()).count()
    }
}

/// Something that could not be read: a collection, one of its pages, an entry of a page, or a list of locations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "Written", from = "Written")]
pub struct Gap {
    /// The Google service.
    pub service: ServiceName,
    /// What could not be listed, or not all of it: `projects/p/locations/l/operations`, or the locations themselves,
    /// `projects/p/locations`.
    pub path: ResourcePath,
    /// What kind of gap it is.
    pub reason: GapReason,
    /// A sentence for people.
    pub message: String,
}

impl Gap {
    /// A gap in a collection, or the whole of it.
    #[must_use]
    pub fn in_collection(collection: &Collection, reason: GapReason, message: String) -> Self {
        Self::at(&collection.service, &collection.path, reason, message)
    }

    /// A list of a service that could not be read, or not all of it.
    #[must_use]
    pub fn at(service: &ServiceName, path: &ResourcePath, reason: GapReason, message: String) -> Self {
        Self { service: service.clone(), path: path.clone(), reason, message }
    }

    /// Whether it is a list of locations: what is missing are places to look.
    #[must_use]
    pub fn is_of_locations(&self) -> bool {
        self.path.as_str().ends_with("/locations")
    }

    /// Where it is, for people.
    #[must_use]
    pub fn place(&self) -> String {
        if self.is_of_locations() {
            return format!("{} {}: its locations", self.service, self.path.parent());
        }
        format!("{} {}", self.service, shown(&self.path))
    }
}

impl fmt::Display for Gap {
    /// Where it is, and the sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.message)
    }
}

/// A gap as it is written down. Project and location are what the path says, for those who search in records.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    service: ServiceName,
    path: ResourcePath,
    project: Option<String>,
    location: Option<String>,
    reason: GapReason,
    message: String,
}

impl From<Gap> for Written {
    fn from(Gap { service, path, reason, message }: Gap) -> Self {
        let (project, location) = (path.project().map(str::to_owned), path.location().map(str::to_owned));
        Self { service, path, project, location, reason, message }
    }
}

impl From<Written> for Gap {
    fn from(Written { service, path, reason, message, .. }: Written) -> Self {
        Self { service, path, reason, message }
    }
}

/// Why there is a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// There is no such place (404).
    NotFound,
    /// The caller may not read it (403).
    Denied,
    /// Google did not take the credential.
    Unauthenticated,
    /// No token could be had.
    NoCredential,
    /// The service does not have the method.
    Unsupported,
    /// The service did not take the request.
    Refused,
    /// No usable answer, after retries.
    Unreachable,
    /// The time for reading was over.
    Deadline,
    /// An entry of the answer could not be understood or did not belong there, or the service said itself that it
    /// left something out.
    Incomplete,
    /// The snapshot was saved under a policy that does not cover the place.
    NotInSnapshot,
}

impl From<&CallError> for GapReason {
    fn from(error: &CallError) -> Self {
        match error.kind {
            FailureKind::NotFound => GapReason::NotFound,
            FailureKind::Denied => GapReason::Denied,
            FailureKind::Unsupported => GapReason::Unsupported,
            FailureKind::Unauthenticated => GapReason::Unauthenticated,
            FailureKind::NoCredential => GapReason::NoCredential,
            FailureKind::Refused => GapReason::Refused,
            FailureKind::Unreachable => GapReason::Unreachable,
            FailureKind::OutOfTime => GapReason::Deadline,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ended, gap, now, running};

    fn read(operations: Vec<Operation>) -> Snapshot {
        Snapshot::new(now(), Reading { operations, ..Reading::default() })
    }

    #[test]
    fn an_operation_on_two_pages_is_seen_once() {
        let got = read(vec![running("b", 10), running("a", 10), running("b", 10)]);
        let ids: Vec<&str> = got.operations.iter().map(|operation| operation.name.id()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(got.running(), 2);
    }

    #[test]
    fn an_operation_that_was_once_seen_ended_has_ended() {
        for doubles in [vec![running("o", 10), ended("o", 10)], vec![ended("o", 10), running("o", 10)]] {
            let got = read(doubles);
            assert_eq!((got.operations.len(), got.running()), (1, 0));
        }
    }

    #[test]
    fn of_two_sightings_of_a_running_operation_the_later_one_counts() {
        let later = Operation { cancellation_requested: Some(true), ..running("o", 10) };
        let got = read(vec![running("o", 10), later.clone()]);
        assert_eq!(got.operations, [later]);
    }

    #[test]
    fn the_same_name_in_another_service_is_another_operation() {
        let other = Operation { service: ServiceName::parse("run").unwrap(), ..running("o", 10) };
        assert_eq!(read(vec![other, running("o", 10)]).operations.len(), 2);
    }

    #[test]
    fn operations_and_gaps_have_an_order_of_their_own() {
        let gaps = vec![gap(Some("m")), gap(Some("l")), gap(None)];
        let got = Snapshot::new(now(), Reading { gaps, ..Reading::default() });
        let places: Vec<String> = got.gaps.iter().map(Gap::place).collect();
        assert_eq!(
            places,
            [
                "clouddeploy projects/p: its locations",
                "clouddeploy projects/p/locations/l",
                "clouddeploy projects/p/locations/m"
            ]
        );
    }
}
