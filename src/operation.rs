//! What curfew polices: a long-running operation, the collection it lives in, and how it stands.
//!
//! These are the domain's types. They say nothing of JSON or HTTP (that is `google`), nothing of rules (that is
//! `policy`). Names are parsed once, here, and are well-formed from then on: no code further in ever checks a
//! slash again.
//!
//! Missing data is `None` and stays `None`. Nothing here invents a value for what a service did not say.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Longest name segment that is accepted, in bytes. Google's resource ids end at 63; operation ids are longer
/// (`operation-<ms>-<uuid>`, some services append a hash), and nothing public exceeds 200.
const MAX_SEGMENT_BYTES: usize = 256;

/// Why a name is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {wanted}: {problem}")]
pub struct NameError {
    given: String,
    wanted: &'static str,
    problem: &'static str,
}

impl NameError {
    fn new(given: &str, wanted: &'static str, problem: &'static str) -> Self {
        // A hostile name may be megabytes long or hold control characters: quote what helps, escaped.
        let given = given.chars().take(120).flat_map(char::escape_default).collect();
        Self { given, wanted, problem }
    }
}

/// Checks one path segment: what may stand between two slashes of a resource name.
fn check_segment(segment: &str) -> Result<(), &'static str> {
    if segment.is_empty() {
        return Err("it is empty");
    }
    if segment.len() > MAX_SEGMENT_BYTES {
        return Err("it is longer than 256 bytes");
    }
    if segment == "." || segment == ".." {
        return Err("it is a relative path");
    }
    if segment.contains('/') {
        return Err("it holds a slash");
    }
    // Letters, digits and the unreserved marks of RFC 3986, plus `:` for domain-scoped projects
    // (`example.com:project`). Everything else could change the path that a request is sent to.
    if !segment.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | ':')) {
        return Err("it holds a character that is not a letter, a digit or one of `-_.~:`");
    }
    Ok(())
}

macro_rules! segment_type {
    ($(#[$doc:meta])* $name:ident, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses one path segment.
            ///
            /// # Errors
            /// When it is empty, a relative path, longer than 256 bytes, or holds a character that has no place
            /// between two slashes.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check_segment(text).map_err(|problem| NameError::new(text, $wanted, problem))?;
                Ok(Self(text.into()))
            }

            /// The name as it stands in a path.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

segment_type!(
    /// The short name of a Google service, e.g. `clouddeploy`.
    ServiceName, "a service name"
);
segment_type!(
    /// A Google Cloud project: its id (`acme-web`) or its number. Both are valid in a resource name.
    ProjectId, "a project"
);
segment_type!(
    /// A Google Cloud location: a region, a zone or `global`.
    LocationId, "a location"
);

/// Where operations live: one service in one location of one project. The unit of reading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// The Google service.
    pub service: ServiceName,
    /// The project, by id or number, as the policy names it.
    pub project: ProjectId,
    /// The location.
    pub location: LocationId,
}

impl Collection {
    /// The parent in resource names: `projects/{project}/locations/{location}`.
    #[must_use]
    pub fn parent(&self) -> String {
        format!("projects/{}/locations/{}", self.project, self.location)
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} projects/{}/locations/{}", self.service, self.project, self.location)
    }
}

/// The name of an operation: `projects/{project}/locations/{location}/operations/{id}`.
///
/// "Only unique within the same service that originally returns it" (google/longrunning/operations.proto), so it
/// always travels with a [`ServiceName`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct OperationName {
    text: Arc<str>,
    /// Byte offsets of the ends of project and location, and of the start of the id.
    project_end: u32,
    location_end: u32,
}

const PROJECTS: &str = "projects/";
const LOCATIONS: &str = "/locations/";
const OPERATIONS: &str = "/operations/";

impl OperationName {
    /// Parses a full operation name.
    ///
    /// # Errors
    /// When it does not have exactly the form above, each part a plain path segment.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const WANTED: &str = "an operation name";
        let form = || {
            NameError::new(text, WANTED, "it must be projects/{project}/locations/{location}/operations/{id}")
        };
        let rest = text.strip_prefix(PROJECTS).ok_or_else(form)?;
        let (project, rest) = rest.split_once('/').ok_or_else(form)?;
        let rest = rest.strip_prefix("locations/").ok_or_else(form)?;
        let (location, rest) = rest.split_once('/').ok_or_else(form)?;
        let id = rest.strip_prefix("operations/").ok_or_else(form)?;
        for segment in [project, location, id] {
            check_segment(segment).map_err(|problem| NameError::new(text, WANTED, problem))?;
        }
        // `id:cancel` would address another method of the operation `id`.
        if id.contains(':') {
            return Err(NameError::new(text, WANTED, "its id holds a colon"));
        }
        let project_end = PROJECTS.len() + project.len();
        let location_end = project_end + LOCATIONS.len() + location.len();
        // Three segments of at most 256 bytes: the offsets fit.
        let (Ok(project_end), Ok(location_end)) = (u32::try_from(project_end), u32::try_from(location_end))
        else {
            return Err(form());
        };
        Ok(Self { text: text.into(), project_end, location_end })
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The project part.
    #[must_use]
    pub fn project(&self) -> &str {
        self.slice(PROJECTS.len(), self.project_end as usize)
    }

