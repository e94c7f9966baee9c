//! A service as it is written down, in the table that is built in or in a policy: what differs from the usual, and the
//! check that makes a [`Service`] of it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::metadata::{CancelState, Pointer, Profile};
use super::template::{Part, Template};
use super::{Address, Listing, Permissions, Service, Throttle};
use crate::operation::ServiceName;

/// The list of nearly every service.
const USUAL_LIST: &str = "projects/{project}/locations/{location}/operations";

/// The list of locations of nearly every service.
const USUAL_LOCATIONS: &str = "projects/{project}/locations";

/// The metadata of nearly every service.
pub(super) const USUAL_PROFILE: &str = "standard";

const DEFAULT_VERSION: &str = "v1";

/// A service as written. Its keys are those of the table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its short name.
    pub name: String,
    /// What people call it.
    pub title: Option<String>,
    /// Its host; `{name}.googleapis.com` if not given.
    pub host: Option<String>,
    /// Its host in a location, with `{location}` in it.
    pub regional_host: Option<String>,
    /// What its paths begin with.
    pub version: Option<String>,
    /// Whose metadata it has.
    pub profile: Option<String>,
    /// Pointers to the create time.
    pub create_time: Option<Vec<String>>,
    /// Pointers to the verb.
    pub verb: Option<Vec<String>>,
    /// Pointers to the target.
    pub target: Option<Vec<String>>,
    /// Pointers to booleans: cancellation was requested.
    pub cancel_requested: Option<Vec<String>>,
    /// Pointers to what is there only once cancellation was requested.
    pub cancel_time: Option<Vec<String>>,
    /// States that say that cancellation was requested.
    pub cancel_state: Option<StateRow>,
    /// Its lists.
    pub lists: Option<Vec<ListRow>>,
    /// The lists of its locations.
    pub locations: Option<Vec<String>>,
    /// Where an operation is read.
    pub get: Option<String>,
    /// Where it is cancelled.
    pub cancel: Option<String>,
    /// What IAM puts in front of its permissions: `alloydb` where they are `alloydb.operations.list` and so on.
    pub permission_prefix: Option<String>,
    /// What IAM calls its permissions, where they have no such form.
    pub permissions: Option<PermissionsRow>,
    /// How many requests each of its hosts is sent in a minute.
    pub requests_per_minute: Option<u32>,
    /// How many requests each of its hosts is sent at once.
    pub requests_at_once: Option<usize>,
    /// What is odd about it.
    pub note: Option<String>,
}

/// A list as written.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRow {
    /// Its path.
    pub path: String,
    /// What its operations are called; the path and one segment more if not given.
    pub names: Option<Vec<String>>,
    /// The filter that the method needs.
    pub filter: Option<String>,
}

/// States as written.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRow {
    /// Pointers to the state.
    pub at: Vec<String>,
    /// Which states they are.
    pub is: Vec<String>,
}

/// Permissions as written, method by method.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionsRow {
    /// To list.
    pub list: Vec<String>,
    /// To get.
    pub get: Vec<String>,
    /// To cancel.
    pub cancel: Vec<String>,
    /// To list the locations.
    #[serde(default)]
    pub locations: Vec<String>,
}

/// What is wrong with a row, and under which of its keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {problem}")]
pub struct RowError {
    /// The key.
    pub key: &'static str,
    /// A sentence.
    pub problem: String,
}

fn wrong(key: &'static str, problem: impl Into<String>) -> RowError {
    RowError { key, problem: problem.into() }
}

