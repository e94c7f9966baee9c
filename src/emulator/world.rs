//! The world: operations that age, end by themselves and react to a cancel.
//!
//! Nothing in it moves. How an operation stands is computed from the instant that a caller asks about, so a world
//! needs no clock, no task and no lock of its own, and the same questions get the same answers. What it does not
//! know: URLs, JSON, faults.
//!
//! Where Google's documents are silent, it does this: whoever asks for a project or a location that is not there
//! is told that he has no permission (AIP-193: permission comes before existence); a cancel of an operation that
//! has ended is refused with `FAILED_PRECONDITION`; a second cancel of a running one is taken and changes nothing;
//! lists are in the order of the names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::page_token;
use super::rpc::{Code, Refusal};
use super::scenario::{Answer, Effect, End, PlannedOperation, Scenario};
use crate::catalogue::{Bindings, Part, Service, bound};
use crate::operation::{OperationName, ServiceName};

/// How an operation stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Running,
    /// It has ended, and can still be read.
    Ended {
        /// When.
        at: DateTime<Utc>,
        /// How; never [`End::Vanishes`].
        how: End,
    },
}

/// One operation as a reader sees it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// What the scenario says of it.
    pub plan: &'a PlannedOperation,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// Whether a cancel was noted.
    pub cancellation_requested: bool,
    /// How it stands.
    pub standing: Standing,
}

/// A page of a list.
#[derive(Debug)]
pub struct Listed<T> {
    /// The entries, in the order of their names.
    pub entries: Vec<T>,
    /// The token of the next page; `None` on the last.
    pub next: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<'a> {
    /// The token of an earlier page; `None` for the first.
    pub token: Option<&'a str>,
    /// How many entries at most. With 0 the page is empty, and its token leads to where this page begins.
    pub size: usize,
}

#[derive(Debug)]
struct Record {
    plan: PlannedOperation,
    created: DateTime<Utc>,
    requested: bool,
    /// A cancel has had its effect; a second one has none.
    reacted: bool,
    /// When and how the operation ends because somebody asked it to cancel.
    reaction: Option<(DateTime<Utc>, End)>,
}

/// By their names.
type Operations = BTreeMap<String, Record>;

/// The services, and which projects there are at all.
#[derive(Debug)]
pub struct World {
    services: BTreeMap<ServiceName, Places>,
    projects: BTreeSet<String>,
}

/// What one service has where.
#[derive(Debug)]
struct Places {
    service: Arc<Service>,
    /// By the paths under which they are listed.
    lists: BTreeMap<String, Operations>,
    /// By the paths under which they are listed.
    locations: BTreeMap<String, BTreeMap<String, ()>>,
}

impl World {
    /// The world of a scenario, as it stands at `start`.
    #[must_use]
    pub fn new(scenario: &Scenario, start: DateTime<Utc>) -> Self {
        let mut world = Self { services: BTreeMap::new(), projects: BTreeSet::new() };
        world.places(&scenario.service);
        for plan in &scenario.operations {
            world.projects.extend(plan.name.project().map(str::to_owned));
            world.places(&plan.service).put(plan.clone(), start);
        }
        for (project, locations) in &scenario.locations {
            world.projects.insert(project.to_string());
            for places in world.services.values_mut() {
                let of_project: Bindings = vec![(Part::Project, project.as_str().into())];
                places.add_locations(&of_project);
                for location in locations {
                    let mut place = of_project.clone();
                    place.push((Part::Location, location.as_str().into()));
                    places.add(&place);
                }
            }
        }
        world
    }

    fn places(&mut self, service: &Arc<Service>) -> &mut Places {
        self.services.entry(service.name.clone()).or_insert_with(|| Places {
            service: service.clone(),
            lists: BTreeMap::new(),
            locations: BTreeMap::new(),
        })
    }

    /// Whether there is a project.
    pub(super) fn has_project(&self, project: &str) -> bool {
        self.projects.contains(project)
    }

