//! A world in which every service of the table has operations in every form that its scopes can have, and a policy that
//! looks at all of them.
//!
//! Under each name that an operation of a service can have there are two: one that is too old, and one that may go on.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use curfew::catalogue::{Part, Service, Services, Template, bound, table};
use curfew::operation::{OperationName, ResourcePath};
use curfew::policy::Policy;

use crate::place::place;

/// What every operation of this world does, where its service tells it.
pub(crate) const VERB: &str = "create";
/// And to what.
pub(crate) const TARGET: &str = "projects/acme-web/things/thing";

/// One operation of the world.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// The service that has it.
    pub(crate) service: Arc<Service>,
    /// Its name.
    pub(crate) name: OperationName,
    /// Whether it is older than the policy allows.
    pub(crate) old: bool,
}

impl Placed {
    /// Whether the policy can tell its age, and finds it too old.
    pub(crate) fn violates(&self) -> bool {
        self.old && tells_age(&self.service)
    }

    /// Service and name, by which it is known everywhere.
    pub(crate) fn key(&self) -> (String, String) {
        (self.service.name.to_string(), self.name.to_string())
    }
}

/// Whether a service says when its operations were created.
pub(crate) fn tells_age(service: &Service) -> bool {
    !service.profile.create_time.is_empty()
}

/// The name that a pattern gives to the operation of this id.
fn named(pattern: &Template, id: &str) -> OperationName {
    let filled = pattern.fill(&place()).unwrap();
    let (resource, star) = filled.rsplit_once('/').unwrap();
    let id = if star == "**" { format!("any/{id}") } else { id.to_owned() };
    OperationName::parse(&format!("{}/{id}", resource.replace('*', "any"))).unwrap()
}

/// Every operation of the world.
pub(crate) fn operations() -> Vec<Placed> {
    let mut operations = Vec::new();
    for service in table().iter() {
        for pattern in service.names() {
            for (id, old) in [("old", true), ("young", false)] {
                operations.push(Placed { service: service.clone(), name: named(pattern, id), old });
            }
        }
    }
    operations
}

/// The collections that have to be read: every list of every service.
pub(crate) fn collections() -> usize {
    table().iter().map(|service| service.lists.len()).sum()
}

/// The lists of locations that have to be asked, each with its service.
pub(crate) fn located() -> BTreeSet<(String, ResourcePath)> {
    let mut located = BTreeSet::new();
    for service in table().iter() {
        for list in service.forms().iter().filter_map(|form| of_locations(service, form)) {
            let path = ResourcePath::parse(&list.fill(&place()).unwrap()).unwrap();
            located.insert((service.name.to_string(), path));
        }
    }
    located
}

fn of_locations<'a>(service: &'a Service, form: &BTreeSet<Part>) -> Option<&'a Template> {
    service.locations_for(form).filter(|_| form.contains(&Part::Location))
}

/// The scenario of the world. `keys` are those of every operation, `more` is the rest of the document.
pub(crate) fn scenario(keys: &str, more: &str) -> String {
    let mut text = format!("{more}\noperations:\n");
    for Placed { service, name, old } in operations() {
        let age = if old { "3h" } else { "5m" };
        let known = format!("service: {}, name: \"{name}\", age: {age}", service.name);
        writeln!(text, "  - {{ {known}, verb: {VERB}, target: {TARGET} {keys} }}").unwrap();
    }
    text
}

/// A policy that names one place of each form of each service, and all locations of those that list them. `more` is the
/// rest of the document.
pub(crate) fn policy(more: &str) -> String {
    let mut text = format!(
        "version: 1\nmode: enforce\nrules: [{{ name: old, max_age: 1h }}]\nlimits: {{ max_cancellations: 10000 }}\n{more}\n\
         scopes:\n"
    );
    for service in table().iter() {
        for form in service.forms() {
            write!(text, "  - {{ service: {}", service.name).unwrap();
            for part in &form {
                let value = match part {
                    Part::Location if of_locations(service, &form).is_some() => "all".to_owned(),
                    part => format!("[\"{}\"]", bound(&place(), *part).unwrap()),
                };
                write!(text, ", {}: {value}", part.key()).unwrap();
            }
            text.push_str(" }\n");
        }
    }
    text
}

/// The policy, as curfew reads it.
pub(crate) fn read(policy: &str) -> Policy {
    Policy::parse(policy.as_bytes(), "policy.yaml").unwrap_or_else(|error| panic!("{error}"))
}

/// How many of these operations have this about them.
pub(crate) fn count(of: impl Fn(&Placed) -> bool) -> usize {
    operations().iter().filter(|placed| of(placed)).count()
}

/// The service of this name.
pub(crate) fn service(name: &str) -> Arc<Service> {
    let find = |services: &Services| services.iter().find(|service| service.name.as_str() == name).cloned();
    find(table()).unwrap()
}
