//! The checks, by what they look at, and the table of them.

mod allowances;
mod matches;
mod names;
mod numbers;
mod reach;
mod table;
mod told;

pub(super) use allowances::silences;
pub use table::CHECKS;