    /// One page of a list of operations, only the done or only the running ones if asked so.
    ///
    /// # Errors
    /// 403 for a list that is not there, 400 for a token that this list never gave.
    pub fn list(
        &self,
        now: DateTime<Utc>,
        (service, path): (&Service, &str),
        done: Option<bool>,
        page: PageOf<'_>,
    ) -> Result<Listed<Shown<'_>>, Refusal> {
        let operations = self.services.get(&service.name).and_then(|places| places.lists.get(path));
        let parent = || path.rsplit_once('/').map_or(path, |(parent, _)| parent);
        let operations = operations.ok_or_else(|| denied(service, "operations.list", parent()))?;
        // The filter must stay the same from page to page (AIP-158), so it is part of what a token is bound to.
        let list = format!("{} {path} {done:?}", service.name);
        let wanted =
            |shown: &Shown<'_>| done.is_none_or(|done| done == (shown.standing != Standing::Running));
        paged(operations, &list, page, |_, record| record.shown(now).filter(wanted))
    }

    /// One page of a list of locations.
    ///
    /// # Errors
    /// 403 for a list that is not there, 400 for a token that this list never gave.
    pub fn locations(
        &self,
        (service, path): (&Service, &str),
        page: PageOf<'_>,
    ) -> Result<Listed<&str>, Refusal> {
        let locations = self.services.get(&service.name).and_then(|places| places.locations.get(path));
        let parent = path.strip_suffix("/locations").unwrap_or(path);
        let locations = locations.ok_or_else(|| denied(service, "locations.list", parent))?;
        paged(locations, &format!("{} {path}", service.name), page, |location, ()| Some(location))
    }

    /// One operation.
    ///
    /// # Errors
    /// 403 where there is no such place, 404 for an operation that is not or no longer there.
    pub fn get(
        &self,
        now: DateTime<Utc>,
        service: &Service,
        name: &OperationName,
    ) -> Result<Shown<'_>, Refusal> {
        let place = self.services.get(&service.name).zip(service.collection_of(name));
        let operations = place.and_then(|(places, collection)| places.lists.get(collection.path.as_str()));
        let operations = operations.ok_or_else(|| denied(service, "operations.get", name.as_str()))?;
        operations.get(name.as_str()).and_then(|record| record.shown(now)).ok_or_else(|| not_found(name))
    }

    /// Asks an operation to cancel.
    ///
    /// # Errors
    /// As [`World::get`]; 400 for an operation that has ended; whatever the scenario says for one that runs.
    pub fn cancel(
        &mut self,
        now: DateTime<Utc>,
        service: &Service,
        name: &OperationName,
    ) -> Result<(), Refusal> {
        let operations = self.operations(service, name, "operations.cancel")?;
        let record = operations.get_mut(name.as_str()).filter(|record| record.standing(now).is_some());
        let record = record.ok_or_else(|| not_found(name))?;
        if record.standing(now) != Some(Standing::Running) {
            let message = format!("Operation '{name}' has already finished.");
            return Err(Refusal::new(Code::FailedPrecondition, message));
        }
        record.react(now);
        match record.plan.on_cancel.answer {
            Answer::Accepted => Ok(()),
            Answer::Refused => {
                let message = format!("Operation '{name}' cannot be cancelled in its present state.");
                Err(Refusal::new(Code::FailedPrecondition, message))
            }
            Answer::Unimplemented => {
                let message = "Operation is not implemented, or supported, or enabled.";
                Err(Refusal::new(Code::Unimplemented, message))
            }
            Answer::Denied => Err(denied(service, "operations.cancel", name.as_str())),
        }
    }

    /// Forgets an operation, which does not cancel it: from now on it cannot be read.
    ///
    /// # Errors
    /// As [`World::get`].
    pub fn delete(
        &mut self,
        now: DateTime<Utc>,
        service: &Service,
        name: &OperationName,
    ) -> Result<(), Refusal> {
        let operations = self.operations(service, name, "operations.delete")?;
        let there = operations.get(name.as_str()).is_some_and(|record| record.standing(now).is_some());
        operations.remove(name.as_str()).filter(|_| there).map(drop).ok_or_else(|| not_found(name))
    }

    /// The list that an operation is in, to change it.
    fn operations(
        &mut self,
        service: &Service,
        name: &OperationName,
        method: &str,
    ) -> Result<&mut Operations, Refusal> {
        let place = self.services.get_mut(&service.name).zip(service.collection_of(name));
        let operations =
            place.and_then(|(places, collection)| places.lists.get_mut(collection.path.as_str()));
        operations.ok_or_else(|| denied(service, method, name.as_str()))
    }
}

impl Places {
    fn put(&mut self, plan: PlannedOperation, start: DateTime<Utc>) {
        let Some(place) = self.service.place_of(&plan.name) else { return };
        self.add(&place);
        let Some(collection) = self.service.collection_of(&plan.name) else { return };
        let operations = self.lists.entry(collection.path.to_string()).or_default();
        operations.insert(plan.name.to_string(), Record::new(plan, start));
    }

