//! Programs of this workspace that tests start.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The process that draws previews, beside the test's own program; built if it is not there (a test of the whole
/// workspace has built it).
///
/// # Panics
/// If it could not be built.
pub fn render_worker() -> PathBuf {
    let own = std::env::current_exe().expect("a test has a path");
    let profile = own
        .ancestors()
        .nth(2)
        .expect("a test runs from a target directory");
    let program = profile.join("render-worker");
    if !program.exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = Command::new("cargo")
            .args([
                "build",
                "--quiet",
                "--package",
                "document-preview",
                "--bin",
                "render-worker",
            ])
            .arg("--target-dir")
            .arg(profile.parent().expect("a profile is in a target directory"))
            .current_dir(root)
            .status();
        assert!(built.expect("cargo runs").success(), "the worker is built");
    }
    program
}
