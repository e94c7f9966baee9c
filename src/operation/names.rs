//! Names: of services, projects and locations, of the resources that are listed, and of operations.
//!
//! A name is parsed once and is well-formed from then on: nothing in it can change the path of a request. Which names a
//! service may use is not known here (that is `catalogue`); whether an operation is one of a collection's is
//! said by [`Collection`](super::Collection).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// Longest name segment that is accepted, in bytes. Google's resource ids end at 63; operation ids are longer
/// (`operation-<ms>-<uuid>`, some services append a hash), and nothing public exceeds 200.
const MAX_SEGMENT_BYTES: usize = 256;

/// Longest operation name that is accepted, in bytes. The deepest have eight segments.
const MAX_NAME_BYTES: usize = 2048;

/// Why a name is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {wanted}: {problem}")]
pub struct NameError {
    given: String,
    wanted: &'static str,
    problem: &'static str,
}

impl NameError {
    pub(super) fn new(given: &str, wanted: &'static str, problem: &'static str) -> Self {
        // A hostile name may be megabytes long or hold control characters: quote what helps, escaped.
        let given = given.chars().take(120).flat_map(char::escape_default).collect();
        Self { given, wanted, problem }
    }
}

/// Checks one path segment: what may stand between two slashes of a resource name.
pub(super) fn check_segment(segment: &str) -> Result<(), &'static str> {
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
    // (`example.com:project`) and parentheses for Firestore's `(default)`. Everything else could change the path that a
    // request is sent to.
    if !segment
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | ':' | '(' | ')'))
    {
        return Err("it holds a character that is not a letter, a digit or one of `-_.~:()`");
    }
    Ok(())
}

/// A name is shown, compared and written as its text.
macro_rules! text_traits {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
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

        text_traits!($name);
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

/// What `projects/_` stands for in the names of Cloud Storage: the project is not said.
const UNSAID: &str = "_";

/// The words that a location stands behind. Dataproc has both.
const LOCATION_WORDS: [&str; 2] = ["locations", "regions"];

/// The project that a resource name says: `projects/{project}/…`.
fn project_in(path: &str) -> Option<&str> {
    let mut segments = path.split('/');
    let project = (segments.next() == Some("projects")).then(|| segments.next()).flatten()?;
    (project != UNSAID).then_some(project)
}

/// The location that a resource name says, behind its first resource: `…/…/locations/{location}/…`.
fn location_in(path: &str) -> Option<&str> {
    let mut segments = path.split('/').skip(2);
    let word = segments.next()?;
    LOCATION_WORDS.contains(&word).then(|| segments.next()).flatten()
}

/// Where a part of a text stands, in bytes.
type Span = Option<(u32, u32)>;

fn span(text: &str, part: Option<&str>) -> Span {
    let part = part?;
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some((u32::try_from(start).ok()?, u32::try_from(start + part.len()).ok()?))
}

/// A path below a service's version: what is listed, such as `projects/{project}/locations/{location}/operations`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ResourcePath(Arc<str>);

impl ResourcePath {
    /// Parses a path of plain segments.
    ///
    /// # Errors
    /// When it is empty, or one of its segments has no place between two slashes.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        for segment in text.split('/') {
            check_segment(segment).map_err(|problem| NameError::new(text, "a resource path", problem))?;
        }
        Ok(Self(text.into()))
    }

    /// The whole path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The project, if the path says one.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        project_in(&self.0)
    }

    /// The location, if the path says one.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        location_in(&self.0)
    }

    /// The resource that it is the list of: `projects/p/locations/l` of its operations. Empty for a list that belongs to
    /// the service as a whole.
    #[must_use]
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }
}

text_traits!(ResourcePath);

/// The name of an operation: `{resource}/operations/{id}`, in most services
/// `projects/{project}/locations/{location}/operations/{id}`, in some `operations/{id}` alone.
///
/// "Only unique within the same service that originally returns it" (google/longrunning/operations.proto), so it
/// always travels with a [`ServiceName`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct OperationName {
    text: Arc<str>,
    /// Every operation is held against every rule: what they ask for is found once.
    project: Span,
    location: Span,
    id: u32,
}

const OPERATIONS: &str = "operations";

