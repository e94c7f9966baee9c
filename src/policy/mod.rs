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
mod source;
mod trace;
mod tree;
#[cfg(feature = "cli")]
mod warnings;
mod window;

pub(crate) use document::sha256;
pub use document::{KNOWN_SERVICES, LINT_CHECKS};
pub use drawing::Place;
pub use matching::{TYPE_PREFIX, Truth};
pub use model::{
    Action, Allowance, CancelOrder, Field, Limit, Limits, Locations, Match, MaxRunning, Mode, Pattern,
    Policy, Predicate, Protection, Rule, Scope, Share, Test, ValueTest, WhenExceeded,
};
#[cfg(feature = "cli")]
pub use outline::{DocPath, Outline, Written};
pub use pattern::PatternError;
pub use problem::{PolicyError, Problem};
#[cfg(feature = "cli")]
pub use schema::schema;
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
