//! An operation that shows what a finding means: made of what it must be, and of likely values for all else.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::verbs::CLOUD_DEPLOY;
use crate::catalogue::{DEFAULT_SERVICE, Pointer, Service};
use crate::operation::{Metadata, Operation, OperationName, Progress, ServiceName};
use crate::policy::{Field, Policy, Scope};

/// The metadata's type of every operation of Cloud Deploy.
const KIND: &str = "type.googleapis.com/google.cloud.deploy.v1.OperationMetadata";

/// The id of an example.
const EXAMPLE: &str = "operation-1";

/// The names of examples for a policy that names no place.
const USUAL_NAMES: &str = "projects/p/locations/europe-west1/operations/*";

/// Where examples take place: in the first scope of the policy.
#[derive(Debug, Clone)]
pub(super) struct Places {
    service: String,
    /// What operations are called there: a pattern whose last segment is the id.
    names: String,
    /// Whether operations tell that cancellation was requested, and whether that it was not.
    cancellation: (bool, bool),
    /// What operations can be called in any service of the policy, as an expression.
    every_name: String,
}

/// What a segment of a name is made of, and the id at its end.
const SEGMENT: &str = "[A-Za-z0-9._~:()-]+";
const ID: &str = "[A-Za-z0-9._~()-]+";

/// The names that a service gives, as expressions.
fn names_of(service: &Service) -> impl Iterator<Item = String> {
    service.names().map(|name| {
        let segments: Vec<&str> = name.as_str().split('/').collect();
        let written = segments.iter().enumerate().map(|(index, segment)| match *segment {
            "**" => format!("{ID}(?:/{ID})*"),
            "*" if index + 1 == segments.len() => ID.to_owned(),
            part if part == "*" || part.starts_with('{') => SEGMENT.to_owned(),
            plain => plain.replace('.', r"\."),
        });
        written.collect::<Vec<String>>().join("/")
    })
}

impl Places {
    /// What the name of an operation of the policy's services is made of.
    pub(super) fn every_name(&self) -> String {
        self.every_name.clone()
    }

    /// The first place that the policy names.
    pub(super) fn of(policy: &Policy) -> Self {
        let scope = policy.scopes.first();
        let collection = scope.and_then(Scope::example);
        let names = collection.as_ref().and_then(|collection| collection.names.first());
        Self {
            service: scope.map_or(DEFAULT_SERVICE, |scope| scope.service.name.as_str()).to_owned(),
            names: names.map_or(USUAL_NAMES, |pattern| pattern.as_str()).to_owned(),
            every_name: {
                let names: BTreeSet<String> =
                    policy.scopes.iter().flat_map(|scope| names_of(&scope.service)).collect();
                format!("(?-u)^(?:{})$", names.into_iter().collect::<Vec<_>>().join("|"))
            },
            cancellation: scope.map_or((true, true), |scope| {
                let profile = &scope.service.profile;
                (profile.tells_cancellation(), profile.has_cancel_flag())
            }),
        }
    }

    /// The name of an example, in this project and this location where the names of the place have them.
    fn name(&self, project: Option<&str>, location: Option<&str>) -> Option<OperationName> {
        let mut segments: Vec<&str> = self.names.split('/').collect();
        for (at, word, value) in
            [(1, "projects", project), (3, "locations", location), (3, "regions", location)]
        {
            let here = segments.get(at - 1).is_some_and(|segment| *segment == word);
            if let (true, Some(value), Some(segment)) = (here, value, segments.get_mut(at)) {
                *segment = value;
            }
        }
        let name = segments.join("/").replace("**", EXAMPLE).replace('*', EXAMPLE);
        OperationName::parse(&name).ok()
    }

    /// What a field is likely to be, the likeliest first.
    pub(super) fn likely(&self, field: &Field) -> Vec<String> {
        let Some(name) = self.name(None, None) else { return Vec::new() };
        let parent = name.as_str().split("/operations/").next().unwrap_or_default();
        match field {
            Field::Service => vec![self.service.clone()],
            Field::Project => name.project().map(str::to_owned).into_iter().collect(),
            Field::Location => name.location().map(str::to_owned).into_iter().collect(),
            Field::Name => vec![name.to_string()],
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
            (Field::Metadata(pointer), value) => {
                if let Some(pointer) = Pointer::parse(pointer) {
                    pointer.put(&mut self.metadata, value.clone());
                }
            }
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
            Some(name) => OperationName::parse(&name).ok()?,
            None => {
                let (project, location) = (self.text(&Field::Project), self.text(&Field::Location));
                self.places.name(project.as_deref(), location.as_deref())?
            }
        };
        let metadata = serde_json::value::to_raw_value(&self.metadata).ok()?;
        let (yes, no) = self.places.cancellation;
        let cancellation_requested = if self.requested { yes.then_some(true) } else { no.then_some(false) };
        Some(Operation {
            service: ServiceName::parse(&self.text(&Field::Service)?).ok()?,
            name,
            progress: Progress::Running,
            create_time: None,
            verb: self.text(&Field::Verb).map(Arc::from),
            target: self.text(&Field::Target).map(Arc::from),
            kind: self.text(&Field::Kind).map(Arc::from),
            cancellation_requested,
            tells_cancellation: no || cancellation_requested.is_some(),
            metadata: Some(Metadata::new(&metadata)),
        })
    }
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
