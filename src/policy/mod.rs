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
mod trace;
mod tree;
#[cfg(feature = "cli")]
mod warnings;

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
