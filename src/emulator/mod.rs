//! A fake `google.longrunning` service for Cloud Deploy, to try policies on and to test against.
//!
//! A [`Scenario`] says what operations there are, what a cancel does to each, and what goes wrong on the way;
//! [`scenario`] has the whole form of its file. [`World`] computes how everything stands at an instant, [`Fake`]
//! answers requests over it, both without a clock or a socket. [`Emulator`] puts that behind real HTTP,
//! [`InProcess`] behind the seam that a sweep talks to. The places that hand out Google's
//! tokens are played too.
//!
//! The emulator knows operations and the wire. It knows nothing of policies, and what it answers shares no code with
//! the client that it is used to test; only [`InProcess`] reads the answers with that client's own parser.

mod aws_subject;
mod document;
mod exchange;
mod in_process;
mod journal;
mod page_token;
mod permissions;
mod reply;
mod request;
mod respond;
mod rpc;
pub mod scenario;
mod server;
mod token_words;
mod tokens;
mod wire;
mod word_or_map;
mod words;
mod world;

pub use document::ScenarioError;
pub use in_process::InProcess;
pub use journal::{Entry, Journal};
pub use reply::{Delivery, Reply};
pub use request::Request;
pub use respond::Fake;
pub use rpc::{Code, Refusal};
pub use scenario::Scenario;
pub use server::Emulator;
pub use world::{Listed, PageOf, Shown, Standing, World};