impl OperationName {
    /// Parses a full operation name.
    ///
    /// # Errors
    /// When it does not have the form above: resources, each its kind and its id, then `operations` and one id. Where no
    /// resource is named, the id may have slashes.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const WANTED: &str = "an operation name";
        let wrong = |problem| NameError::new(text, WANTED, problem);
        let form = || match text.split_once("/operations/") {
            Some((_, id)) if id.contains('/') => wrong("the id behind `operations` holds a slash"),
            _ => wrong("it must be projects/{project}/locations/{location}/operations/{id}"),
        };
        let id = match text.strip_prefix("operations/") {
            Some(id) => id,
            None => {
                let (resource, id) = text.rsplit_once('/').ok_or_else(form)?;
                let resource = resource.strip_suffix(OPERATIONS).and_then(|rest| rest.strip_suffix('/'));
                let resource = resource.ok_or_else(form)?;
                // A kind without an id: something is missing. Further in, some services have resources that are the only
                // ones of their kind (`…/ragEngineConfig/operations/…`).
                if matches!(resource.split('/').count(), 1 | 3) {
                    return Err(form());
                }
                id
            }
        };
        for segment in text.split('/') {
            check_segment(segment).map_err(wrong)?;
        }
        // `id:cancel` would address another method of the operation `id`.
        if id.contains(':') {
            return Err(wrong("its id holds a colon"));
        }
        if text.len() > MAX_NAME_BYTES {
            return Err(wrong("it is longer than 2048 bytes"));
        }
        let (project, location) = (span(text, project_in(text)), span(text, location_in(text)));
        let id = u32::try_from(text.len() - id.len()).map_err(|_| form())?;
        Ok(Self { text: text.into(), project, location, id })
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The project, if the name says one.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.slice(self.project)
    }

    /// The location, if the name says one.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.slice(self.location)
    }

    /// The last part, unique within its collection.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text.get(self.id as usize..).unwrap_or_default()
    }

    fn slice(&self, span: Span) -> Option<&str> {
        let (from, to) = span?;
        self.text.get(from as usize..to as usize)
    }
}

text_traits!(OperationName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_name_is_taken_apart_at_its_segments() {
        for (name, project, location, id) in [
            (
                "projects/acme-web/locations/europe-west1/operations/operation-1-a",
                Some("acme-web"),
                Some("europe-west1"),
                "operation-1-a",
            ),
            ("projects/p/regions/us-east1/operations/o", Some("p"), Some("us-east1"), "o"),
            ("projects/p/locations/l/datasets/d/operations/o", Some("p"), Some("l"), "o"),
            ("projects/p/instances/i/databases/d/operations/o", Some("p"), None, "o"),
            ("projects/p/operations/o", Some("p"), None, "o"),
            ("projects/_/buckets/b/operations/o", None, None, "o"),
            ("organizations/1/locations/global/operations/o", None, Some("global"), "o"),
            ("operations/o", None, None, "o"),
            ("operations/a/b", None, None, "a/b"),
        ] {
            let got = OperationName::parse(name).unwrap();
            assert_eq!((got.project(), got.location(), got.id()), (project, location, id), "{name}");
        }
    }

    #[test]
    fn a_domain_scoped_project_is_a_project() {
        let name = OperationName::parse("projects/example.com:web/locations/l/operations/o").unwrap();
        assert_eq!(name.project(), Some("example.com:web"));
    }

    #[test]
    fn a_name_that_could_change_the_path_of_a_request_is_refused() {
        for hostile in [
            "",
            "operations",
            "operations/",
            "operations/../projects",
            "projects/p/locations/l/operations/",
            "projects/p/locations/operations/o",
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
            "/operations/o",
        ] {
            assert!(OperationName::parse(hostile).is_err(), "{hostile:?} was taken");
        }
        let long = format!("projects/p/locations/l/operations/{}", "o".repeat(257));
        assert!(OperationName::parse(&long).is_err());
        let deep = format!("{}operations/o", "databases/d/".repeat(200));
        assert!(OperationName::parse(&deep).is_err());
    }

    #[test]
    fn a_refused_name_is_quoted_escaped_and_short() {
        let error =
            OperationName::parse(&format!("projects/p\n{}", "x".repeat(10_000))).unwrap_err().to_string();
        assert!(error.contains("projects/p\\n") && error.len() < 400, "{error}");
    }

    #[test]
    fn a_path_knows_what_it_is_the_list_of() {
        let path = |text| ResourcePath::parse(text).unwrap();
        assert_eq!(path("projects/p/locations/l/operations").parent(), "projects/p/locations/l");
        assert_eq!((path("projects/p/locations").location(), path("operations").parent()), (None, ""));
        for hostile in ["", "/operations", "projects/p//operations", "projects/../operations", "a?b"] {
            assert!(ResourcePath::parse(hostile).is_err(), "{hostile:?} was taken");
        }
    }
}
