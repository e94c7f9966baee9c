//! The keys of a policy, section by section: the words that may stand in the file.
//!
//! They stand in one place because two read them: the parser, and the test that holds the schema to it.

pub(in super::super) const POLICY: [&str; 11] = [
    "version",
    "mode",
    "services",
    "scopes",
    "protect",
    "rules",
    "active",
    "freeze",
    "limits",
    "follow_up",
    "lint",
];

/// Those of the table of services.
pub(in super::super) const SERVICE: [&str; 21] = [
    "name",
    "title",
    "host",
    "regional_host",
    "version",
    "profile",
    "create_time",
    "verb",
    "target",
    "cancel_requested",
    "cancel_time",
    "cancel_state",
    "lists",
    "locations",
    "get",
    "cancel",
    "permission_prefix",
    "permissions",
    "requests_per_minute",
    "requests_at_once",
    "note",
];

pub(in super::super) const SERVICE_LIST: [&str; 3] = ["path", "names", "filter"];

pub(in super::super) const CANCEL_STATE: [&str; 2] = ["at", "is"];

pub(in super::super) const PERMISSIONS: [&str; 4] = ["list", "get", "cancel", "locations"];

pub(in super::super) const SCOPE: [&str; 9] = [
    "service",
    "projects",
    "organizations",
    "folders",
    "locations",
    "instances",
    "databases",
    "datasets",
    "buckets",
];

pub(in super::super) const PROTECTION: [&str; 2] = ["name", "match"];

pub(in super::super) const RULE: [&str; 7] =
    ["name", "match", "max_age", "max_running", "action", "active", "freeze"];

pub(in super::super) const WINDOW: [&str; 5] = ["name", "days", "hours", "dates", "time_zone"];

pub(in super::super) const MAX_RUNNING: [&str; 3] = ["count", "per", "cancel"];

pub(in super::super) const MATCH: [&str; 12] = [
    "service",
    "project",
    "location",
    "name",
    "verb",
    "target",
    "kind",
    "cancellation_requested",
    "metadata",
    "any",
    "all",
    "not",
];

pub(in super::super) const LIMITS: [&str; 3] = ["max_cancellations", "max_share", "when_exceeded"];

pub(in super::super) const FOLLOW_UP: [&str; 1] = ["for"];

pub(in super::super) const LINT: [&str; 1] = ["allow"];

pub(in super::super) const ALLOWANCE: [&str; 3] = ["check", "reason", "rule"];
