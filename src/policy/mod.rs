//! The policy: what may run how long.

mod model;

pub use model::{
    Action, CancelOrder, Field, Limit, Limits, Locations, Match, MaxRunning, Mode, Pattern, Policy,
    Predicate, Protection, Rule, Scope, Share, Test, ValueTest, WhenExceeded,
};