    /// Makes a place: all the lists in it, and its location.
    fn add(&mut self, place: &Bindings) {
        for listing in &self.service.lists {
            if let Some(path) = listing.path.fill(place) {
                self.lists.entry(path).or_default();
            }
        }
        self.add_locations(place);
    }

    /// Makes the lists of locations of a place, with its own location if it has one.
    fn add_locations(&mut self, place: &Bindings) {
        for path in self.service.locations.iter().filter_map(|template| template.fill(place)) {
            let location = bound(place, Part::Location).map(|location| (location.to_owned(), ()));
            self.locations.entry(path).or_default().extend(location);
        }
    }
}

impl Record {
    fn new(plan: PlannedOperation, start: DateTime<Utc>) -> Self {
        let created = after(start, -plan.age);
        let requested = plan.cancellation_requested;
        let mut record = Self { plan, created, requested, reacted: false, reaction: None };
        if requested {
            record.react(start);
        }
        record
    }

    /// What a cancel at `now` does to the operation, the first time.
    fn react(&mut self, now: DateTime<Utc>) {
        if self.reacted {
            return;
        }
        self.reacted = true;
        // A service that does not take a cancel does not note it either.
        let noted = self.plan.on_cancel.answer == Answer::Accepted;
        match self.plan.on_cancel.effect {
            Effect::Ends(end, delay) => {
                self.reaction = Some((after(now, delay), end));
                self.requested |= noted;
            }
            Effect::Cancelling => self.requested |= noted,
            Effect::Ignored => {}
        }
    }

    /// How the operation stands; `None` when it has vanished.
    fn standing(&self, now: DateTime<Utc>) -> Option<Standing> {
        let by_itself = self.plan.runs_for.map(|(age, end)| (after(self.created, age), end));
        let first = [by_itself, self.reaction].into_iter().flatten().min_by_key(|(at, _)| *at);
        match first.filter(|(at, _)| *at <= now) {
            None => Some(Standing::Running),
            Some((_, End::Vanishes)) => None,
            Some((at, how)) => Some(Standing::Ended { at, how }),
        }
    }

    fn shown(&self, now: DateTime<Utc>) -> Option<Shown<'_>> {
        let standing = self.standing(now)?;
        let (plan, created) = (&self.plan, self.created);
        Some(Shown { plan, created, cancellation_requested: self.requested, standing })
    }
}

/// Takes the page out of a map, in the order of its keys.
fn paged<'a, V, T>(
    map: &'a BTreeMap<String, V>,
    list: &str,
    page: PageOf<'_>,
    mut entry: impl FnMut(&'a str, &'a V) -> Option<T>,
) -> Result<Listed<T>, Refusal> {
    let mut last = match page.token {
        None => String::new(),
        Some(token) => page_token::decode(list, token).ok_or_else(invalid_page_token)?,
    };
    let mut entries = Vec::new();
    let rest = map.range::<str, _>((Bound::Excluded(last.as_str()), Bound::Unbounded));
    let mut more = page.size == 0;
    for (key, value) in rest.filter_map(|(key, value)| Some((key, entry(key, value)?))) {
        more = entries.len() >= page.size;
        if more {
            break;
        }
        last.clone_from(key);
        entries.push(value);
    }
    Ok(Listed { entries, next: more.then(|| page_token::encode(list, &last)) })
}

/// The answer to a page token that is not, or no longer, good.
pub(super) fn invalid_page_token() -> Refusal {
    Refusal::new(Code::InvalidArgument, "The page token is invalid or has expired.")
}

fn not_found(name: &OperationName) -> Refusal {
    Refusal::new(Code::NotFound, format!("Resource '{name}' was not found"))
}

/// 403: the permission is not given, or the resource not there. Which of the two, Google does not say.
pub(super) fn denied(service: &Service, method: &str, resource: &str) -> Refusal {
    let permission = format!("{}.{method}", service.name);
    let message = format!(
        "Permission '{permission}' denied on resource '//{}/{resource}' (or it may not exist).",
        service.host
    );
    Refusal::new(Code::PermissionDenied, message).with_detail(json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "iam.googleapis.com",
        "metadata": { "permission": permission, "resource": resource },
    }))
}

fn after(instant: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    // A scenario's spans are limited: only a world at the end of the calendar could run over it.
    instant.checked_add_signed(span).unwrap_or(instant)
}

#[cfg(test)]
#[path = "tests/world.rs"]
mod tests;
