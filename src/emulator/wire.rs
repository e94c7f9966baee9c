//! The JSON of what the service shows, as Cloud Deploy writes it.
//!
//! `done: false` and `requestedCancellation: false` are written out, `endTime` only once it has ended, a
//! `statusMessage` only when a scenario gives one. It is written here and read by the Google client's own parser
//! elsewhere: the two share no code, on purpose.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::rpc::Code;
use super::scenario::{End, PlannedMetadata};
use super::world::{Shown, Standing};

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

/// A `Location`.
pub(super) fn location(project: &str, location: &str) -> Value {
    json!({ "name": format!("projects/{project}/locations/{location}"), "locationId": location })
}

/// `google.rpc.Status` inside of an operation, where `code` is the rpc number.
fn error(code: Code, message: &str) -> Value {
    json!({ "code": code.number(), "message": message })
}

fn metadata(shown: &Shown<'_>) -> Option<Value> {
    let PlannedMetadata::With(extra) = &*shown.plan.metadata else { return None };
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("@type", (&*shown.plan.kind).into());
    put("apiVersion", "v1".into());
    put("createTime", instant(shown.created));
    put("requestedCancellation", shown.cancellation_requested.into());
    if let Some(target) = &shown.plan.target {
        put("target", (&**target).into());
    }
    if let Some(verb) = &shown.plan.verb {
        put("verb", (&**verb).into());
    }
    if let Standing::Ended { at, .. } = shown.standing {
        put("endTime", instant(at));
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
