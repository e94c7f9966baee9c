//! The table that is built in: `services.toml`, which the build turns into JSON, read when it is first needed.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::metadata::{CancelState, Pointer, Profile};
use super::row::{Row, RowError, StateRow};
use super::{DEFAULT_SERVICE, Service, Services};

const TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/services.json"));

/// A service that curfew cannot police.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its short name.
    pub name: String,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    profile: BTreeMap<String, ProfileRow>,
    service: Vec<Row>,
    #[serde(default)]
    left_out: Vec<LeftOut>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProfileRow {
    create_time: Vec<String>,
    verb: Vec<String>,
    target: Vec<String>,
    cancel_requested: Vec<String>,
    cancel_time: Vec<String>,
    cancel_state: Option<StateRow>,
}

struct Table {
    services: Services,
    default: Arc<Service>,
    rows: BTreeMap<String, Row>,
    profiles: BTreeMap<String, Profile>,
    left_out: Vec<LeftOut>,
}

#[expect(clippy::expect_used, reason = "the text is part of the program, and a test reads it")]
static READ: LazyLock<Table> = LazyLock::new(|| read(TABLE).expect("the table of services can be read"));

/// The services that are built in.
#[must_use]
pub fn table() -> &'static Services {
    &READ.services
}

/// The service of what names none.
#[must_use]
pub fn default_service() -> Arc<Service> {
    READ.default.clone()
}

/// A service that a policy defines with the keys of the table. What it leaves out of a service that is built in stays as
/// it is there.
///
/// # Errors
/// See [`Row::check`].
pub fn define(row: Row) -> Result<Service, RowError> {
    let row = match READ.rows.get(&row.name) {
        Some(base) => row.over(base.clone()),
        None => row,
    };
    row.check(&READ.profiles)
}

/// The services that curfew cannot police, each with the reason.
#[must_use]
pub fn left_out() -> &'static [LeftOut] {
    &READ.left_out
}

fn read(text: &str) -> Result<Table, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let profiles: BTreeMap<String, Profile> = document
        .profile
        .into_iter()
        .map(|(name, row)| Some((name, profile(row)?)))
        .collect::<Option<_>>()
        .ok_or("a profile has something that is not a JSON pointer")?;
    let mut services: BTreeMap<_, Arc<Service>> = BTreeMap::new();
    let mut rows = BTreeMap::new();
    for row in document.service {
        let name = row.name.clone();
        rows.insert(name.clone(), row.clone());
        let service = row.check(&profiles).map_err(|error| format!("{name}: {error}"))?;
        if services.insert(service.name.clone(), Arc::new(service)).is_some() {
            return Err(format!("{name} is in the table twice"));
        }
    }
    let default = services.values().find(|service| service.name.as_str() == DEFAULT_SERVICE).cloned();
    let default = default.ok_or("the service of what names none is missing")?;
    Ok(Table { default, services: Services(Arc::new(services)), rows, profiles, left_out: document.left_out })
}

fn profile(row: ProfileRow) -> Option<Profile> {
    let pointers =
        |texts: Vec<String>| texts.iter().map(|text| Pointer::parse(text)).collect::<Option<Vec<_>>>();
    Some(Profile {
        create_time: pointers(row.create_time)?,
        verb: pointers(row.verb)?,
        target: pointers(row.target)?,
        cancel_requested: pointers(row.cancel_requested)?,
        cancel_time: pointers(row.cancel_time)?,
        cancel_state: match row.cancel_state {
            None => None,
            Some(StateRow { at, is }) => Some(CancelState { at: pointers(at)?, is }),
        },
    })
}