impl Row {
    /// This row where it says something, and another where it does not.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        let has_prefix = self.permission_prefix.is_some();
        Self {
            name: self.name,
            title: self.title.or(base.title),
            host: self.host.or(base.host),
            regional_host: self.regional_host.or(base.regional_host),
            version: self.version.or(base.version),
            profile: self.profile.or(base.profile),
            create_time: self.create_time.or(base.create_time),
            verb: self.verb.or(base.verb),
            target: self.target.or(base.target),
            cancel_requested: self.cancel_requested.or(base.cancel_requested),
            cancel_time: self.cancel_time.or(base.cancel_time),
            cancel_state: self.cancel_state.or(base.cancel_state),
            lists: self.lists.or(base.lists),
            locations: self.locations.or(base.locations),
            get: self.get.or(base.get),
            cancel: self.cancel.or(base.cancel),
            permission_prefix: self.permission_prefix.or(base.permission_prefix),
            // Both say the same thing in two ways, and a policy's word counts, whichever way it takes.
            permissions: self.permissions.or(base.permissions.filter(|_| !has_prefix)),
            requests_per_minute: self.requests_per_minute.or(base.requests_per_minute),
            requests_at_once: self.requests_at_once.or(base.requests_at_once),
            note: self.note.or(base.note),
        }
    }

    /// Leaves out what stands under a key. False when nothing stood there, or when the rest cannot be judged without it.
    pub fn leave_out(&mut self, key: &str) -> bool {
        match key {
            "host" => self.host.take().is_some(),
            "regional_host" => self.regional_host.take().is_some(),
            "version" => self.version.take().is_some(),
            "profile" => self.profile.take().is_some(),
            "create_time" => self.create_time.take().is_some(),
            "verb" => self.verb.take().is_some(),
            "target" => self.target.take().is_some(),
            "cancel_requested" => self.cancel_requested.take().is_some(),
            "cancel_time" => self.cancel_time.take().is_some(),
            "cancel_state" => self.cancel_state.take().is_some(),
            "locations" => self.locations.take().is_some(),
            "get" => self.get.take().is_some(),
            "cancel" => self.cancel.take().is_some(),
            "requests_per_minute" => self.requests_per_minute.take().is_some(),
            "requests_at_once" => self.requests_at_once.take().is_some(),
            _ => false,
        }
    }

    /// Checks the row. `profiles` are those that it may name.
    ///
    /// # Errors
    /// At the first thing that cannot be: a host that is none, a path that could lead elsewhere, a pointer that is none,
    /// lists of which no scope could name the places.
    pub fn check(self, profiles: &BTreeMap<String, Profile>) -> Result<Service, RowError> {
        let name = ServiceName::parse(&self.name).map_err(|error| wrong("name", error.to_string()))?;
        let host = match self.host {
            Some(host) => host,
            None => format!("{name}.googleapis.com"),
        };
        check_host(&host).map_err(|problem| wrong("host", problem))?;
        if let Some(regional) = &self.regional_host {
            let filled = regional.replacen("{location}", "l", 1);
            if filled == *regional {
                return Err(wrong("regional_host", "it has no `{location}`"));
            }
            check_host(&filled).map_err(|problem| wrong("regional_host", problem))?;
        }
        let version = self.version.unwrap_or_else(|| DEFAULT_VERSION.to_owned());
        let version = fixed_path("version", &version)?;
        let profile = self.profile.as_deref().unwrap_or(USUAL_PROFILE);
        let Some(profile) = profiles.get(profile) else {
            let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
            return Err(wrong("profile", format!("there is no `{profile}`; there are {}", known.join(", "))));
        };
        let profile = Profile {
            create_time: pointers("create_time", self.create_time, &profile.create_time)?,
            verb: pointers("verb", self.verb, &profile.verb)?,
            target: pointers("target", self.target, &profile.target)?,
            cancel_requested: pointers("cancel_requested", self.cancel_requested, &profile.cancel_requested)?,
            cancel_time: pointers("cancel_time", self.cancel_time, &profile.cancel_time)?,
            cancel_state: match self.cancel_state {
                None => profile.cancel_state.clone(),
                Some(StateRow { at, is }) if at.is_empty() || is.is_empty() => {
                    let lacking = if at.is_empty() { "`at`" } else { "`is`" };
                    return Err(wrong(
                        "cancel_state",
                        format!("its {lacking} is empty, so that no state would do"),
                    ));
                }
                Some(StateRow { at, is }) => {
                    Some(CancelState { at: pointers("cancel_state", Some(at), &[])?, is })
                }
            },
        };
        let lists =
            self.lists.unwrap_or_else(|| vec![ListRow { path: USUAL_LIST.to_owned(), ..ListRow::default() }]);
        if lists.is_empty() {
            return Err(wrong("lists", "it is empty"));
        }
        let lists = lists.into_iter().map(ListRow::check).collect::<Result<Vec<_>, _>>()?;
        let locations = match self.locations {
            Some(locations) => {
                let read = locations.iter().map(|path| location_list(path));
                read.collect::<Result<Vec<_>, _>>()?
            }
            None => {
                let usual = |listing: &Listing| {
                    let parts = listing.path.parts();
                    parts.contains(&Part::Project) && parts.contains(&Part::Location)
                };
                let usual = lists.iter().any(usual).then_some(USUAL_LOCATIONS);
                usual.map(|path| template("locations", path)).transpose()?.into_iter().collect()
            }
        };
        let service = Service {
            title: self.title.unwrap_or_else(|| name.to_string()),
            name,
            host,
            regional_host: self.regional_host,
            version,
            profile,
            lists,
            locations,
            get: address("get", self.get, "")?,
            cancel: address("cancel", self.cancel, ":cancel")?,
            permissions: self
                .permissions
                .map(|PermissionsRow { list, get, cancel, locations }| Permissions {
                    list,
                    get,
                    cancel,
                    locations,
                })
                .or_else(|| self.permission_prefix.as_deref().map(Permissions::usual)),
            throttle: Throttle::of(self.requests_per_minute, self.requests_at_once)?,
            note: self.note,
        };
        check_addresses(&service)?;
        Ok(service)
    }
}

