//! Reading a snapshot: every page of every collection that the policy names.
//!
//! Collections are read side by side, the pages of one after the other. What cannot be read becomes a gap, and the
//! others are still served: also when it hangs, for once something has been read, no more than the time for reading is
//! waited for the rest. Nothing is judged here.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::future::{join, join_all};
use futures_util::stream;
use tokio::time::sleep_until;

use super::pages::{Obstacle, Pages, Turn};
use super::places::{Places, places};
use super::{Deadlines, Event, Observer};
use crate::catalogue::Services;
use crate::operation::{Collection, LocationId, ResourcePath, ServiceName};
use crate::policy::{Asked, Mode, Policy};
use crate::report::GapRecord;
use crate::request::Narrow;
use crate::service::{CallError, OperationsService};
use crate::snapshot::{Gap, GapReason, Reading};

/// How many collections of one host are read side by side. The requests themselves are bounded by the service that is
/// handed in.
const COLLECTIONS_AT_ONCE: usize = 64;

/// What a reading is done with.
pub(super) struct Reader<'a, S, O> {
    pub(super) service: &'a S,
    /// Which host answers for what.
    pub(super) services: &'a Services,
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
    let hosts = ask
        .iter()
        .map(|((service, path), asked)| (reader.services.host_of(service, None), (service, path, asked)));
    let asked =
        by_host(hosts, |(service, path, asked)| reader.read_located((service, path), asked, &known, narrow));
    let (named, asked) = join(named, asked).await;
    together(named, asked)
}

/// Reads from each host side by side, up to so many at once: one that hangs fills its own places and nobody else's.
async fn by_host<T, R: Future<Output = Reading>>(
    things: impl Iterator<Item = (String, T)>,
    read: impl Fn(T) -> R,
) -> Reading {
    let mut hosts: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (host, thing) in things {
        hosts.entry(host).or_default().push(thing);
    }
    let of_host = |things: Vec<T>| {
        let reads = stream::iter(things).map(&read).buffer_unordered(COLLECTIONS_AT_ONCE);
        reads.fold(Reading::default(), async |all, part| together(all, part))
    };
    join_all(hosts.into_values().map(of_host)).await.into_iter().fold(Reading::default(), together)
}

/// Adds what a part of the reading brought.
fn together(mut all: Reading, mut part: Reading) -> Reading {
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
        let hosts = collections.iter().map(|collection| {
            (self.services.host_of(&collection.service, collection.path.location()), collection)
        });
        let read = by_host(hosts, |collection| self.read_collection(collection));
        together(Reading { collections: collections.clone(), ..Reading::default() }, read.await)
    }

    /// Asks for the locations of a place, and reads what is in those that is not `known`: that is read already.
    async fn read_located(
        &self,
        (service, path): (&ServiceName, &ResourcePath),
        asked: &[Asked<'_>],
        known: &BTreeSet<Collection>,
        narrow: &Narrow,
    ) -> Reading {
        let (locations, gaps) = self.list_locations(service, path).await;
        let everywhere = locations
            .iter()
            .flat_map(|location| asked.iter().flat_map(move |asked| asked.collections_in(location.as_str())));
        let wanted =
            |collection: &Collection| !known.contains(collection) && narrow.covers_collection(collection);
        let found: BTreeSet<Collection> = everywhere.filter(wanted).collect();
        let part = self.read_collections(&found).await;
        let located = BTreeSet::from([(service.clone(), path.clone())]);
        together(part, Reading { located, gaps, ..Reading::default() })
    }

    async fn list_locations(
        &self,
        service: &ServiceName,
        path: &ResourcePath,
    ) -> (BTreeSet<LocationId>, Vec<Gap>) {
        let mut locations = BTreeSet::new();
        let mut gaps = Vec::new();
        let mut note = |reason, message| {
            let gap = Gap::at(service, path, reason, message);
            self.tell(&gap);
            gaps.push(gap);
        };
        let fetch = async |token: Option<&str>| {
            self.service.locations_page(service, path, token, self.deadlines.stop).await
        };
        let turned = self
            .turn_pages(fetch, |page| {
                page.missing.into_iter().for_each(|sentence| note(GapReason::Incomplete, sentence));
                locations.extend(page.locations);
                page.next
            })
            .await;
        if let Err(obstacle) = turned {
            note(obstacle.reason(), obstacle.told("the locations could not be listed", ""));
        }
        (locations, gaps)
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
