//! Asking Google about the policy's places: their locations, whether list works, what the account may do.
//!
//! Only what is read and `testIamPermissions` is sent. What the answers mean is decided in `verdict`; one place whose
//! questions fail hides no other.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{OptionFuture, join};
use futures_util::stream::{self, StreamExt};

use crate::catalogue::Permissions;
use crate::doctor::places::Place;
use crate::google::Client;
use crate::operation::{Collection, LocationId, ResourcePath, ServiceName};
use crate::service::{CallError, OperationsService, Page};

/// How many places are asked about side by side: enough for a policy of many, and few enough for any quota.
const PLACES_AT_ONCE: usize = 8;

/// The most pages of locations that are read. Google has some fifty locations, which fit into one: a list that goes on
/// and on is no list.
const MAX_PAGES: usize = 100;

/// The locations in which a project has the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) locations: BTreeSet<LocationId>,
    /// Whether there are no others: every entry of the list could be read.
    pub(super) complete: bool,
}

/// What Google said about a place.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) place: Place,
    /// `None` where the service has no list of them.
    pub(super) known: Option<Result<Known, CallError>>,
    /// The permissions that the account has, of those that it needs. `None` where that cannot be asked: only a project
    /// tells it, and only for permissions that are known.
    pub(super) granted: Option<Result<BTreeSet<String>, CallError>>,
    /// The first page of each collection that was asked for.
    pub(super) lists: BTreeMap<Collection, Result<Page, CallError>>,
}

/// Asks about every place. The answers come in the order of the places.
pub(super) async fn ask(client: &Client, places: Vec<Place>) -> Vec<Answers> {
    stream::iter(places).map(|place| ask_about(client, place)).buffered(PLACES_AT_ONCE).collect().await
}

async fn ask_about(client: &Client, place: Place) -> Answers {
    // Locations are asked for also where the policy names them: only the service knows whether a name is right.
    let list = place.location_list();
    let known: OptionFuture<_> =
        list.iter().map(|list| known_locations(client, &place.service.name, list)).next().into();
    let (known, granted) = join(known, granted(client, &place)).await;
    let mut lists = BTreeMap::new();
    for collection in to_list(&place, known.as_ref()) {
        // A list that can be begun can be read: its further pages need nothing else.
        let page = client.list_page(&collection, None, None).await;
        lists.insert(collection, page);
    }
    Answers { place, known, granted, lists }
}

async fn granted(client: &Client, place: &Place) -> Option<Result<BTreeSet<String>, CallError>> {
    let (project, Permissions { list, get, cancel, locations }) =
        place.project.as_ref().zip(place.service.permissions.as_ref())?;
    let asked: Vec<&str> = [list, get, cancel, locations].into_iter().flatten().map(String::as_str).collect();
    Some(client.test_permissions(project, &asked, None).await)
}

async fn known_locations(
    client: &Client,
    service: &ServiceName,
    list: &ResourcePath,
) -> Result<Known, CallError> {
    let mut known = Known { locations: BTreeSet::new(), complete: true };
    let mut seen = BTreeSet::new();
    let mut token: Option<String> = None;
    loop {
        let page = client.locations_page(service, list, token.as_deref(), None).await?;
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

/// The collections to list: those of the policy, but for the ones in locations that there are not.
fn to_list(place: &Place, known: Option<&Result<Known, CallError>>) -> BTreeSet<Collection> {
    let mut wanted = place.named();
    let Some(Ok(known)) = known else { return wanted };
    wanted.retain(|collection| !known.complete || known.has(collection));
    wanted.extend(known.locations.iter().flat_map(|location| place.collections_in(location.as_str())));
    wanted
}

impl Known {
    /// Whether a collection's location is among them. One without a location is nowhere else.
    pub(super) fn has(&self, collection: &Collection) -> bool {
        let location = collection.path.location();
        location.is_none_or(|location| self.locations.iter().any(|known| known.as_str() == location))
    }
}
