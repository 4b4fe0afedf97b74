//! OpenSSL as judge. Its command line must be there: a missing judge fails the test.

use std::{path::Path, process::Command};

use gm::{
    Algorithm, Certificate, PrivateKey, Signer as _, cades,
    certificate::{Profile, Revocation, RevocationList, RevocationReason},
    chain::Trust,
    key::Verifier as _,
    timestamp,
};
use tempfile::TempDir;

use crate::hierarchy::{Hierarchy, at, during, key, request, rng};

const IDENTITY: &str = "distid:1234567812345678";

/// Runs OpenSSL in `folder`; whether it succeeded, and what it said.
pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the openssl command line is installed (CI installs it)");
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    (output.status.success(), said)
}

pub(crate) fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

pub(crate) fn read(folder: &TempDir, name: &str) -> Vec<u8> {
    std::fs::read(folder.path().join(name)).unwrap()
}

pub(crate) fn put_chain(hierarchy: &Hierarchy) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "root.pem", hierarchy.root.certificate().to_pem());
    write(
        &folder,
        "intermediate.pem",
        hierarchy.intermediate.certificate().to_pem(),
    );
    write(&folder, "leaf.pem", hierarchy.leaf.to_pem());
    write(&folder, "leaf.key", hierarchy.leaf_key.to_pkcs8_pem().as_bytes());
    folder
}

/// Link by link, since `-vfyopt` sets the SM2 identity for the first certificate of a path only.
#[test]
fn it_accepts_our_chains() {
    let when = during().as_second().to_string();
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let folder = put_chain(&Hierarchy::new(algorithm));
        let verify = |issuer: &str, subject: &str| {
            let mut arguments = vec!["verify", "-x509_strict", "-partial_chain", "-attime", &when];
            if algorithm == Algorithm::Sm2WithSm3 {
                arguments.extend(["-vfyopt", IDENTITY]);
            }
            arguments.extend(["-trusted", issuer, subject]);
            openssl(folder.path(), &arguments)
        };
        for (issuer, subject) in [("root.pem", "intermediate.pem"), ("intermediate.pem", "leaf.pem")] {
            let (good, said) = verify(issuer, subject);
            assert!(good && said.contains(&format!("{subject}: OK")), "{said}");
        }
        assert!(!verify("root.pem", "leaf.pem").0, "a link cannot be left out");
    }
    let folder = put_chain(&Hierarchy::new(Algorithm::EcdsaP256Sha256));
    let whole = [
        "verify",
        "-x509_strict",
        "-attime",
        &when,
        "-CAfile",
        "root.pem",
        "-untrusted",
        "intermediate.pem",
        "leaf.pem",
    ];
    let (good, said) = openssl(folder.path(), &whole);
    assert!(good && said.contains("leaf.pem: OK"), "{said}");
}

#[test]
fn it_sees_the_specimen_policy_in_our_certificates() {
    let folder = put_chain(&Hierarchy::new(Algorithm::Sm2WithSm3));
    let (good, said) = openssl(folder.path(), &["x509", "-in", "leaf.pem", "-noout", "-text"]);
    assert!(
        good && said.contains("2.25.247483801064568336737218935142374003297"),
        "{said}"
    );
    assert!(
        said.contains("SM2-with-SM3") && said.contains("Digital Signature, Non Repudiation"),
        "{said}"
    );
}

#[test]
fn it_verifies_our_sm2_signatures_and_refuses_them_for_another_message() {
    let folder = put_chain(&Hierarchy::new(Algorithm::Sm2WithSm3));
    let key = PrivateKey::from_pkcs8_pem(&String::from_utf8(read(&folder, "leaf.key")).unwrap()).unwrap();
    write(&folder, "message", b"a message");
    write(&folder, "other", b"another message");
    write(
        &folder,
        "signature",
        key.sign(b"a message", &mut rng(3)).unwrap().to_der(),
    );
    let verify = |message: &str| {
        openssl(
            folder.path(),
            &[
                "pkeyutl",
                "-verify",
                "-certin",
                "-inkey",
                "leaf.pem",
                "-rawin",
                "-digest",
                "sm3",
                "-pkeyopt",
                IDENTITY,
                "-in",
                message,
                "-sigfile",
                "signature",
            ],
        )
    };
    let (good, said) = verify("message");
    assert!(good && said.contains("Signature Verified Successfully"), "{said}");
    assert!(!verify("other").0);
}

