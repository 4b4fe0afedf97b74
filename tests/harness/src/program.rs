//! The executable under test, built from this work tree.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Path of the executable beside the test's own; built if it is not there (`cargo xtask test` builds it with the tests).
///
/// # Errors
/// It could not be built.
pub fn built() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let profile = own
        .parent()
        .and_then(Path::parent)
        .context("a test runs from a target directory")?;
    let program = profile.join("jianzheng");
    if !program.exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = profile.parent().context("a profile is in a target directory")?;
        let status = Command::new("cargo")
            .args(["build", "--quiet", "--package", "jianzheng", "--target-dir"])
            .arg(target)
            .current_dir(root)
            .status()?;
        if !status.success() {
            bail!("the executable could not be built");
        }
    }
    Ok(program)
}
