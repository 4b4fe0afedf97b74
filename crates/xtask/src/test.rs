//! All tests: unit, property, service, journeys, conformance, browser, and the documentation's examples. The executable
//! that the journeys start is compiled with them, as its own crate has tests that start it.

use anyhow::Result;

use crate::shell::{self, cargo, step};
use crate::{packages, tools};

/// Runs them; `arguments` go to nextest.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    packages::for_tests()?;
    let python = tools::python()?;
    std::fs::write(
        shell::tools().join("python.path"),
        python.to_string_lossy().as_bytes(),
    )?;
    let mut nextest = vec!["nextest", "run", "--workspace", "--locked"];
    nextest.extend(arguments.iter().map(String::as_str));
    step("tests", || cargo(&nextest))?;
    if arguments.is_empty() {
        step("documentation tests", || {
            cargo(&["test", "--workspace", "--doc", "--locked", "--quiet"])
        })?;
    }
    Ok(())
}
