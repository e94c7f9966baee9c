//! What to do about a call to Google that failed.
//!
//! The service's own words stand in the finding; they change, and are not looked into here. So where one kind of
//! failure has several causes, all of them are named.

use crate::doctor::places::Place;
use crate::operation::ProjectId;
use crate::service::{CallError, FailureKind};

/// What to do about a call that needed this permission.
pub(super) fn remedy(error: &CallError, place: &Place, permission: &str) -> String {
    let host = &place.service.host;
    match error.kind {
        FailureKind::Denied => {
            let project = place.project.as_ref().map_or("PROJECT", ProjectId::as_str);
            format!(
                "give the account {permission} in {}, with the role below; check the {}'s id; if the message says that \
                 an API is disabled: `gcloud services enable {host} --project={project}`",
                needing(place),
                place.what()
            )
        }
        FailureKind::NotFound => format!("correct the {} or the location in the policy", place.what()),
        FailureKind::Unauthenticated | FailureKind::NoCredential => {
            "see that the account is not disabled, its key not revoked and the clock of this machine right; then \
             check CURFEW_CREDENTIALS"
                .to_owned()
        }
        FailureKind::Unsupported | FailureKind::Refused => {
            "see whether CURFEW_GOOGLE_ENDPOINT leads to the service, or leave it unset".to_owned()
        }
        FailureKind::Unreachable | FailureKind::OutOfTime => format!(
            "see whether {host} can be reached from here, and whether CURFEW_GOOGLE_ENDPOINT is right; then run this \
             again"
        ),
    }
}

/// Where a permission is needed, in words.
pub(super) fn needing(place: &Place) -> String {
    match &place.project {
        Some(project) => format!("the project {project}"),
        None => place.root.clone(),
    }
}
