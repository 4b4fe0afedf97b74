//! Writes sealed sample documents for looking at: `cargo run -p conformance --example sample -- DIRECTORY`.

use std::path::PathBuf;

use anyhow::Context as _;
use jiff::Timestamp;

fn main() -> anyhow::Result<()> {
    let directory = PathBuf::from(std::env::args_os().nth(1).context("usage: sample DIRECTORY")?);
    std::fs::create_dir_all(&directory)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "samples are made at the machine's present"
    )]
    conformance::sample::write(&directory, Timestamp::now())
}
