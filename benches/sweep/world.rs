//! The world that is swept.

use std::fmt::Write as _;

use crate::{COLLECTIONS, LATENCY_MS, OPERATIONS, VIOLATORS};

/// The operations, spread evenly over the collections of `policy.yaml`. Violators end shortly after their cancel,
/// before anybody looks.
pub(crate) fn world() -> String {
    let mut yaml = format!("latency: {LATENCY_MS}ms\noperations:\n");
    let (violators, others) = (VIOLATORS / COLLECTIONS, (OPERATIONS - VIOLATORS) / COLLECTIONS);
    for project in 0..10 {
        for location in ["europe-west1", "europe-west4", "us-central1", "us-east1", "asia-east1"] {
            let parent = format!("projects/acme-{project}/locations/{location}");
            let pipeline = format!("{parent}/deliveryPipelines/shop/releases/rel-1234");
            for (id, count, age, what) in [
                ("operation-1763950000000-64b1f0c2a4d31-5e0f7a31-stuck", violators, "3h", "stage"),
                ("operation-1763950000000-64b1f0c2a4d31-5e0f7a31-young", others, "41m", "dev"),
            ] {
                let _ = writeln!(
                    yaml,
                    "  - {{ name: {parent}/operations/{id}, count: {count}, age: {age}, verb: create, target: \
                     {pipeline}/rollouts/rel-1234-to-{what}-0001, on_cancel: {{ becomes: cancelled, after: 100ms }} }}",
                );
            }
        }
    }
    yaml
}
