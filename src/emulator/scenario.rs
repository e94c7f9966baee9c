//! A scenario: the world that the emulator shows, as checked data.
//!
//! [`Scenario::parse`] reads one from YAML. The whole form, every key but `operations[].name` and `.age` optional:
//!
//! ```yaml
//! latency: 20ms            # of every answer
//! require_token: true      # a request without a bearer token gets 401
//! page_size: 50            # the largest page, and the one that a list without pageSize gets (1000)
//! locations:               # locations beside those that the operations imply
//!   acme-web: [us-central1]
//!
//! operations:
//!   - name: projects/acme-web/locations/europe-west1/operations/op-1
//!     age: 3h12m           # when the world starts; -5m lies in the future
//!     count: 100           # that many of them, named op-1-0001, op-1-0002, …
//!     verb: create
//!     target: projects/acme-web/locations/europe-west1/targets/prod-1
//!     kind: type.googleapis.com/google.cloud.deploy.v1.OperationMetadata    # metadata's @type; this one
//!     metadata:            # more fields; they win over the usual ones, and null takes one out
//!       statusMessage: waiting for a lock
//!                          # or `metadata: none`: no metadata at all
//!     runs_for: 5h         # it ends by itself at this age (it may have ended already); without: it goes on
//!     ends: completed      # how: completed (default) | failed | finished | cancelled | vanishes
//!     cancellation_requested: true     # somebody asked before the world began: `on_cancel` counts from its
//!                          # start. Without an `on_cancel` it stays in that state.
//!     on_cancel:           # or one word: `on_cancel: ignored`, `on_cancel: denied`
//!       answer: accepted   # accepted (default) | refused (400 FAILED_PRECONDITION) | unimplemented (501) |
//!                          # denied (403)
//!       becomes: cancelled # what happens to the operation then:
//!                          #   cancelled, completed, failed    done, with error.code 1, a response, another error
//!                          #   finished                        done, with neither
//!                          #   vanishes                        get answers 404
//!                          #   cancelling                      requested, and never ends
//!                          #   ignored                         nothing, not even the request is noted
//!                          # default: cancelled when accepted, else ignored
//!       after: 500ms       # how long after the cancel (0s)
//!
//! faults:                  # the first that fits a request decides; then the world answers again
//!   - call: cancel         # list | get | cancel | delete | locations | any (default)
//!     name: "**/op-7"      # glob over the resource: the operation; a list's projects/*/locations/*; a project
//!     times: 3             # how many requests it hits (1), or `always`
//!     answer: { status: 503 }
//! ```
//!
//! An answer of a fault is one of
//!
//! | `answer` | what the client gets | and the request is |
//! |---|---|---|
//! | `{ status: 503 }` | that status, and a front end's HTML page | not carried out |
//! | `{ status: 429, code: RESOURCE_EXHAUSTED, message: slow down, retry_after: 2s }` | that status with a `google.rpc.Status` body; `retry_after` becomes a `RetryInfo` detail. Any of the three keys makes the body JSON | not carried out |
//! | `{ status: 429, retry_after_header: 2s }` | the status with a `Retry-After` header | not carried out |
//! | `drop` | a closed connection | not carried out |
//! | `lost` | a closed connection | carried out |
//! | `truncate` | half the body under the whole one's Content-Length, then a closed connection | carried out |
//! | `not_json` | 200 with an HTML body | carried out |
//! | `{ slow: 3s }` | the right answer, that much later | carried out |
//! | `empty_page` | for a list: no entries, and a token that leads on to where this page would have begun | |
//! | `expired_token` | for a list with a page token: 400 `INVALID_ARGUMENT` | |
//! | `no_done` | operations without `done` | carried out |
//! | `no_metadata` | operations without `metadata` | carried out |
//!
//! A key that does not exist, a duplicate name, a duration without a unit: each is an error with line and column.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use globset::GlobMatcher;
use serde_json::{Map, Value};

use super::rpc::Code;
use crate::operation::{LocationId, OperationName, ProjectId};

/// How an operation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// `error.code` is 1.
    Cancelled,
    /// There is a `response`.
    Completed,
    /// `error.code` is 13 (`INTERNAL`).
    Failed,
    /// Done, with neither `error` nor `response`.
    Finished,
    /// It is not there any more.
    Vanishes,
}

/// What becomes of an operation that is asked to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The request shows in the metadata, and the operation ends so, that long after.
    Ends(End, TimeDelta),
    /// The request shows, and the operation goes on.
    Cancelling,
    /// It goes on as if nobody had asked.
    Ignored,
}

