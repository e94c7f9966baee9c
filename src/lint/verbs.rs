//! The verbs that operations can have, service by service.
//!
//! Google documents no list of them. An operation's verb is the name of the method that started it, in the words of
//! Google's API guidelines (a `patch` is an `update`), so the list follows from the methods that answer with an operation.

/// Cloud Deploy: every method of its API v1 that answers with an operation is a `create`, a `patch` or a `delete` (from
/// its discovery document, revision 20260722).
pub(super) const CLOUD_DEPLOY: [&str; 3] = ["create", "update", "delete"];

/// The verbs of a service; `None` for one whose verbs are not known here.
pub(super) fn of_service(service: &str) -> Option<&'static [&'static str]> {
    match service {
        "clouddeploy" => Some(&CLOUD_DEPLOY),
        _ => None,
    }
}
