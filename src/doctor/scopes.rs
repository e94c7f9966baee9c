//! Asking Google about the policy's projects: their locations, whether list works, what the account may do.
//!
//! Only what is read and `testIamPermissions` is sent. What the answers mean is decided in `verdict`; one project
//! whose questions fail hides no other.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join;
use futures_util::stream::{self, StreamExt};

use crate::doctor::places::Place;
use crate::google::Client;
use crate::operation::{Collection, LocationId};
use crate::service::{CallError, OperationsService, Page};

/// How many projects are asked about side by side: enough for a policy of many, and few enough for any quota.
const PROJECTS_AT_ONCE: usize = 8;

/// The most pages of locations that are read. Google has some fifty locations, which fit into one: a list that goes on
/// and on is no list.
const MAX_PAGES: usize = 100;

/// The methods on operations that a sweep calls.
pub(super) const LIST: &str = "operations.list";
pub(super) const GET: &str = "operations.get";
pub(super) const CANCEL: &str = "operations.cancel";
/// And the one on the project, where the policy says `locations: all`.
pub(super) const LOCATIONS: &str = "locations.list";

/// The locations in which a project has the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) locations: BTreeSet<LocationId>,
    /// Whether there are no others: every entry of the list could be read.
    pub(super) complete: bool,
}

/// What Google said about a project.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) place: Place,
    pub(super) known: Result<Known, CallError>,
    /// The permissions that the account has, of those that it needs.
    pub(super) granted: Result<BTreeSet<String>, CallError>,
    /// The first page of each location that was asked for.
    pub(super) lists: BTreeMap<LocationId, Result<Page, CallError>>,
}

/// Asks about every place. The answers come in the order of the places.
pub(super) async fn ask(client: &Client, places: Vec<Place>) -> Vec<Answers> {
    stream::iter(places).map(|place| ask_about(client, place)).buffered(PROJECTS_AT_ONCE).collect().await
}

async fn ask_about(client: &Client, place: Place) -> Answers {
    let permissions = [LIST, GET, CANCEL, LOCATIONS].map(|method| place.permission(method));
    let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
    // Locations are asked for also where the policy names them: only the service knows whether a name is right.
    let (known, granted) =
        join(known_locations(client, &place), client.test_permissions(&place.project, &permissions, None))
            .await;
    let mut lists = BTreeMap::new();
    for location in to_list(&place, &known) {
        let collection = Collection {
            service: place.service.clone(),
            project: place.project.clone(),
            location: location.clone(),
        };
        // A list that can be begun can be read: its further pages need nothing else.
        lists.insert(location, client.list_page(&collection, None, None).await);
    }
    Answers { place, known, granted, lists }
}

async fn known_locations(client: &Client, place: &Place) -> Result<Known, CallError> {
    let mut known = Known { locations: BTreeSet::new(), complete: true };
    let mut seen = BTreeSet::new();
    let mut token: Option<String> = None;
    loop {
        let page = client.locations_page(&place.service, &place.project, token.as_deref(), None).await?;
        known.locations.extend(page.locations);
        known.complete &= page.missing.is_empty();
        match page.next {
            None => return Ok(known),
            // A token that comes again leads in a circle.
            Some(next) if !seen.insert(next.clone()) || seen.len() >= MAX_PAGES => {
                return Ok(Known { complete: false, ..known });
            }
            next => token = next,
        }
    }
}

/// The locations to list: those of the policy, but for the ones that the project does not have.
fn to_list(place: &Place, known: &Result<Known, CallError>) -> BTreeSet<LocationId> {
    let Ok(known) = known else { return place.named.clone() };
    let mut wanted: BTreeSet<LocationId> = place.named.iter().cloned().collect();
    wanted.retain(|location| !known.complete || known.locations.contains(location));
    if place.all {
        wanted.extend(known.locations.iter().cloned());
    }
    wanted
}