    /// The location part.
    #[must_use]
    pub fn location(&self) -> &str {
        self.slice(self.project_end as usize + LOCATIONS.len(), self.location_end as usize)
    }

    /// The last part, unique within its collection.
    #[must_use]
    pub fn id(&self) -> &str {
        self.slice(self.location_end as usize + OPERATIONS.len(), self.text.len())
    }

    /// Whether the operation lives in this collection, by its name alone.
    #[must_use]
    pub fn lies_in(&self, collection: &Collection) -> bool {
        self.project() == collection.project.as_str() && self.location() == collection.location.as_str()
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }
}

impl TryFrom<String> for OperationName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

impl Serialize for OperationName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

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
    /// Whether somebody has asked for its cancellation. `None` only when there is no metadata to say it: within
    /// metadata, an absent flag is false (ProtoJSON leaves false values out).
    pub cancellation_requested: Option<bool>,
    /// The whole metadata object, for predicates on custom fields.
    pub metadata: Option<Metadata>,
}

impl Operation {
    /// Whether it is still running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.progress == Progress::Running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_name_is_taken_apart_at_its_segments() {
        let name = OperationName::parse("projects/acme-web/locations/europe-west1/operations/operation-1-a")
            .unwrap();
        assert_eq!(
            (name.project(), name.location(), name.id()),
            ("acme-web", "europe-west1", "operation-1-a")
        );
    }

    #[test]
    fn a_domain_scoped_project_is_a_project() {
        let name = OperationName::parse("projects/example.com:web/locations/l/operations/o").unwrap();
        assert_eq!(name.project(), "example.com:web");
    }

    #[test]
    fn a_name_that_could_change_the_path_of_a_request_is_refused() {
        for hostile in [
            "",
            "operations/o",
            "projects/p/locations/l/operations/",
            "projects//locations/l/operations/o",
            "projects/p/locations/l/operations/o/x",
            "projects/p/locations/l/operations/..",
            "projects/../locations/l/operations/o",
            "projects/p/locations/l/operations/o?x=1",
            "projects/p/locations/l/operations/o#x",
            "projects/p/locations/l/operations/o%2f",
            "projects/p/locations/l/operations/o\n",
            "projects/p/locations/l/operations/o:cancel",
            "projects/p/locations/l/operations/ö",
            "/projects/p/locations/l/operations/o",
        ] {
            assert!(OperationName::parse(hostile).is_err(), "{hostile:?} was taken");
        }
        let long = format!("projects/p/locations/l/operations/{}", "o".repeat(257));
        assert!(OperationName::parse(&long).is_err());
    }

    #[test]
    fn a_refused_name_is_quoted_escaped_and_short() {
        let error =
            OperationName::parse(&format!("projects/p\n{}", "x".repeat(10_000))).unwrap_err().to_string();
        assert!(error.contains("projects/p\\n") && error.len() < 400, "{error}");
    }

    #[test]
    fn a_name_lies_only_in_its_own_collection() {
        let name = OperationName::parse("projects/p/locations/l/operations/o").unwrap();
        let collection = |project: &str, location: &str| Collection {
            service: ServiceName::parse("clouddeploy").unwrap(),
            project: ProjectId::parse(project).unwrap(),
            location: LocationId::parse(location).unwrap(),
        };
        assert!(name.lies_in(&collection("p", "l")));
        assert!(!name.lies_in(&collection("q", "l")) && !name.lies_in(&collection("p", "m")));
    }

    #[test]
    fn metadata_is_read_by_json_pointer() {
        let raw = RawValue::from_string(r#"{"a":{"b":[1,"x"]}}"#.to_owned()).unwrap();
        let metadata = Metadata::new(&raw);
        assert_eq!(metadata.pointer("/a/b/1"), Some(Value::from("x")));
        assert_eq!(metadata.pointer("/a/c"), None);
    }
}
