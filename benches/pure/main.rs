//! The pure half of a sweep, without network and clock: how fast pages are decoded, judged and planned.
//!
//! divan shows the spread; the lines after it hold the medians against their targets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark whose own data are wrong has nothing to go on with"
)]

mod decoding;
mod judging;
mod listing;
mod stopwatch;
#[path = "../support/mod.rs"]
mod support;

use std::env;
use std::time::Duration;

use stopwatch::Stopwatch;

/// How often each figure is taken: enough that one interruption does not move the median.
const RUNS: usize = 15;

fn main() {
    divan::main();
    // Cargo says so; without it, divan only tries each benchmark out, and there is nothing to hold against a target.
    if env::args().any(|argument| argument == "--bench") {
        println!("\njudged: {}", judging::outcome());
        println!("{}", judging::figure());
        for figure in decoding::figures() {
            println!("{figure}");
        }
    }
}

/// How long something takes: the median of some runs, each so many times over. What it returns is dropped only after
/// the clock has stopped.
fn median<T>(times: u32, mut run: impl FnMut() -> T) -> Duration {
    let mut took: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let mut results = Vec::with_capacity(times as usize);
            let started = Stopwatch::start();
            for _ in 0..times {
                results.push(run());
            }
            let took = started.elapsed();
            divan::black_box_drop(results);
            took / times
        })
        .collect();
    took.sort();
    took[RUNS / 2]
}
