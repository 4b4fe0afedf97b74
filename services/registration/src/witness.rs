//! The province's witness of the nation's transparency log: whose key it is, and of which log.

use std::path::PathBuf;

use service_runtime::config::{Section, der_of};
use tlog::{Cosigner, Origin, Witness, log_keys};

/// The witness of one log.
#[derive(Debug)]
pub(crate) struct Observer {
    pub(crate) witness: Witness,
    pub(crate) origin: Origin,
    /// A file whose presence says, once, that the province takes up the log.
    pub(crate) enrolment: Option<PathBuf>,
}

impl Observer {
    /// Section `[witness]`; none where the file has none.
    pub(crate) fn read(root: &mut Section) -> Option<Self> {
        let mut section = root.optional_section("witness")?;
        let name: Option<String> = section.required("name");
        let der = section.key_file("key").and_then(|path| der_of(&path));
        let log = section.file("log").and_then(|path| {
            let keys = std::fs::read_to_string(path)
                .ok()
                .and_then(|text| log_keys(&text));
            if keys.is_none() {
                section.fault("log", "holds no keys of one log (name+id+key, one a line)");
            }
            keys
        });
        let enrolment = section.optional_location("enrolment");
        let (name, der) = (name?, der?);
        let cosigner = Cosigner::from_pkcs8(&name, &der);
        if cosigner.is_err() {
            section.fault(
                "key",
                "is no Ed25519 private key in PKCS #8, or name has spaces or a plus",
            );
        }
        let (origin, keys) = log?;
        Some(Self {
            witness: Witness::new(cosigner.ok()?, origin.clone(), keys),
            origin,
            enrolment,
        })
    }
}
