//! What a run is asked to do: by what it was woken, how far it is narrowed, how far its mode is lowered.
//!
//! A request can only take away. It leaves out collections and operations that the policy covers, and lowers the
//! mode; it never adds a collection, selects an operation or raises the mode. Plain data: the Lambda payloads
//! (`lambda::event`) and the command line both end here, and nothing in it knows either of them.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::operation::{Collection, LocationId, OperationName, ResourcePath, ServiceName};
use crate::policy::Mode;

/// One run, as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What woke the run.
    pub trigger: Trigger,
    /// What the run is narrowed to.
    pub narrow: Narrow,
    /// A third key beside the policy's and the function's own: the most cautious of them is the effective mode.
    pub mode: Option<Mode>,
    /// Whether the report is to hold what was read and everything that was decided, so that `curfew replay` can
    /// decide it again.
    pub record: bool,
}

impl Request {
    /// A sweep of the whole policy.
    #[must_use]
    pub fn everything(trigger: Trigger) -> Self {
        Self { trigger, narrow: Narrow::default(), mode: None, record: false }
    }
}

/// What woke the run. It is told, never acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// A schedule.
    Schedule {
        /// When the schedule was due, which is earlier than now by the delivery's delay.
        scheduled_at: Option<DateTime<Utc>>,
        /// The scheduler's own id of this delivery.
        execution_id: Option<String>,
    },
    /// An event that asks for a sweep.
    Event {
        /// The event's id.
        id: Option<String>,
    },
    /// A direct invocation of the function.
    Direct,
    /// The command line.
    CommandLine,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trigger::Schedule { .. } => "schedule",
            Trigger::Event { .. } => "event",
            Trigger::Direct => "direct",
            Trigger::CommandLine => "command_line",
        })
    }
}

/// What a run is narrowed to. Where both lists are given, an operation must be in both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrow {
    /// Only these places; `None` leaves all that the policy names. An empty list covers nothing.
    pub scopes: Option<Vec<NarrowScope>>,
    /// Only these operations, each with the service that it belongs to; `None` leaves all. An empty set covers
    /// nothing.
    pub operations: Option<BTreeSet<(ServiceName, OperationName)>>,
}

/// A place that a run is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NarrowScope {
    /// The Google service.
    pub service: ServiceName,
    /// What the place lies in, as the policy names it: `projects/acme-web`, `organizations/123456789012`. `None` means
    /// every place of the service that the policy covers.
    pub within: Option<ResourcePath>,
    /// The location; `None` means every one that the policy covers.
    pub location: Option<LocationId>,
}

impl NarrowScope {
    /// Whether what is listed there lies in the place.
    #[must_use]
    pub fn covers(&self, service: &ServiceName, path: &ResourcePath) -> bool {
        self.has(service, path.as_str(), path.location())
    }

    /// Whether a list of locations may name one in which the place lies.
    #[must_use]
    pub fn could_cover(&self, service: &ServiceName, locations: &ResourcePath) -> bool {
        self.service == *service && self.lies_within(locations.as_str())
    }

    fn has(&self, service: &ServiceName, path: &str, location: Option<&str>) -> bool {
        self.service == *service
            && self.lies_within(path)
            && self.location.as_ref().is_none_or(|only| location == Some(only.as_str()))
    }

    fn lies_within(&self, path: &str) -> bool {
        self.within
            .as_ref()
            .is_none_or(|within| path.strip_prefix(within.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }
}

impl fmt::Display for NarrowScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.service)?;
        if let Some(within) = &self.within {
            write!(f, " {within}")?;
        }
        match (&self.within, &self.location) {
            (_, None) => Ok(()),
            (Some(_), Some(location)) => write!(f, "/locations/{location}"),
            (None, Some(location)) => write!(f, " locations/{location}"),
        }
    }
}

