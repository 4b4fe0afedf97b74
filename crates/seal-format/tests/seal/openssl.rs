//! OpenSSL as judge of both SM2 signatures. Its command line must be there: a missing judge fails the test.

use std::{path::Path, process::Command};

use seal_format::SignedSeal;

use crate::workshop::{Workshop, during};

fn verifies(folder: &Path, certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    for (name, bytes) in [
        ("certificate", certificate),
        ("message", message),
        ("signature", signature),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let run = |arguments: &[&str]| {
        let command = Command::new("openssl")
            .args(arguments)
            .current_dir(folder)
            .output();
        command.expect("the openssl command line is installed (CI installs it)")
    };
    let converted = run(&[
        "x509",
        "-inform",
        "DER",
        "-in",
        "certificate",
        "-out",
        "certificate.pem",
    ]);
    assert!(
        converted.status.success(),
        "{}",
        String::from_utf8_lossy(&converted.stderr)
    );
    let verified = run(&[
        "pkeyutl",
        "-verify",
        "-certin",
        "-inkey",
        "certificate.pem",
        "-rawin",
        "-digest",
        "sm3",
        "-pkeyopt",
        "distid:1234567812345678",
        "-in",
        "message",
        "-sigfile",
        "signature",
    ]);
    verified.status.success()
}

#[test]
fn both_signatures_of_a_sealed_document_verify_elsewhere() {
    let workshop = Workshop::new();
    let signed = SignedSeal::parse(&workshop.sign(&workshop.seal(), during())).unwrap();
    let seal = signed.seal();
    let folder = tempfile::tempdir().unwrap();
    assert!(verifies(
        folder.path(),
        signed.signer_der(),
        signed.signed_bytes(),
        signed.signature()
    ));
    assert!(verifies(
        folder.path(),
        seal.maker_der(),
        &seal.signed_bytes(),
        seal.signature()
    ));
    assert!(!verifies(
        folder.path(),
        seal.maker_der(),
        signed.signed_bytes(),
        signed.signature()
    ));
    let mut other = signed.signed_bytes().to_vec();
    let last = other.len() - 1;
    other[last] ^= 1;
    assert!(!verifies(
        folder.path(),
        signed.signer_der(),
        &other,
        signed.signature()
    ));
}
