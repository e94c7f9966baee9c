//! Tests of a policy: what it must say of given operations at given instants.
//!
//! One direction: `document` reads a test file, `model` is what it holds, `described` makes the operations and `world`
//! the snapshot that a run would have seen, `run` judges it with the very code of a sweep and holds that against what is
//! expected, `coverage` keeps which parts of the policies decided something. Pure: files are read, and results shown, by `cli`.

mod coverage;
mod described;
mod document;
mod expectation;
mod model;
mod run;
mod world;

pub use coverage::{Coverage, Part, PolicyCoverage};
pub use expectation::Expectation;
pub use model::{Basis, DEFAULT_NOW, Suite, Test};
pub use run::{Failure, TestResult, run};
