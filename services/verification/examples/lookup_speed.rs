//! How long a look-up takes in a register of a given size, alone and while all cores ask, and how much memory a person
//! takes: `cargo run --release -p verification --features measure --example lookup_speed -- 200000`

use std::time::Instant;

use verification::measure::Register;

fn main() {
    let people = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000_u32);
    let before = resident();
    let begun = Instant::now();
    let register = Register::of(people);
    let told = begun.elapsed();
    println!(
        "{people} people told in {told:?}, {:?} for each change, {} bytes for each person",
        told / (people * 4),
        (resident() - before) / u64::from(people)
    );
    let rounds = 200_000_u32;
    let begun = Instant::now();
    let valid = (0..rounds)
        .filter(|round| register.by_number(round.wrapping_mul(7919)))
        .count();
    println!(
        "by registration number: {:?} ({valid} valid)",
        begun.elapsed() / rounds
    );
    let begun = Instant::now();
    let valid = (0..rounds)
        .filter(|round| register.by_document(round.wrapping_mul(7919)))
        .count();
    println!(
        "by document number and name: {:?} ({valid} valid)",
        begun.elapsed() / rounds
    );
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let register = &register;
            scope.spawn(move || {
                let from = u32::try_from(thread).unwrap_or_default() * 104_729;
                (from..from + rounds)
                    .filter(|round| register.by_number(round.wrapping_mul(7919)))
                    .count()
            });
        }
    });
    let total = f64::from(rounds) * threads as f64;
    println!(
        "{threads} threads together: {:.0} look-ups a second",
        total / begun.elapsed().as_secs_f64()
    );
}

/// Bytes of memory in use, as Linux counts them.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
