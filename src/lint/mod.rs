//! What a policy may say, and hardly means.
//!
//! A policy that is right can still be wrong: a rule that nothing gets to, a protection with a slip in it, an age in days
//! that was meant in hours. Each check is a function in a table. A check that speaks of all operations (never, every)
//! speaks only of what it has proved. Pure: nothing is read but the policy.

mod checks;
mod example;
mod finding;
mod formula;
mod language;
mod records;
mod run;
mod sarif;
mod solve;
mod value;
mod verbs;

pub use checks::CHECKS;
pub use finding::{Check, Finding};
pub use records::records;
pub use run::{FUNCTION_TIMEOUT, Findings, Located, lint};
pub use sarif::sarif;
