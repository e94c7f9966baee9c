//! A scenario: the world that the emulator shows, as checked data.
//!
//! [`Scenario::parse`](super::Scenario::parse) reads one from YAML; nothing here knows that.
//!
#![doc = include_str!("scenario.md")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use globset::GlobMatcher;
use serde_json::{Map, Value};

use super::rpc::Code;
use crate::catalogue::{Service, default_service};
use crate::operation::{LocationId, OperationName, ProjectId, ServiceName};

/// The form of a scenario file, for people: Markdown that reads well in a terminal too.
pub const FORM: &str = include_str!("scenario.md");

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
    /// The service that has it.
    pub service: Arc<Service>,
    /// Its name: one that the service gives.
    pub name: OperationName,
    /// How old it is; negative when it is created in the future.
    pub age: TimeDelta,
    /// What the metadata says for the verb.
    pub verb: Option<Arc<str>>,
    /// What the metadata says for the target.
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
    /// `projects.testIamPermissions`
    Permissions,
    /// Any of the places that hand out tokens.
    Token,
}

/// What a fault does to an answer.
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
    /// The service whose calls it hits; `None` for any.
    pub service: Option<ServiceName>,
    /// Which call it hits; `None` for any.
    pub call: Option<Call>,
    /// Which resource it hits; `None` for any.
    pub name: Option<GlobMatcher>,
    /// How many requests it hits; `None` for all.
    pub times: Option<u32>,
    /// What it does.
    pub answer: FaultAnswer,
}

/// The life of Google's tokens unless asked otherwise.
const DEFAULT_TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// Which tokens are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRules {
    /// Only those that were given out here, while they live; otherwise any.
    pub only_issued: bool,
    /// How long one lives that is given out here.
    pub lifetime: Duration,
    /// How many requests one is good for; `None` for any number.
    pub revoke_after: Option<u32>,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self { only_issued: false, lifetime: DEFAULT_TOKEN_LIFETIME, revoke_after: None }
    }
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
    /// Which tokens are taken.
    pub tokens: TokenRules,
    /// The largest page; at least 1.
    pub page_size: usize,
    /// The service that is found at the root; every one is found under its own name.
    pub service: Arc<Service>,
    /// Locations beside those that the operations imply. They have every service of the scenario.
    pub locations: BTreeMap<ProjectId, Vec<LocationId>>,
    /// The permissions that whoever asks has in a project; where none are named, all.
    pub permissions: BTreeMap<ProjectId, BTreeSet<String>>,
    /// The operations; no two of the same service and name.
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
            tokens: TokenRules::default(),
            page_size: DEFAULT_PAGE_SIZE,
            service: default_service(),
            locations: BTreeMap::new(),
            permissions: BTreeMap::new(),
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
