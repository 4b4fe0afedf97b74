//! `cargo xtask simulate`: the simulation of tests/simulation with a seed of one's own, for as long as one likes.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::packages;
use crate::shell::{self, cargo, step};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which operations and faults follow each other; one that nobody has chosen unless given, and printed.
    #[arg(long)]
    seed: Option<u64>,
    /// Ends after so many steps.
    #[arg(long)]
    steps: Option<u32>,
    /// Ends after so long: 90s, 10m, 8h. Without steps and this it ends when something does not hold.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lasts: Option<Duration>,
}

/// Builds what it starts, and runs it with every step printed.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    packages::for_tests()?;
    step("the executable", || {
        cargo(&["build", "--workspace", "--bin", "jianzheng", "--locked"])
    })?;
    // All of the workspace, so that what tests have compiled serves here too.
    let test = ["test", "--workspace", "--locked", "--test", "seeds", "one_seed"];
    let mut command = shell::command("cargo", &test);
    command.args(["--", "--ignored", "--nocapture"]);
    let said = [
        ("SIMULATION_SEED", arguments.seed),
        ("SIMULATION_STEPS", arguments.steps.map(u64::from)),
        ("SIMULATION_SECONDS", arguments.lasts.map(|lasts| lasts.as_secs())),
    ];
    for (name, value) in said {
        if let Some(value) = value {
            command.env(name, value.to_string());
        }
    }
    step("simulation", || shell::run(&mut command))
}

fn duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().context("a number and s, m or h")?;
    let unit = match text.strip_prefix(digits) {
        Some("s") => 1,
        Some("m") => 60,
        Some("h") => 3600,
        _ => anyhow::bail!("a number and s, m or h"),
    };
    Ok(Duration::from_secs(number.saturating_mul(unit)))
}
