//! `services`: services that are not built in, or are not as the table has them.
//!
//! The keys are those of the table; what each of them may be is checked where the table's own rows are. This only reads
//! the tree, and says where a mistake stands.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::problem::{Problems, quoted};
use super::super::tree::Node;
use super::fields::Fields;
use super::{keys, scalars};
use crate::catalogue::{ListRow, PermissionsRow, Row, Service, Services, StateRow, define};

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Services> {
    let help = "define one: `- {name: acme, host: acme.googleapis.com}`; `curfew services` shows those that are known";
    let items = scalars::list(node, "services", help, problems)?;
    let mut names = HashSet::new();
    let own = scalars::each(items, problems, |item, problems| {
        let service = read_service(item, problems)?;
        if !names.insert(service.name.clone()) {
            let message = format!("the service {} is defined twice", quoted(service.name.as_str()));
            problems.report(item.place, message, "keep one of them");
            return None;
        }
        Some(Arc::new(service))
    })?;
    Some(Services::with(own))
}

fn read_service(node: &Node, problems: &mut Problems) -> Option<Service> {
    let fields = Fields::read(node, "a service", &keys::SERVICE, problems)?;
    let name = fields
        .required("name", "name it: `name: acme`", problems)
        .and_then(|node| scalars::text(node, "name", "write its short name: `name: acme`", problems));
    let mut text = |key: &'static str| {
        let help = format!("write a text: `{key}: …`");
        fields.optional(key, None, problems, |node, problems| {
            scalars::text(node, key, &help, problems).map(|text| Some(text.to_owned()))
        })
    };
    let title = text("title");
    let host = text("host");
    let regional_host = text("regional_host");
    let version = text("version");
    let profile = text("profile");
    let get = text("get");
    let cancel = text("cancel");
    let permission_prefix = text("permission_prefix");
    let note = text("note");
    let mut list = |key: &'static str| {
        fields.optional(key, None, problems, |node, problems| texts(node, key, problems).map(Some))
    };
    let create_time = list("create_time");
    let verb = list("verb");
    let target = list("target");
    let cancel_requested = list("cancel_requested");
    let cancel_time = list("cancel_time");
    let locations = list("locations");
    let cancel_state = fields
        .optional("cancel_state", None, problems, |node, problems| read_state(node, problems).map(Some));
    let lists = fields.optional("lists", None, problems, |node, problems| {
        let help = "give the path: `lists: [{path: \"projects/{project}/locations/{location}/operations\"}]`";
        let items = scalars::list(node, "lists", help, problems)?;
        scalars::each(items, problems, read_list).map(Some)
    });
    let permissions = fields
        .optional("permissions", None, problems, |node, problems| read_permissions(node, problems).map(Some));
    let mut count = |key: &'static str| {
        fields
            .optional(key, None, problems, |node, problems| scalars::positive(node, key, problems).map(Some))
    };
    let per_minute = count("requests_per_minute");
    let requests_at_once = count("requests_at_once");
    let mut row = Row {
        name: name?.to_owned(),
        title: title?,
        host: host?,
        regional_host: regional_host?,
        version: version?,
        profile: profile?,
        create_time: create_time?,
        verb: verb?,
        target: target?,
        cancel_requested: cancel_requested?,
        cancel_time: cancel_time?,
        cancel_state: cancel_state?,
        lists: lists?,
        locations: locations?,
        get: get?,
        cancel: cancel?,
        permission_prefix: permission_prefix?,
        permissions: permissions?,
        requests_per_minute: per_minute?.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        requests_at_once: requests_at_once?,
        note: note?,
    };
    let mut right = true;
    loop {
        let error = match define(row.clone()) {
            Ok(service) => return right.then_some(service),
            Err(error) => error,
        };
        right = false;
        let place = fields.get(error.key).map_or(fields.place(), |node| node.place);
        let message = format!("`{}` of this service: {}", error.key, error.problem);
        problems.report(place, message, "`curfew services NAME` shows how those are that are known");
        // Without it, the next mistake shows.
        if !row.leave_out(error.key) {
            return None;
        }
    }
}

/// A list of texts, which may be empty: the service has none.
fn texts(node: &Node, what: &str, problems: &mut Problems) -> Option<Vec<String>> {
    if matches!(&node.value, super::Value::List(items) if items.is_empty()) {
        return Some(Vec::new());
    }
    let help = format!("write a list of texts: `{what}: [\"…\"]`");
    let items = scalars::list(node, what, &help, problems)?;
    scalars::each(items, problems, |item, problems| {
        scalars::text(item, what, &help, problems).map(str::to_owned)
    })
}

fn read_list(node: &Node, problems: &mut Problems) -> Option<ListRow> {
    let fields = Fields::read(node, "a list", &keys::SERVICE_LIST, problems)?;
    let path = fields
        .required("path", "give what is listed: `path: \"projects/{project}/operations\"`", problems)
        .and_then(|node| scalars::text(node, "path", "write a path with placeholders", problems));
    let names =
        fields.optional("names", None, problems, |node, problems| texts(node, "names", problems).map(Some));
    let filter = fields.optional("filter", None, problems, |node, problems| {
        let text = scalars::text(node, "filter", "write the filter as a text", problems)?;
        Some(Some(text.to_owned()))
    });
    Some(ListRow { path: path?.to_owned(), names: names?, filter: filter? })
}

fn read_state(node: &Node, problems: &mut Problems) -> Option<StateRow> {
    let fields = Fields::read(node, "`cancel_state`", &keys::CANCEL_STATE, problems)?;
    let mut required =
        |key, help| fields.required(key, help, problems).and_then(|node| texts(node, key, problems));
    let at = required("at", "say where the state is: `at: [/state]`");
    let is = required("is", "say which states mean a cancel: `is: [CANCELLING]`");
    Some(StateRow { at: at?, is: is? })
}

fn read_permissions(node: &Node, problems: &mut Problems) -> Option<PermissionsRow> {
    let fields = Fields::read(node, "`permissions`", &keys::PERMISSIONS, problems)?;
    let mut read = |key: &'static str| {
        fields.optional(key, Vec::new(), problems, |node, problems| texts(node, key, problems))
    };
    let (list, get, cancel, locations) = (read("list"), read("get"), read("cancel"), read("locations"));
    Some(PermissionsRow { list: list?, get: get?, cancel: cancel?, locations: locations? })
}
