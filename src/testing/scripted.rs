//! A service that answers what a test tells it, and takes down what it was asked. Only compiled for tests.
//!
//! What nobody told it: a collection or a project without entries, a cancel that is accepted, an operation that
//! turns out cancelled.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::running;
use crate::catalogue::Services;
use crate::operation::{
    Collection, Ending, LocationId, Operation, OperationName, Progress, ResourcePath, ServiceName,
};
use crate::service::{CallError, CancelReply, FailureKind, LocationsPage, OperationsService, Page};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    /// How long every answer takes.
    latency: Duration,
    /// Calls that are never answered, as they are taken down.
    stuck: HashSet<String>,
    pages: HashMap<(String, Option<String>), Result<Page, CallError>>,
    locations: HashMap<(String, Option<String>), Result<LocationsPage, CallError>>,
    cancels: HashMap<String, CancelReply>,
    /// One after the other; the last one stays.
    gets: HashMap<String, Vec<Result<Operation, CallError>>>,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    calls: Vec<(Instant, String)>,
    gets: HashMap<String, usize>,
    under_way: usize,
    most_under_way: usize,
}

/// A call that failed so, after one request.
pub(crate) fn failure(kind: FailureKind) -> CallError {
    CallError { kind, http_status: None, code: None, message: format!("{kind:?}"), attempts: 1 }
}

impl Scripted {
    /// One whose every answer takes so long.
    pub(crate) fn slow(latency: Duration) -> Self {
        Self { latency, ..Self::default() }
    }

    /// A call that is never answered, e.g. `locations p`.
    pub(crate) fn stuck(mut self, call: &str) -> Self {
        self.stuck.insert(call.to_owned());
        self
    }

    /// A page of `projects/{project}/locations/{location}`, under a token.
    pub(crate) fn page(
        mut self,
        place: (&str, &str),
        token: Option<&str>,
        operations: Vec<Operation>,
        next: Option<&str>,
    ) -> Self {
        let page = Page { operations, missing: Vec::new(), next: next.map(str::to_owned) };
        self.pages.insert(page_key(place, token), Ok(page));
        self
    }

    /// A page that cannot be read.
    pub(crate) fn no_page(mut self, place: (&str, &str), token: Option<&str>, kind: FailureKind) -> Self {
        self.pages.insert(page_key(place, token), Err(failure(kind)));
        self
    }

    /// A page of a project's locations, under a token.
    pub(crate) fn locations(
        mut self,
        project: &str,
        token: Option<&str>,
        locations: &[&str],
        next: Option<&str>,
    ) -> Self {
        let locations = locations.iter().map(|text| LocationId::parse(text).unwrap()).collect();
        let page = LocationsPage { locations, missing: Vec::new(), next: next.map(str::to_owned) };
        self.locations.insert((project.to_owned(), token.map(str::to_owned)), Ok(page));
        self
    }

    /// A project whose locations cannot be listed.
    pub(crate) fn no_locations(mut self, project: &str, kind: FailureKind) -> Self {
        self.locations.insert((project.to_owned(), None), Err(failure(kind)));
        self
    }

    /// What the cancel of an operation is answered.
    pub(crate) fn cancel(mut self, id: &str, reply: CancelReply) -> Self {
        self.cancels.insert(id.to_owned(), reply);
        self
    }

    /// What reads of an operation show, one after the other.
    pub(crate) fn gets(mut self, id: &str, gets: Vec<Result<Operation, CallError>>) -> Self {
        self.gets.insert(id.to_owned(), gets);
        self
    }

    /// What it was asked, with the time: `list p/l`, `list p/l token`, `locations p`, `get id`, `cancel id`.
    pub(crate) fn calls(&self) -> Vec<(Instant, String)> {
        self.notes.lock().unwrap().calls.clone()
    }

    /// The calls of one kind, without it: `cancel` gives the ids.
    pub(crate) fn asked(&self, kind: &str) -> Vec<String> {
        let calls = self.calls();
        calls
            .iter()
            .filter_map(|(_, call)| call.strip_prefix(kind)?.strip_prefix(' ').map(str::to_owned))
            .collect()
    }

    /// How many calls were under way at once at most.
    pub(crate) fn most_under_way(&self) -> usize {
        self.notes.lock().unwrap().most_under_way
    }

    /// Takes a call down and waits; an error when the time is over first.
    async fn take(&self, call: String, until: Option<Instant>) -> Result<(), CallError> {
        let latency = if self.stuck.contains(&call) { Duration::MAX } else { self.latency };
        {
            let mut notes = self.notes.lock().unwrap();
            notes.calls.push((Instant::now(), call));
            notes.under_way += 1;
            notes.most_under_way = notes.most_under_way.max(notes.under_way);
        }
        let waited = match until {
            Some(until) => timeout_at(until, sleep(latency)).await.is_ok(),
            None => {
                sleep(latency).await;
                true
            }
        };
        self.notes.lock().unwrap().under_way -= 1;
        if waited { Ok(()) } else { Err(failure(FailureKind::OutOfTime)) }
    }
}

fn page_key((project, location): (&str, &str), token: Option<&str>) -> (String, Option<String>) {
    (format!("{project}/{location}"), token.map(str::to_owned))
}

fn with_token(call: String, token: Option<&str>) -> String {
    token.map_or(call.clone(), |token| format!("{call} {token}"))
}

impl OperationsService for Scripted {
    fn use_services(&self, _services: &Services) {}

    async fn list_page(
        &self,
        collection: &Collection,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<Page, CallError> {
        let path = &collection.path;
        let key = page_key((path.project().unwrap(), path.location().unwrap()), page_token);
        self.take(with_token(format!("list {}", key.0), page_token), until).await?;
        self.pages.get(&key).cloned().unwrap_or_else(|| Ok(Page::default()))
    }

    async fn locations_page(
        &self,
        _service: &ServiceName,
        path: &ResourcePath,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<LocationsPage, CallError> {
        let project = path.project().unwrap();
        self.take(with_token(format!("locations {project}"), page_token), until).await?;
        let key = (project.to_string(), page_token.map(str::to_owned));
        self.locations.get(&key).cloned().unwrap_or_else(|| Ok(LocationsPage::default()))
    }

    async fn get(
        &self,
        _service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> Result<Operation, CallError> {
        self.take(format!("get {}", name.id()), until).await?;
        let Some(gets) = self.gets.get(name.id()) else {
            return Ok(Operation {
                name: name.clone(),
                progress: Progress::Ended(Ending::Cancelled),
                ..running(name.id(), 0)
            });
        };
        let mut notes = self.notes.lock().unwrap();
        let turn = notes.gets.entry(name.id().to_owned()).or_default();
        let got = gets.get(*turn).or(gets.last()).unwrap().clone();
        *turn += 1;
        got
    }

    async fn cancel(
        &self,
        _service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        if let Err(late) = self.take(format!("cancel {}", name.id()), until).await {
            return late.into();
        }
        self.cancels.get(name.id()).cloned().unwrap_or_else(|| CancelReply::accepted(1))
    }
}
