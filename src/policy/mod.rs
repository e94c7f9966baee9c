//! The policy: what may run how long, and what is never touched.

mod braces;
mod display;
mod document;
pub mod duration;
mod matching;
mod model;
mod path_glob;
mod pattern;
mod plain_parts;
mod problem;
mod source;
mod trace;
mod tree;
mod window;

pub use document::KNOWN_SERVICES;
pub use matching::Truth;
pub use model::{
    Action, CancelOrder, Field, Limit, Limits, Locations, Match, MaxRunning, Mode, Pattern, Policy,
    Predicate, Protection, Rule, Scope, Share, Test, ValueTest, WhenExceeded,
};
pub use pattern::PatternError;
pub use problem::{PolicyError, Problem};
pub use trace::Trace;
pub use window::{Closed, Dates, Days, Hours, Window, Windows};

/// For other files that people write by hand: trees with places, maps with known keys, and all mistakes at once.
#[cfg(feature = "cli")]
pub(crate) mod reading {
    pub(crate) use super::document::{fields, scalars};
    pub(crate) use super::problem::{Place, Problems, quoted};
    pub(crate) use super::source::{Form, read_document};
    pub(crate) use super::tree::{Entry, Node, Value};
}
