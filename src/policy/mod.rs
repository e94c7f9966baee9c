//! The policy: what may run how long.

pub mod duration;
mod model;
mod pattern;
mod problem;

pub use model::{
    Action, CancelOrder, Field, Limit, Limits, Locations, Match, MaxRunning, Mode, Pattern, Policy,
    Predicate, Protection, Rule, Scope, Share, Test, ValueTest, WhenExceeded,
};
pub use pattern::PatternError;
pub use problem::{PolicyError, Problem};
