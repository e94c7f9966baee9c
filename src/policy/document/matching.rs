//! `match`: what a rule or a protection covers.
//!
//! Nothing empty is taken here. A list that a template left empty must neither cover everything nor nothing.

use serde_json::Value as Json;

use super::super::model::{Field, Match, Pattern, Predicate, Test, ValueTest};
use super::super::problem::{Problems, quoted};
use super::super::tree::{Entry, Node, Value};
use super::fields::Fields;
use super::{keys, scalars};

/// Reads a match. `what` is the key it stands under; `empty` is what to do about one without entries.
pub(super) fn read_match(node: &Node, what: &str, empty: &str, problems: &mut Problems) -> Option<Match> {
    if node.is_null() {
        scalars::report_type(node, what, "a map", empty, problems);
        return None;
    }
    Fields::read(node, "a match", &keys::MATCH, problems)?;
    let Value::Map(entries) = &node.value else { return None };
    if entries.is_empty() {
        problems.report(node.place, format!("`{what}` is empty"), empty);
        return None;
    }
    let parts: Vec<Option<Match>> = entries.iter().map(|entry| read_entry(entry, problems)).collect();
    let parts: Option<Vec<Match>> = parts.into_iter().collect();
    parts.map(all)
}

/// All of some; one alone stands for itself.
fn all(mut parts: Vec<Match>) -> Match {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            Match::All(parts)
        }
    }
}

/// One entry of a match; `None` for an unknown key, which has been reported.
fn read_entry(entry: &Entry, problems: &mut Problems) -> Option<Match> {
    let Entry { key, value: node, .. } = entry;
    let field = match key.as_str() {
        "any" => return read_matches(node, "any", problems).map(Match::Any),
        "all" => return read_matches(node, "all", problems).map(Match::All),
        "not" => {
            let help = "name what must not hold: `not: { verb: delete }`";
            return read_match(node, "not", help, problems).map(|part| Match::Not(Box::new(part)));
        }
        "metadata" => return read_metadata(node, problems),
        "cancellation_requested" => {
            let test = Test::Is(scalars::flag(node, key, problems)?);
            return Some(Match::Field(Predicate { field: Field::CancellationRequested, test }));
        }
        "service" => Field::Service,
        "project" => Field::Project,
        "location" => Field::Location,
        "name" => Field::Name,
        "verb" => Field::Verb,
        "target" => Field::Target,
        "kind" => Field::Kind,
        _ => return None,
    };
    let patterns = one_or_more(node, key, problems, |item, problems| read_pattern(item, key, problems))?;
    Some(Match::Field(Predicate { field, test: Test::OneOf(patterns) }))
}

fn read_matches(node: &Node, what: &str, problems: &mut Problems) -> Option<Vec<Match>> {
    let help = format!("list matches: `{what}: [{{ verb: create }}, {{ verb: update }}]`");
    let items = scalars::list(node, what, &help, problems)?;
    scalars::each(items, problems, |item, problems| read_match(item, what, &help, problems))
}

/// A value or a list of them, of which any will do.
fn one_or_more<'a, T>(
    node: &'a Node,
    what: &str,
    problems: &mut Problems,
    mut read: impl FnMut(&'a Node, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    match &node.value {
        Value::List(_) => {
            let help = "list at least one value, or leave the key out";
            let items = scalars::list(node, what, help, problems)?;
            scalars::each(items, problems, read)
        }
        Value::Scalar(_) | Value::Map(_) => Some(vec![read(node, problems)?]),
    }
}

fn read_pattern(node: &Node, what: &str, problems: &mut Problems) -> Option<Pattern> {
    let help = format!("write a glob or a list of globs, or leave `{what}` out");
    let text = scalars::text(node, what, &help, problems)?;
    to_pattern(node, text, problems)
}

fn to_pattern(node: &Node, text: &str, problems: &mut Problems) -> Option<Pattern> {
    const RIGHT: &str =
        "`*` is for a part of a path segment, `**` for any number of whole ones, as in `**/targets/prod-*`";
    Pattern::parse(text).map_err(|error| problems.report(node.place, error.to_string(), RIGHT)).ok()
}

fn read_metadata(node: &Node, problems: &mut Problems) -> Option<Match> {
    const RIGHT: &str = "name a value by its JSON pointer: `metadata: { \"/deployPolicy/rule\": strict }`";
    let entries = match &node.value {
        Value::Map(entries) if !entries.is_empty() => entries,
        Value::Map(_) => {
            problems.report(node.place, "`metadata` is empty", RIGHT);
            return None;
        }
        Value::Scalar(_) | Value::List(_) => {
            scalars::report_type(node, "metadata", "a map", RIGHT, problems);
            return None;
        }
    };
    let parts: Vec<Option<Match>> = entries
        .iter()
        .map(|Entry { key, key_place, value }| {
            if !is_pointer(key) {
                let message = format!("{} is not a JSON pointer", quoted(key));
                problems.report(
                    *key_place,
                    message,
                    "a pointer begins with a slash, and in it `~0` is `~` and `~1` is `/`",
                );
            }
            let tests = one_or_more(value, key, problems, |item, problems| read_value(item, key, problems))?;
            let field = Field::Metadata(key.as_str().into());
            is_pointer(key).then_some(Match::Field(Predicate { field, test: Test::Value(tests) }))
        })
        .collect();
    let parts: Option<Vec<Match>> = parts.into_iter().collect();
    parts.map(all)
}

/// RFC 6901, without the empty pointer: the whole object is never a value that could be tested.
fn is_pointer(text: &str) -> bool {
    text.starts_with('/') && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

fn read_value(node: &Node, what: &str, problems: &mut Problems) -> Option<ValueTest> {
    let help = "write a glob, a number, true or false";
    match &node.value {
        Value::Scalar(scalar) if !node.is_null() => {
            if let Some(flag) = scalars::boolean(scalar) {
                return Some(ValueTest::Equals(Json::Bool(flag)));
            }
            if !scalars::looks_like_number(scalar) {
                return to_pattern(node, &scalar.text, problems).map(ValueTest::Text);
            }
            if let Ok(number) = serde_json::from_str(&scalar.text) {
                return Some(ValueTest::Equals(Json::Number(number)));
            }
            let message = format!("{} is not a number as JSON writes it", quoted(&scalar.text));
            problems.report(
                node.place,
                message,
                "write it in decimal digits, or put it into quotes if it is a text",
            );
        }
        _ => scalars::report_type(node, what, "a glob, a number, true or false", help, problems),
    }
    None
}
