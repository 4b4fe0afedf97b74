//! How many files one thread verifies: `cargo run --release -p document-verification --example verify_speed`.
//!
//! The files are certificates really sealed; every report is a full one. Best and median of several runs.

use std::hint::black_box;
use std::time::Instant;

use document_verification::{DocumentStanding, Policy, Report, Verifier, verify};

#[path = "../tests/suite/fixture.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod fixture;

use fixture::{BUNDLE, COPY, OFFICE, ORIGINAL, now};

const FILES: usize = 200;
const RUNS: usize = 9;

fn main() {
    for (name, bytes) in [
        ("OFD original", &ORIGINAL.ofd),
        ("OFD use copy", &COPY.ofd),
        ("PDF original", &ORIGINAL.pdf),
    ] {
        let verifier = Verifier::new(OFFICE.bundle(), Policy::default());
        let report = verifier.verify(bytes, now());
        assert_eq!(
            report.document,
            DocumentStanding::Authentic,
            "{:?}",
            report.findings
        );
        println!(
            "{name}: {} bytes, {} findings",
            bytes.len(),
            report.findings.len()
        );
        measure("what is learnt kept", || verifier.verify(bytes, now()));
        measure("nothing kept", || {
            verify(bytes, &BUNDLE, now(), &Policy::default())
        });
    }
}

fn measure(what: &str, work: impl Fn() -> Report) {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            (0..FILES).for_each(|_| drop(black_box(work())));
            start.elapsed().as_secs_f64() * 1e6 / FILES as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let (best, median) = (times[0], times[RUNS / 2]);
    println!(
        "  {what:20} best {best:8.1} µs ({:6.0}/s)  median {median:8.1} µs",
        1e6 / best
    );
}
