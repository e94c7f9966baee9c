//! What is known of each Google service: where it answers, where its operations are listed, read and cancelled, and
//! where their metadata says what curfew asks.
//!
//! It is a table (`google/services.toml`, built in), and not code: a service of the usual shape is one line in it. A
//! policy may define further ones with the same keys. Pure: nothing is sent here, and nothing known of rules.

#[cfg(feature = "cli")]
mod facts;
mod metadata;
mod row;
mod table;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::operation::{Collection, NamePattern, OperationName, ResourcePath, ServiceName};

#[cfg(feature = "cli")]
pub use facts::Said;
pub use metadata::{CancelState, Pointer, Profile};
pub use row::{ListRow, PermissionsRow, Row, RowError, StateRow};
pub use table::{LeftOut, default_service, define, left_out, table};
pub use template::{Bindings, Part, Template, TemplateError, bound};

/// The service of what names none.
pub const DEFAULT_SERVICE: &str = "clouddeploy";

/// What the names of Google's own hosts end with. A policy may define services; the token of the account goes nowhere
/// else by a policy's word alone.
pub const GOOGLES_HOSTS: &str = ".googleapis.com";

/// The location that is everywhere: also regional services answer for it at their one host.
const GLOBAL: &str = "global";

/// One Google service with `google.longrunning.Operations`, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its short name, as a policy writes it.
    pub name: ServiceName,
    /// What people call it.
    pub title: String,
    /// Its host.
    pub host: String,
    /// Its host in a location other than `global`, with `{location}` in it.
    pub regional_host: Option<String>,
    /// What its paths begin with: its version, in a few services with something before or after it.
    pub version: String,
    /// Where its metadata says what.
    pub profile: Profile,
    /// Its lists. Never empty.
    pub lists: Vec<Listing>,
    /// The lists of its locations; where there is none, a policy must name them.
    pub locations: Vec<Template>,
    /// Where an operation is read.
    pub get: Address,
    /// Where an operation is cancelled.
    pub cancel: Address,
    /// What IAM calls the permissions; `None` where it is not known.
    pub permissions: Option<Permissions>,
    /// How much it is asked.
    pub throttle: Throttle,
    /// What is odd about it, for people.
    pub note: Option<String>,
}

/// One list method.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Its path.
    pub path: Template,
    /// What its operations are called. They have the placeholders of the path. Never empty.
    pub names: Vec<Template>,
    /// The filter that the method needs.
    pub filter: Option<String>,
}

/// Where one operation is found.
#[derive(Debug, Clone, PartialEq)]
pub enum Address {
    /// At its name, with something behind it.
    Name {
        /// `:cancel`, or nothing.
        suffix: &'static str,
    },
    /// At a path of its own, in which the star is the operation's id.
    Path(Template),
}

/// What a success without a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An empty JSON object: `google.protobuf.Empty`.
    Object,
    /// No body.
    Nothing,
}

impl Address {
    /// How the method says that it was done. One at a path of its own is none of `google.longrunning`'s, but of an
    /// older API (Cloud Storage's), where a method without a result answers without a body.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match self {
            Address::Name { .. } => Answer::Object,
            Address::Path(_) => Answer::Nothing,
        }
    }
}

/// The permissions that IAM asks for, method by method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// To list.
    pub list: Vec<String>,
    /// To get.
    pub get: Vec<String>,
    /// To cancel.
    pub cancel: Vec<String>,
    /// To list the locations.
    pub locations: Vec<String>,
}

/// How much a service is asked, host by host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// How many requests are begun in a minute, and at most at one go. Never zero.
    pub per_minute: u32,
    /// How many requests are under way at once. Never zero.
    pub at_once: usize,
}

impl Permissions {
    /// Those of a service that calls them as nearly all do.
    #[must_use]
    pub fn usual(prefix: &str) -> Self {
        let one = |method: &str| vec![format!("{prefix}.{method}")];
        Self {
            list: one("operations.list"),
            get: one("operations.get"),
            cancel: one("operations.cancel"),
            locations: one("locations.list"),
        }
    }
}

impl Throttle {
    /// What a service is asked of which no quota is documented: few of Google's are below some hundred requests a
    /// minute, and a sweep of an ordinary day needs a few dozen.
    pub const USUAL: Self = Self { per_minute: 600, at_once: 16 };

    /// The usual figures, but for those that are given.
    ///
    /// # Errors
    /// When one of them is zero: then nothing could be asked at all.
    pub fn of(per_minute: Option<u32>, at_once: Option<usize>) -> Result<Self, RowError> {
        let throttle = Self {
            per_minute: per_minute.unwrap_or(Self::USUAL.per_minute),
            at_once: at_once.unwrap_or(Self::USUAL.at_once),
        };
        let zero = |key| RowError { key, problem: "it must be at least 1".to_owned() };
        match throttle {
            Self { per_minute: 0, .. } => Err(zero("requests_per_minute")),
            Self { at_once: 0, .. } => Err(zero("requests_at_once")),
            throttle => Ok(throttle),
        }
    }
}

