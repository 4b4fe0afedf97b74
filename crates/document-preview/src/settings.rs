//! The section `[previews]` of a service that shows documents. What is commented out has the value shown unless given:
//!
//! ```toml
//! # [previews]
//! # worker = "/proc/self/exe"             # started as `<worker> render-worker`; the running executable
//! # at_once = 2
//! # wait = "2s"                           # for a worker while all are at work
//! # timeout = "10s"                       # of one page
//! # largest = 33554432                    # bytes of a document
//! # pages = 50                            # drawn of one document
//! ```

use std::path::PathBuf;

use service_runtime::config::Section;

use crate::{Limits, Previewer};

/// The executable that runs, whatever has come to stand at its path since.
const RUNNING: &str = "/proc/self/exe";
const COMMAND: &str = "render-worker";

impl Previewer {
    /// Reads `[previews]`; what it does not say is as in `usual`. Faults are noted in the section.
    pub fn read(root: &mut Section, usual: Limits) -> Self {
        let mut section = root.section("previews");
        let program = section.optional_location("worker");
        let limits = Limits {
            time: section.or("timeout", usual.time),
            workers: section.or("at_once", usual.workers),
            document: section.or("largest", usual.document),
            pages: section.or("pages", usual.pages),
            wait: section.or("wait", usual.wait),
        };
        for (key, zero) in [
            ("timeout", limits.time.is_zero()),
            ("at_once", limits.workers == 0),
            ("largest", limits.document == 0),
            ("pages", limits.pages == 0),
        ] {
            if zero {
                section.fault(key, "must be more than 0");
            }
        }
        let program = program.unwrap_or_else(|| PathBuf::from(RUNNING));
        Self::new(program, vec![COMMAND.to_owned()], limits)
    }
}
