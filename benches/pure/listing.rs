//! Made-up pages of operations, as Cloud Deploy writes them: the same bytes in every run.
//!
//! Names, targets and messages are about as long as real ones, and a list is in the order of its names, as a service
//! that keeps its operations by name gives it. Google indents its JSON; these pages are compact, which
//! leaves the decoder more to do for each byte.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use curfew::operation::{Collection, NamePattern, ResourcePath, ServiceName};

/// When the made-up lists are read.
pub(crate) const NOW: DateTime<Utc> = DateTime::from_timestamp(1_764_000_000, 0).unwrap();

const LOCATIONS: [&str; 5] = ["europe-west1", "europe-west4", "us-central1", "us-east1", "asia-east1"];

/// How the operations of a page stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// All run: of each, everything is kept and everything is judged. The most work that a page can make.
    AllRunning,
    /// Three of four have ended, with the response that they leave: the usual page.
    MostlyEnded,
}

/// One of 50 collections.
pub(crate) fn collection(number: usize) -> Collection {
    let (project, location) = (number / 5 % 10, LOCATIONS[number % 5]);
    let path = format!("projects/acme-{project:02}/locations/{location}/operations");
    Collection {
        service: ServiceName::parse("clouddeploy").unwrap(),
        names: vec![NamePattern::parse(&format!("{path}/*")).unwrap()],
        path: ResourcePath::parse(&path).unwrap(),
    }
}

/// A page of a collection's operations: the body of the answer.
pub(crate) fn page(collection: &Collection, operations: usize, standing: Standing) -> String {
    let parent = collection.path.parent();
    let mut random = fastrand::Rng::with_seed(7);
    let mut body = String::from(r#"{"operations":["#);
    for number in 0..operations {
        if number > 0 {
            body.push(',');
        }
        let ended = standing == Standing::MostlyEnded && random.u8(..4) > 0;
        entry(&mut body, parent, number, ended, &mut random);
    }
    body.push_str("]}");
    body
}

fn entry(body: &mut String, parent: &str, number: usize, ended: bool, random: &mut fastrand::Rng) {
    let verb = random.choice(["create", "create", "create", "create", "update", "update", "delete"]).unwrap();
    let (kind, target) = target(parent, random);
    let id = format!("operation-{}-{:013x}", 1_763_900_000_000 + number, random.u64(..1 << 52));
    let created = instant(NOW - TimeDelta::seconds(age_s(random)));
    let _ = write!(
        body,
        r#"{{"name":"{parent}/operations/{id}","metadata":{{"@type":"type.googleapis.com/google.cloud.deploy.v1.OperationMetadata","createTime":"{created}","target":"{target}","verb":"{verb}","requestedCancellation":{},"apiVersion":"v1""#,
        random.u8(..50) == 0,
    );
    if ended {
        let _ = write!(
            body,
            r#","endTime":"{created}"}},"done":true,"response":{{"@type":"type.googleapis.com/google.cloud.deploy.v1.{kind}","name":"{target}","uid":"{:032x}","createTime":"{created}","etag":"{:016x}"}}}}"#,
            random.u128(..),
            random.u64(..),
        );
    } else {
        body.push_str(r#","statusMessage":"running the render job"},"done":false}"#);
    }
}

/// Nearly all operations are young, a few take hours, and one in a hundred has been forgotten.
fn age_s(random: &mut fastrand::Rng) -> i64 {
    match random.u8(..100) {
        0 => random.i64(0..100 * 60 * 60),
        1..=9 => random.i64(0..4 * 60 * 60),
        _ => random.i64(0..20 * 60),
    }
}

/// The kind of a resource, and its name.
fn target(parent: &str, random: &mut fastrand::Rng) -> (&'static str, String) {
    let pipeline =
        random.choice(["shop", "mail", "search-1", "ads-eu", "pay-out", "catalogue", "accounts"]).unwrap();
    let pipeline = format!("{parent}/deliveryPipelines/{pipeline}");
    let stage = random.choice(["dev", "stage", "preview", "prod"]).unwrap();
    match random.u8(..10) {
        0 => ("Target", format!("{parent}/targets/{stage}-{}", random.u8(..20))),
        1 => ("DeliveryPipeline", pipeline),
        2 => ("Automation", format!("{pipeline}/automations/promote-{}", random.u8(..9))),
        _ => {
            let release = format!("rel-{}", random.u16(1_000..2_000));
            let rollout = format!("{release}-to-{stage}-{:04}", random.u8(1..9));
            ("Rollout", format!("{pipeline}/releases/{release}/rollouts/{rollout}"))
        }
    }
}

fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Nanos, true)
}
