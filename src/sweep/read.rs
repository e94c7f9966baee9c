//! Reading a snapshot: every page of every collection that the policy names.
//!
//! Collections are read side by side, the pages of one after the other. What cannot be read becomes a gap, and the
//! others are still served: also when it hangs, for once something has been read, no more than the time for reading is
//! waited for the rest. Nothing is judged here.

use std::collections::{BTreeSet, HashSet};
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream;
use tokio::time::sleep_until;

use super::{Deadlines, Event, Observer};
use crate::operation::{Collection, LocationId, ProjectId, ServiceName};
use crate::policy::{Locations, Mode, Policy, Scope};
use crate::report::GapRecord;
use crate::request::{Narrow, NarrowScope};
use crate::service::{CallError, OperationsService};
use crate::snapshot::{Gap, GapReason, Reading};

/// How many collections are read side by side. The requests themselves are bounded by the service that is handed in.
const COLLECTIONS_AT_ONCE: usize = 64;

/// What a reading is done with.
pub(super) struct Reader<'a, S, O> {
    pub(super) service: &'a S,
    pub(super) deadlines: Deadlines,
    /// How many pages of operations have been read, in all collections.
    pub(super) pages: AtomicUsize,
    pub(super) observer: &'a O,
    /// For the records of the gaps.
    pub(super) sweep_id: &'a str,
    pub(super) mode: Mode,
}

/// Reads what the policy names and `narrow` leaves in.
///
/// Collections that the policy lists are read while the locations of other projects are still being asked for: a
/// project whose locations do not come must not keep the others waiting.
pub(super) async fn read<S: OperationsService, O: Observer>(
    reader: Reader<'_, S, O>,
    policy: &Policy,
    narrow: &Narrow,
) -> Reading {
    let Places { known, ask } = places(policy, narrow);
    let named = reader.read_collections(&known);
    let asked = stream::iter(&ask)
        .map(|(service, project)| reader.read_project(service, project, &known, narrow))
        .buffer_unordered(COLLECTIONS_AT_ONCE)
        .fold(Reading::default(), together);
    let (named, asked) = join(named, asked).await;
    together(named, asked).await
}

/// Adds what a part of the reading brought.
async fn together(mut all: Reading, mut part: Reading) -> Reading {
    all.collections += part.collections;
    all.pages += part.pages;
    all.operations.append(&mut part.operations);
    all.gaps.append(&mut part.gaps);
    all
}

/// Where to read.
struct Places<'a> {
    /// Collections that are known by name.
    known: BTreeSet<Collection>,
    /// Projects whose locations have to be asked for first.
    ask: BTreeSet<(&'a ServiceName, &'a ProjectId)>,
}

/// The places that the policy names and `narrow` leaves in, each once.
fn places<'a>(policy: &'a Policy, narrow: &Narrow) -> Places<'a> {
    let mut known: BTreeSet<Collection> = BTreeSet::new();
    let mut ask = BTreeSet::new();
    for Scope { service, projects, locations } in &policy.scopes {
        for project in projects {
            match locations {
                Locations::Listed(listed) => {
                    known.extend(listed.iter().map(|location| Collection {
                        service: service.clone(),
                        project: project.clone(),
                        location: location.clone(),
                    }));
                }
                Locations::All => match narrowed_locations(narrow, service, project) {
                    Some(named) => known.extend(named),
                    None if narrow.covers_project(service, project) => {
                        ask.insert((service, project));
                    }
                    None => {}
                },
            }
        }
    }
    known.retain(|collection| narrow.covers_collection(collection));
    Places { known, ask }
}

/// What a request names that the policy does not: told, and never looked at.
#[must_use]
pub fn outside_policy(policy: &Policy, narrow: &Narrow) -> Vec<String> {
    let in_policy = |service: &ServiceName, project: &str, location: Option<&str>| {
        policy.scopes.iter().any(|scope| {
            scope.service == *service
                && scope.projects.iter().any(|known| known.as_str() == project)
                && match (&scope.locations, location) {
                    (Locations::All, _) | (_, None) => true,
                    (Locations::Listed(listed), Some(location)) => {
                        listed.iter().any(|known| known.as_str() == location)
                    }
                }
        })
    };
    let scopes = narrow.scopes.iter().flatten().filter(|NarrowScope { service, project, location }| {
        !in_policy(service, project.as_str(), location.as_ref().map(LocationId::as_str))
    });
    let scopes = scopes.map(|NarrowScope { service, project, location }| match location {
        Some(location) => format!("{service} projects/{project}/locations/{location}"),
        None => format!("{service} projects/{project}"),
    });
    let operations = narrow.operations.iter().flatten();
    let operations = operations
        .filter(|(service, name)| !in_policy(service, name.project(), Some(name.location())))
        .map(|(service, name)| format!("{service} {name}"));
    scopes.chain(operations).collect()
}

