//! OpenSSL verifies both SM2 signatures of an OFD and the certificates behind them.
//!
//! `judges/seals.py` takes the signed seal apart. Chains are verified link by link: before OpenSSL 3.1 `-vfyopt` sets
//! the SM2 identity for the first certificate of a path only.

use std::path::Path;

use super::{each, file};
use crate::{Objection, Tools, Verdict};

const IDENTITY: &str = "distid:1234567812345678";

/// The document's signature covers `TBS_Sign`, the maker's covers `SES_SealInfo`.
pub fn signatures(out: &Path, tools: &Tools) -> Verdict {
    each(|name| {
        let parts = parts(out, name, tools)?;
        for part in ["document", "seal"] {
            let path = |ending: &str| format!("{part}.{ending}");
            let (certificate, key) = (path("der"), path("pub"));
            let arguments = [
                "x509",
                "-inform",
                "DER",
                "-in",
                &certificate,
                "-pubkey",
                "-noout",
                "-out",
                &key,
            ];
            tools.run(parts.path(), "openssl", &arguments)?.well()?;
            let (message, value) = (path("tbs"), path("signature"));
            let verify = [
                "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", IDENTITY, "-pubin",
            ];
            let files = ["-inkey", &key, "-in", &message, "-sigfile", &value];
            let said = tools
                .run(parts.path(), "openssl", &[verify.as_slice(), &files].concat())?
                .well();
            said.map_err(|objection| objection.about(part))?;
        }
        Ok(())
    })
}

/// Signer and seal maker were certified by the intermediate, and that by the root, of `trust/seal-root.pem`.
pub fn chains(out: &Path, tools: &Tools) -> Verdict {
    each(|name| {
        let parts = parts(out, name, tools)?;
        let pem = std::fs::read_to_string(out.join("trust/seal-root.pem"))?;
        let ends: Vec<usize> = pem
            .match_indices("-----BEGIN")
            .map(|(at, _)| at)
            .chain([pem.len()])
            .collect();
        let [root, issuing, end] = ends.as_slice() else {
            return Err(Objection::fault(
                "seal-root.pem is not a root and one intermediate",
            ));
        };
        let write = |name: &str, from: usize, to: usize| {
            std::fs::write(parts.path().join(name), pem.get(from..to).unwrap_or_default())
        };
        write("root.pem", *root, *issuing)?;
        write("issuing.pem", *issuing, *end)?;
        for part in ["document", "seal"] {
            let (der, own) = (format!("{part}.der"), format!("{part}.pem"));
            let arguments = ["x509", "-inform", "DER", "-in", &der, "-out", &own];
            tools.run(parts.path(), "openssl", &arguments)?.well()?;
            for (issuer, subject) in [("root.pem", "issuing.pem"), ("issuing.pem", &own)] {
                let verify = ["verify", "-x509_strict", "-partial_chain", "-vfyopt", IDENTITY];
                let files = ["-trusted", issuer, subject];
                let said = tools
                    .run(parts.path(), "openssl", &[verify.as_slice(), &files].concat())?
                    .well();
                said.map_err(|objection| objection.about(subject))?;
            }
        }
        Ok(())
    })
}

fn parts(out: &Path, name: &str, tools: &Tools) -> Result<tempfile::TempDir, Objection> {
    let parts = tempfile::tempdir()?;
    let arguments = [file(out, name, "ofd"), parts.path().to_owned()];
    tools.python(out, "seals.py", &arguments)?.well()?;
    Ok(parts)
}
