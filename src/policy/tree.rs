//! YAML as a tree in which every node knows where it stands.
//!
//! It takes less than YAML offers: one document, no tags, keys that are scalars and not repeated. Aliases are
//! expanded here, within a budget, so that nothing after this module has to fear a file that is small on disk and
//! endless in memory. What a scalar means (a number, a duration, nothing) is not decided here: that depends on
//! where it stands.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::problem::{Place, Problems, quoted};
use super::source::Form;

/// How deep lists and maps may nest. It bounds every recursion over the tree, and over the policy made of it.
const MAX_DEPTH: usize = 64;

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A scalar as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Without quotes, and not a block of text: it may be meant as a number, a boolean or nothing at all.
    pub(crate) plain: bool,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_place: Place,
    pub(crate) value: Node,
}

impl Node {
    /// Whether nothing was written: `key:`, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar(scalar) => {
                scalar.plain && matches!(scalar.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            Value::List(_) | Value::Map(_) => false,
        }
    }
}

/// Reads the one document of a text. `None` when there is no tree to look at; what can be read past is reported and
/// left out, so that the rest of the file is still checked.
pub(super) fn parse(source: &str, form: &Form, problems: &mut Problems) -> Option<Node> {
    let mut builder =
        Builder { form, problems, open: Vec::new(), root: None, anchors: HashMap::new(), nodes: 0 };
    for event in Parser::new_from_str(source) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                let marker = error.marker();
                let place = Place { line: marker.line().max(1), column: marker.col() + 1, width: 1 };
                builder.problems.report(
                    place,
                    format!("not valid YAML: {}", error.info()),
                    "check the indentation, the quotes and the brackets up to here",
                );
                Err(Stop::Unreadable)
            }
        };
        match step {
            Ok(()) => {}
            Err(Stop::SecondDocument) => break,
            Err(Stop::Unreadable) => return None,
        }
    }
    match builder.root {
        Some(root) if !root.is_null() => Some(root),
        _ => {
            problems.report(Place::START, format!("{} is empty", form.the), form.beginning);
            None
        }
    }
}

/// Why reading ends before the end of the text.
enum Stop {
    /// The first document is whole, and all that is looked at.
    SecondDocument,
    /// There is no tree to go on with.
    Unreadable,
}

/// Makes a tree of events. Its own stack holds what is still open: no input makes it recurse.
struct Builder<'a> {
    form: &'a Form,
    problems: &'a mut Problems,
    open: Vec<Open>,
    root: Option<Node>,
    /// What the anchors stand for, by their number.
    anchors: HashMap<usize, Branch>,
    /// How many nodes the tree has so far.
    nodes: usize,
}

/// A node with all that hangs on it.
#[derive(Clone)]
struct Branch {
    node: Node,
    nodes: usize,
    /// How many lists and maps are on its deepest path.
    height: usize,
}

/// A list or map that has not ended.
struct Open {
    place: Place,
    /// Whether it is in brackets or braces.
    flow: bool,
    anchor: usize,
    content: Content,
    nodes: usize,
    height: usize,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Key, seen: HashMap<String, Place> },
}

