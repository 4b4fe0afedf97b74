//! The seeds that are always run, and a short walk of one that nobody has chosen; `cargo xtask simulate` for longer ones.

use std::time::Duration;

use simulation::{Simulation, Until, reproductions};

/// Steps of each seed where nobody says otherwise.
const STEPS: u32 = 45;
/// Steps of the seed that nobody has chosen: every run of CI takes another way.
const UNCHOSEN_STEPS: u32 = 15;

/// What `cargo xtask simulate` passes on.
#[expect(clippy::disallowed_methods, reason = "a test takes no arguments of its own")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

async fn simulated(seed: u64, until: Until) {
    println!("seed {seed}");
    let simulation = Box::pin(Simulation::start(seed)).await;
    let (steps, acts) = Box::pin(simulation.run(until)).await;
    println!("seed {seed}: {steps} steps, {acts} acts in the register");
    assert!(steps > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_the_register_is_the_sum_of_what_was_announced() {
    let steps = asked("SIMULATION_STEPS").and_then(|steps| u32::try_from(steps).ok());
    let until = Until {
        steps: steps.or(Some(STEPS)),
        lasts: None,
    };
    for (seed, _) in reproductions::SEEDS {
        simulated(*seed, until).await;
    }
}

/// Printed, so that `cargo xtask simulate --seed` goes the same way again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_a_way_that_nobody_has_chosen_lead_anywhere_else() {
    let until = Until {
        steps: Some(UNCHOSEN_STEPS),
        lasts: None,
    };
    simulated(unchosen(), until).await;
}

/// `cargo xtask simulate`: one seed, for as long as was said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "by hand, for as long as somebody likes"]
async fn one_seed() {
    let until = Until {
        steps: asked("SIMULATION_STEPS").and_then(|steps| u32::try_from(steps).ok()),
        lasts: asked("SIMULATION_SECONDS").map(Duration::from_secs),
    };
    simulated(asked("SIMULATION_SEED").unwrap_or_else(unchosen), until).await;
}

fn unchosen() -> u64 {
    let random = testkit::actors::request_id();
    u64::from_str_radix(&random[..8], 16).expect("hexadecimal")
}
