//! A policy as it was written, for those who speak of its text: where a part of it stands, and what was left out.
//!
//! The checked policy has no positions, because no run needs them. Whoever wants to point at `rules[2].max_age` looks the
//! place up here. It is made of a policy that was read without a mistake; of any other text, it knows as much as there is.

use std::fmt;

use super::drawing::{Place, lines_of};
use super::problem::Problems;
use super::tree::{self, Entry, Node, Value};

/// Where in the document something stands: `rules[2].match.verb`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step {
    Key(String),
    Item(usize),
}

impl DocPath {
    /// The path of a top-level section.
    #[must_use]
    pub fn section(key: &str) -> Self {
        Self::default().key(key)
    }

    /// The path of a key's value in this one.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.and(Step::Key(key.to_owned()))
    }

    /// The path of an item of this one, from 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.and(Step::Item(index))
    }

    fn and(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for DocPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Item(item) => write!(f, "[{item}]")?,
                Step::Key(key) if key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                    f.write_str(if index > 0 { "." } else { "" })?;
                    f.write_str(key)?;
                }
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

/// A text of a match: one glob of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where it stands.
    pub path: DocPath,
    /// The field's key: `verb`.
    pub key: String,
    /// The glob.
    pub text: String,
}

/// A policy as it was written.
#[derive(Debug, Clone)]
pub struct Outline {
    root: Option<Node>,
    source: String,
}

impl Outline {
    /// Reads the bytes of a policy. What is no policy has no places.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let source = String::from_utf8_lossy(bytes);
        let source = source.strip_prefix(super::source::BYTE_ORDER_MARK).unwrap_or(&source);
        Self {
            root: tree::parse(source, &super::source::POLICY, &mut Problems::default()),
            source: source.to_owned(),
        }
    }

    /// The text, without a byte order mark.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether something is written at a path.
    #[must_use]
    pub fn has(&self, path: &DocPath) -> bool {
        self.find(path).is_some()
    }

    /// Where a path leads to. What was not written has the place of the innermost part around it that was. A map or a
    /// list is pointed at by its key, if it has one.
    #[must_use]
    pub fn place(&self, path: &DocPath) -> Place {
        let Some(root) = &self.root else { return Place::START };
        let mut place = root.place;
        let mut node = root;
        for step in &path.0 {
            let Some((at, next)) = step.take(node) else { break };
            place = at;
            node = next;
        }
        self.within_its_line(place)
    }

    /// Without what goes beyond the end of the line, and without blanks there.
    fn within_its_line(&self, place: Place) -> Place {
        let line = lines_of(&self.source).nth(place.line.saturating_sub(1)).unwrap_or_default();
        let text: String = line.chars().skip(place.column.saturating_sub(1)).take(place.width).collect();
        Place { width: text.trim_end().chars().count().max(1), ..place }
    }

    /// Every glob of a match, with the nested ones, from top to bottom.
    #[must_use]
    pub fn globs(&self, matching: &DocPath) -> Vec<Written> {
        let mut found = Vec::new();
        if let Some(node) = self.find(matching) {
            collect(node, matching, &mut found);
        }
        found
    }

    fn find(&self, path: &DocPath) -> Option<&Node> {
        path.0.iter().try_fold(self.root.as_ref()?, |node, step| step.take(node).map(|(_, next)| next))
    }
}

impl Step {
    /// One step down, with the place to point at.
    fn take<'a>(&self, node: &'a Node) -> Option<(Place, &'a Node)> {
        match (self, &node.value) {
            (Step::Item(index), Value::List(items)) => items.get(*index).map(|item| (item.place, item)),
            (Step::Key(key), Value::Map(entries)) => {
                let Entry { key_place, value, .. } = entries.iter().find(|entry| entry.key == *key)?;
                let place = match value.value {
                    Value::Scalar(_) => value.place,
                    Value::List(_) | Value::Map(_) => *key_place,
                };
                Some((place, value))
            }
            _ => None,
        }
    }
}

/// As deep as the tree is, which is bounded.
fn collect(node: &Node, path: &DocPath, found: &mut Vec<Written>) {
    let Value::Map(entries) = &node.value else { return };
    for Entry { key, value, .. } in entries {
        let path = path.key(key);
        match (key.as_str(), &value.value) {
            ("not", _) => collect(value, &path, found),
            ("any" | "all", Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    collect(item, &path.item(index), found);
                }
            }
            ("metadata" | "cancellation_requested", _) => {}
            (_, Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    write(key, item, path.item(index), found);
                }
            }
            _ => write(key, value, path, found),
        }
    }
}

fn write(key: &str, node: &Node, path: DocPath, found: &mut Vec<Written>) {
    if let Value::Scalar(scalar) = &node.value {
        found.push(Written { path, key: key.to_owned(), text: scalar.text.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
version: 1
rules:
  - name: a
    match:
      verb: [create, 'upd*']
      any: [{ target: x }, { not: { verb: delete } }]
      metadata: { /a: b }
";

    fn at(path: &DocPath) -> (usize, usize, usize) {
        let Place { line, column, width } = Outline::of(SOURCE.as_bytes()).place(path);
        (line, column, width)
    }

    #[test]
    fn a_part_is_pointed_at_where_it_stands() {
        let rule = DocPath::section("rules").item(0);
        assert_eq!(at(&rule.key("name")), (3, 11, 1));
        assert_eq!(at(&rule.key("match").key("verb").item(1)), (5, 22, 6));
        assert_eq!(at(&rule.key("match")), (4, 5, 5));
    }

    #[test]
    fn what_is_left_out_is_pointed_at_by_what_is_around_it() {
        assert_eq!(at(&DocPath::section("limits").key("max_share")), (1, 1, 1));
        assert_eq!(at(&DocPath::section("rules").item(0).key("max_age")), (3, 5, 1));
    }

    #[test]
    fn a_path_reads_as_people_write_it() {
        let path = DocPath::section("rules").item(2).key("match").key("metadata").key("/a");
        assert_eq!(path.to_string(), "rules[2].match.metadata[\"/a\"]");
    }

    #[test]
    fn the_globs_of_a_match_are_found_wherever_they_stand_in_it() {
        let outline = Outline::of(SOURCE.as_bytes());
        let got = outline.globs(&DocPath::section("rules").item(0).key("match"));
        let got: Vec<String> = got.iter().map(|w| format!("{} {} {}", w.path, w.key, w.text)).collect();
        let want = [
            "rules[0].match.verb[0] verb create",
            "rules[0].match.verb[1] verb upd*",
            "rules[0].match.any[0].target target x",
            "rules[0].match.any[1].not.verb verb delete",
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn what_is_no_policy_has_no_places_and_does_no_harm() {
        for bytes in [&b""[..], b"{", b"\xff\xfe", b"- a"] {
            let outline = Outline::of(bytes);
            assert!(!outline.has(&DocPath::section("rules")));
            assert_eq!(outline.place(&DocPath::section("rules").item(3)).line, 1);
        }
    }
}
