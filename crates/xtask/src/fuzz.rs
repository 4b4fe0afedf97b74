//! Coverage-guided fuzzing of every parser: `cargo xtask fuzz [--seconds N] [--seed N] [TARGET]…` (tests/fuzz).
//!
//! libFuzzer on the stable toolchain: its counters are a pass of LLVM, no sanitizer is linked. One program holds all targets,
//! in a workspace and a target directory of its own, so that nothing else is built anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::packages;
use crate::shell::{self, step};

/// Given for another target than the host's name, or build scripts would be counted too.
const HOST: &str = "x86_64-unknown-linux-gnu";
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks";
/// Seconds for one input, and megabytes of the whole program; tests/fuzz/src/main.rs bounds what is allocated.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=768", "-max_len=65536"];

/// Run only when named: they need the feature `by-name`, whose renderer of PDF takes long to build.
const BY_NAME: &[&str] = &["render_pdf"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Seconds for each target, after its corpus was replayed.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Where its choices begin; the same inputs come for the same seed, program and corpus. Unchosen unless said.
    #[arg(long)]
    seed: Option<u32>,
    /// Targets; all but those that run only when named, unless said otherwise.
    targets: Vec<String>,
    /// Replays one input instead.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Adds what was found to the corpus, reduced to what reaches something new.
    #[arg(long)]
    keep: bool,
}

/// Builds the program and runs the targets in turn; the first that crashes, hangs or takes too much memory fails the task.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    packages::for_fuzzing()?;
    let known = targets()?;
    if let Some(wrong) = arguments.targets.iter().find(|name| !known.contains(name)) {
        bail!("no target `{wrong}`; there are {}", known.join(" "));
    }
    let by_name = |target: &String| BY_NAME.contains(&target.as_str());
    let chosen: Vec<_> = if arguments.targets.is_empty() {
        known.iter().filter(|target| !by_name(target)).collect()
    } else {
        arguments.targets.iter().collect()
    };
    let special = arguments.targets.iter().any(by_name);
    step("fuzz: build", || build(special))?;
    for target in chosen {
        if let Some(input) = &arguments.input {
            let input = std::fs::canonicalize(input).with_context(|| input.display().to_string())?;
            shell::run(program(target).args(LIMITS).arg(input))?;
        } else {
            step(&format!("fuzz: {target}"), || fuzz(target, arguments))?;
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    shell::root().join("tests/fuzz")
}

fn build(by_name: bool) -> Result<()> {
    let mut cargo = shell::command("cargo", &["build", "--locked", "--target", HOST, "--target-dir"]);
    cargo
        .arg(built())
        .args(by_name.then_some("--features=by-name"))
        .current_dir(folder())
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_INCREMENTAL", "0");
    shell::run(&mut cargo)
}

fn built() -> PathBuf {
    shell::target().join("fuzz")
}

/// The targets are the folders of the corpus: a target without seeds is no target.
fn targets() -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder().join("corpus")).context("tests/fuzz/corpus")?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn program(target: &str) -> Command {
    let path = built().join(HOST).join("debug/fuzz");
    let mut command = shell::command(path, &[]);
    command.env("JIANZHENG_FUZZ_TARGET", target);
    command
}

fn fuzz(target: &str, arguments: &Arguments) -> Result<()> {
    let corpus = folder().join("corpus").join(target);
    let found = fresh(&built().join("found").join(target))?;
    let artifacts = built().join("artifacts").join(target);
    std::fs::create_dir_all(&artifacts)?;
    let mut run = program(target);
    run.args(LIMITS)
        .arg(format!("-max_total_time={}", arguments.seconds))
        .args(arguments.seed.map(|seed| format!("-seed={seed}")))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-print_final_stats=1", "-verbosity=0", "-print_funcs=0"])
        .args([&found, &corpus]);
    if let Err(error) = shell::run(&mut run) {
        println!("The input was left in {}. To run it again:", artifacts.display());
        println!(
            "    cargo xtask fuzz {target} --input {}/<file>",
            artifacts.display()
        );
        println!("Once it is fixed, keep the input in tests/fuzz/corpus/{target}.");
        return Err(error);
    }
    if arguments.keep {
        let mut merge = program(target);
        merge.args(LIMITS).arg("-merge=1").args([&corpus, &found]);
        shell::run(&mut merge)?;
    }
    Ok(())
}

fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    Ok(folder.to_path_buf())
}
