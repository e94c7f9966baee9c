//! The curfew-lambda binary.

fn main() {}
