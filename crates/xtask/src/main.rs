//! The workspace's own tasks: `cargo xtask demo`, `test`, `ci` and the smaller ones that they are made of.

mod ci;
mod cluster;
mod container;
mod demo;
mod fonts;
mod fuzz;
mod layers;
mod packages;
mod rules;
mod shell;
mod simulate;
mod sqlx;
mod test;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of the Jianzheng workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds everything and walks from an account to a verified certificate on real parts.
    Demo {
        /// Passed on to `jianzheng demo`: --keep, --dir D.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs all tests.
    Test {
        /// Passed on to nextest, to run a part.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Everything that decides whether a change lands.
    Ci,
    /// Writes the caches of checked queries of every crate, or compares them.
    Sqlx {
        /// Lint the workspace with the macros on line, and fail on a difference instead of writing.
        #[arg(long, conflicts_with = "package")]
        check: bool,
        /// Only this crate.
        #[arg(short, long)]
        package: Option<String>,
    },
    /// Measures, and prints each figure beside its reference.
    Bench {
        /// Parts: documents, verification, import, exchange.
        parts: Vec<String>,
        /// People in the larger register of `verification`; 300000 unless said otherwise.
        #[arg(long)]
        people: Option<u32>,
    },
    /// Fuzzes the parsers, guided by coverage.
    Fuzz(fuzz::Arguments),
    /// Random operations and faults over a nation and two provinces, until something does not hold, or as long as is said.
    Simulate(simulate::Arguments),
    /// Builds the image of deploy/; the base images, too, where no registry is to be had.
    Container(container::Arguments),
    /// Checks the directions between crates and inside services.
    Layers,
    /// Checks that docs/rules.md names functions, tests and policy keys that exist.
    Rules,
    /// Makes the font pack anew from Debian's fonts; by hand only, the result is committed.
    Fonts,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Demo { arguments } => demo::run(&arguments),
        Task::Test { arguments } => test::run(&arguments),
        Task::Ci => ci::run(),
        Task::Sqlx { check: true, .. } => sqlx::lint(),
        Task::Sqlx { package, .. } => sqlx::write(package.as_deref()),
        Task::Bench { parts, people } => bench(&parts, people),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Simulate(arguments) => simulate::run(&arguments),
        Task::Container(arguments) => container::run(&arguments),
        Task::Layers => layers::check(),
        Task::Rules => rules::check(),
        Task::Fonts => fonts::run(&shell::root()),
    }
}

/// Release-like, without the time of link-time optimisation.
fn bench(parts: &[String], people: Option<u32>) -> Result<()> {
    let arguments = [
        "run",
        "--profile",
        "ci-bench",
        "--package",
        "load",
        "--features",
        "references",
        "--bin",
        "bench",
        "--",
    ];
    let mut command = shell::command("cargo", &arguments);
    command.arg(shell::target());
    if let Some(people) = people {
        command.args(["--people".to_owned(), people.to_string()]);
    }
    shell::run(command.args(parts))
}