/// What a running operation answers to a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An empty JSON object.
    Accepted,
    /// 400 `FAILED_PRECONDITION`.
    Refused,
    /// 501 `UNIMPLEMENTED`.
    Unimplemented,
    /// 403 `PERMISSION_DENIED`.
    Denied,
}

/// How an operation reacts to a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnCancel {
    /// What the caller is told.
    pub answer: Answer,
    /// What happens.
    pub effect: Effect,
}

/// What an operation's metadata shows.
#[derive(Debug, Clone, PartialEq)]
pub enum PlannedMetadata {
    /// None at all.
    Absent,
    /// The usual fields and these: one of the same name wins, null takes a field out.
    With(Map<String, Value>),
}

/// One operation of the world, at its start.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedOperation {
    /// Its name.
    pub name: OperationName,
    /// How old it is; negative when it is created in the future.
    pub age: TimeDelta,
    /// `metadata.verb`.
    pub verb: Option<Arc<str>>,
    /// `metadata.target`.
    pub target: Option<Arc<str>>,
    /// `metadata.@type`.
    pub kind: Arc<str>,
    /// The metadata beside these.
    pub metadata: Arc<PlannedMetadata>,
    /// At which age it ends by itself, and how.
    pub runs_for: Option<(TimeDelta, End)>,
    /// How it reacts to a cancel.
    pub on_cancel: OnCancel,
    /// Whether it was asked to cancel before the world began.
    pub cancellation_requested: bool,
}

/// The calls that a fault may hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `operations.list`
    List,
    /// `operations.get`
    Get,
    /// `operations.cancel`
    Cancel,
    /// `operations.delete`
    Delete,
    /// `locations.list`
    Locations,
}

/// What a fault does to an answer. The table in the module's text says what each means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultAnswer {
    /// A status with a front end's HTML page.
    Status {
        /// The status.
        status: u16,
        /// Seconds for a `Retry-After` header.
        retry_after_header: Option<Duration>,
    },
    /// A status with a `google.rpc.Status` body.
    Error {
        /// The status.
        status: u16,
        /// The code.
        code: Code,
        /// The message.
        message: String,
        /// For a `RetryInfo` detail.
        retry_after: Option<Duration>,
        /// Seconds for a `Retry-After` header.
        retry_after_header: Option<Duration>,
    },
    /// The connection is closed, the request was not carried out.
    Drop,
    /// The connection is closed, the request was carried out.
    Lost,
    /// Half a body.
    Truncate,
    /// HTML instead of JSON.
    NotJson,
    /// The right answer, later.
    Slow(Duration),
    /// No entries, but a token.
    EmptyPage,
    /// The page token is not taken.
    ExpiredToken,
    /// Operations without `done`.
    NoDone,
    /// Operations without `metadata`.
    NoMetadata,
}

/// Something that goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Which call it hits; `None` for any.
    pub call: Option<Call>,
    /// Which resource it hits; `None` for any.
    pub name: Option<GlobMatcher>,
    /// How many requests it hits; `None` for all.
    pub times: Option<u32>,
    /// What it does.
    pub answer: FaultAnswer,
}

/// The largest page unless a scenario says otherwise. Google's services coerce to 1000 or less.
const DEFAULT_PAGE_SIZE: usize = 1000;

/// The world that the emulator shows, and what goes wrong in it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// How long every answer takes.
    pub latency: Duration,
    /// Whether a request needs a bearer token.
    pub require_token: bool,
    /// The largest page; at least 1.
    pub page_size: usize,
    /// Locations beside those that the operations imply.
    pub locations: BTreeMap<ProjectId, Vec<LocationId>>,
    /// The operations; no two of the same name.
    pub operations: Vec<PlannedOperation>,
    /// What goes wrong, in order.
    pub faults: Vec<Fault>,
}

impl Default for Scenario {
    /// An empty world in which nothing goes wrong.
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            require_token: false,
            page_size: DEFAULT_PAGE_SIZE,
            locations: BTreeMap::new(),
            operations: Vec::new(),
            faults: Vec::new(),
        }
    }
}

impl FaultAnswer {
    /// Whether it makes sense only for answers with pages.
    #[must_use]
    pub fn is_of_pages(&self) -> bool {
        matches!(self, Self::EmptyPage | Self::ExpiredToken)
    }

    /// Whether it makes sense only for answers that hold operations.
    #[must_use]
    pub fn is_of_operations(&self) -> bool {
        matches!(self, Self::NoDone | Self::NoMetadata)
    }
}
