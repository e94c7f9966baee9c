//! A collection: what one list method of one service lists, and which operations belong to it.
//!
//! It carries the patterns of its operations' names, so that whether an operation belongs to it can be told without
//! knowing the service. Nothing is asked of anyone here.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::names::{NameError, OperationName, ResourcePath, ServiceName, check_segment};

/// Where operations live: one list of one service. The unit of reading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// The Google service.
    pub service: ServiceName,
    /// What is listed, such as `projects/p/locations/l/operations`, with the project by id or number, as the policy names
    /// it.
    pub path: ResourcePath,
    /// What its operations are called. Never empty.
    pub names: Vec<NamePattern>,
}

impl Collection {
    /// Whether an operation of this service belongs to it, by its name alone.
    #[must_use]
    pub fn holds(&self, service: &ServiceName, name: &OperationName) -> bool {
        self.service == *service && self.names.iter().any(|pattern| pattern.takes(name))
    }

    /// Whether an operation lies in the place that it is a list of, whatever it is called there.
    #[must_use]
    pub fn is_above(&self, name: &OperationName) -> bool {
        let parent = self.path.parent();
        let below = name.as_str().strip_prefix(parent);
        parent.is_empty() || below.is_some_and(|below| below.starts_with('/'))
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, shown(&self.path))
    }
}

/// The path as people read it: without the `operations` that nearly all of them end with.
pub(crate) fn shown(path: &ResourcePath) -> &str {
    path.as_str().strip_suffix("/operations").unwrap_or(path.as_str())
}

/// A pattern of operation names: a path in which `*` stands for one segment, and `**` at the end for one or more.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct NamePattern(Arc<str>);

impl NamePattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// When a segment is neither plain nor a star, or `**` does not stand at the end.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let wrong = |problem| NameError::new(text, "a pattern of operation names", problem);
        let mut segments = text.split('/').peekable();
        while let Some(segment) = segments.next() {
            match segment {
                "*" => {}
                "**" if segments.peek().is_none() => {}
                "**" => return Err(wrong("`**` may only be its last segment")),
                plain => check_segment(plain).map_err(wrong)?,
            }
        }
        Ok(Self(text.into()))
    }

    /// Whether it takes a name.
    #[must_use]
    pub fn takes(&self, name: &OperationName) -> bool {
        let mut segments = name.as_str().split('/');
        for wanted in self.0.split('/') {
            match (wanted, segments.next()) {
                ("**", Some(_)) => return true,
                ("*", Some(_)) => {}
                (plain, Some(segment)) if plain == segment => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NamePattern {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl fmt::Debug for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl Serialize for NamePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::collection;

    fn name(text: &str) -> OperationName {
        OperationName::parse(text).unwrap()
    }

    #[test]
    fn an_operation_belongs_only_to_its_own_collection() {
        let of = |collection: Collection, service: &str| {
            let service = ServiceName::parse(service).unwrap();
            collection.holds(&service, &name("projects/p/locations/l/operations/o"))
        };
        assert!(of(collection("p", "l"), "clouddeploy"));
        assert!(!of(collection("q", "l"), "clouddeploy") && !of(collection("p", "m"), "clouddeploy"));
        assert!(!of(collection("p", "l"), "alloydb"));
    }

    #[test]
    fn a_pattern_takes_as_many_segments_as_it_has() {
        let takes = |pattern: &str, text: &str| NamePattern::parse(pattern).unwrap().takes(&name(text));
        assert!(takes("projects/p/operations/*", "projects/p/operations/o"));
        assert!(!takes("projects/p/operations/*", "projects/p/locations/l/operations/o"));
        assert!(takes(
            "projects/p/instances/i/*/*/operations/*",
            "projects/p/instances/i/backups/b/operations/o"
        ));
        assert!(!takes("projects/p/instances/i/*/*/operations/*", "projects/p/instances/i/operations/o"));
        assert!(takes("operations/**", "operations/a/b") && takes("operations/**", "operations/a"));
        assert!(!takes("operations/**", "projects/p/operations/a"));
        assert!(!takes("operations/*", "operations/a/b"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in ["", "operations/**/x", "operations/a*", "a//b", "../operations/*", "operations/?"] {
            assert!(NamePattern::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_collection_is_shown_without_the_word_that_all_of_them_have() {
        assert_eq!(collection("p", "l").to_string(), "clouddeploy projects/p/locations/l");
    }
}
