//! What to do about a call to Google that failed.
//!
//! The service's own words stand in the finding; they change, and are not looked into here. So where one kind of
//! failure has several causes, all of them are named.

use crate::doctor::places::Place;
use crate::service::{CallError, FailureKind};

/// What to do about a call that needed this permission.
pub(super) fn remedy(error: &CallError, place: &Place, permission: &str) -> String {
    let Place { service, project, .. } = place;
    match error.kind {
        FailureKind::Denied => format!(
            "give the account {permission} in the project {project}, with the role below; check the project's id; \
             if the message says that an API is disabled: `gcloud services enable {service}.googleapis.com \
             --project={project}`"
        ),
        FailureKind::NotFound => "correct the project or the location in the policy".to_owned(),
        FailureKind::Unauthenticated | FailureKind::NoCredential => {
            "see that the account is not disabled, its key not revoked and the clock of this machine right; then \
             check CURFEW_CREDENTIALS"
                .to_owned()
        }
        FailureKind::Unsupported | FailureKind::Refused => {
            "see whether CURFEW_GOOGLE_ENDPOINT leads to the service, or leave it unset".to_owned()
        }
        FailureKind::Unreachable | FailureKind::OutOfTime => format!(
            "see whether {service}.googleapis.com can be reached from here, and whether CURFEW_GOOGLE_ENDPOINT is \
             right; then run this again"
        ),
    }
}
