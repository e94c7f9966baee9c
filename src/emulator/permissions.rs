//! What whoever asks may do in each project, as Resource Manager tells it and as the service keeps to it.
//!
//! Who asks makes no difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::request::Resource;
use super::rpc::Refusal;
use super::scenario::Call;
use super::world::{World, denied};
use crate::catalogue;
use crate::operation::ProjectId;

/// The permissions in the projects for which a scenario names them. In any other, everything is permitted.
#[derive(Debug)]
pub(super) struct Permissions(BTreeMap<String, BTreeSet<String>>);

impl Permissions {
    pub(super) fn new(named: BTreeMap<ProjectId, BTreeSet<String>>) -> Self {
        Self(named.into_iter().map(|(project, given)| (project.to_string(), given)).collect())
    }

    /// Those of `asked` that are given: the answer to `testIamPermissions`. In a project that is not there, none.
    pub(super) fn among(&self, world: &World, project: &ProjectId, asked: Vec<String>) -> Value {
        let exists = world.has_project(project.as_str());
        let is_given =
            |permission: &String| self.0.get(project.as_str()).is_none_or(|given| given.contains(permission));
        let given: Vec<String> = asked.into_iter().filter(|asked| exists && is_given(asked)).collect();
        // ProtoJSON leaves out what is empty.
        if given.is_empty() { json!({}) } else { json!({ "permissions": given }) }
    }

    /// Refuses a call for which the permission is not given.
    pub(super) fn check(&self, call: Call, resource: &Resource) -> Result<(), Refusal> {
        let method = match call {
            Call::List => "operations.list",
            Call::Get => "operations.get",
            Call::Cancel => "operations.cancel",
            Call::Delete => "operations.delete",
            Call::Locations => "locations.list",
            // These need none.
            Call::Permissions | Call::Token => return Ok(()),
        };
        let Some(service) = resource.service() else { return Ok(()) };
        let given = resource.project().and_then(|project| self.0.get(project));
        let known = service
            .permissions
            .clone()
            .unwrap_or_else(|| catalogue::Permissions::usual(service.name.as_str()));
        let needed = match call {
            Call::List => known.list,
            Call::Get => known.get,
            Call::Cancel => known.cancel,
            Call::Locations => known.locations,
            _ => vec![format!("{}.{method}", service.name)],
        };
        match given {
            // Where it depends on the resource which of several is needed, any will do.
            Some(given) if !needed.iter().any(|permission| given.contains(permission)) => {
                Err(denied(service, method, &resource.name()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "tests/permissions.rs"]
mod tests;
