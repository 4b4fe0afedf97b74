//! `jianzheng verify` tells by its exit code (design §5).

use std::path::{Path, PathBuf};
use std::process::Command;

use super::file;
use crate::{Objection, Verdict};

/// Offset of the byte that is altered: past the heads of both formats.
const ALTERED: usize = 2000;

/// Authentic with unknown standing is 2, altered and cut off is 1; the JSON says as much.
pub fn verify_command(program: &Path, out: &Path) -> Verdict {
    let folder = tempfile::tempdir()?;
    for ending in ["ofd", "pdf"] {
        for name in ["certificate", "superseded"] {
            expect(program, out, &file(out, name, ending), 2)?;
        }
        let whole = std::fs::read(file(out, "certificate", ending))?;
        let cut = folder.path().join(format!("cut.{ending}"));
        std::fs::write(&cut, whole.get(..whole.len() / 2).unwrap_or_default())?;
        expect(program, out, &cut, 1)?;
        let mut bytes = whole;
        let byte = bytes
            .get_mut(ALTERED)
            .ok_or_else(|| Objection::fault("a document of no size"))?;
        *byte ^= 1;
        let altered = folder.path().join(format!("altered.{ending}"));
        std::fs::write(&altered, bytes)?;
        expect(program, out, &altered, 1)?;
    }
    Ok(())
}

fn expect(program: &Path, out: &Path, document: &Path, status: i32) -> Verdict {
    let mut command = Command::new(program);
    command
        .arg("verify")
        .arg(document)
        .arg("--trust")
        .arg(out.join("trust"))
        .args(["--allow-specimen", "--json"]);
    let said = crate::tools::run(&mut command)?;
    let name = PathBuf::from(document.file_name().unwrap_or_default());
    if said.status != status {
        let (output, complaint) = (said.output, said.complaint);
        let fault = format!("exit {} instead of {status}: {output}{complaint}", said.status);
        return Err(Objection::fault(fault).about(&name.to_string_lossy()));
    }
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&said.output);
    match parsed {
        Ok(serde_json::Value::Object(answer)) if !answer.is_empty() => Ok(()),
        _ => {
            Err(Objection::fault(format!("not a JSON object: {}", said.output))
                .about(&name.to_string_lossy()))
        }
    }
}
