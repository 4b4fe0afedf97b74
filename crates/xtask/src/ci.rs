//! What decides whether a change lands; `.ci/run` calls it.

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, cargo, step};
use crate::{layers, packages, rules, sqlx, tools};

/// Every gate in turn, the cheap ones first.
pub(crate) fn run() -> Result<()> {
    step("system packages", packages::for_tests)?;
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("format of the fuzz targets", || {
        let mut fmt = shell::command("cargo", &["fmt", "--check"]);
        shell::run(fmt.current_dir(shell::root().join("tests/fuzz")))
    })?;
    step("layers", layers::check)?;
    step("rules", rules::check)?;
    step("protos (Buf)", protos)?;
    step("dependencies (deny)", dependencies)?;
    step("lint (clippy) and query caches", sqlx::lint)?;
    step("the executable by itself", executable)?;
    step("the README's commands", readme)
}

/// Tests compile it with what their own dependencies turn on; this sees that it does not need that.
fn executable() -> Result<()> {
    cargo(&["check", "--package", "jianzheng", "--locked"])
}

fn protos() -> Result<()> {
    let buf = tools::buf()?;
    let mut lint = shell::command(buf, &["lint"]);
    shell::run(lint.current_dir(shell::root().join("proto")))
}

/// Bans, licences and sources; the advisory database cannot be reached from here.
fn dependencies() -> Result<()> {
    let deny = tools::cargo_deny()?;
    shell::run(&mut shell::command(
        deny,
        &["check", "bans", "licenses", "sources"],
    ))
}

/// The test command as a newcomer reads it: the line after `<!-- ci -->` blocks of the README.
fn readme() -> Result<()> {
    let text = std::fs::read_to_string(shell::root().join("README.md")).context("README.md")?;
    let commands: Vec<&str> = text
        .split("<!-- ci -->")
        .skip(1)
        .filter_map(|part| part.split("```").nth(1))
        .flat_map(|block| block.lines().skip(1))
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if !commands.contains(&"cargo xtask test") {
        bail!("the README no longer tells how to run the tests");
    }
    for line in commands {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (program, arguments) = words.split_first().context("an empty command in the README")?;
        shell::run(&mut shell::command(program, arguments))?;
    }
    Ok(())
}
