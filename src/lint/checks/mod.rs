//! The checks, by what they look at, and the table of them.

mod allowances;
mod matches;
mod names;
mod numbers;
mod reach;
mod table;

pub(super) use allowances::silences;
pub use table::CHECKS;
