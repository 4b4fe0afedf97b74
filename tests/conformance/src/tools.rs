//! Programs that judge.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Objection;

/// Where the programs are.
#[derive(Debug)]
pub struct Tools {
    python: Option<PathBuf>,
}

/// What a program answered.
#[derive(Debug)]
pub struct Said {
    /// Exit status; -1 if a signal ended it.
    pub status: i32,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub complaint: String,
}

impl Said {
    /// The output of a program that succeeded.
    ///
    /// # Errors
    /// Everything it said, if it did not.
    pub fn well(self) -> Result<String, Objection> {
        if self.status == 0 {
            return Ok(self.output);
        }
        let text = format!("{} {}", self.output.trim(), self.complaint.trim());
        let last: Vec<&str> = text.lines().rev().take(12).collect();
        Err(Objection::Fault(
            last.into_iter().rev().collect::<Vec<_>>().join("\n  "),
        ))
    }
}

impl Tools {
    /// Finds what `cargo xtask test` has put beside the build.
    pub fn find() -> Self {
        let python = beside("tools/python.path").and_then(|path| std::fs::read_to_string(path).ok());
        Self {
            python: python
                .map(|path| PathBuf::from(path.trim()))
                .filter(|path| path.exists()),
        }
    }

    /// Runs a script of `judges/` in `folder` with the Python that has the readers and validators.
    ///
    /// # Errors
    /// [`Objection::Missing`] without that Python.
    pub fn python<A: AsRef<OsStr>>(
        &self,
        folder: &Path,
        script: impl AsRef<Path>,
        arguments: &[A],
    ) -> Result<Said, Objection> {
        let python = self.python.as_ref();
        let python = python
            .ok_or_else(|| Objection::Missing("the judges' Python (cargo xtask test makes it)".into()))?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("judges").join(script);
        run(Command::new(python)
            .arg("-B")
            .arg(script)
            .args(arguments)
            .current_dir(folder))
    }

    /// Runs a system program in `folder`.
    ///
    /// # Errors
    /// [`Objection::Missing`] if there is none of that name.
    pub fn run<A: AsRef<OsStr>>(
        &self,
        folder: &Path,
        program: &str,
        arguments: &[A],
    ) -> Result<Said, Objection> {
        run(Command::new(program).args(arguments).current_dir(folder))
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<Said, Objection> {
    let output = command
        .stdin(Stdio::null())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Objection::Missing(command.get_program().to_string_lossy().into_owned())
            }
            _ => error.into(),
        })?;
    Ok(Said {
        status: output.status.code().unwrap_or(-1),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A path in the target directory from which this program runs (`<target>/<profile>/deps/<program>`).
pub fn beside(path: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    Some(own.ancestors().nth(3)?.join(path))
}