impl Narrow {
    /// Whether nothing is left out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.scopes.is_none() && self.operations.is_none()
    }

    /// Whether any operation of this collection can be covered: if not, it need not be read.
    #[must_use]
    pub fn covers_collection(&self, collection: &Collection) -> bool {
        let in_scope = |scope: &NarrowScope| scope.covers(&collection.service, &collection.path);
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(in_scope))
            && self.operations.as_ref().is_none_or(|operations| {
                operations.iter().any(|(service, name)| collection.holds(service, name))
            })
    }

    /// The locations that the request itself names of a place whose locations are listed under this path; `None` when
    /// they have to be asked for. None at all: nothing of the place is covered.
    #[must_use]
    pub fn locations_in(&self, service: &ServiceName, locations: &ResourcePath) -> Option<BTreeSet<String>> {
        if let Some(operations) = &self.operations {
            let place = format!("{}/", locations.parent());
            let named =
                operations.iter().filter(|(of, name)| of == service && name.as_str().starts_with(&place));
            return Some(named.filter_map(|(_, name)| name.location().map(str::to_owned)).collect());
        }
        let named = self.scopes.as_ref()?.iter().filter(|scope| scope.could_cover(service, locations));
        named.map(|scope| scope.location.as_ref().map(ToString::to_string)).collect()
    }

    /// Whether this operation is covered.
    #[must_use]
    pub fn covers_operation(&self, service: &ServiceName, name: &OperationName) -> bool {
        let in_scope = |scope: &NarrowScope| scope.has(service, name.as_str(), name.location());
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(in_scope))
            && self
                .operations
                .as_ref()
                .is_none_or(|operations| operations.contains(&(service.clone(), name.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(text: &str) -> ServiceName {
        ServiceName::parse(text).unwrap()
    }

    fn operation(text: &str) -> OperationName {
        OperationName::parse(text).unwrap()
    }

    fn scope(project: &str, location: Option<&str>) -> NarrowScope {
        NarrowScope {
            service: service("clouddeploy"),
            within: Some(ResourcePath::parse(&format!("projects/{project}")).unwrap()),
            location: location.map(|text| LocationId::parse(text).unwrap()),
        }
    }

    use crate::testing::collection;

    fn locations() -> ResourcePath {
        ResourcePath::parse("projects/p/locations").unwrap()
    }

    #[test]
    fn without_lists_everything_is_covered() {
        let narrow = Narrow::default();
        assert!(narrow.is_everything());
        assert!(narrow.covers_collection(&collection("p", "l")));
        assert!(narrow.covers_operation(&service("any"), &operation("projects/p/locations/l/operations/o")));
    }

    #[test]
    fn empty_lists_cover_nothing() {
        for narrow in [
            Narrow { scopes: Some(Vec::new()), operations: None },
            Narrow { scopes: None, operations: Some(BTreeSet::new()) },
        ] {
            assert!(!narrow.is_everything());
            assert_eq!(narrow.locations_in(&service("clouddeploy"), &locations()), Some(BTreeSet::new()));
            assert!(!narrow.covers_collection(&collection("p", "l")));
            assert!(!narrow.covers_operation(
                &service("clouddeploy"),
                &operation("projects/p/locations/l/operations/o")
            ));
        }
    }

    #[test]
    fn a_scope_without_a_location_covers_all_locations_of_its_project_alone() {
        let narrow = Narrow { scopes: Some(vec![scope("p", None)]), operations: None };
        assert!(narrow.covers_collection(&collection("p", "l")));
        assert!(narrow.covers_collection(&collection("p", "m")));
        assert!(!narrow.covers_collection(&collection("q", "l")));
        assert!(!narrow.covers_collection(&collection("pq", "l")), "its name only begins like p");
        assert!(!narrow.covers_operation(&service("run"), &operation("projects/p/locations/l/operations/o")));
    }

    #[test]
    fn an_operation_must_be_in_both_lists() {
        let name = operation("projects/p/locations/l/operations/o");
        let operations = Some(BTreeSet::from([(service("clouddeploy"), name.clone())]));
        let inside = Narrow { scopes: Some(vec![scope("p", Some("l"))]), operations: operations.clone() };
        assert!(inside.covers_operation(&service("clouddeploy"), &name));
        assert!(inside.covers_collection(&collection("p", "l")));
        let outside = Narrow { scopes: Some(vec![scope("p", Some("m"))]), operations };
        assert!(!outside.covers_operation(&service("clouddeploy"), &name));
        assert!(!outside.covers_collection(&collection("p", "l")));
        assert!(!outside.covers_collection(&collection("p", "m")));
    }

    #[test]
    fn the_same_place_of_another_service_is_not_covered() {
        let by_scope = Narrow { scopes: Some(vec![scope("p", Some("l"))]), operations: None };
        let name = operation("projects/p/locations/l/operations/o");
        let operations = Some(BTreeSet::from([(service("clouddeploy"), name.clone())]));
        let by_operation = Narrow { scopes: None, operations };
        let other = Collection { service: service("run"), ..collection("p", "l") };
        for narrow in [by_scope, by_operation] {
            assert_eq!(narrow.locations_in(&other.service, &locations()), Some(BTreeSet::new()));
            assert!(!narrow.covers_collection(&other));
            assert!(!narrow.covers_operation(&other.service, &name));
        }
    }

    #[test]
    fn a_named_operation_covers_its_collection_but_not_its_neighbours() {
        let narrow = Narrow {
            scopes: None,
            operations: Some(BTreeSet::from([(
                service("clouddeploy"),
                operation("projects/p/locations/l/operations/o"),
            )])),
        };
        assert_eq!(
            narrow.locations_in(&service("clouddeploy"), &locations()),
            Some(BTreeSet::from(["l".to_owned()]))
        );
        assert!(narrow.covers_collection(&collection("p", "l")));
        let neighbour = operation("projects/p/locations/l/operations/n");
        assert!(!narrow.covers_operation(&service("clouddeploy"), &neighbour));
    }
}
