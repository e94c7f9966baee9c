//! Services for programs. The keys of a service that a policy can define are called as there; the others say what
//! follows from them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::example;
use super::knowledge::is_own;
use crate::catalogue::{LeftOut, Part, Permissions, Pointer, Service};

/// Services, and what is left out.
#[derive(Debug, Serialize)]
pub(super) struct Catalogue<'a> {
    services: Vec<ServiceRecord<'a>>,
    left_out: Vec<LeftOutRecord<'a>>,
}

/// One service.
#[derive(Debug, Serialize)]
struct ServiceRecord<'a> {
    name: &'a str,
    title: &'a str,
    /// Whether it is as the table that is built in has it, and no policy's.
    built_in: bool,
    host: &'a str,
    regional_host: Option<&'a str>,
    version: &'a str,
    base_url: String,
    regional_base_url: Option<String>,
    /// The paths below follow a base URL and a slash.
    lists: Vec<ListRecord<'a>>,
    get: String,
    cancel: String,
    locations: Vec<&'a str>,
    /// The keys of a scope beside `service`, form by form.
    scopes: Vec<Vec<&'static str>>,
    /// An item of a policy's `scopes` for each form, as YAML.
    examples: Vec<String>,
    /// Whether names of operations say it: `always`, `sometimes`, `never`.
    project: &'static str,
    location: &'static str,
    /// JSON pointers into the metadata, the first that leads to something counts.
    create_time: Vec<&'a str>,
    verb: Vec<&'a str>,
    target: Vec<&'a str>,
    cancel_requested: Vec<&'a str>,
    cancel_time: Vec<&'a str>,
    cancel_state: Option<StateRecord<'a>>,
    /// Whether any of the three above is there.
    tells_cancellation: bool,
    /// Null where they are not known.
    permissions: Option<PermissionsRecord<'a>>,
    requests_per_minute: u32,
    requests_at_once: usize,
    note: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ListRecord<'a> {
    path: &'a str,
    names: Vec<&'a str>,
    filter: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct StateRecord<'a> {
    at: Vec<&'a str>,
    is: &'a [String],
}

#[derive(Debug, Serialize)]
struct PermissionsRecord<'a> {
    list: &'a [String],
    get: &'a [String],
    cancel: &'a [String],
    locations: &'a [String],
}

#[derive(Debug, Serialize)]
struct LeftOutRecord<'a> {
    name: &'a str,
    reason: &'a str,
}

impl<'a> Catalogue<'a> {
    /// These services, and these that are left out.
    #[must_use]
    pub(super) fn new(services: &[&'a Service], left_out: &[&'a LeftOut]) -> Self {
        let left = |left: &&'a LeftOut| LeftOutRecord { name: &left.name, reason: &left.reason };
        Self {
            services: services.iter().map(|service| ServiceRecord::new(service)).collect(),
            left_out: left_out.iter().map(left).collect(),
        }
    }
}

impl<'a> ServiceRecord<'a> {
    fn new(service: &'a Service) -> Self {
        let profile = &service.profile;
        let lists = service.lists.iter().map(|listing| ListRecord {
            path: listing.path.as_str(),
            names: listing.names.iter().map(|name| name.as_str()).collect(),
            filter: listing.filter.as_deref(),
        });
        let keys = |parts: BTreeSet<Part>| parts.into_iter().map(Part::key).collect();
        Self {
            name: service.name.as_str(),
            title: &service.title,
            built_in: !is_own(service),
            host: &service.host,
            regional_host: service.regional_host.as_deref(),
            version: &service.version,
            base_url: service.base_url(),
            regional_base_url: service.regional_base_url(),
            lists: lists.collect(),
            get: service.get.template(),
            cancel: service.cancel.template(),
            locations: service.locations.iter().map(|path| path.as_str()).collect(),
            scopes: service.forms().into_iter().map(keys).collect(),
            examples: example::scopes(service),
            project: service.says_project().as_str(),
            location: service.says_location().as_str(),
            create_time: texts(&profile.create_time),
            verb: texts(&profile.verb),
            target: texts(&profile.target),
            cancel_requested: texts(&profile.cancel_requested),
            cancel_time: texts(&profile.cancel_time),
            cancel_state: profile
                .cancel_state
                .as_ref()
                .map(|state| StateRecord { at: texts(&state.at), is: &state.is }),
            tells_cancellation: profile.tells_cancellation(),
            permissions: service.permissions.as_ref().map(PermissionsRecord::new),
            requests_per_minute: service.throttle.per_minute,
            requests_at_once: service.throttle.at_once,
            note: service.note.as_deref(),
        }
    }
}

impl<'a> PermissionsRecord<'a> {
    fn new(Permissions { list, get, cancel, locations }: &'a Permissions) -> Self {
        Self { list, get, cancel, locations }
    }
}

fn texts(pointers: &[Pointer]) -> Vec<&str> {
    pointers.iter().map(Pointer::as_str).collect()
}
