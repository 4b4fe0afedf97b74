//! A backend in Python, by `examples/python/verify.py`.

use std::path::{Path, PathBuf};

use conformance::{Objection, Tools, Verdict};
use serde_json::Value;

use crate::answers;

/// What an answer by number and one about a file of the same certificate have in common.
const COMMON: [&str; 5] = [
    "verdict",
    "registrationNumber",
    "employerTitle",
    "licenceIdentifier",
    "specialties",
];

/// It is told by number, and about the file, what the demonstration was told about the file.
pub(crate) fn verifies(out: &Path, tools: &Tools) -> Verdict {
    let expected = answers::read(out, "verification.json")?;
    let number = expected["registrationNumber"].as_str().unwrap_or_default();
    told(out, tools, number, &expected)?;
    told(out, tools, "certificate.ofd", &expected)
}

fn told(out: &Path, tools: &Tools, subject: &str, expected: &Value) -> Verdict {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/python/verify.py");
    let said = tools
        .python(out, script, &[out.to_owned(), PathBuf::from(subject)])?
        .well()?;
    let answer: Value =
        serde_json::from_str(&said).map_err(|error| Objection::Fault(format!("{error}: {said}")))?;
    match COMMON
        .iter()
        .find(|field| expected[**field].is_null() || answer[**field] != expected[**field])
    {
        None => Ok(()),
        Some(field) => Err(Objection::Fault(format!(
            "{subject}: {field}: {} for {}",
            answer[*field], expected[*field]
        ))),
    }
}
