//! A witness of a sweep: it stands between the sweep and the world, and is told what the sweep tells.
//!
//! It takes down what the sweep was shown and what it asked for, and holds each state that is recorded against the
//! world's own, at that moment.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use curfew::catalogue::Services;
use curfew::clock::Clock;
use curfew::emulator::scenario::End;
use curfew::emulator::{InProcess, Standing};
use curfew::follow_up::State;
use curfew::operation::{Collection, Operation, OperationName, ResourcePath, ServiceName};
use curfew::report::OperationRecord;
use curfew::service::{CallError, CancelReply, LocationsPage, OperationsService, Page};
use curfew::snapshot::{Gap, Reading, Snapshot};
use curfew::sweep::{Event, Observer};
use tokio::time::Instant;

use super::worlds::LATEST;

/// See the module.
#[derive(Debug)]
pub(crate) struct Witness {
    world: InProcess,
    clock: Clock,
    /// Whether an answer may show an operation otherwise than it stands.
    untruths: bool,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    shown: Vec<Operation>,
    gaps: Vec<Gap>,
    planned_at: Option<DateTime<Utc>>,
    plan: Vec<u8>,
    cancels: Vec<(String, Instant)>,
}

impl Witness {
    pub(crate) fn new(world: InProcess, clock: Clock, untruths: bool) -> Self {
        Self { world, clock, untruths, notes: Mutex::default() }
    }

    /// What the sweep was shown before it made its plan.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let notes = self.notes.lock().unwrap();
        let reading =
            Reading { operations: notes.shown.clone(), gaps: notes.gaps.clone(), ..Reading::default() };
        Snapshot::new(notes.planned_at.unwrap(), reading)
    }

    /// The plan that the sweep made, as bytes.
    pub(crate) fn plan(&self) -> Vec<u8> {
        self.notes.lock().unwrap().plan.clone()
    }

    /// The cancels that the sweep asked for, in their order. Retries are not among them.
    pub(crate) fn cancels(&self) -> Vec<(String, Instant)> {
        self.notes.lock().unwrap().cancels.clone()
    }

    /// A state is what the world shows, or showed when the last answer was sent.
    fn check_state(&self, record: &OperationRecord) {
        let Some(state) = record.state else { return };
        let truth = self.world.truth(&record.service, &record.operation);
        let late = TimeDelta::from_std(LATEST).unwrap();
        let just_ended = match truth {
            Some((Standing::Ended { at, .. }, _)) => self.clock.now() - at <= late,
            // When it vanished is not known any more.
            None => true,
            Some((Standing::Running, _)) => false,
        };
        let how = match truth {
            Some((Standing::Ended { how, .. }, _)) => Some(how),
            _ => None,
        };
        let requested = truth.is_some_and(|(_, requested)| requested);
        let is_running = matches!(truth, Some((Standing::Running, _))) || just_ended;
        let sound = match state {
            State::Cancelled => how == Some(End::Cancelled),
            State::Completed => how == Some(End::Completed),
            State::Failed => how == Some(End::Failed),
            State::Finished => how == Some(End::Finished),
            State::Gone => truth.is_none(),
            State::Cancelling => self.untruths || (is_running && (requested || truth.is_none())),
            State::Ignored | State::Running => self.untruths || (is_running && (!requested || just_ended)),
            State::Unknown => {
                let says = |words| record.message.as_ref().is_some_and(|message| message.contains(words));
                // It was read and runs, and its metadata does not say what Cloud Deploy's do.
                let is_silent = says("it does not say whether its cancellation has been requested");
                says("could not be read") || (is_silent && (self.untruths || is_running))
            }
        };
        assert!(sound, "{state} is recorded, and the world says {truth:?}: {record:?}");
    }
}

impl Observer for Witness {
    fn observe(&self, event: Event<'_>) {
        match event {
            Event::Gap(record) => self.notes.lock().unwrap().gaps.push(Gap {
                service: record.service.clone(),
                path: record.path.clone(),
                reason: record.reason,
                message: record.message.to_owned(),
            }),
            Event::Planned(plan) => {
                let mut notes = self.notes.lock().unwrap();
                notes.planned_at = Some(plan.now);
                notes.plan = serde_json::to_vec(plan).unwrap();
            }
            Event::Recorded(record) => self.check_state(record),
            _ => {}
        }
    }
}

impl OperationsService for Witness {
    fn use_services(&self, services: &Services) {
        self.world.use_services(services);
    }

    async fn list_page(
        &self,
        collection: &Collection,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<Page, CallError> {
        let page = self.world.list_page(collection, page_token, until).await?;
        self.notes.lock().unwrap().shown.extend(page.operations.iter().cloned());
        Ok(page)
    }

    async fn locations_page(
        &self,
        service: &ServiceName,
        path: &ResourcePath,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<LocationsPage, CallError> {
        self.world.locations_page(service, path, page_token, until).await
    }

    async fn get(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> Result<Operation, CallError> {
        self.world.get(service, name, until).await
    }

    async fn cancel(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        self.notes.lock().unwrap().cancels.push((format!("{service} {name}"), Instant::now()));
        self.world.cancel(service, name, until).await
    }
}
