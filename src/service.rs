//! The seam between a sweep and a service: list a page, get, cancel.
//!
//! `google::Client` implements it over HTTP; the emulator's world implements it in process, so that whole sweeps
//! run in virtual time. Retries, tokens and parsing lie below this seam: what comes back is an answer to act on.
//! Nothing here knows a rule.

use std::fmt;
use std::future::Future;

use serde::Serialize;
use tokio::time::Instant;

use crate::catalogue::Services;
use crate::operation::{Collection, LocationId, Operation, OperationName, ResourcePath, ServiceName};

/// One page of a collection's operations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// What could be read, running and ended operations alike.
    pub operations: Vec<Operation>,
    /// What the page is missing, in sentences: an operation whose name is malformed or lies outside of the
    /// collection, an entry that is no operation, a place that the service names as unreachable. Each is a gap.
    pub missing: Vec<String>,
    /// The token of the next page; `None` on the last. A page may be empty and still have one.
    pub next: Option<String>,
}

/// One page of a list of locations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocationsPage {
    /// The locations.
    pub locations: Vec<LocationId>,
    /// What could not be understood, in sentences.
    pub missing: Vec<String>,
    /// The token of the next page; `None` on the last.
    pub next: Option<String>,
}

/// What a caller can do about a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// It does not exist (404): for an operation, it has gone.
    NotFound,
    /// The caller may not do this (403).
    Denied,
    /// The service has no such method (`UNIMPLEMENTED`).
    Unsupported,
    /// Google did not take the credential (401), also after it was read anew.
    Unauthenticated,
    /// No token could be had, so nothing was sent.
    NoCredential,
    /// Any other client error, 429 among them when the time left did not allow to wait.
    Refused,
    /// No usable answer: the service is unavailable, the connection broke, the attempts timed out, a server error,
    /// or a body that is not what the method answers. Retries are over.
    Unreachable,
    /// The time allowed for the call was over before an answer came.
    OutOfTime,
}

/// A call that failed, after all retries that were due.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CallError {
    /// What the caller can do about it.
    pub kind: FailureKind,
    /// The HTTP status of the last answer, if one came.
    pub http_status: Option<u16>,
    /// The name of the `google.rpc.Code` in the last answer's body, e.g. `FAILED_PRECONDITION`.
    pub code: Option<String>,
    /// A sentence for people: the service's own message where it sent one. One line, at most 300 characters, no
    /// secret and no raw body.
    pub message: String,
    /// How many requests were sent.
    pub attempts: u32,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, self.http_status) {
            (Some(code), Some(status)) => write!(f, "{code} (HTTP {status}): {}", self.message),
            (None, Some(status)) => write!(f, "HTTP {status}: {}", self.message),
            _ => f.write_str(&self.message),
        }
    }
}

/// How a service answered a request to cancel. It says nothing of what became of the operation: get decides that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelAnswer {
    /// An empty JSON object: cancellation was started.
    Accepted,
    /// `UNIMPLEMENTED`.
    Unsupported,
    /// The caller may not cancel (403).
    Denied,
    /// 404.
    NotFound,
    /// Any other client error; its code goes beside it.
    Refused,
    /// No usable answer, after retries.
    Unreachable,
}

impl fmt::Display for CancelAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            CancelAnswer::Accepted => "accepted",
            CancelAnswer::Unsupported => "unsupported",
            CancelAnswer::Denied => "denied",
            CancelAnswer::NotFound => "not_found",
            CancelAnswer::Refused => "refused",
            CancelAnswer::Unreachable => "unreachable",
        })
    }
}

/// The answer to a cancel, with what it took to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelReply {
    /// The answer.
    pub answer: CancelAnswer,
    /// How many requests were sent. Zero when no token could be had.
    pub attempts: u32,
    /// For every answer but `accepted`: the `google.rpc.Code` name, or `HTTP 418` where the body named none.
    pub code: Option<String>,
    /// For every answer but `accepted`: a sentence for people.
    pub message: Option<String>,
}

impl CancelReply {
    /// The service took the request.
    #[must_use]
    pub fn accepted(attempts: u32) -> Self {
        Self { answer: CancelAnswer::Accepted, attempts, code: None, message: None }
    }
}

impl From<CallError> for CancelReply {
    fn from(error: CallError) -> Self {
        let answer = match error.kind {
            FailureKind::NotFound => CancelAnswer::NotFound,
            FailureKind::Denied => CancelAnswer::Denied,
            FailureKind::Unsupported => CancelAnswer::Unsupported,
            FailureKind::Refused | FailureKind::Unauthenticated => CancelAnswer::Refused,
            FailureKind::NoCredential | FailureKind::Unreachable | FailureKind::OutOfTime => {
                CancelAnswer::Unreachable
            }
        };
        let code = error.code.or_else(|| error.http_status.map(|status| format!("HTTP {status}")));
        Self { answer, attempts: error.attempts, code, message: Some(error.message) }
    }
}

/// A service with `google.longrunning.Operations`, as a sweep uses it.
///
/// Every method takes the instant at which it must have answered (`None`: no such instant). When that comes, it
/// answers [`FailureKind::OutOfTime`] at once.
pub trait OperationsService: Sync {
    /// Says which Google services a run may ask: those of its policy. Before that, they are those that are built in.
    fn use_services(&self, services: &Services);

    /// Reads one page of a collection's operations, from the start or from a token.
    fn list_page(
        &self,
        collection: &Collection,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> impl Future<Output = Result<Page, CallError>> + Send;

    /// Reads one page of a list of locations, such as `projects/p/locations`: those in which a project has the service.
    fn locations_page(
        &self,
        service: &ServiceName,
        path: &ResourcePath,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> impl Future<Output = Result<LocationsPage, CallError>> + Send;

    /// Reads one operation.
    fn get(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> impl Future<Output = Result<Operation, CallError>> + Send;

    /// Asks for the cancellation of one operation. Idempotent.
    fn cancel(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> impl Future<Output = CancelReply> + Send;
}
