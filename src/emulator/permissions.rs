//! What whoever asks may do in each project, as Resource Manager tells it and as the service keeps to it.
//!
//! The emulator plays one service at a time and is not told which, so a call needs a permission of that method of
//! any service. Who asks makes no difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::request::Resource;
use super::rpc::Refusal;
use super::scenario::Call;
use super::world::{PageOf, World, denied};
use crate::operation::{OperationName, ProjectId};

/// The permissions in the projects for which a scenario names them. In any other, everything is permitted.
#[derive(Debug)]
pub(super) struct Permissions(BTreeMap<String, BTreeSet<String>>);

impl Permissions {
    pub(super) fn new(named: BTreeMap<ProjectId, BTreeSet<String>>) -> Self {
        Self(named.into_iter().map(|(project, given)| (project.to_string(), given)).collect())
    }

    /// Those of `asked` that are given: the answer to `testIamPermissions`. In a project that is not there, none.
    pub(super) fn among(&self, world: &World, project: &ProjectId, asked: Vec<String>) -> Value {
        let any_page = PageOf { token: None, size: 1 };
        let exists = world.locations(project.as_str(), any_page).is_ok();
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
        let given = project_of(resource).and_then(|project| self.0.get(project));
        let of_method = |permission: &String| {
            permission.split_once('.').is_some_and(|(_, of_any_service)| of_any_service == method)
        };
        match given {
            Some(given) if !given.iter().any(of_method) => {
                Err(denied(&format!("clouddeploy.{method}"), &resource.name()))
            }
            _ => Ok(()),
        }
    }
}

fn project_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Location(project, _) | Resource::Project(project) => Some(project.as_str()),
        Resource::Operation(name) => Some(OperationName::project(name)),
        Resource::Exchange(_) => None,
    }
}

#[cfg(test)]
#[path = "tests/permissions.rs"]
mod tests;
