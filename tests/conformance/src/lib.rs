//! Judges written by others over what `jianzheng demo` leaves in `out/`: OFD readers from PyPI and crates.io, OpenSSL,
//! Poppler with NSS, QPDF, pyHanko and ZBar.
//!
//! A [`Judge`] takes the folder and the [`Tools`]. It objects with a fault, or says which tool is not there: then it is
//! skipped with a message. Its own logic stands in `judges/*.py` (what a file says, by the standard library or the
//! judged-by package) and in [`judges`] (what the tool says about it); nothing of ours takes part in a verdict.

pub mod judges;
pub mod sample;
pub mod secrets;
mod tools;

use std::path::Path;

pub use tools::{Said, Tools, beside};

/// The documents of the folder, by name without ending.
pub const DOCUMENTS: [&str; 3] = ["original", "superseded", "certificate"];

/// Why a judge is not content.
#[derive(Debug, thiserror::Error)]
pub enum Objection {
    /// The judge could not sit.
    #[error("not installed: {0}")]
    Missing(String),
    /// What it found.
    #[error("{0}")]
    Fault(String),
}

impl Objection {
    /// A fault.
    pub(crate) fn fault(what: impl Into<String>) -> Self {
        Self::Fault(what.into())
    }

    /// The same about a named document.
    pub(crate) fn about(self, name: &str) -> Self {
        match self {
            Self::Missing(what) => Self::Missing(what),
            Self::Fault(fault) => Self::Fault(format!("{name}: {fault}")),
        }
    }
}

impl From<std::io::Error> for Objection {
    fn from(error: std::io::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

/// A verdict.
pub type Verdict = Result<(), Objection>;
/// Judges a folder.
pub type Judge = fn(&Path, &Tools) -> Verdict;

/// Asks every judge; the faults by judge, in one report. Judges that could not sit are printed.
///
/// # Errors
/// The report, if there is a fault.
pub fn ask(judges: &[(&str, Judge)], out: &Path, tools: &Tools) -> Result<(), String> {
    let mut report = String::new();
    for (name, judge) in judges {
        note(&mut report, name, judge(out, tools));
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

/// Adds a verdict to a report.
pub fn note(report: &mut String, name: &str, verdict: Verdict) {
    match verdict {
        Ok(()) => println!("{name}: no objection"),
        Err(Objection::Missing(what)) => println!("{name}: SKIPPED, {what} is not installed"),
        Err(Objection::Fault(fault)) => {
            report.push('\n');
            report.push_str(name);
            report.push_str(": ");
            report.push_str(&fault);
        }
    }
}
