//! A scope: one service, and the places of it that are looked at.
//!
//! Which parts a place has (a project and a location, an organization, a bucket) depends on the service; a scope that was
//! read has exactly those of one of its service's forms. Pure: nothing is listed here.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalogue::{Bindings, Listing, Part, Service};
use crate::operation::{Collection, OperationName, ResourcePath};

/// Where an example lies when a scope has all locations.
#[cfg(feature = "cli")]
const LIKELY_LOCATION: &str = "europe-west1";

/// Places to look at: every combination of the values of its parts, in every location.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// The Google service.
    pub service: Arc<Service>,
    /// The values of each part but the locations. No list is empty.
    pub parts: Vec<(Part, Vec<Arc<str>>)>,
    /// The locations; `None` where the service's places have none.
    pub locations: Option<Locations>,
}

/// Which locations a scope covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locations {
    /// Those that the service lists.
    All,
    /// These. Never empty.
    Listed(Vec<Arc<str>>),
}

/// A place of which all locations have to be asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The scope.
    pub scope: &'a Scope,
    /// The list of the locations, such as `projects/p/locations`.
    pub path: ResourcePath,
    place: Bindings,
}

impl Scope {
    /// The parts that its places have.
    #[must_use]
    pub fn form(&self) -> BTreeSet<Part> {
        let location = self.locations.as_ref().map(|_| Part::Location);
        self.parts.iter().map(|(part, _)| *part).chain(location).collect()
    }

    /// The values of a part.
    #[must_use]
    pub fn values(&self, part: Part) -> &[Arc<str>] {
        match (&self.locations, part) {
            (Some(Locations::Listed(listed)), Part::Location) => listed,
            _ => self.parts.iter().find(|(of, _)| *of == part).map_or(&[], |(_, values)| values),
        }
    }

    /// The collections that are known by name: none where all locations have to be asked for.
    pub fn collections(&self) -> impl Iterator<Item = Collection> {
        let locations: Vec<Option<&Arc<str>>> = match &self.locations {
            None => vec![None],
            Some(Locations::All) => Vec::new(),
            Some(Locations::Listed(listed)) => listed.iter().map(Some).collect(),
        };
        let places = self.places();
        locations.into_iter().flat_map(move |location| {
            let places = places.clone();
            places
                .into_iter()
                .flat_map(move |place| self.collections_of(&place, location.map(|text| &**text)))
        })
    }

    /// The places of which all locations have to be asked for.
    pub fn asked(&self) -> impl Iterator<Item = Asked<'_>> {
        let places = if self.locations == Some(Locations::All) { self.places() } else { Vec::new() };
        places
            .into_iter()
            .filter_map(|place| Some(Asked { scope: self, path: self.location_list(&place)?, place }))
    }

    /// Where the service lists the locations of its places, also where the scope names them itself.
    pub fn location_lists(&self) -> impl Iterator<Item = ResourcePath> {
        let places = if self.locations.is_some() { self.places() } else { Vec::new() };
        places.into_iter().filter_map(|place| self.location_list(&place))
    }

    fn location_list(&self, place: &Bindings) -> Option<ResourcePath> {
        let list = self.service.locations_for(&self.form())?;
        ResourcePath::parse(&list.fill(place)?).ok()
    }

    /// What its places lie in, each once: `projects/acme-web`, `organizations/123456789012`, `buckets/acme`. For a service
    /// without places: its name.
    #[must_use]
    pub fn roots(&self) -> Vec<String> {
        match self.parts.first() {
            Some((part, values)) => values.iter().map(|value| format!("{}/{value}", part.key())).collect(),
            None => vec![self.service.name.to_string()],
        }
    }

    /// A collection of it, to show something by: the first that is named, or one in a likely location.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn example(&self) -> Option<Collection> {
        let asked = || self.asked().next()?.collections_in(LIKELY_LOCATION).into_iter().next();
        self.collections().next().or_else(asked)
    }

    /// Whether it covers an operation, by its name.
    #[must_use]
    pub fn covers(&self, name: &OperationName) -> bool {
        let names = self.listings().flat_map(|listing| &listing.names);
        names.filter_map(|template| template.read(name.as_str())).any(|(place, _)| self.has(&place))
    }

    /// Whether a place is one of its own: every part has a value that it names.
    fn has(&self, place: &Bindings) -> bool {
        place.iter().all(|(part, value)| match (part, &self.locations) {
            (Part::Location, Some(Locations::All)) => true,
            _ => self.values(*part).contains(value),
        })
    }

    /// The lists that are read for it.
    fn listings(&self) -> impl Iterator<Item = &Listing> {
        let form = self.form();
        self.service.lists.iter().filter(move |listing| listing.path.parts() == form)
    }

    fn collections_of(&self, place: &Bindings, location: Option<&str>) -> Vec<Collection> {
        let mut place = place.clone();
        place.extend(location.map(|location| (Part::Location, location.into())));
        self.listings().filter_map(|listing| listing.collection(&self.service.name, &place)).collect()
    }

    /// Every combination of the values of the parts, without a location.
    fn places(&self) -> Vec<Bindings> {
        self.parts.iter().fold(vec![Bindings::new()], |places, (part, values)| {
            let with = |place: &Bindings| {
                let place = place.clone();
                values.iter().map(move |value| {
                    let mut place = place.clone();
                    place.push((*part, value.clone()));
                    place
                })
            };
            places.iter().flat_map(with).collect()
        })
    }
}

impl Asked<'_> {
    /// The collections in one of the locations that the service listed.
    #[must_use]
    pub fn collections_in(&self, location: &str) -> Vec<Collection> {
        self.scope.collections_of(&self.place, Some(location))
    }
}
