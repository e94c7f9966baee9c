//! `operations`: what a test says of each, and the usual values of what it does not say.
//!
//! What is left out is as in an ordinary operation that has just begun, so that a test shows only what it is about.
//! What is `null` is missing, as if the service had not said it.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value as Json};

use super::super::model::{Details, Given, Named, Text};
use super::values;
use crate::operation::{Ending, OperationName, Progress};
use crate::policy::reading::fields::Fields;
use crate::policy::reading::{Entry, Node, Problems, Value, quoted, scalars};

const KEYS: [&str; 13] = [
    "name",
    "id",
    "count",
    "service",
    "age",
    "created_at",
    "verb",
    "target",
    "kind",
    "cancellation_requested",
    "metadata",
    "done",
    "state",
];

/// What an operation's metadata says: all that is missing when there is none.
const IN_METADATA: [&str; 6] = ["age", "created_at", "verb", "target", "kind", "cancellation_requested"];

/// How many operations a test may have, rows written out. It is judged in a moment, and no limit needs more.
const MAX_OPERATIONS: usize = 10_000;

/// The states, as the records call them.
const STATES: [(&str, Progress); 5] = [
    ("running", Progress::Running),
    ("cancelled", Progress::Ended(Ending::Cancelled)),
    ("completed", Progress::Ended(Ending::Completed)),
    // 13 is `INTERNAL`. Which error it was, no policy looks at.
    ("failed", Progress::Ended(Ending::Failed { code: 13 })),
    ("finished", Progress::Ended(Ending::Unstated)),
];

/// Reads the operations of a test that begins at `now`. The list may be empty: then nothing runs.
pub(super) fn read(node: &Node, now: DateTime<Utc>, problems: &mut Problems) -> Option<Vec<Given>> {
    let Value::List(items) = &node.value else {
        let help = "list them: `operations: [{ id: op-1, age: 3h }]`";
        scalars::report_type(node, "operations", "a list", help, problems);
        return None;
    };
    let mut names = HashSet::new();
    let given = scalars::each(items, problems, |item, problems| {
        let fields = Fields::read(item, "an operation", &KEYS, problems)?;
        let service = values::service(&fields, problems);
        let named = read_named(&fields, problems);
        let count = fields.optional("count", None, problems, read_count);
        let progress = read_progress(&fields, problems);
        let details = read_details(&fields, now, problems);
        let (service, named) = (service?, named?);
        if count.is_some_and(|count| count.is_some()) && !can_be_numbered(&named) {
            let help = "take a shorter one: `count` adds a hyphen and up to five digits";
            problems.report(fields.place(), "this name is too long to be numbered", help);
            return None;
        }
        if !names.insert((service.clone(), named.clone())) {
            let help = "give each operation an id of its own, or take `count: 3` for some that are alike";
            problems.report(fields.place(), "this operation is here a second time", help);
            return None;
        }
        Some(Given { service, named, count: count?, progress: progress?, details: details? })
    })?;
    if given.iter().map(|given| given.count.unwrap_or(1)).sum::<usize>() > MAX_OPERATIONS {
        let message = format!("this test has more than {MAX_OPERATIONS} operations");
        problems.report(node.place, message, "lower a `count`");
        return None;
    }
    Some(given)
}

fn read_named(fields: &Fields<'_>, problems: &mut Problems) -> Option<Named> {
    const RIGHT: &str = "name it by an id, `id: op-1`, or by its whole name, \
                         `name: projects/P/locations/L/operations/op-1`";
    match (fields.get("name"), fields.get("id")) {
        (Some(node), None) => {
            let text = scalars::text(node, "name", RIGHT, problems)?;
            let name = OperationName::parse(text);
            name.map(Named::Whole).map_err(|error| problems.report(node.place, error.to_string(), RIGHT)).ok()
        }
        (None, Some(node)) => {
            let text = scalars::text(node, "id", RIGHT, problems)?;
            // Any place will do to see whether the id can stand in a name.
            match OperationName::parse(&format!("projects/p/locations/l/operations/{text}")) {
                Ok(_) => Some(Named::Id(text.into())),
                Err(_) => {
                    let message = format!("{} is not the id of an operation", quoted(text));
                    problems.report(node.place, message, RIGHT);
                    None
                }
            }
        }
        (Some(name), Some(_)) => {
            let place = fields.key_place("id").unwrap_or(name.place);
            problems.report(place, "an operation has a `name` or an `id`, not both", "keep one of them");
            None
        }
        (None, None) => {
            if fields.lacks("name") && fields.lacks("id") {
                problems.report(fields.place(), "this operation has no name", RIGHT);
            }
            None
        }
    }
}

/// Whether the name still is one with the last number that a row can have.
fn can_be_numbered(named: &Named) -> bool {
    let name = match named {
        Named::Whole(name) => name.to_string(),
        Named::Id(id) => format!("projects/p/locations/l/operations/{id}"),
    };
    OperationName::parse(&format!("{name}-{MAX_OPERATIONS}")).is_ok()
}

fn read_count(node: &Node, problems: &mut Problems) -> Option<Option<usize>> {
    let count = scalars::count(node, "count", problems)?;
    if count == 0 || count > MAX_OPERATIONS {
        let message = format!("`count` goes from 1 to {MAX_OPERATIONS}");
        problems.report(node.place, message, "leave the operation out if there is none");
        return None;
    }
    Some(Some(count))
}

