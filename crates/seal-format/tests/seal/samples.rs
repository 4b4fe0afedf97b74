//! Files of another producer (see `../samples/README.md`).

use std::{io::Read as _, path::PathBuf};

use gm::{Finding, Outcome, chain::Trust};
use seal_format::{
    PlainSignature, Seal, SignedSeal, Version, plain_check,
    verify::{self, Evidence, check},
};

use crate::workshop::{at, failures, of};

fn sample(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples")
        .join(name);
    std::fs::read(path).unwrap()
}

fn file_of(document: &str, name: &str) -> Vec<u8> {
    let mut package = zip::ZipArchive::new(std::io::Cursor::new(sample(document))).unwrap();
    let mut bytes = Vec::new();
    package.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn the_makers_signature_of_every_version_verifies() {
    for (name, version, created) in [
        ("ofdrw-UserV1.esl", Version::V1, "2020-04-22T02:18:07Z"),
        ("ofdrw-UserV4.esl", Version::V4, "2020-04-22T02:09:00Z"),
        ("ofdrw-UserV5.esl", Version::V5, "2026-04-24T08:53:22Z"),
        ("ofdrw-UserV5_ts.esl", Version::V5, "2026-04-24T08:53:22Z"),
    ] {
        let bytes = sample(name);
        let seal = Seal::parse(&bytes).unwrap();
        assert_eq!(seal.version(), version, "{name}");
        assert_eq!(seal.der(), bytes, "{name}");
        assert_eq!(
            (seal.picture().format, seal.picture().width, seal.picture().height),
            ("PNG", 40, 40)
        );
        assert_eq!(&seal.picture().bytes[1..4], b"PNG");
        assert_eq!(
            verify::maker_signature(&seal),
            Finding::pass(check::SEAL_SIGNATURE),
            "{name}"
        );
        if name != "ofdrw-UserV5.esl" {
            assert_eq!(seal.created(), at(created), "{name}");
        }
    }
}

#[test]
fn their_certificates_are_expired_and_of_an_unknown_root() {
    let trust = Trust::default();
    let when = at("2026-11-23T08:00:00Z");
    let v4 = Seal::parse(&sample("ofdrw-UserV4.esl")).unwrap();
    let report = verify::seal(&v4, &trust, when);
    assert_eq!(
        failures(&report.findings),
        [
            (check::MAKER_CHAIN, "no_trusted_root"),
            (check::MAKER_VALIDITY, "expired"),
            (check::SEAL_VALIDITY, "expired")
        ]
    );
    let chain = report.chain.unwrap();
    assert_eq!(chain.outcome_of(gm::chain::check::VALIDITY), Some(Outcome::Fail));
    // The seals of version 5 were made in 2026 with a certificate that ended in 2022.
    let v5 = Seal::parse(&sample("ofdrw-UserV5.esl")).unwrap();
    let report = verify::seal(&v5, &trust, when);
    assert_eq!(
        failures(&report.findings),
        [
            (check::MAKER_CHAIN, "no_trusted_root"),
            (check::MAKER_VALIDITY, "expired"),
            (check::MAKER_AT_CREATION, "maker_not_valid_at_creation")
        ]
    );
}

#[test]
fn the_dummy_time_stamp_does_not_verify() {
    let seal = Seal::parse(&sample("ofdrw-UserV5_ts.esl")).unwrap();
    assert!(seal.time_stamp().is_some());
    let report = verify::seal(&seal, &Trust::default(), at("2026-11-23T08:00:00Z"));
    assert_eq!(
        of(&report.findings, check::SEAL_TIME_STAMP),
        (Outcome::Fail, "malformed")
    );
    assert_eq!(of(&report.findings, check::SEAL_SIGNATURE), (Outcome::Pass, "ok"));
}

fn sealed_document(name: &str) -> (SignedSeal, Vec<Finding>) {
    let value = file_of(name, "Doc_0/Signs/Sign_0/SignedValue.dat");
    let xml = file_of(name, "Doc_0/Signs/Sign_0/Signature.xml");
    let file = file_of(name, "Doc_0/Signs/Sign_0/Seal.esl");
    let signed = SignedSeal::parse(&value).unwrap();
    let path = "/Doc_0/Signs/Sign_0/Signature.xml";
    let evidence = Evidence {
        signature_xml: &xml,
        signature_path: path,
        seal_file: Some(&file),
        time_stamping: None,
    };
    let findings = verify::signature(&signed, &evidence, &Trust::default()).findings;
    (signed, findings)
}

#[test]
fn the_riding_seal_was_signed_within_every_validity() {
    let (signed, findings) = sealed_document("ofdrw-V4RideRight.ofd");
    assert_eq!(signed.signing_time(), Some(at("2021-05-19T12:53:44Z")));
    assert_eq!(failures(&findings), [(check::SIGNER_CHAIN, "no_trusted_root")]);
    for name in [
        check::SIGNATURE,
        check::SIGNER_LISTED,
        check::DATA_HASH,
        check::SEAL_FILE,
        check::TIME_IN_SEAL,
        check::TIME_IN_CERTIFICATE,
        check::PROPERTY_INFO,
    ] {
        assert_eq!(of(&findings, name), (Outcome::Pass, "ok"), "{name}");
    }
    let seal = verify::seal(signed.seal(), &Trust::default(), signed.signing_time().unwrap());
    assert_eq!(
        failures(&seal.findings),
        [(check::MAKER_CHAIN, "no_trusted_root")]
    );
}

#[test]
fn the_other_document_was_signed_after_seal_and_certificate_had_ended() {
    let (signed, findings) = sealed_document("ofdrw-SESV4SignDoc.ofd");
    assert_eq!(signed.signing_time(), Some(at("2026-08-04T02:08:09Z")));
    assert_eq!(of(&findings, check::SIGNATURE), (Outcome::Pass, "ok"));
    assert_eq!(of(&findings, check::DATA_HASH), (Outcome::Pass, "ok"));
    assert_eq!(
        failures(&findings),
        [
            (check::SIGNER_CHAIN, "no_trusted_root"),
            (check::TIME_IN_CERTIFICATE, "outside_validity"),
            (check::TIME_IN_SEAL, "outside_validity"),
        ]
    );
}

#[test]
fn a_bare_value_leaves_open_who_signed() {
    let value = file_of("ofdrw-DigitalSign.ofd", "Doc_0/Signs/Sign_0/SignedValue.dat");
    let xml = file_of("ofdrw-DigitalSign.ofd", "Doc_0/Signs/Sign_0/Signature.xml");
    let plain = PlainSignature::parse(&value).unwrap();
    assert!(matches!(plain, PlainSignature::Bare(_)));
    let report = plain.verify(&xml, &Trust::default(), at("2026-11-23T08:00:00Z"));
    assert_eq!(failures(&report.findings), []);
    assert_eq!(
        of(&report.findings, plain_check::SIGNATURE),
        (Outcome::CannotSay, "certificate_missing")
    );
}

#[test]
fn the_integrity_list_verifies_and_a_changed_one_does_not() {
    let value = file_of("ofdrw-hello-integrity.ofd", "signedvalue.dat");
    let list = file_of("ofdrw-hello-integrity.ofd", "OFDEntries.xml");
    let plain = PlainSignature::parse(&value).unwrap();
    let when = at("2023-03-21T00:00:00Z");
    let report = plain.verify(&list, &Trust::default(), when);
    assert_eq!(of(&report.findings, plain_check::CONTENT), (Outcome::Pass, "ok"));
    assert_eq!(
        of(&report.findings, plain_check::SIGNATURE),
        (Outcome::Pass, "ok")
    );
    assert_eq!(
        failures(&report.findings),
        [(gm::chain::check::ANCHOR, "no_trusted_root")]
    );
    assert_eq!(
        report.signer.unwrap().subject().common_name(),
        Some("Test Certificate")
    );
    let changed = [list.as_slice(), b" "].concat();
    let report = plain.verify(&changed, &Trust::default(), when);
    assert_eq!(
        of(&report.findings, plain_check::CONTENT),
        (Outcome::Fail, "mismatch")
    );
}
