//! An operation that shows what a finding means: made of what it must be, and of likely values for all else.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::verbs::CLOUD_DEPLOY;
use crate::operation::{Metadata, Operation, OperationName, Progress, ServiceName};
use crate::policy::{Field, Policy};

/// The metadata's type of every operation of Cloud Deploy.
const KIND: &str = "type.googleapis.com/google.cloud.deploy.v1.OperationMetadata";

/// Where examples take place: in the first scope of the policy.
#[derive(Debug, Clone)]
pub(super) struct Places {
    service: String,
    project: String,
    location: String,
}

impl Places {
    /// The first place that the policy names.
    pub(super) fn of(policy: &Policy) -> Self {
        use crate::policy::Locations;
        let scope = policy.scopes.first();
        let location = scope.and_then(|scope| match &scope.locations {
            Locations::All => None,
            Locations::Listed(locations) => locations.first(),
        });
        Self {
            service: scope.map_or("clouddeploy", |scope| scope.service.as_str()).to_owned(),
            project: scope.and_then(|scope| scope.projects.first()).map_or("p", |p| p.as_str()).to_owned(),
            location: location.map_or("europe-west1", |location| location.as_str()).to_owned(),
        }
    }

    /// What a field is likely to be, the likeliest first.
    pub(super) fn likely(&self, field: &Field) -> Vec<String> {
        let parent = format!("projects/{}/locations/{}", self.project, self.location);
        match field {
            Field::Service => vec![self.service.clone()],
            Field::Project => vec![self.project.clone()],
            Field::Location => vec![self.location.clone()],
            Field::Name => vec![format!("{parent}/operations/operation-1")],
            Field::Verb => CLOUD_DEPLOY.iter().map(|verb| (*verb).to_owned()).collect(),
            Field::Target => ["targets/test", "targets/prod-1", "deliveryPipelines/web"]
                .map(|end| format!("{parent}/{end}"))
                .to_vec(),
            Field::Kind => vec![KIND.to_owned()],
            Field::CancellationRequested | Field::Metadata(_) => Vec::new(),
        }
    }
}

/// An operation in the making.
#[derive(Debug)]
pub(super) struct Example<'a> {
    places: &'a Places,
    texts: Vec<(Field, String)>,
    requested: bool,
    metadata: Value,
}

impl<'a> Example<'a> {
    pub(super) fn new(places: &'a Places) -> Self {
        Self { places, texts: Vec::new(), requested: false, metadata: Value::Object(Map::new()) }
    }

    /// Says what a field is. What cannot be so together shows when the operation is looked at.
    pub(super) fn set(&mut self, field: &Field, value: &Value) {
        match (field, value) {
            (Field::CancellationRequested, Value::Bool(flag)) => self.requested = *flag,
            (Field::Metadata(pointer), value) => put(&mut self.metadata, pointer, value),
            (field, Value::String(text)) => self.texts.push((field.clone(), text.clone())),
            _ => {}
        }
    }

    fn text(&self, field: &Field) -> Option<String> {
        let set = self.texts.iter().find(|(set, _)| set == field).map(|(_, text)| text.clone());
        set.or_else(|| self.places.likely(field).into_iter().next())
    }

    /// The operation. `None` when its name would be none.
    pub(super) fn operation(&self) -> Option<Operation> {
        let named = self.texts.iter().find(|(field, _)| *field == Field::Name).map(|(_, name)| name.clone());
        let name = match named {
            Some(name) => name,
            None => {
                let (project, location) = (self.text(&Field::Project)?, self.text(&Field::Location)?);
                format!("projects/{project}/locations/{location}/operations/operation-1")
            }
        };
        let metadata = serde_json::value::to_raw_value(&self.metadata).ok()?;
        Some(Operation {
            service: ServiceName::parse(&self.text(&Field::Service)?).ok()?,
            name: OperationName::parse(&name).ok()?,
            progress: Progress::Running,
            create_time: None,
            verb: self.text(&Field::Verb).map(Arc::from),
            target: self.text(&Field::Target).map(Arc::from),
            kind: self.text(&Field::Kind).map(Arc::from),
            cancellation_requested: Some(self.requested),
            metadata: Some(Metadata::new(&metadata)),
        })
    }
}

/// Puts a value to where a JSON pointer leads. What is in the way of it stays.
fn put(tree: &mut Value, pointer: &str, value: &Value) {
    let mut at = tree;
    for key in pointer.split('/').skip(1) {
        let key = key.replace("~1", "/").replace("~0", "~");
        let Value::Object(map) = at else { return };
        at = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    }
    *at = value.clone();
}

/// What an operation is in these fields, for people. Nothing when there are none.
pub(super) fn described(operation: &Operation, fields: &[Field]) -> Option<String> {
    let parts: Vec<String> = fields
        .iter()
        .filter_map(|field| {
            let value = match field {
                Field::CancellationRequested => operation.cancellation_requested?.to_string(),
                Field::Metadata(pointer) => match operation.metadata.as_ref()?.pointer(pointer)? {
                    Value::String(text) => text,
                    value => value.to_string(),
                },
                field => field.text_in(operation)?.to_owned(),
            };
            Some(format!("{field} `{value}`"))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