#[test]
fn we_read_its_sm2_keys_signatures_and_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let (good, said) = openssl(folder.path(), arguments);
        assert!(good, "{said}");
    };
    run(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:SM2",
        "-out",
        "key.pem",
    ]);
    write(&folder, "message", b"a message");
    run(&[
        "pkeyutl",
        "-sign",
        "-inkey",
        "key.pem",
        "-rawin",
        "-digest",
        "sm3",
        "-pkeyopt",
        IDENTITY,
        "-in",
        "message",
        "-out",
        "signature",
    ]);
    run(&[
        "req",
        "-x509",
        "-new",
        "-key",
        "key.pem",
        "-sm3",
        "-sigopt",
        IDENTITY,
        "-subj",
        "/C=CN/O=OpenSSL/CN=Root",
        "-days",
        "30",
        "-out",
        "certificate.pem",
    ]);
    let key = PrivateKey::from_pkcs8_pem(&String::from_utf8(read(&folder, "key.pem")).unwrap()).unwrap();
    key.public_key()
        .verify_bytes(b"a message", &read(&folder, "signature"))
        .unwrap();
    assert!(
        key.public_key()
            .verify_bytes(b"another", &read(&folder, "signature"))
            .is_err()
    );
    let pem = String::from_utf8(read(&folder, "certificate.pem")).unwrap();
    let certificate = Certificate::from_pem(&pem).unwrap();
    assert_eq!(certificate.subject().organization(), Some("OpenSSL"));
    assert!(certificate.is_authority());
    certificate
        .verify_signature(&key.public_key().clone().into())
        .unwrap();
}

#[test]
fn it_accepts_our_cades_signatures_and_refuses_changed_content() {
    let hierarchy = Hierarchy::new(Algorithm::EcdsaP256Sha256);
    let folder = put_chain(&hierarchy);
    let certificates = [
        hierarchy.leaf.clone(),
        hierarchy.intermediate.certificate().clone(),
    ];
    let digest = Algorithm::EcdsaP256Sha256.digest(b"the content");
    let der = cades::sign(&digest, &hierarchy.leaf_key, &certificates, &mut rng(4)).unwrap();
    write(&folder, "signature", der);
    write(&folder, "content", b"the content");
    write(&folder, "changed", b"the contenT");
    let when = during().as_second().to_string();
    let verify = |content: &str| {
        openssl(
            folder.path(),
            &[
                "cms",
                "-verify",
                "-cades",
                "-binary",
                "-inform",
                "DER",
                "-in",
                "signature",
                "-content",
                content,
                "-CAfile",
                "root.pem",
                "-attime",
                &when,
                "-out",
                "output",
            ],
        )
    };
    let (good, said) = verify("content");
    assert!(good && said.contains("CAdES Verification successful"), "{said}");
    assert!(!verify("changed").0);
}

#[test]
fn it_finds_our_revocations() {
    let hierarchy = Hierarchy::new(Algorithm::EcdsaP256Sha256);
    let folder = put_chain(&hierarchy);
    let entry = Revocation {
        serial: vec![3],
        revoked_at: at("2026-06-01T00:00:00Z"),
        reason: RevocationReason::KeyCompromise,
        invalid_since: Some(at("2026-05-01T00:00:00Z")),
    };
    let issue = |entries: &[Revocation]| {
        let (from, to) = (at("2026-06-02T00:00:00Z"), at("2027-06-02T00:00:00Z"));
        RevocationList::issue(&hierarchy.intermediate, 1, from, to, entries, &mut rng(5))
            .unwrap()
            .to_pem()
    };
    let when = during().as_second().to_string();
    let verify = || {
        openssl(
            folder.path(),
            &[
                "verify",
                "-crl_check",
                "-CRLfile",
                "list.pem",
                "-attime",
                &when,
                "-CAfile",
                "root.pem",
                "-untrusted",
                "intermediate.pem",
                "leaf.pem",
            ],
        )
    };
    write(&folder, "list.pem", issue(&[]));
    let (good, said) = verify();
    assert!(good, "{said}");
    write(&folder, "list.pem", issue(&[entry]));
    let (good, said) = verify();
    assert!(!good && said.contains("certificate revoked"), "{said}");
    let (good, said) = openssl(folder.path(), &["crl", "-in", "list.pem", "-noout", "-text"]);
    assert!(
        good && said.contains("Key Compromise") && said.contains("Invalidity Date"),
        "{said}"
    );
}

