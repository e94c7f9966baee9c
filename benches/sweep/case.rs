//! What is swept: a world for the emulator, and the policy for it.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;

use curfew::catalogue::{Bindings, Part, Service, table};

use crate::LATENCY_MS;

/// The regions of both worlds; the second has three of them.
const LOCATIONS: [&str; 5] = ["europe-west1", "us-central1", "asia-east1", "europe-west4", "us-east1"];

const SERVICES: usize = 70;
const LOCATIONS_OF_EACH: usize = 3;

/// A world, its policy, and what a sweep must find there.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) scenario: String,
    pub(crate) policy: String,
    pub(crate) collections: usize,
    pub(crate) operations: usize,
    pub(crate) violators: usize,
}

impl Case {
    /// Cloud Deploy: 10,000 operations in 50 collections, 500 of them to be cancelled and followed up.
    pub(crate) fn one_service() -> Result<Self, Box<dyn Error>> {
        let mut scenario = head();
        let deploy = service("clouddeploy")?;
        for project in 0..10 {
            for location in LOCATIONS {
                operations(&mut scenario, deploy, &format!("acme-{project}"), location, (10, 190))?;
            }
        }
        Ok(Self {
            name: "one service",
            scenario,
            policy: include_str!("policy.yaml").to_owned(),
            collections: 50,
            operations: 10_000,
            violators: 500,
        })
    }

    /// 70 services in three locations each, with 20 operations in every one, of which one is to be cancelled.
    pub(crate) fn many_services() -> Result<Self, Box<dyn Error>> {
        let mut scenario = head();
        let places = format!(
            "projects: [acme-web], locations: [{}]",
            LOCATIONS.get(..LOCATIONS_OF_EACH).ok_or("few")?.join(", ")
        );
        let mut policy = "version: 1\nmode: enforce\nscopes:\n".to_owned();
        let usual = |service: &&Arc<Service>| {
            let form = BTreeSet::from([Part::Project, Part::Location]);
            let mut lists = service.lists.iter().map(|list| list.path.parts() == form);
            lists.next() == Some(true) && !lists.any(|more| more) && !service.profile.create_time.is_empty()
        };
        let services: Vec<_> = table().iter().filter(usual).take(SERVICES).collect();
        if services.len() < SERVICES {
            return Err("the table has not so many services of the usual shape".into());
        }
        for service in services {
            let _ = writeln!(policy, "  - {{ service: {}, {places} }}", service.name);
            for location in LOCATIONS.iter().take(LOCATIONS_OF_EACH) {
                operations(&mut scenario, service, "acme-web", location, (1, 19))?;
            }
        }
        policy.push_str("rules: [{ name: too-old, max_age: 2h }]\nlimits: { max_cancellations: 1000 }\n");
        let collections = SERVICES * LOCATIONS_OF_EACH;
        Ok(Self {
            name: "many services",
            scenario,
            policy,
            collections,
            operations: collections * 20,
            violators: collections,
        })
    }
}

fn head() -> String {
    format!("latency: {LATENCY_MS}ms\noperations:\n")
}

fn service(name: &str) -> Result<&'static Service, Box<dyn Error>> {
    let found = table().iter().find(|service| service.name.as_str() == name);
    found.map(|service| &**service).ok_or_else(|| format!("no service is called {name}").into())
}

/// Violators, which end shortly after their cancel, before anybody looks; and others.
fn operations(
    yaml: &mut String,
    service: &Service,
    project: &str,
    location: &str,
    (violators, others): (usize, usize),
) -> Result<(), Box<dyn Error>> {
    let place: Bindings = vec![(Part::Project, project.into()), (Part::Location, location.into())];
    let name = service.lists.first().and_then(|list| list.names.first()?.fill(&place));
    let name = name.ok_or("a service without names")?;
    let pipeline =
        format!("projects/{project}/locations/{location}/deliveryPipelines/shop/releases/rel-1234");
    for (id, count, age, what) in [
        ("operation-1763950000000-64b1f0c2a4d31-5e0f7a31-stuck", violators, "3h", "stage"),
        ("operation-1763950000000-64b1f0c2a4d31-5e0f7a31-young", others, "41m", "dev"),
    ] {
        let _ = writeln!(
            yaml,
            "  - {{ service: {}, name: {}, count: {count}, age: {age}, verb: create, target: \
             {pipeline}/rollouts/rel-1234-to-{what}-0001, on_cancel: {{ becomes: cancelled, after: 100ms }} }}",
            service.name,
            name.replace('*', id),
        );
    }
    Ok(())
}
