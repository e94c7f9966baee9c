//! Worlds by their seeds, in virtual time: which ones are looked at, and which one failed.

/// Prints the seed when a check fails, with what repeats it.
pub(crate) struct Seed(pub(crate) u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let test = env!("CARGO_CRATE_NAME");
            eprintln!("seed {0} failed: CURFEW_TEST_SEED={0} cargo test --test {test}", self.0);
        }
    }
}

/// The one seed that whoever runs the tests wants to see.
#[expect(clippy::disallowed_methods, reason = "a test's own setting, not curfew's")]
pub(crate) fn chosen_seed() -> Option<u64> {
    std::env::var("CURFEW_TEST_SEED").ok().map(|text| text.parse().unwrap())
}

/// Runs to the end with a clock that jumps over every wait.
pub(crate) fn in_virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}
