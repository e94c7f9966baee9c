//! Whether curfew could do its work with these settings, and what is missing if not.
//!
//! [`examine()`] looks at one thing after the other, from the settings to each scope of the policy, and makes a
//! [`Finding`] of each; [`Needs`] is what curfew must be allowed to do. It reads what a sweep reads, and asks Google
//! which permissions the account has. It never cancels anything, whatever the mode.

mod examine;
mod finding;
mod needs;
mod places;
mod remedy;
mod scopes;
mod verdict;

pub use examine::{Diagnosis, examine};
pub use finding::{Check, Finding, Health, Status, health};
pub use needs::{Needs, Role};
