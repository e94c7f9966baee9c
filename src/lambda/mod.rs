//! The Lambda function around a sweep: what woke it, how long it has, and how it fails.

mod deadline;
mod event;
mod failure;
mod handler;
mod log;
mod payload;

pub use deadline::TimeBudget;
pub use event::{Asked, EventError, read as read_event};
pub use failure::Failure;
pub use handler::Handler;
pub use payload::as_text;
