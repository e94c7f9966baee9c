//! What curfew polices: a long-running operation, the collection it lives in, and how it stands.
//!
//! These are the domain's types. They say nothing of JSON or HTTP (that is `google`), nothing of rules (that is
//! `policy`). Names are parsed once, in `names` and `collection`, and are well-formed from then on: no code further in
//! ever checks a slash again.
//!
//! Missing data is `None` and stays `None`. Nothing here invents a value for what a service did not say.

mod collection;
mod names;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) use collection::shown;
pub use collection::{Collection, NamePattern};
pub use names::{LocationId, NameError, OperationName, ProjectId, ResourcePath, ServiceName};

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// `done` is false or absent, and there is no result.
    Running,
    /// It has ended.
    Ended(Ending),
}

/// How an operation ended: the `result` of `google.longrunning.Operation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `error.code` is 1 (`CANCELLED`).
    Cancelled,
    /// There is a `response`.
    Completed,
    /// `error.code` is another `google.rpc.Code` (the numeric rpc code, not an HTTP status).
    Failed {
        /// The code; 2 (`UNKNOWN`) when the error carries none.
        code: i32,
    },
    /// Done with neither `error` nor `response`, which is legal: how it ended is not known.
    Unstated,
}

/// An operation's metadata object, kept as the text that came and looked into only when somebody asks.
///
/// Most operations are never asked for a custom field, and a parsed JSON tree takes several times the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata(Arc<str>);

impl Metadata {
    /// Keeps a JSON text, which is known to be well-formed.
    #[must_use]
    pub fn new(raw: &RawValue) -> Self {
        Self(raw.get().into())
    }

    /// The value at a JSON pointer (RFC 6901), or `None` when nothing is there or the text is too deeply nested
    /// to be read.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<Value> {
        let mut tree: Value = serde_json::from_str(&self.0).ok()?;
        tree.pointer_mut(pointer).map(Value::take)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// One long-running operation as a service showed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// The service that returned it.
    pub service: ServiceName,
    /// Its name, which lies in the collection that was listed.
    pub name: OperationName,
    /// Whether it is still running.
    pub progress: Progress,
    /// When it was created, if the service said so in a form that can be read.
    pub create_time: Option<DateTime<Utc>>,
    /// What is being done (`create`, `update`, `delete`).
    pub verb: Option<Arc<str>>,
    /// The resource it is done to, as a resource name.
    pub target: Option<Arc<str>>,
    /// The metadata's type: its `@type` as it came, e.g.
    /// `type.googleapis.com/google.cloud.deploy.v1.OperationMetadata`.
    pub kind: Option<Arc<str>>,
    /// Whether somebody has asked for its cancellation. `None` when there is no metadata to say it (within metadata, an
    /// absent flag is false: ProtoJSON leaves false values out), or the service has no such flag.
    pub cancellation_requested: Option<bool>,
    /// Whether it tells at all whether its cancellation has been requested. Many services have no sign of it, or one that
    /// only ever says yes: then nobody can know, and [`cancellation_requested`](Self::cancellation_requested) is `None`.
    pub tells_cancellation: bool,
    /// The whole metadata object, for predicates on custom fields.
    pub metadata: Option<Metadata>,
}

impl Operation {
    /// Whether it is still running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.progress == Progress::Running
    }

    /// Whether it may be taken to run on: it runs, and nothing that its service tells says that it is to stop.
    #[must_use]
    pub fn runs_on(&self) -> bool {
        self.is_running() && (self.cancellation_requested == Some(false) || !self.tells_cancellation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_by_json_pointer() {
        let raw = RawValue::from_string(r#"{"a":{"b":[1,"x"]}}"#.to_owned()).unwrap();
        let metadata = Metadata::new(&raw);
        assert_eq!(metadata.pointer("/a/b/1"), Some(Value::from("x")));
        assert_eq!(metadata.pointer("/a/c"), None);
    }
}
