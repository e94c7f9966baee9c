//! What all the benchmarks share.

pub(crate) mod figure;