impl ListRow {
    fn check(self) -> Result<Listing, RowError> {
        let path = template("lists", &self.path)?;
        if path.has_stars() {
            return Err(wrong("lists", format!("the path `{path}` has a star; only `names` may have them")));
        }
        let names = self.names.unwrap_or_else(|| vec![format!("{path}/*")]);
        let names = names.iter().map(|name| template("lists", name)).collect::<Result<Vec<_>, _>>()?;
        if names.is_empty() {
            return Err(wrong("lists", "`names` is empty"));
        }
        // The names are what keeps a cancel within the scope: they must say all of the places that the path does.
        for name in &names {
            if name.parts() != path.parts() {
                let problem = format!(
                    "the names `{name}` must have the placeholders of the path `{path}`, and no others"
                );
                return Err(wrong("lists", problem));
            }
            if !name.has_stars() {
                return Err(wrong(
                    "lists",
                    format!("the names `{name}` have no star for the operation's id"),
                ));
            }
        }
        Ok(Listing { path, names, filter: self.filter })
    }
}

fn template(key: &'static str, text: &str) -> Result<Template, RowError> {
    Template::parse(text).map_err(|error| wrong(key, format!("`{text}`: {error}")))
}

/// A list of locations. It is asked for as it stands: a star in it would ask nobody, and nothing would be read.
fn location_list(path: &str) -> Result<Template, RowError> {
    let template = template("locations", path)?;
    if template.has_stars() {
        return Err(wrong("locations", format!("the path `{path}` has a star")));
    }
    Ok(template)
}

/// A path without placeholders.
fn fixed_path(key: &'static str, text: &str) -> Result<String, RowError> {
    let template = template(key, text)?;
    if template.has_stars() || !template.parts().is_empty() {
        return Err(wrong(key, format!("`{text}` may have no placeholders")));
    }
    Ok(text.to_owned())
}

fn pointers(
    key: &'static str,
    given: Option<Vec<String>>,
    usual: &[Pointer],
) -> Result<Vec<Pointer>, RowError> {
    let Some(given) = given else { return Ok(usual.to_vec()) };
    let read = given.iter().map(|text| {
        Pointer::parse(text)
            .ok_or_else(|| wrong(key, format!("`{text}` is not a JSON pointer like `/createTime`")))
    });
    read.collect()
}

fn address(key: &'static str, given: Option<String>, suffix: &'static str) -> Result<Address, RowError> {
    let usual = format!("{{name}}{suffix}");
    match given {
        None => Ok(Address::Name { suffix }),
        Some(given) if given == usual => Ok(Address::Name { suffix }),
        Some(given) => {
            let right = format!("it must be `{usual}`, or a path with one segment `{{id}}`");
            // `{id}` is the last segment of the name.
            let path = given.replacen("{id}", "*", 1);
            let read = Template::parse(&path).map_err(|_| wrong(key, format!("`{given}`: {right}")))?;
            if path == given || path.contains("**") || path.matches('*').count() != 1 {
                return Err(wrong(key, right));
            }
            Ok(Address::Path(read))
        }
    }
}

/// Every placeholder of an address must stand in the names that it is made of.
fn check_addresses(service: &Service) -> Result<(), RowError> {
    for (key, address) in [("get", &service.get), ("cancel", &service.cancel)] {
        let Address::Path(path) = address else { continue };
        let fits = service.lists.iter().all(|list| path.parts().is_subset(&list.path.parts()));
        if !fits {
            return Err(wrong(key, format!("`{path}` has a placeholder that the lists do not have")));
        }
        // Of several stars only the last would stand in the path, and two operations would have the same.
        if service.names().any(|name| name.as_str().matches('*').count() != 1) {
            return Err(wrong(key, "a path of its own needs names with one star, for the id"));
        }
    }
    Ok(())
}

/// A host alone: what could make another URL of it is refused.
fn check_host(host: &str) -> Result<(), String> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if host.contains('.') && host.len() <= 253 && host.split('.').all(label) {
        return Ok(());
    }
    Err(format!("`{}` is not a host name like `alloydb.googleapis.com`", host.escape_default()))
}
