//! An operation of a test as its service would have shown it.
//!
//! What the test does not say is what an ordinary operation has; what its service does not tell, it has not.

use std::sync::Arc;

use chrono::SecondsFormat;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value as Json};

use super::model::{Details, Given, Text};
use crate::catalogue::{DEFAULT_SERVICE, Pointer, Service};
use crate::operation::{Metadata, Operation, OperationName};

/// The metadata's type of every operation of Cloud Deploy. That of others is not known.
const USUAL_KIND: &str = "type.googleapis.com/google.cloud.deploy.v1.OperationMetadata";

const USUAL_VERB: &str = "create";

/// The operation of this name.
pub(super) fn operation(given: &Given, name: OperationName, service: &Service) -> Operation {
    let profile = &service.profile;
    let without = Operation {
        service: service.name.clone(),
        name,
        progress: given.progress,
        create_time: None,
        verb: None,
        target: None,
        kind: None,
        cancellation_requested: None,
        tells_cancellation: profile.has_cancel_flag(),
        metadata: None,
    };
    let Some(details) = &given.details else { return without };
    let told = |text: &Text, pointers: &[Pointer], usual: &dyn Fn() -> Option<Arc<str>>| match text {
        Text::Stated(stated) => stated.clone(),
        Text::Usual => usual().filter(|_| !pointers.is_empty()),
    };
    let requested = match details.cancellation_requested {
        Some(true) if profile.tells_cancellation() => Some(true),
        Some(false) if profile.has_cancel_flag() => Some(false),
        _ => None,
    };
    let is_usual = service.name.as_str() == DEFAULT_SERVICE;
    let shown = Operation {
        create_time: details.created_at.filter(|_| !profile.create_time.is_empty()),
        verb: told(&details.verb, &profile.verb, &|| Some(USUAL_VERB.into())),
        target: told(&details.target, &profile.target, &|| Some(usual_target(&without.name))),
        kind: match &details.kind {
            Text::Stated(stated) => stated.clone(),
            Text::Usual => is_usual.then(|| USUAL_KIND.into()),
        },
        cancellation_requested: requested,
        tells_cancellation: profile.has_cancel_flag() || requested.is_some(),
        ..without
    };
    Operation { metadata: metadata(&shown, details, service), ..shown }
}

/// What a test says of an operation that its service never tells.
pub(super) fn untold(given: &Given, service: &Service) -> Option<&'static str> {
    let details = given.details.as_ref()?;
    let profile = &service.profile;
    let states = |text: &Text| matches!(text, Text::Stated(Some(_)));
    let said = [
        ("verb", states(&details.verb), profile.verb.is_empty()),
        ("target", states(&details.target), profile.target.is_empty()),
        ("age", details.states_age, profile.create_time.is_empty()),
        (
            "cancellation_requested",
            details.cancellation_requested == Some(true),
            !profile.tells_cancellation(),
        ),
    ];
    said.into_iter().find(|(_, is_said, is_untold)| *is_said && *is_untold).map(|(field, ..)| field)
}

/// A target in the operation's own place, of a name that no policy protects for what it says.
fn usual_target(name: &OperationName) -> Arc<str> {
    let place = name.as_str().rsplit_once("/operations/").map_or("projects/-", |(place, _)| place);
    format!("{place}/targets/test").into()
}

/// The metadata as the service would have sent it, so that a JSON pointer finds what a field shows. The test's own
/// keys win, and `null` takes one out.
fn metadata(shown: &Operation, details: &Details, service: &Service) -> Option<Metadata> {
    let profile = &service.profile;
    let created_at = shown.create_time.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let mut object = Json::Object(Map::new());
    let mut put = |pointers: &[Pointer], value: Option<Json>| {
        if let (Some(pointer), Some(value)) = (pointers.first(), value) {
            pointer.put(&mut object, value);
        }
    };
    put(&profile.create_time, created_at.clone().map(Json::from));
    put(&profile.target, shown.target.as_deref().map(Json::from));
    put(&profile.verb, shown.verb.as_deref().map(Json::from));
    if shown.cancellation_requested == Some(true) {
        put(&profile.cancel_requested, Some(true.into()));
        put(&profile.cancel_time, created_at.map(Json::from));
        if let Some(state) = &profile.cancel_state {
            put(&state.at, state.is.first().map(|state| state.as_str().into()));
        }
    }
    let Json::Object(mut object) = object else { return None };
    object.extend(shown.kind.as_deref().map(|kind| ("@type".to_owned(), kind.into())));
    object.extend(details.more.clone());
    object.retain(|_, value| !value.is_null());
    let raw: Box<RawValue> = to_raw_value(&object).ok()?;
    Some(Metadata::new(&raw))
}