#[test]
fn it_reads_our_private_keys() {
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let folder = tempfile::tempdir().unwrap();
        let key = key(algorithm, 1);
        write(&folder, "key.pem", key.to_pkcs8_pem().as_bytes());
        let (good, said) = openssl(
            folder.path(),
            &[
                "pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "public",
            ],
        );
        assert!(good, "{said}");
        assert_eq!(read(&folder, "public"), key.public_key().to_spki());
    }
}

const TIME_STAMPING: &str = "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\ndefault_policy = 1.2.3.4\n\
    digests = sha256\nsigner_digest = sha256\ness_cert_id_alg = sha256\n";

/// It plays the authority with its own clock, so the certificates here are valid for long.
#[test]
fn we_verify_its_time_stamps_and_only_over_the_stamped_bytes() {
    let algorithm = Algorithm::EcdsaP256Sha256;
    let until = at("2049-12-31T00:00:00Z");
    let long = |request: &mut gm::certificate::Request| request.validity.until = until;
    let hierarchy = Hierarchy::spoilt(algorithm, long, long, long);
    let folder = put_chain(&hierarchy);
    let stamping_key = key(algorithm, 30);
    let mut stamping = request(Profile::TimeStamping, "样本时间戳", &stamping_key, 30);
    stamping.validity.until = until;
    let authority = hierarchy.intermediate.issue(&stamping, &mut rng(31)).unwrap();
    write(&folder, "tsa.pem", authority.to_pem());
    write(&folder, "tsa.key", stamping_key.to_pkcs8_pem().as_bytes());
    write(&folder, "stamped", b"a signature value");
    write(&folder, "serial", b"01\n");
    write(&folder, "ts.conf", TIME_STAMPING);
    let run = |arguments: &[&str]| {
        let (good, said) = openssl(folder.path(), arguments);
        assert!(good, "{said}");
    };
    run(&[
        "ts", "-query", "-data", "stamped", "-sha256", "-cert", "-out", "query",
    ]);
    run(&[
        "ts",
        "-reply",
        "-config",
        "ts.conf",
        "-queryfile",
        "query",
        "-signer",
        "tsa.pem",
        "-inkey",
        "tsa.key",
        "-token_out",
        "-out",
        "token",
    ]);
    let token = read(&folder, "token");
    let (roots, intermediates) = (
        [hierarchy.root.certificate().clone()],
        [hierarchy.intermediate.certificate().clone()],
    );
    let trust = Trust {
        roots: &roots,
        intermediates: &intermediates,
        revocation_lists: &[],
        ..Trust::default()
    };
    let failing = |token: &[u8], stamped: &[u8], trust: &Trust<'_>| {
        let report = timestamp::verify(token, stamped, trust);
        let failing = report
            .findings
            .into_iter()
            .filter(|one| one.outcome == gm::Outcome::Fail);
        failing.map(|one| (one.check, one.reason)).collect::<Vec<_>>()
    };
    assert_eq!(failing(&token, b"a signature value", &trust), []);
    assert!(timestamp::stated_time(&token).is_some());
    assert_eq!(
        failing(&token, b"another value", &trust),
        [(timestamp::check::IMPRINT, "mismatch")]
    );
    assert_eq!(
        failing(&token, b"a signature value", &Trust::default()),
        [(gm::chain::check::ANCHOR, "no_trusted_root")]
    );
    let last = token.len() - 1;
    let mut tampered = token;
    tampered[last] ^= 1;
    assert_eq!(
        failing(&tampered, b"a signature value", &trust),
        [(timestamp::check::SIGNATURE, "mismatch")]
    );
    assert_eq!(
        failing(&[4, 2, 1, 2], b"", &trust),
        [(timestamp::check::FORMAT, "malformed")]
    );
}
