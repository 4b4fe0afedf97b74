//! `cargo xtask bench [PART]`: figures beside their references, as a table and in `target/bench.json`.

mod accounts;
mod calibration;
mod documents;
mod exchange;
mod files;
mod import;
mod issuance;
mod nation;
mod portal;
mod province;
mod row;
mod server;
mod verification;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use row::Row;

/// The allocator of the executable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Arguments: where `bench.json` goes, `--people N` for the larger register, then the parts; all of them if none is
/// named. A part that needs processes of its own starts this program again.
fn run() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((kind, rest)) = arguments.split_first()
        && [verification::REPLICA, verification::ECHO, verification::PROVINCE].contains(&kind.as_str())
    {
        return verification::run(kind, rest);
    }
    let people = match arguments.iter().position(|one| one == "--people") {
        Some(at) => {
            let flag: Vec<String> = arguments.drain(at..(at + 2).min(arguments.len())).collect();
            flag.get(1).context("--people N")?.parse()?
        }
        None => verification::LARGE,
    };
    let mut arguments = arguments.into_iter();
    let target = PathBuf::from(
        arguments
            .next()
            .context("usage: bench TARGET [--people N] [PART]…")?,
    );
    let parts: Vec<String> = arguments.collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|one| one == part);
    let mut rows = Vec::new();
    if wanted("documents") {
        rows.extend(documents::measure()?);
    }
    if wanted("verification") {
        rows.extend(verification::measure(people)?);
    }
    if wanted("import") {
        rows.extend(import::measure()?);
    }
    if wanted("issuance") {
        rows.extend(issuance::measure()?);
    }
    if wanted("exchange") {
        rows.extend(exchange::measure()?);
    }
    for part in [
        "exchange.apply",
        "exchange.lag",
        "exchange.reconcile",
        "log.append",
    ] {
        if parts.iter().any(|one| one == part) {
            rows.extend(exchange::measure_part(part)?);
        }
    }
    for row in &rows {
        println!("{row}");
    }
    let path = target.join("bench.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&rows)?).with_context(|| path.display().to_string())?;
    println!("{}", path.display());
    Ok(())
}

/// Seconds that `work` takes, the median of interleaved repeats.
pub(crate) fn median(seconds: Vec<f64>) -> f64 {
    quantile(seconds, 0.5)
}

/// What such a share of values does not exceed; the longest at 1.
pub(crate) fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * share) as usize;
    values
        .get(index.min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

impl Row {
    /// A goal that is a multiple of the reference, to be reached.
    pub(crate) fn at_least(
        (id, unit): (&'static str, &'static str),
        value: f64,
        reference: f64,
        multiple: f64,
        how: impl Into<String>,
    ) -> Self {
        let ratio = value / reference;
        Self {
            id,
            value,
            unit,
            reference,
            ratio,
            goal: multiple,
            met: ratio >= multiple,
            how: how.into(),
        }
    }

    /// A goal that is a multiple of the reference, not to be passed.
    pub(crate) fn at_most(
        names: (&'static str, &'static str),
        value: f64,
        reference: f64,
        multiple: f64,
        how: impl Into<String>,
    ) -> Self {
        let row = Self::at_least(names, value, reference, multiple, how);
        Self {
            met: row.ratio <= multiple,
            ..row
        }
    }
}
