//! The command line tools that judge our documents; the machine must have them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use pdf::Unsigned;

/// Runs a tool that the machine must have.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program} must be installed for this test: {error}"))
}

pub(crate) fn run_ok(program: &str, arguments: &[&str]) -> String {
    let output = run(program, arguments);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder with a throw-away P-256 key and certificate.
pub(crate) struct Signer {
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn text_of(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

impl Signer {
    pub(crate) fn new() -> Self {
        let signer = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let (key, certificate) = (signer.path("key.pem"), signer.path("certificate.pem"));
        run_ok(
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/C=CN/O=SPECIMEN/CN=Specimen document signer",
                "-addext",
                "keyUsage=critical,digitalSignature,nonRepudiation",
                "-keyout",
                text_of(&key),
                "-out",
                text_of(&certificate),
            ],
        );
        signer
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A CAdES signature over the bytes, made by OpenSSL.
    pub(crate) fn cms(&self, signed: &[u8]) -> Vec<u8> {
        let (input, output) = (self.path("signed.bin"), self.path("signature.der"));
        std::fs::write(&input, signed).expect("the temporary folder is writable");
        run_ok(
            "openssl",
            &[
                "cms",
                "-sign",
                "-binary",
                "-cades",
                "-md",
                "sha256",
                "-outform",
                "DER",
                "-signer",
                text_of(&self.path("certificate.pem")),
                "-inkey",
                text_of(&self.path("key.pem")),
                "-in",
                text_of(&input),
                "-out",
                text_of(&output),
            ],
        );
        std::fs::read(output).expect("the temporary folder is writable")
    }

    pub(crate) fn sign(&self, unsigned: Unsigned) -> Vec<u8> {
        let [_, first, second, _] = unsigned.byte_range();
        let signed = [&unsigned.bytes()[..first], &unsigned.bytes()[second..]].concat();
        let cms = self.cms(&signed);
        unsigned.sign(&cms).expect("the reserve is ample")
    }

    pub(crate) fn store(&self, name: &str, file: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, file).expect("the temporary folder is writable");
        text_of(&path).to_owned()
    }
}
