//! Backends in Python, by `examples/python/verify.py` and `subscribe.py`.

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
    told(out, tools, "certificate.ofd", &expected)?;
    subscribes(out, tools, number, &expected)
}

/// It is told the same of a registration that it watches, and goes on from what it stored.
fn subscribes(out: &Path, tools: &Tools, number: &str, expected: &Value) -> Verdict {
    let state = out.join("subscription.json");
    let arguments = [out.to_owned(), state.clone(), PathBuf::from(number)];
    let said = tools.python(out, example("subscribe.py"), &arguments)?.well()?;
    let told: Value =
        serde_json::from_str(&said).map_err(|error| Objection::Fault(format!("{error}: {said}")))?;
    let differs = ["registrationNumber", "employerTitle", "licenceIdentifier"]
        .into_iter()
        .find(|field| expected[*field].is_null() || told[*field] != expected[*field]);
    if let Some(field) = differs {
        return Err(Objection::Fault(format!("{field}: {said}")));
    }
    let kept = std::fs::read(&state).map_err(|error| Objection::Fault(error.to_string()))?;
    let again = tools.python(out, example("subscribe.py"), &arguments)?.well()?;
    let resumed = std::fs::read(&state).map_err(|error| Objection::Fault(error.to_string()))?;
    let position = |state: &[u8]| serde_json::from_slice::<Value>(state).map(|state| state["after"].as_u64());
    match (position(&kept), position(&resumed)) {
        (Ok(Some(before)), Ok(Some(after))) if before > 0 && after >= before && again.is_empty() => Ok(()),
        _ => Err(Objection::Fault(format!("it was not resumed: {again}"))),
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/python")
        .join(name)
}

fn told(out: &Path, tools: &Tools, subject: &str, expected: &Value) -> Verdict {
    let said = tools
        .python(
            out,
            example("verify.py"),
            &[out.to_owned(), PathBuf::from(subject)],
        )?
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
