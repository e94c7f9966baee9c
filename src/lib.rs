//! curfew enforces time limits on Google Cloud's long-running operations.
//!
//! It reads a policy, lists the operations that are running, judges each one, cancels those that break a rule, and
//! proves what became of every cancel. It runs as an AWS Lambda function (`curfew-lambda`) and as a command line
//! (`curfew`).
//!
//! Four values, one direction: a [`Snapshot`](snapshot::Snapshot) is read, each of its operations gets a
//! [`Verdict`](judge::Verdict), the verdicts become a [`Plan`](plan::Plan), and what carrying it out brought is a
//! [`Report`](report::Report). What lies between reading and carrying out is pure.
//!
//! | module | what it is for |
//! |---|---|
//! | [`operation`] | what curfew polices: operations, their names, how they stand |
//! | [`causes`] | an error with all of its causes, as text |
//! | [`clock`] | where time comes from |
//! | [`trust`] | which certificate authorities are trusted |
//! | [`catalogue`] | what is known of each Google service |
//! | [`service`] | the seam: list a page, list locations, get, cancel |
//! | [`google`] | `google.longrunning` over REST, behind that seam |
//! | [`aws`] | where policies and secrets are kept |
//! | `emulator` | a fake of it (feature `emulator`) |
//! | [`snapshot`] | what was read, and the gaps |
//! | [`policy`] | from a file to a checked policy; matching |
//! | [`request`] | what a run is asked to do |
//! | [`judge`] | one operation against the policy |
//! | [`plan`] | a snapshot against the policy |
//! | [`replay`] | deciding again what a report says was decided |
//! | [`follow_up`] | after a cancel: a pure state machine, and its driver |
//! | [`report`] | records, sums, and the check that they add up |
//! | [`metrics`] | the metrics of a run, made of its report |
//! | [`sweep`] | the spine: read, plan, cancel, follow up, report |
//! | `offline` | a saved snapshot under another policy (feature `cli`) |
//! | `diff` | two policies on one snapshot: what changes sides (feature `cli`) |
//! | `suite` | tests of a policy: what it must say of given operations (feature `cli`) |
//! | [`config`] | the settings: the environment, read once |
//! | [`setup`] | from the settings to a policy and a client |
//! | [`permissions`] | what curfew must be allowed to do, on AWS and on Google Cloud |
//! | `lint` | what a policy says and hardly means (feature `cli`) |
//! | `doctor` | whether a sweep could do its work, and what is missing if not (feature `cli`) |
//! | [`lambda`] | the function around a sweep: payloads, deadline, failures, log |
//! | `cli` | the command line (feature `cli`) |
//!
//! A module uses only modules that stand above it. The crate is built for its two binaries; its API follows their
//! needs and is no promise to others.

pub mod aws;
pub mod catalogue;
pub mod causes;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "cli")]
pub mod diff;
#[cfg(feature = "cli")]
pub mod doctor;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod follow_up;
pub mod google;
pub mod judge;
pub mod lambda;
#[cfg(feature = "cli")]
pub mod lint;
pub mod metrics;
#[cfg(feature = "cli")]
pub mod offline;
pub mod operation;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod replay;
pub mod report;
pub mod request;
pub mod service;
pub mod setup;
pub mod snapshot;
#[cfg(feature = "cli")]
pub mod suite;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod trust;