/// How it stands: `done: true`, or the word for how it ended.
fn read_progress(fields: &Fields<'_>, problems: &mut Problems) -> Option<Progress> {
    let done = fields.get("done").map(|node| scalars::flag(node, "done", problems));
    let state = fields.get("state").map(|node| scalars::choice(node, "state", &STATES, problems));
    match (done, state) {
        (Some(_), Some(_)) => {
            let place = fields.key_place("done").unwrap_or(fields.place());
            problems.report(place, "an operation has `done` or a `state`, not both", "keep the `state`");
            None
        }
        (Some(done), None) => done.map(|done| match done {
            true => Progress::Ended(Ending::Unstated),
            false => Progress::Running,
        }),
        (None, Some(state)) => state,
        (None, None) => Some(Progress::Running),
    }
}

/// `Some(None)` is an operation without metadata.
fn read_details(fields: &Fields<'_>, now: DateTime<Utc>, problems: &mut Problems) -> Option<Option<Details>> {
    let metadata = fields.get("metadata");
    if metadata.is_some_and(|node| scalars::is_text(node, "none") || node.is_null()) {
        let stated = IN_METADATA.into_iter().filter_map(|key| Some((key, fields.key_place(key)?)));
        let before = stated.map(|(key, place)| {
            let message = format!("`{key}` is said by the metadata, and there is none here");
            problems.report(place, message, "leave it out, or leave out `metadata: none`");
        });
        return (before.count() == 0).then_some(None);
    }
    let created_at = read_created_at(fields, now, problems);
    let stated = |key| {
        move |node: &Node, problems: &mut Problems| {
            values::text_or_missing(node, key, problems).map(Text::Stated)
        }
    };
    let verb = fields.optional("verb", Text::Usual, problems, stated("verb"));
    let target = fields.optional("target", Text::Usual, problems, stated("target"));
    let kind = fields.optional("kind", Text::Usual, problems, stated("kind"));
    let requested = fields.optional("cancellation_requested", Some(false), problems, |node, problems| {
        if node.is_null() {
            Some(None)
        } else {
            scalars::flag(node, "cancellation_requested", problems).map(Some)
        }
    });
    let more = metadata.map_or(Some(Map::new()), |node| read_metadata(node, problems));
    Some(Some(Details {
        created_at: created_at?,
        states_age: ["age", "created_at"]
            .iter()
            .any(|key| fields.get(key).is_some_and(|node| !node.is_null())),
        verb: verb?,
        target: target?,
        kind: kind?,
        cancellation_requested: requested?,
        more: more?,
    }))
}

/// The create time, by an age at the test's beginning or as an instant.
fn read_created_at(
    fields: &Fields<'_>,
    now: DateTime<Utc>,
    problems: &mut Problems,
) -> Option<Option<DateTime<Utc>>> {
    match (fields.get("age"), fields.get("created_at")) {
        (None, None) => Some(Some(now)),
        (Some(node), None) | (None, Some(node)) if node.is_null() => Some(None),
        (Some(node), None) => {
            let age: Duration = scalars::duration(node, "age", problems)?;
            let created_at = TimeDelta::from_std(age).ok().and_then(|age| now.checked_sub_signed(age));
            Some(Some(created_at.unwrap_or(DateTime::<Utc>::MIN_UTC)))
        }
        (None, Some(node)) => values::instant(node, "created_at", problems).map(Some),
        (Some(age), Some(_)) => {
            let place = fields.key_place("created_at").unwrap_or(age.place);
            let message = "an operation has an `age` or a `created_at`, not both";
            problems.report(place, message, "keep one of them");
            None
        }
    }
}

/// Further keys of the metadata, which a policy reaches by JSON pointers.
fn read_metadata(node: &Node, problems: &mut Problems) -> Option<Map<String, Json>> {
    let Value::Map(_) = &node.value else {
        let help = "write its keys, `metadata: { statusMessage: waiting }`, or `metadata: none`";
        scalars::report_type(node, "metadata", "a map", help, problems);
        return None;
    };
    match to_json(node, problems) {
        Some(Json::Object(map)) => Some(map),
        _ => None,
    }
}

fn to_json(node: &Node, problems: &mut Problems) -> Option<Json> {
    match &node.value {
        Value::List(items) => scalars::each(items, problems, to_json).map(Json::Array),
        Value::Map(entries) => {
            let read: Vec<Option<(String, Json)>> = entries
                .iter()
                .map(|Entry { key, value, .. }| Some((key.clone(), to_json(value, problems)?)))
                .collect();
            read.into_iter().collect::<Option<Map<_, _>>>().map(Json::Object)
        }
        Value::Scalar(_) if node.is_null() => Some(Json::Null),
        Value::Scalar(scalar) => {
            if let Some(flag) = scalars::boolean(scalar) {
                return Some(Json::Bool(flag));
            }
            if !scalars::looks_like_number(scalar) {
                return Some(Json::String(scalar.text.clone()));
            }
            let number = serde_json::from_str(&scalar.text).ok().map(Json::Number);
            if number.is_none() {
                let message = format!("{} is not a number as JSON writes it", quoted(&scalar.text));
                let help = "write it in decimal digits, or put it into quotes if it is a text";
                problems.report(node.place, message, help);
            }
            number
        }
    }
}