impl Service {
    /// The sets of parts that a scope can name, the usual one first.
    #[must_use]
    pub fn forms(&self) -> Vec<BTreeSet<Part>> {
        let mut forms: Vec<BTreeSet<Part>> = Vec::new();
        for parts in self.lists.iter().map(|listing| listing.path.parts()) {
            if !forms.contains(&parts) {
                forms.push(parts);
            }
        }
        forms
    }

    /// The list of locations for a scope that names these parts beside the locations.
    #[must_use]
    pub fn locations_for(&self, parts: &BTreeSet<Part>) -> Option<&Template> {
        self.locations.iter().find(|template| template.parts().is_subset(parts))
    }

    /// Its hosts that are none of Google's.
    pub fn foreign_hosts(&self) -> impl Iterator<Item = &String> {
        [Some(&self.host), self.regional_host.as_ref()]
            .into_iter()
            .flatten()
            .filter(|host| !host.ends_with(GOOGLES_HOSTS))
    }

    /// The host that answers for a location.
    #[must_use]
    pub fn host_in(&self, location: Option<&str>) -> String {
        match (&self.regional_host, location) {
            (Some(regional), Some(location)) if location != GLOBAL => {
                regional.replacen("{location}", location, 1)
            }
            _ => self.host.clone(),
        }
    }

    /// The path of an operation's get. `None` for a name that the service does not give.
    #[must_use]
    pub fn get_path(&self, name: &OperationName) -> Option<String> {
        self.path_of(&self.get, name)
    }

    /// The path of an operation's cancel. `None` for a name that the service does not give.
    #[must_use]
    pub fn cancel_path(&self, name: &OperationName) -> Option<String> {
        self.path_of(&self.cancel, name)
    }

    /// What the names of this service say of an operation's place; `None` for a name that the service does not give.
    #[must_use]
    pub fn place_of(&self, name: &OperationName) -> Option<Bindings> {
        Some(self.read(name.as_str())?.0)
    }

    /// The collection that an operation is listed in; `None` for a name that the service does not give.
    #[must_use]
    pub fn collection_of(&self, name: &OperationName) -> Option<Collection> {
        self.lists.iter().find_map(|listing| {
            let place = listing.names.iter().find_map(|template| template.read(name.as_str()))?.0;
            listing.collection(&self.name, &place)
        })
    }

    /// The filter that a list needs.
    #[must_use]
    pub fn filter_of(&self, path: &ResourcePath) -> Option<&str> {
        self.lists.iter().find(|listing| listing.path.read(path.as_str()).is_some())?.filter.as_deref()
    }

    /// What the service calls its operations.
    pub fn names(&self) -> impl Iterator<Item = &Template> {
        self.lists.iter().flat_map(|listing| &listing.names)
    }

    /// What a name says of an operation's place, and its id. `None` for a name that the service does not give.
    #[must_use]
    pub fn read<'a>(&self, name: &'a str) -> Option<(Bindings, Option<&'a str>)> {
        self.names().find_map(|template| template.read(name))
    }

    fn path_of(&self, address: &Address, name: &OperationName) -> Option<String> {
        let (bindings, id) = self.read(name.as_str())?;
        match address {
            Address::Name { suffix } => Some(format!("{name}{suffix}")),
            Address::Path(path) => {
                let id = id.filter(|id| !id.contains('/'))?;
                Some(path.fill(&bindings)?.replacen('*', id, 1))
            }
        }
    }
}

impl Listing {
    /// The collection of a service's list in one place. `None` when the place lacks a part, or a value of it has no place
    /// in a path.
    #[must_use]
    pub fn collection(&self, service: &ServiceName, place: &Bindings) -> Option<Collection> {
        let path = ResourcePath::parse(&self.path.fill(place)?).ok()?;
        let names = self.names.iter().map(|name| NamePattern::parse(&name.fill(place)?).ok());
        Some(Collection { service: service.clone(), path, names: names.collect::<Option<_>>()? })
    }
}

/// The services that can be asked: those of the table, and those that a policy defines.
#[derive(Debug, Clone)]
pub struct Services(Arc<BTreeMap<ServiceName, Arc<Service>>>);

impl Services {
    /// Those of the table, and these in addition or in their place.
    #[must_use]
    pub fn with(own: impl IntoIterator<Item = Arc<Service>>) -> Self {
        let mut services = (*table().0).clone();
        services.extend(own.into_iter().map(|service| (service.name.clone(), service)));
        Self(Arc::new(services))
    }

    /// The service of this name, if it is known.
    #[must_use]
    pub fn find(&self, name: &ServiceName) -> Option<&Arc<Service>> {
        self.0.get(name)
    }

    /// The host that answers for a location of a service; of one that is not known, its name.
    #[must_use]
    pub fn host_of(&self, service: &ServiceName, location: Option<&str>) -> String {
        self.find(service).map_or_else(|| service.to_string(), |service| service.host_in(location))
    }

    /// All of them, by their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests;
