//! A page of 1,000 operations: from bytes to the domain.

use curfew::catalogue::default_service;
use curfew::google::wire::decode_page;
use divan::Bencher;
use divan::counter::BytesCount;

use crate::listing::{Standing, collection, page};
use crate::support::figure::Figure;

const OPERATIONS: usize = 1_000;

#[divan::bench(args = [Standing::AllRunning, Standing::MostlyEnded])]
fn decode_a_page(bencher: Bencher<'_, '_>, standing: Standing) {
    let collection = collection(0);
    let body = page(&collection, OPERATIONS, standing);
    let service = default_service();
    bencher
        .counter(BytesCount::of_str(&body))
        .bench_local(|| decode_page(body.as_bytes(), &collection, &service.profile).unwrap());
}

pub(crate) fn figures() -> [Figure; 2] {
    [
        figure("a page of 1,000 operations, all running", Standing::AllRunning),
        figure("a page of 1,000 operations, three of four ended", Standing::MostlyEnded),
    ]
}

fn figure(what: &'static str, standing: Standing) -> Figure {
    let collection = collection(0);
    let body = page(&collection, OPERATIONS, standing);
    let service = default_service();
    let took = crate::median(50, || decode_page(body.as_bytes(), &collection, &service.profile).unwrap());
    Figure {
        what,
        got: body.len() as f64 / took.as_secs_f64() / 1e6,
        target: 200.0..=f64::INFINITY,
        unit: "MB/s of CPU time",
    }
}
