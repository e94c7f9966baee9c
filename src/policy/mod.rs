//! The policy: what may run how long, and what is never touched.

mod braces;
mod display;
mod document;
mod drawing;
pub mod duration;
mod matching;
mod model;
#[cfg(feature = "cli")]
mod outline;
mod path_glob;
mod pattern;
mod plain_parts;
mod problem;
#[cfg(feature = "cli")]
mod schema;
mod scope;
mod source;
mod trace;
mod tree;
#[cfg(feature = "cli")]
mod warnings;
mod window;

pub use document::LINT_CHECKS;
pub(crate) use document::sha256;
#[cfg(feature = "cli")]
pub(crate) use document::unknown_help;
pub use drawing::Place;
pub use matching::{TYPE_PREFIX, Truth};
pub use model::{
    Action, Allowance, CancelOrder, Field, Limit, Limits, Match, MaxRunning, Mode, Pattern, Policy,
    Predicate, Protection, Rule, Share, Test, ValueTest, WhenExceeded,
};
#[cfg(feature = "cli")]
pub use outline::{DocPath, Outline, Written};
pub use pattern::PatternError;
pub use problem::{PolicyError, Problem};
#[cfg(feature = "cli")]
pub use schema::schema;
pub use scope::{Asked, Locations, Scope};
pub use trace::Trace;
#[cfg(feature = "cli")]
pub use warnings::{Warning, Warnings};
pub use window::{Closed, Dates, Days, Hours, Window, Windows};

/// For other files that people write by hand: trees with places, maps with known keys, and all mistakes at once.
#[cfg(feature = "cli")]
pub(crate) mod reading {
    pub(crate) use super::document::{fields, scalars};
    pub(crate) use super::drawing::Place;
    pub(crate) use super::problem::{Problems, quoted};
    pub(crate) use super::source::{Form, read_document};
    pub(crate) use super::tree::{Entry, Node, Value};
}
