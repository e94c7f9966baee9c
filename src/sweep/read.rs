//! Reading a snapshot: every page of every collection that the policy names.
//!
//! Collections are read side by side, the pages of one after the other. What cannot be read becomes a gap, and the
//! others are still served: also when it hangs, for once something has been read, no more than the time for reading is
//! waited for the rest. Nothing is judged here.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream;
use tokio::time::sleep_until;

use super::pages::{Obstacle, Pages, Turn};
use super::places::{Places, places};
use super::{Deadlines, Event, Observer};
use crate::operation::{Collection, ProjectId, ServiceName};
use crate::policy::{Mode, Policy};
use crate::report::GapRecord;
use crate::request::Narrow;
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
    all.collections.append(&mut part.collections);
    all.located.append(&mut part.located);
    all.pages += part.pages;
    all.operations.append(&mut part.operations);
    all.gaps.append(&mut part.gaps);
    all
}

impl<S: OperationsService, O: Observer> Reader<'_, S, O> {
    /// Reads collections side by side.
    async fn read_collections(&self, collections: &BTreeSet<Collection>) -> Reading {
        self.observer.observe(Event::Reading { collections: collections.len() });
        let start = Reading { collections: collections.clone(), ..Reading::default() };
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
        let located = BTreeSet::from([(service.clone(), project.clone())]);
        together(part, Reading { located, gaps, ..Reading::default() }).await
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
        let fetch = async |token: Option<&str>| {
            self.service.locations_page(service, project, token, self.deadlines.stop).await
        };
        let turned = self
            .turn_pages(fetch, |page| {
                page.missing.into_iter().for_each(|sentence| note(GapReason::Incomplete, sentence));
                collections.extend(page.locations.into_iter().map(|location| Collection {
                    service: service.clone(),
                    project: project.clone(),
                    location,
                }));
                page.next
            })
            .await;
        if let Err(obstacle) = turned {
            note(obstacle.reason(), obstacle.told("the locations could not be listed", ""));
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
        let fetch =
            async |token: Option<&str>| self.service.list_page(collection, token, self.deadlines.stop).await;
        let turned = self
            .turn_pages(fetch, |page| {
                part.pages += 1;
                self.pages.fetch_add(1, Ordering::Relaxed);
                self.observer.observe(Event::PageRead { collection, operations: page.operations.len() });
                page.missing.into_iter().for_each(|sentence| note(GapReason::Incomplete, sentence));
                part.operations.extend(page.operations);
                page.next
            })
            .await;
        if let Err(obstacle) = turned {
            let so_far = match part.pages {
                0 => String::new(),
                read => format!(" beyond page {read}"),
            };
            note(obstacle.reason(), obstacle.told("could not be read", &so_far));
        }
        part.gaps = gaps;
        self.observer.observe(Event::CollectionRead { collection });
        part
    }

    /// Turns the pages of one listing to its end. `take` takes what stands on a page and gives the next one's token.
    async fn turn_pages<P>(
        &self,
        fetch: impl AsyncFn(Option<&str>) -> Result<P, CallError>,
        mut take: impl FnMut(P) -> Option<String>,
    ) -> Result<(), Obstacle> {
        let mut pages = Pages::default();
        loop {
            let page = tokio::select! {
                biased;
                page = fetch(pages.token()) => page.map_err(Obstacle::Failed)?,
                () = self.time_is_up() => return Err(Obstacle::Late),
            };
            match pages.turn(take(page)) {
                Turn::Next => {}
                Turn::End => return Ok(()),
                Turn::Loop => return Err(Obstacle::NoEnd),
            }
        }
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
