//! The schema of `services` and of `scopes`: what of Google is looked at.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::parts::{Locations, Optional, Segment};

/// A JSON pointer that is not empty, with no empty key.
const POINTER: &str = "^(/([^~/]|~[01])+)+$";

/// Some services that have long operations.
const EXAMPLES: [&str; 4] = ["clouddeploy", "alloydb", "dataproc", "spanner"];

/// The places of a service. Which keys it has depends on the service: `curfew services NAME` tells.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{ "required": ["service"] }, { "required": ["projects", "locations"] }]))]
#[expect(dead_code, reason = "only its shape is used")]
pub(super) struct Scope {
    /// The Google service. `curfew services` lists those that are known.
    #[schemars(default, extend("default" = "clouddeploy", "examples" = EXAMPLES))]
    service: Optional<Segment>,
    /// Projects, by id or by number: whichever the service uses in the names of its operations.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true, "examples" = [["acme-web", "acme-data"]]))]
    projects: Optional<Vec<Segment>>,
    /// Organizations, by their numbers in quotes.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true, "examples" = [["123456789012"]]))]
    organizations: Optional<Vec<Segment>>,
    /// Folders, by their numbers in quotes.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true, "examples" = [["123456789012"]]))]
    folders: Optional<Vec<Segment>>,
    /// Their names, or `all`, which asks the service for them.
    #[schemars(default)]
    locations: Optional<Locations>,
    /// Instances of Spanner.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true))]
    instances: Optional<Vec<Segment>>,
    /// Databases of Firestore.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true, "examples" = [["(default)"]]))]
    databases: Optional<Vec<Segment>>,
    /// Datasets of the Healthcare API.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true))]
    datasets: Optional<Vec<Segment>>,
    /// Buckets of Cloud Storage.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true))]
    buckets: Optional<Vec<Segment>>,
}

/// A service that is not built in; or, under the name of one that is, what is to be different about it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
pub(super) struct Service {
    /// Its short name.
    #[schemars(example = &"acme")]
    name: Segment,
    /// What people call it.
    #[schemars(default)]
    title: Optional<String>,
    /// Its host; without it `NAME.googleapis.com`.
    #[schemars(default)]
    host: Optional<String>,
    /// Its host in a location, for services that answer only there.
    #[schemars(default, regex(pattern = r"\{location\}"))]
    regional_host: Optional<String>,
    /// What its paths begin with.
    #[schemars(default, extend("default" = "v1"))]
    version: Optional<String>,
    /// Whose metadata it has.
    #[schemars(default, extend("default" = "standard", "enum" = ["standard", "cancel-requested"]))]
    profile: Optional<String>,
    /// Where the metadata says when the operation was created.
    #[schemars(default, inner(regex(pattern = POINTER)), extend("examples" = [["/createTime"]]))]
    create_time: Optional<Vec<String>>,
    /// Where it says what is being done.
    #[schemars(default, inner(regex(pattern = POINTER)), extend("examples" = [["/verb"]]))]
    verb: Optional<Vec<String>>,
    /// Where it says to which resource.
    #[schemars(default, inner(regex(pattern = POINTER)), extend("examples" = [["/target"]]))]
    target: Optional<Vec<String>>,
    /// Where a boolean says that cancellation was requested.
    #[schemars(default, inner(regex(pattern = POINTER)), extend("examples" = [["/requestedCancellation"]]))]
    cancel_requested: Optional<Vec<String>>,
    /// What is there only once cancellation was requested.
    #[schemars(default, inner(regex(pattern = POINTER)), extend("examples" = [["/cancelTime"]]))]
    cancel_time: Optional<Vec<String>>,
    /// States that say that cancellation was requested.
    #[schemars(default)]
    cancel_state: Optional<CancelState>,
    /// What is listed.
    #[schemars(default, length(min = 1))]
    lists: Optional<Vec<Listing>>,
    /// The lists of its locations. None at all: they must be named in scopes.
    #[schemars(default, extend("examples" = [["projects/{project}/locations"]]))]
    locations: Optional<Vec<String>>,
    /// The path of one operation.
    #[schemars(default, extend("default" = "{name}"))]
    get: Optional<String>,
    /// The path of its cancel.
    #[schemars(default, extend("default" = "{name}:cancel"))]
    cancel: Optional<String>,
    /// What IAM puts in front of its permissions.
    #[schemars(default)]
    permission_prefix: Optional<String>,
    /// What IAM calls its permissions, where they have no prefix in common.
    #[schemars(default)]
    permissions: Optional<BTreeMap<Method, Vec<String>>>,
    /// How many requests each of its hosts is sent in a minute.
    #[schemars(default, range(min = 1))]
    requests_per_minute: Optional<u64>,
    /// How many requests each of its hosts is sent at once.
    #[schemars(default, range(min = 1))]
    requests_at_once: Optional<u64>,
    /// What is odd about it.
    #[schemars(default)]
    note: Optional<String>,
}

/// States, and where they are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct CancelState {
    /// Pointers to the state.
    #[schemars(inner(regex(pattern = POINTER)))]
    at: Vec<String>,
    /// The states that say that cancellation was requested.
    is: Vec<String>,
}

/// One list method.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Listing {
    /// Its path, with placeholders for what a scope names.
    #[schemars(example = &"projects/{project}/locations/{location}/operations")]
    path: String,
    /// What its operations are called; without it the path and one more segment.
    #[schemars(default, length(min = 1))]
    names: Optional<Vec<String>>,
    /// A filter without which the method does not answer.
    #[schemars(default)]
    filter: Optional<String>,
}

/// What is asked of a service.
#[derive(JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum Method {
    List,
    Get,
    Cancel,
    Locations,
}
