//! What a payload narrows a run to: places and operations.
//!
//! Names are parsed here; whether the policy has them is seen when the run looks at both.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{EventError, malformed, only_keys, read_list, read_name};
use crate::catalogue::{Part, default_service, table};
use crate::operation::{LocationId, OperationName, ProjectId, ResourcePath, ServiceName};
use crate::request::{Narrow, NarrowScope};

/// The places and operations in an object, of which the errors say where it stands: `at`.
pub(super) fn read_narrow(object: &Map<String, Value>, at: &str) -> Result<Narrow, EventError> {
    let scopes = match object.get("scopes") {
        None => None,
        Some(scopes) => {
            let at = format!("{at}.scopes");
            let scopes = read_list(&at, "a list of at least one scope", scopes)?;
            let scopes = scopes.iter().enumerate().map(|(n, scope)| read_scope(&format!("{at}[{n}]"), scope));
            Some(scopes.collect::<Result<Vec<_>, _>>()?)
        }
    };
    let operations = match object.get("operations") {
        None => None,
        Some(names) => {
            let at = format!("{at}.operations");
            let names = read_list(&at, "a list of at least one operation name", names)?;
            let operations = names
                .iter()
                .enumerate()
                .map(|(n, operation)| read_operation(&format!("{at}[{n}]"), operation));
            Some(operations.collect::<Result<BTreeSet<_>, EventError>>()?)
        }
    };
    Ok(Narrow { scopes, operations })
}

/// An operation: its name alone, or an object that says of which service it is. A name is only unique within its service.
fn read_operation(at: &str, operation: &Value) -> Result<(ServiceName, OperationName), EventError> {
    let Some(object) = operation.as_object() else {
        let name = read_name(at, "an operation name", operation, OperationName::parse)?;
        return Ok((default_service().name.clone(), name));
    };
    let expected = "an object of `service` and `operation`";
    only_keys(object, at, &["service", "operation"], expected)?;
    let (Some(service), Some(name)) = (object.get("service"), object.get("operation")) else {
        return Err(malformed(at, expected, operation));
    };
    let service = read_name(&format!("{at}.service"), "a service name", service, ServiceName::parse)?;
    Ok((service, read_name(&format!("{at}.operation"), "an operation name", name, OperationName::parse)?))
}

fn read_scope(at: &str, scope: &Value) -> Result<NarrowScope, EventError> {
    let expected =
        "an object of `project` (or `organization`, or `folder`) and, if need be, `service` and `location`";
    let wrong = || malformed(at, expected, scope);
    let object = scope.as_object().ok_or_else(wrong)?;
    only_keys(object, at, &["service", "project", "organization", "folder", "location"], expected)?;
    let within: Vec<(&str, &Value)> = ["project", "organization", "folder"]
        .into_iter()
        .filter_map(|key| Some((key, object.get(key)?)))
        .collect();
    let within = match within.as_slice() {
        [(key, value)] => {
            let parse = |text: &str| {
                ProjectId::parse(text)?;
                ResourcePath::parse(&format!("{key}s/{text}"))
            };
            Some(read_name(&format!("{at}.{key}"), "the name of one", value, parse)?)
        }
        [] if object.get("service").and_then(Value::as_str).is_some_and(has_places_elsewhere) => None,
        _ => return Err(wrong()),
    };
    Ok(NarrowScope {
        service: match object.get("service") {
            None => default_service().name.clone(),
            Some(service) => {
                read_name(&format!("{at}.service"), "a service name", service, ServiceName::parse)?
            }
        },
        within,
        location: match object.get("location") {
            None => None,
            // The policy's own word for it.
            Some(location) if location.as_str() == Some("all") => None,
            Some(location) => {
                Some(read_name(&format!("{at}.location"), "a location", location, LocationId::parse)?)
            }
        },
    })
}

/// Whether a service has places that lie in no project, organization or folder. One that is not built in may have: the
/// policy says what it is, and is not at hand here.
fn has_places_elsewhere(service: &str) -> bool {
    let known = ServiceName::parse(service).ok().and_then(|name| table().find(&name).cloned());
    known.is_none_or(|service| {
        let roots = [Part::Project, Part::Organization, Part::Folder];
        service.forms().iter().any(|form| roots.iter().all(|root| !form.contains(root)))
    })
}