impl<S: OperationsService, O: Observer> Reader<'_, S, O> {
    /// Reads collections side by side.
    async fn read_collections(&self, collections: &BTreeSet<Collection>) -> Reading {
        self.observer.observe(Event::Reading { collections: collections.len() });
        let start = Reading { collections: collections.len(), ..Reading::default() };
        stream::iter(collections)
            .map(|collection| self.read_collection(collection))
            .buffer_unordered(COLLECTIONS_AT_ONCE)
            .fold(start, together)
            .await
    }

    /// Asks for a project's locations, and reads those that are not `known`: they are read already.
    async fn read_project(
        &self,
        service: &ServiceName,
        project: &ProjectId,
        known: &BTreeSet<Collection>,
        narrow: &Narrow,
    ) -> Reading {
        let (mut found, gaps) = self.list_locations(service, project).await;
        found.retain(|collection| !known.contains(collection) && narrow.covers_collection(collection));
        let part = self.read_collections(&found).await;
        together(part, Reading { gaps, ..Reading::default() }).await
    }

    async fn list_locations(
        &self,
        service: &ServiceName,
        project: &ProjectId,
    ) -> (BTreeSet<Collection>, Vec<Gap>) {
        let mut collections = BTreeSet::new();
        let mut gaps = Vec::new();
        let mut note = |reason, message| {
            let gap = Gap::in_locations(service, project, reason, message);
            self.tell(&gap);
            gaps.push(gap);
        };
        let mut pages = Pages::default();
        loop {
            let page = tokio::select! {
                biased;
                page = self.service.locations_page(service, project, pages.token(), self.deadlines.stop) => page,
                () = self.time_is_up() => {
                    let message = "the locations could not be listed in the time there is for reading";
                    note(GapReason::Deadline, message.to_owned());
                    break;
                }
            };
            match page {
                Ok(page) => {
                    page.missing.into_iter().for_each(|sentence| note(GapReason::Incomplete, sentence));
                    collections.extend(page.locations.into_iter().map(|location| Collection {
                        service: service.clone(),
                        project: project.clone(),
                        location,
                    }));
                    match pages.turn(page.next) {
                        Turn::Next => {}
                        Turn::End => break,
                        Turn::Loop => {
                            note(GapReason::Incomplete, NO_END.to_owned());
                            break;
                        }
                    }
                }
                Err(error) => {
                    note(GapReason::from(&error), sentence("the locations could not be listed", &error));
                    break;
                }
            }
        }
        (collections, gaps)
    }

    async fn read_collection(&self, collection: &Collection) -> Reading {
        let mut part = Reading::default();
        let mut gaps = Vec::new();
        let mut note = |reason, message| {
            let gap = Gap::in_collection(collection, reason, message);
            self.tell(&gap);
            gaps.push(gap);
        };
        let mut pages = Pages::default();
        loop {
            let page = tokio::select! {
                biased;
                page = self.service.list_page(collection, pages.token(), self.deadlines.stop) => page,
                () = self.time_is_up() => {
                    note(GapReason::Deadline, "could not be read in the time there is for reading".to_owned());
                    break;
                }
            };
            match page {
                Ok(page) => {
                    part.pages += 1;
                    self.pages.fetch_add(1, Ordering::Relaxed);
                    self.observer.observe(Event::PageRead { collection, operations: page.operations.len() });
                    page.missing.into_iter().for_each(|sentence| note(GapReason::Incomplete, sentence));
                    part.operations.extend(page.operations);
                    match pages.turn(page.next) {
                        Turn::Next => {}
                        Turn::End => break,
                        Turn::Loop => {
                            note(GapReason::Incomplete, NO_END.to_owned());
                            break;
                        }
                    }
                }
                Err(error) => {
                    let what = match part.pages {
                        0 => "could not be read".to_owned(),
                        read => format!("could not be read beyond page {read}"),
                    };
                    note(GapReason::from(&error), sentence(&what, &error));
                    break;
                }
            }
        }
        part.gaps = gaps;
        self.observer.observe(Event::CollectionRead { collection });
        part
    }

    /// Comes when the time for reading is over and there is something to act on. If nothing has been read by then,
    /// everything is slow rather than one thing stuck, and there is nothing better to do than to wait.
    async fn time_is_up(&self) {
        if let Some(stop_reading) = self.deadlines.stop_reading {
            sleep_until(stop_reading).await;
            if self.pages.load(Ordering::Relaxed) > 0 {
                return;
            }
        }
        pending().await
    }

    fn tell(&self, gap: &Gap) {
        self.observer.observe(Event::Gap(&GapRecord::new(gap, self.sweep_id, self.mode)));
    }
}

fn sentence(what: &str, error: &CallError) -> String {
    format!("{what}: {error}")
}

/// The collections that a request names itself, where the policy covers all locations: they need not be asked for.
fn narrowed_locations(
    narrow: &Narrow,
    service: &ServiceName,
    project: &ProjectId,
) -> Option<Vec<Collection>> {
    let collection =
        |location: LocationId| Collection { service: service.clone(), project: project.clone(), location };
    if let Some(operations) = &narrow.operations {
        let named =
            operations.iter().filter(|(of, name)| of == service && name.project() == project.as_str());
        return named.map(|(_, name)| LocationId::parse(name.location()).ok().map(collection)).collect();
    }
    let scopes = narrow.scopes.as_ref()?;
    let named = scopes.iter().filter(|scope| scope.service == *service && scope.project == *project);
    named.map(|scope| scope.location.clone().map(collection)).collect()
}

/// The most pages that one listing may have. Ten thousand pages of a thousand operations are far more than any
/// collection holds: a service that always has a further page would otherwise be asked forever, for a run from a desk
/// has no deadline.
const MAX_PAGES: usize = 10_000;

const NO_END: &str =
    "the service gave a page token a second time, or more than 10000 pages: they have no end";

/// The page tokens of one listing.
#[derive(Default)]
struct Pages {
    token: Option<String>,
    seen: HashSet<String>,
}

/// What comes after a page.
enum Turn {
    Next,
    End,
    Loop,
}

impl Pages {
    fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    fn turn(&mut self, next: Option<String>) -> Turn {
        let Some(next) = next else { return Turn::End };
        if !self.seen.insert(next.clone()) || self.seen.len() >= MAX_PAGES {
            return Turn::Loop;
        }
        self.token = Some(next);
        Turn::Next
    }
}
