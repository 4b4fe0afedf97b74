//! `cargo xtask fonts`: rebuilds the font pack of `certificate-face` from the fonts of Debian 13 (older Noto lacks characters).
//!
//! Run by hand when the repertoire grows; CI never does. The result is committed and pinned by hash.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const REGULAR: &str = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc";
const BOLD: &str = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc";
const FALLBACK: &str = "/usr/share/fonts/truetype/hanazono/HanaMinB.ttf";

/// Builds the pack in a fresh Python environment under `target/fonts` of the workspace at `root`.
pub(crate) fn run(root: &Path) -> Result<()> {
    for (font, package) in [
        (REGULAR, "fonts-noto-cjk"),
        (BOLD, "fonts-noto-cjk"),
        (FALLBACK, "fonts-hanazono"),
    ] {
        ensure!(
            Path::new(font).exists(),
            "{font} is missing: apt-get install -y {package}"
        );
    }
    let environment = root.join("target/fonts");
    let fonts = root.join("crates/certificate-face/fonts");
    step(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    step(Command::new(environment.join("bin/pip")).args([
        "install",
        "--quiet",
        "fonttools==4.68.0",
        "cu2qu==1.6.7.post2",
    ]))?;
    step(
        Command::new(environment.join("bin/python"))
            .arg(fonts.join("build.py"))
            .args([REGULAR, BOLD, FALLBACK])
            .arg(&fonts),
    )
}

fn step(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    ensure!(status.success(), "{program}: {status}");
    Ok(())
}
