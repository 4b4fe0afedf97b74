//! The register's answers about the documents, as the demonstration wrote them down.

use std::path::Path;

use conformance::{Objection, Tools, Verdict};
use serde_json::Value;

/// A file of answers.
pub(crate) fn read(out: &Path, name: &str) -> Result<Value, Objection> {
    let text = std::fs::read_to_string(out.join(name))?;
    serde_json::from_str(&text).map_err(|error| Objection::Fault(format!("{name}: {error}")))
}

/// The current copy is valid; the old one was superseded at an instant. Both answers are in the protos' JSON mapping, by
/// the reading of Google's own library.
pub(crate) fn told(out: &Path, tools: &Tools) -> Verdict {
    for name in ["verification.json", "superseded.json"] {
        tools.python(out, "answer.py", &[out.join(name)])?.well()?;
    }
    let (current, old) = (read(out, "verification.json")?, read(out, "superseded.json")?);
    let holds = [
        ("the current copy is valid", current["verdict"] == "VERDICT_VALID"),
        (
            "the old copy is superseded",
            old["verdict"] == "VERDICT_SUPERSEDED",
        ),
        ("since an instant", old["version"]["supersededAt"].is_string()),
        (
            "for another employer",
            old["version"]["changedFacts"] == serde_json::json!(["employer"]),
        ),
        (
            "by another licence",
            old["licenceIdentifier"] != current["licenceIdentifier"],
        ),
        (
            "of the same registration",
            old["registrationNumber"] == current["registrationNumber"],
        ),
        ("a specimen", current["specimen"] == true),
        (
            "the copy names its end",
            current["usePeriod"]["useUntil"].is_object(),
        ),
    ];
    match holds.iter().find(|(_, holds)| !holds) {
        None => Ok(()),
        Some((what, _)) => Err(Objection::Fault(format!("not so: {what}"))),
    }
}