/// The key whose value comes next.
enum Key {
    /// None: a key comes next.
    Awaited,
    Taken(String, Place),
    /// One that was reported: its value is left out.
    Refused,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let place = place_of(span);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                let help = format!(
                    "{} is one document: leave out the `---`, and put all {} into one file",
                    self.form.a, self.form.parts
                );
                self.problems.report(place, "a second document begins here", help);
                return Err(Stop::SecondDocument);
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place);
                let scalar = Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                let node = Node { place, value: Value::Scalar(scalar) };
                self.close(anchor, Branch { node, nodes: 1, height: 0 })?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place);
                self.begin(span, anchor, Content::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place);
                let content = Content::Map { entries: Vec::new(), key: Key::Awaited, seen: HashMap::new() };
                self.begin(span, anchor, content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::Alias(anchor) => self.alias(anchor, place)?,
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, place: Place) {
        if let Some(tag) = tag {
            self.problems.report(
                place,
                format!("{} is a tag, and {} takes none", quoted(&tag.to_string()), self.form.a),
                "leave the tag out; put a text that looks like a number into quotes",
            );
        }
    }

    fn begin(&mut self, span: Span, anchor: usize, content: Content) -> Result<(), Stop> {
        let place = Place { width: 1, ..place_of(span) };
        self.open.push(Open { place, flow: !span.is_empty(), anchor, content, nodes: 1, height: 1 });
        self.check_depth(0, place)
    }

    fn end(&mut self, span: Span) -> Result<(), Stop> {
        // The parser ends only what it began.
        let Some(open) = self.open.pop() else { return Err(Stop::Unreadable) };
        let mut place = open.place;
        if open.flow && span.end.line() == place.line {
            place.width = (span.end.col() + 1).saturating_sub(place.column);
        }
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, .. } => Value::Map(entries),
        };
        let node = Node { place, value };
        self.close(open.anchor, Branch { node, nodes: open.nodes, height: open.height })
    }

    /// Puts a copy of what an anchor stands for in the place of the alias, if the budget allows.
    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Stop> {
        let Some(branch) = self.anchors.get(&anchor) else {
            self.problems.report(
                place,
                "this alias stands inside of what it stands for",
                format!("write the value out: {} cannot contain itself", self.form.a),
            );
            return Err(Stop::Unreadable);
        };
        // Looked at before anything is copied.
        let (nodes, height) = (branch.nodes, branch.height);
        self.count(nodes, place)?;
        self.check_depth(height, place)?;
        match self.anchors.get(&anchor).cloned() {
            Some(branch) => self.attach(branch),
            None => Ok(()),
        }
    }

    fn check_depth(&mut self, height: usize, place: Place) -> Result<(), Stop> {
        if self.open.len() + height <= MAX_DEPTH {
            return Ok(());
        }
        self.problems.report(
            place,
            format!("lists and maps are nested more than {MAX_DEPTH} deep"),
            self.form.too_deep,
        );
        Err(Stop::Unreadable)
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        let most = self.form.max_nodes;
        if self.nodes <= most {
            return Ok(());
        }
        self.problems.report(
            place,
            format!("{} has more than {most} values once its aliases are written out", self.form.the),
            self.form.too_many,
        );
        Err(Stop::Unreadable)
    }

    /// Takes up a node that has ended, and remembers it when it has an anchor.
    fn close(&mut self, anchor: usize, branch: Branch) -> Result<(), Stop> {
        // Its parts were counted when they ended.
        self.count(1, branch.node.place)?;
        if anchor > 0 {
            self.anchors.insert(anchor, branch.clone());
        }
        self.attach(branch)
    }

    /// Hangs a node on what is open: as an item, a key, a value or the root.
    fn attach(&mut self, branch: Branch) -> Result<(), Stop> {
        let Branch { node, nodes, height } = branch;
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.nodes = parent.nodes.saturating_add(nodes);
        parent.height = parent.height.max(height + 1);
        match &mut parent.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key, seen } => {
                *key = match std::mem::replace(key, Key::Awaited) {
                    Key::Awaited => take_key(node, seen, self.problems),
                    Key::Refused => Key::Awaited,
                    Key::Taken(key, key_place) => {
                        entries.push(Entry { key, key_place, value: node });
                        Key::Awaited
                    }
                };
            }
        }
        Ok(())
    }
}

fn take_key(node: Node, seen: &mut HashMap<String, Place>, problems: &mut Problems) -> Key {
    let place = node.place;
    let Value::Scalar(Scalar { text, .. }) = node.value else {
        problems.report(place, "a list or a map cannot be a key", "write the key as a plain word");
        return Key::Refused;
    };
    if let Some(first) = seen.get(&text) {
        problems.report(
            place,
            format!("{} is here a second time", quoted(&text)),
            format!("the first one is in line {}, column {}: keep one of them", first.line, first.column),
        );
        return Key::Refused;
    }
    seen.insert(text.clone(), place);
    Key::Taken(text, place)
}

/// The parser counts lines from 1 and columns from 0.
fn place_of(span: Span) -> Place {
    let width = if span.end.line() == span.start.line() {
        span.end.col().saturating_sub(span.start.col())
    } else {
        usize::MAX
    };
    Place { line: span.start.line().max(1), column: span.start.col() + 1, width }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
