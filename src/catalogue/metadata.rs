//! Where a service's operations say what curfew asks: JSON pointers into their metadata.
//!
//! Several pointers may be given for one thing, for the metadata of a service differ by the kind of operation; the first
//! that leads to a value of the right type counts. What a service does not tell has none. Pure.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

/// A JSON pointer (RFC 6901) that is not empty, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Pointer {
    text: Arc<str>,
    tokens: Vec<String>,
}

impl Pointer {
    /// Parses `/createTime`, `/progress/0/startTime`. `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let tokens = rest.split('/').map(unescaped).collect::<Option<_>>()?;
        Some(Self { text: text.into(), tokens })
    }

    /// The keys and indices that it leads through. Never empty.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Puts a value to where it leads, and makes what is on the way: a list for a `0`, otherwise an object. What is in
    /// the way and is neither stays.
    pub fn put(&self, tree: &mut Value, value: Value) {
        let mut at = tree;
        for (index, token) in self.tokens.iter().enumerate() {
            let next = match self.tokens.get(index + 1).map(String::as_str) {
                Some("0") => json!([]),
                _ => json!({}),
            };
            at = match at {
                Value::Object(fields) => fields.entry(token.clone()).or_insert(next),
                Value::Array(items) => {
                    if items.is_empty() {
                        items.push(next);
                    }
                    let Some(first) = items.first_mut() else { return };
                    first
                }
                _ => return,
            };
        }
        *at = value;
    }
}

/// `~1` is a slash and `~0` a tilde; a tilde before anything else is a mistake.
fn unescaped(token: &str) -> Option<String> {
    let wrong =
        token.match_indices('~').any(|(at, _)| !matches!(token.as_bytes().get(at + 1), Some(b'0' | b'1')));
    (!wrong && !token.is_empty()).then(|| token.replace("~1", "/").replace("~0", "~"))
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Where everything is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// When the operation was created: an RFC 3339 time. Without one its age is not known.
    pub create_time: Vec<Pointer>,
    /// What is being done: a text.
    pub verb: Vec<Pointer>,
    /// The resource it is done to: a text.
    pub target: Vec<Pointer>,
    /// Booleans that say whether cancellation was requested. Absent means no.
    pub cancel_requested: Vec<Pointer>,
    /// Values that are there only once cancellation has been requested.
    pub cancel_time: Vec<Pointer>,
    /// States, some of which say that cancellation was requested.
    pub cancel_state: Option<CancelState>,
}

/// A state that says that cancellation was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelState {
    /// Where the state is.
    pub at: Vec<Pointer>,
    /// The states that say so.
    pub is: Vec<String>,
}

impl Profile {
    /// Whether there is a flag that says that cancellation was requested, or that it was not.
    #[must_use]
    pub fn has_cancel_flag(&self) -> bool {
        !self.cancel_requested.is_empty()
    }

    /// Whether an operation can tell that cancellation was requested: by a flag, or by a time or a state. Those two never
    /// say that it was not, for a service has them only in the metadata of some kinds of operations.
    #[must_use]
    pub fn tells_cancellation(&self) -> bool {
        !self.cancel_requested.is_empty() || !self.cancel_time.is_empty() || self.cancel_state.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_put_to_where_a_pointer_leads() {
        let mut tree = json!({ "a": 1 });
        for (pointer, value) in [("/b/c", "x"), ("/b/d/0/e", "y"), ("/b/d/0/f", "z"), ("/a/b", "in the way")]
        {
            Pointer::parse(pointer).unwrap().put(&mut tree, value.into());
        }
        assert_eq!(tree, json!({ "a": 1, "b": { "c": "x", "d": [{ "e": "y", "f": "z" }] } }));
    }

    #[test]
    fn a_pointer_is_taken_apart_and_unescaped() {
        let pointer = Pointer::parse("/a~1b/0/~0c").unwrap();
        assert_eq!(pointer.tokens(), ["a/b", "0", "~c"]);
        for wrong in ["", "a", "/", "/a//b", "/a~2", "/a~"] {
            assert_eq!(Pointer::parse(wrong), None, "{wrong:?} was taken");
        }
    }
}
