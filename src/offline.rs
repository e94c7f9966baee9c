//! A saved snapshot under a policy other than the one that it was read for.
//!
//! A policy says where to look. What it does not cover is left out, as if it had never been read; what it covers and
//! the snapshot does not is a gap, never taken to be empty. Pure: nothing is read or judged here.

use std::collections::BTreeSet;

use crate::operation::{Collection, ResourcePath, ServiceName};
use crate::policy::Policy;
use crate::request::Narrow;
use crate::snapshot::{Gap, GapReason, Reading, Snapshot};
use crate::sweep::places;

/// The snapshot as a run under `policy` would have seen it at the same instant.
#[must_use]
pub fn seen_by(snapshot: Snapshot, policy: &Policy) -> Snapshot {
    let wanted = places(policy, &Narrow::default());
    let Snapshot { now, collections, located, pages, mut operations, mut gaps } = snapshot;

    let read: BTreeSet<Collection> =
        collections.iter().filter(|collection| wanted.cover(collection)).cloned().collect();
    operations.retain(|operation| {
        read.iter().any(|collection| collection.holds(&operation.service, &operation.name))
    });
    let is_covered = |(service, path): &(ServiceName, ResourcePath)| {
        let mut covered = wanted.known.iter().chain(&read);
        covered.any(|collection| (&collection.service, &collection.path) == (service, path))
    };
    gaps.retain(|gap| {
        let list = (gap.service.clone(), gap.path.clone());
        if gap.is_of_locations() { wanted.ask.contains_key(&list) } else { is_covered(&list) }
    });
    let reason = GapReason::NotInSnapshot;
    let unread = wanted.known.iter().filter(|collection| !collections.contains(collection));
    gaps.extend(unread.map(|collection| {
        Gap::in_collection(collection, reason, "the snapshot was saved without it".to_owned())
    }));
    let unlisted = wanted.ask.keys().filter(|list| !located.contains(list));
    gaps.extend(unlisted.map(|(service, path)| {
        Gap::at(service, path, reason, "the snapshot was saved without all of them".to_owned())
    }));

    // Where pages of other places alone were read, nothing is known.
    let pages = if read.is_empty() { 0 } else { pages };
    let located = located.into_iter().filter(|list| wanted.ask.contains_key(list)).collect();
    let wanted = wanted.known.iter().cloned().chain(read).collect();
    Snapshot::new(now, Reading { collections: wanted, located, pages, operations, gaps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Operation, OperationName};
    use crate::testing::{clouddeploy, gap, now, running};

    /// A policy of project `p` with these locations.
    fn policy(projects: &str, locations: &str) -> Policy {
        let text = format!(
            "version: 1\nscopes: [{{ projects: {projects}, locations: {locations} }}]\nrules: [{{ name: r, max_age: 1h }}]"
        );
        Policy::parse(text.as_bytes(), "policy.yaml").unwrap()
    }

    fn collection(location: &str) -> Collection {
        crate::testing::collection("p", location)
    }

    fn in_location(location: &str) -> Operation {
        let name = OperationName::parse(&format!("projects/p/locations/{location}/operations/o")).unwrap();
        Operation { name, ..running("o", 90) }
    }

    /// Read for project `p`, the locations `l` and `m`.
    fn saved(gaps: Vec<Gap>) -> Snapshot {
        let reading = Reading {
            collections: BTreeSet::from([collection("l"), collection("m")]),
            pages: 2,
            operations: vec![in_location("l"), in_location("m")],
            gaps,
            ..Reading::default()
        };
        Snapshot::new(now(), reading)
    }

    fn places_of(snapshot: &Snapshot) -> Vec<String> {
        snapshot.gaps.iter().map(Gap::place).collect()
    }

    #[test]
    fn under_the_policy_it_was_read_for_it_is_unchanged() {
        let want = saved(vec![gap(Some("m"))]);
        assert_eq!(seen_by(want.clone(), &policy("[p]", "[l, m]")), want);
    }

    #[test]
    fn what_a_narrower_policy_does_not_cover_is_left_out_gaps_included() {
        let got = seen_by(saved(vec![gap(Some("m"))]), &policy("[p]", "[l]"));
        assert_eq!(got.operations, [in_location("l")]);
        assert_eq!((got.collections.len(), got.gaps.len()), (1, 0));
    }

    #[test]
    fn a_gap_of_another_service_in_the_same_place_is_left_out() {
        let other = Gap { service: ServiceName::parse("alloydb").unwrap(), ..gap(Some("l")) };
        let want = saved(vec![gap(Some("m"))]);
        assert_eq!(seen_by(saved(vec![gap(Some("m")), other]), &policy("[p]", "[l, m]")), want);
    }

    #[test]
    fn what_a_wider_policy_covers_and_nobody_read_is_a_gap() {
        let got = seen_by(saved(Vec::new()), &policy("[p, q]", "[l, m]"));
        assert_eq!(
            places_of(&got),
            ["clouddeploy projects/q/locations/l", "clouddeploy projects/q/locations/m"]
        );
        assert_eq!((got.collections.len(), got.operations.len()), (4, 2));
        assert!(got.gaps.iter().all(|gap| gap.reason == GapReason::NotInSnapshot));
    }

    #[test]
    fn some_locations_are_not_all_of_them() {
        let got = seen_by(saved(Vec::new()), &policy("[p]", "all"));
        assert_eq!(places_of(&got), ["clouddeploy projects/p: its locations"]);
        assert_eq!(got.operations.len(), 2);
    }

    #[test]
    fn all_locations_that_were_asked_for_are_all_of_them() {
        let located = BTreeSet::from([(clouddeploy(), ResourcePath::parse("projects/p/locations").unwrap())]);
        let want = Snapshot { located, ..saved(Vec::new()) };
        assert_eq!(seen_by(want.clone(), &policy("[p]", "all")), want);
    }
}
