//! Builds the executable and runs its demonstration.

use anyhow::Result;

use crate::{packages, shell};

/// Runs `jianzheng demo`; `arguments` are passed on (`--keep`, `--dir D`).
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    packages::for_demo()?;
    shell::step("build", || {
        shell::cargo(&["build", "--package", "jianzheng", "--locked"])
    })?;
    let mut command = shell::command(shell::target().join("debug/jianzheng"), &["demo"]);
    command.args(arguments);
    if !arguments
        .iter()
        .any(|argument| argument == "--dir" || argument.starts_with("--dir="))
    {
        command.arg("--dir").arg(shell::root().join("target/demo"));
    }
    shell::run(&mut command)
}
