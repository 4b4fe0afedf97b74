//! The References of the OFD.

use std::path::Path;

use super::{each, file};
use crate::{Tools, Verdict};

/// Every digest matches, and no file but `Signature.xml` and `SignedValue.dat` is uncovered.
pub fn references(out: &Path, tools: &Tools) -> Verdict {
    each(|name| {
        tools
            .python(out, "references.py", &[file(out, name, "ofd")])?
            .well()
            .map(drop)
    })
}
