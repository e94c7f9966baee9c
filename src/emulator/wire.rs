//! The JSON of what a service shows, as Cloud Deploy writes it, with each thing where the service's table has it.
//!
//! `done: false` and `requestedCancellation: false` are written out, `endTime` only once it has ended, a
//! `statusMessage` only when a scenario gives one. It is written here and read by the Google client's own parser
//! elsewhere: the two share the table, and no code, on purpose.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::rpc::Code;
use super::scenario::{End, PlannedMetadata};
use super::world::{Shown, Standing};
use crate::catalogue::{CancelState, Pointer, Profile};

/// An `Operation`.
pub(super) fn operation(shown: &Shown<'_>) -> Value {
    let mut fields = Map::new();
    fields.insert("name".to_owned(), shown.plan.name.as_str().into());
    fields.insert("done".to_owned(), (shown.standing != Standing::Running).into());
    if let Some(metadata) = metadata(shown) {
        fields.insert("metadata".to_owned(), metadata);
    }
    if let Standing::Ended { how, .. } = shown.standing {
        match how {
            End::Completed => {
                fields.insert("response".to_owned(), response(shown));
            }
            End::Cancelled => {
                fields.insert("error".to_owned(), error(Code::Cancelled, "The operation was cancelled."));
            }
            End::Failed => {
                fields.insert("error".to_owned(), error(Code::Internal, "An internal error occurred."));
            }
            End::Finished | End::Vanishes => {}
        }
    }
    Value::Object(fields)
}

/// A `Location` in a list.
pub(super) fn location(path: &str, location: &str) -> Value {
    json!({ "name": format!("{path}/{location}"), "locationId": location })
}

/// `google.rpc.Status` inside of an operation, where `code` is the rpc number.
fn error(code: Code, message: &str) -> Value {
    json!({ "code": code.number(), "message": message })
}

fn metadata(shown: &Shown<'_>) -> Option<Value> {
    let PlannedMetadata::With(extra) = &*shown.plan.metadata else { return None };
    let profile = &shown.plan.service.profile;
    let mut root = Value::Object(Map::new());
    let mut put = |pointers: &[Pointer], value: Value| {
        if let Some(pointer) = pointers.first() {
            pointer.put(&mut root, value);
        }
    };
    put(&profile.create_time, instant(shown.created));
    put(&profile.cancel_requested, shown.cancellation_requested.into());
    if shown.cancellation_requested {
        put(&profile.cancel_time, instant(shown.created));
    }
    if let Some(state) = profile.cancel_state.as_ref().filter(|_| shown.cancellation_requested) {
        put(&state.at, state_shown(state, shown.standing).into());
    }
    if let Some(target) = &shown.plan.target {
        put(&profile.target, (&**target).into());
    }
    if let Some(verb) = &shown.plan.verb {
        put(&profile.verb, (&**verb).into());
    }
    let Value::Object(mut fields) = root else { return None };
    fields.insert("@type".to_owned(), (&*shown.plan.kind).into());
    // What stands beside it in the metadata that most services have, and only there.
    if is_usual(profile) {
        fields.insert("apiVersion".to_owned(), "v1".into());
        if let Standing::Ended { at, .. } = shown.standing {
            fields.insert("endTime".to_owned(), instant(at));
        }
    }
    for (key, value) in extra {
        if value.is_null() {
            fields.remove(key);
        } else {
            fields.insert(key.clone(), value.clone());
        }
    }
    Some(Value::Object(fields))
}

/// What a service says of an operation whose cancellation was requested. What it says of any other is not known here,
/// and left out.
fn state_shown(CancelState { is, .. }: &CancelState, standing: Standing) -> &str {
    let is_over = matches!(standing, Standing::Ended { how: End::Cancelled, .. });
    let over = is.iter().find(|word| is_over && word.ends_with("CANCELLED"));
    over.or(is.first()).map_or("", String::as_str)
}

fn is_usual(profile: &Profile) -> bool {
    [(&profile.create_time, "/createTime"), (&profile.verb, "/verb"), (&profile.target, "/target")]
        .into_iter()
        .all(|(pointers, usual)| pointers.first().is_some_and(|pointer| pointer.as_str() == usual))
}

fn instant(instant: DateTime<Utc>) -> Value {
    instant.to_rfc3339_opts(SecondsFormat::Nanos, true).into()
}

/// What a completed operation returns: the resource that was changed, or nothing for a deletion.
fn response(shown: &Shown<'_>) -> Value {
    let target = shown.plan.target.as_deref().unwrap_or_default();
    // The collection that the resource is in: the last segment but one of its name.
    let message = match target.rsplit('/').nth(1) {
        _ if shown.plan.verb.as_deref() == Some("delete") => None,
        Some("automations") => Some("Automation"),
        Some("customTargetTypes") => Some("CustomTargetType"),
        Some("deliveryPipelines") => Some("DeliveryPipeline"),
        Some("deployPolicies") => Some("DeployPolicy"),
        Some("releases") => Some("Release"),
        Some("rollouts") => Some("Rollout"),
        Some("targets") => Some("Target"),
        _ => None,
    };
    match message {
        Some(message) => json!({
            "@type": format!("type.googleapis.com/google.cloud.deploy.v1.{message}"),
            "name": target,
        }),
        None => json!({ "@type": "type.googleapis.com/google.protobuf.Empty" }),
    }
}

#[cfg(test)]
#[path = "tests/wire.rs"]
mod tests;
