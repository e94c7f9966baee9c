//! `rules` and `protect`: what is over a limit, and what is never cancelled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::model::{Action, CancelOrder, Field, Limit, Match, MaxRunning, Protection, Rule};
use super::super::problem::{Place, Problems, quoted};
use super::super::tree::Node;
use super::fields::Fields;
use super::matching::read_match;
use super::{scalars, windows};

/// The longest name of a rule, a protection or a window. It stands in every record and in a column of a table.
const MAX_NAME: usize = 100;

/// The fields that can make groups. A name is unique, and a flag or a value of metadata is no group that anybody
/// could name.
const GROUPING: [(&str, Field); 6] = [
    ("service", Field::Service),
    ("project", Field::Project),
    ("location", Field::Location),
    ("verb", Field::Verb),
    ("target", Field::Target),
    ("kind", Field::Kind),
];

/// The names that were given, and where: each only once.
pub(super) type Names<'a> = HashMap<&'a str, Place>;

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Vec<Rule>> {
    let items =
        scalars::list(node, "rules", "a policy needs a rule: `- {name: too-old, max_age: 1d}`", problems)?;
    let mut names = Names::new();
    scalars::each(items, problems, |item, problems| read_rule(item, &mut names, problems))
}

fn read_rule<'a>(node: &'a Node, names: &mut Names<'a>, problems: &mut Problems) -> Option<Rule> {
    const KEYS: [&str; 7] = ["name", "match", "max_age", "max_running", "action", "active", "freeze"];
    const ACTIONS: [(&str, Action); 2] = [("cancel", Action::Cancel), ("report", Action::Report)];
    let fields = Fields::read(node, "a rule", &KEYS, problems)?;
    let name = read_name(&fields, names, problems);
    let matches = fields.optional("match", Match::All(Vec::new()), problems, |node, problems| {
        read_match(node, "match", "leave `match` out if the rule is for everything", problems)
    });
    let limit = read_limit(&fields, problems);
    let action = fields.optional("action", Action::Cancel, problems, |node, problems| {
        scalars::choice(node, "action", &ACTIONS, problems)
    });
    let windows = windows::read(&fields, problems);
    Some(Rule { name: name?, matches: matches?, limit: limit?, action: action?, windows: windows? })
}

pub(super) fn read_protections(node: &Node, problems: &mut Problems) -> Option<Vec<Protection>> {
    if matches!(&node.value, super::super::tree::Value::List(items) if items.is_empty()) {
        return Some(Vec::new());
    }
    let help = "leave `protect` out, or name what is protected: `- {name: production, match: {…}}`";
    let items = scalars::list(node, "protect", help, problems)?;
    let mut names = Names::new();
    scalars::each(items, problems, |item, problems| read_protection(item, &mut names, problems))
}

fn read_protection<'a>(node: &'a Node, names: &mut Names<'a>, problems: &mut Problems) -> Option<Protection> {
    let fields = Fields::read(node, "a protection", &["name", "match"], problems)?;
    let name = read_name(&fields, names, problems);
    let help = "say what is protected: `match: { target: \"**/targets/prod-*\" }`";
    let matches =
        fields.required("match", help, problems).and_then(|node| read_match(node, "match", help, problems));
    Some(Protection { name: name?, matches: matches? })
}

fn read_name<'a>(fields: &Fields<'a>, names: &mut Names<'a>, problems: &mut Problems) -> Option<Arc<str>> {
    const RIGHT: &str = "give it a name of its own, which the report will use: `name: stuck-changes`";
    let node = fields.required("name", RIGHT, problems)?;
    new_name(node, RIGHT, names, problems)
}

/// A name that is fit to be shown and that none before it has.
pub(super) fn new_name<'a>(
    node: &'a Node,
    help: &str,
    names: &mut Names<'a>,
    problems: &mut Problems,
) -> Option<Arc<str>> {
    let name = scalars::text(node, "name", help, problems)?;
    let mistake = if name.trim().is_empty() {
        Some("a name cannot be empty".to_owned())
    } else if name.chars().any(char::is_control) {
        Some("a name is one line of plain text".to_owned())
    } else if name.chars().nth(MAX_NAME).is_some() {
        Some(format!("a name has at most {MAX_NAME} characters"))
    } else {
        None
    };
    if let Some(mistake) = mistake {
        problems.report(node.place, mistake, help);
        return None;
    }
    if let Some(first) = names.get(name) {
        let help = format!("the first one is in line {}, column {}: {help}", first.line, first.column);
        problems.report(node.place, format!("the name {} is used twice", quoted(name)), help);
        return None;
    }
    names.insert(name, node.place);
    Some(name.into())
}

/// A rule has exactly one limit: with none it would cancel everything that it matches.
fn read_limit(fields: &Fields<'_>, problems: &mut Problems) -> Option<Limit> {
    if fields.lacks("max_age") && fields.lacks("max_running") {
        let message = "this rule has no limit, and would cancel everything that it matches";
        problems.report(fields.place(), message, "add one: `max_age: 2h` or `max_running: { count: 1 }`");
    }
    let age = fields.get("max_age").map(|node| read_age(node, problems));
    let running = fields.get("max_running").map(|node| read_running(node, problems));
    match (age, running) {
        (Some(age), None) => age.map(Limit::MaxAge),
        (None, Some(running)) => running.map(Limit::MaxRunning),
        (None, None) => None,
        (Some(_), Some(_)) => {
            let place = fields.key_place("max_running").unwrap_or(fields.place());
            let help = "keep `max_age` or `max_running`, and make a second rule of the other";
            problems.report(place, "this rule has two limits", help);
            None
        }
    }
}

fn read_age(node: &Node, problems: &mut Problems) -> Option<Duration> {
    let age = scalars::duration(node, "max_age", problems)?;
    if age.is_zero() {
        let help = "to cancel whatever matches, whatever its age, say `max_running: { count: 0 }`";
        problems.report(node.place, "`max_age` must be longer than nothing", help);
        return None;
    }
    Some(age)
}

fn read_running(node: &Node, problems: &mut Problems) -> Option<MaxRunning> {
    const ORDERS: [(&str, CancelOrder); 2] =
        [("oldest", CancelOrder::Oldest), ("newest", CancelOrder::Newest)];
    let fields = Fields::read(node, "`max_running`", &["count", "per", "cancel"], problems)?;
    let count = fields
        .required("count", "say how many may run: `max_running: { count: 1, per: [target] }`", problems)
        .and_then(|node| scalars::count(node, "count", problems));
    let per = fields.optional("per", Vec::new(), problems, read_per);
    let cancel = fields.optional("cancel", CancelOrder::Oldest, problems, |node, problems| {
        scalars::choice(node, "cancel", &ORDERS, problems)
    });
    Some(MaxRunning { count: count?, per: per?, cancel: cancel? })
}

fn read_per(node: &Node, problems: &mut Problems) -> Option<Vec<Field>> {
    let help = "list fields, `per: [verb, target]`; without `per`, all that the rule matches is one group";
    let items = scalars::list(node, "per", help, problems)?;
    let mut seen: Vec<Field> = Vec::new();
    scalars::each(items, problems, |item, problems| {
        let field = scalars::choice(item, "per", &GROUPING, problems)?;
        if seen.contains(&field) {
            problems.report(item.place, format!("`{field}` is in this list twice"), "keep one of them");
            return None;
        }
        seen.push(field.clone());
        Some(field)
    })
}
