//! `google.longrunning.Operations` over REST: what is sent, what comes back, and what to do when it does not.
//!
//! [`wire`] turns bytes into the domain, [`error`] turns failures into decisions, [`retry`] carries the decisions
//! out; all three are free of I/O, so that the emulator uses the same code. Nothing here knows of policy.

mod entry;
pub mod error;
pub mod retry;
pub mod wire;
