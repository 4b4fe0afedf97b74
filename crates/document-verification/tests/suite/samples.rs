//! Files of another producer (ofdrw's test resources): all that can be told is told, and nothing more.

use document_verification::{DocumentStanding, FileKind, Outcome, Report, TimeEvidence, check};

use crate::fixture::{judged, of};

fn sample(name: &str) -> Report {
    let path = format!(
        "{}/../ofd/tests/samples/ofdrw-{name}.ofd",
        env!("CARGO_MANIFEST_DIR")
    );
    let report = judged(&std::fs::read(path).expect("a sample of the ofd crate"));
    assert_eq!(report.kind, FileKind::Ofd);
    assert!(report.facts.record.is_none() && report.licence_identifier.is_none());
    report
}

#[test]
fn sealed_files_of_others_verify_and_are_of_another_authority() {
    for (name, closed) in [("SESV4SignDoc", Outcome::Warning), ("V4RideRight", Outcome::Pass)] {
        let report = sample(name);
        assert_eq!(
            report.document,
            DocumentStanding::WrongAuthority,
            "{:?}",
            report.findings
        );
        for passes in [
            check::REFERENCES,
            "signature.data_hash",
            "signature.value",
            "seal.signature",
        ] {
            assert_eq!(of(&report, passes), (Outcome::Pass, "ok"), "{name} {passes}");
        }
        assert_eq!(
            of(&report, check::SIGNER),
            (Outcome::Fail, "not_of_this_register")
        );
        assert_eq!(of(&report, "signature.signer_chain").0, Outcome::Fail);
        assert_eq!(of(&report, check::CLOSED).0, closed, "{name}");
        assert_eq!(of(&report, check::ATTACHMENT), (Outcome::Warning, "no_metadata"));
        let [signature] = report.signatures.as_slice() else {
            panic!("one signature")
        };
        assert!(signature.signer.is_some() && signature.seal_name.is_some());
        assert_eq!(signature.evidence, TimeEvidence::Claimed);
    }
}

#[test]
fn of_a_bare_signature_value_nobody_can_be_named() {
    let report = sample("DigitalSign");
    assert_eq!(
        report.document,
        DocumentStanding::CannotSay,
        "{:?}",
        report.findings
    );
    assert_eq!(of(&report, check::REFERENCES), (Outcome::Pass, "ok"));
    assert_eq!(
        of(&report, "plain.signature"),
        (Outcome::CannotSay, "certificate_missing")
    );
    assert_eq!(of(&report, check::SIGNER), (Outcome::CannotSay, "signer_unknown"));
}

#[test]
fn an_integrity_list_is_compared_and_is_no_seal() {
    let report = sample("hello-integrity");
    assert_eq!(of(&report, check::LIST_FILES), (Outcome::Pass, "ok"));
    assert_eq!(of(&report, check::LIST_SIGNATURE), (Outcome::Pass, "ok"));
    assert_eq!(of(&report, check::PRESENT), (Outcome::Fail, "unsigned"));
    assert_eq!(report.document, DocumentStanding::WrongAuthority);
}

#[test]
fn a_file_smuggled_past_the_integrity_list_is_named() {
    let path = format!(
        "{}/../ofd/tests/samples/ofdrw-hello-integrity.ofd",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut files = crate::archive::unpack(&std::fs::read(path).expect("a sample"));
    files.push(("Doc_0/smuggled.xml".to_owned(), b"<a/>".to_vec()));
    let report = judged(&crate::archive::pack(&files));
    let finding = report.of(check::LIST_FILES).next().expect("a finding");
    assert_eq!(
        (finding.result, finding.reason),
        (Outcome::Fail, "file_not_listed")
    );
    assert_eq!(finding.subject.as_deref(), Some("Doc_0/smuggled.xml"));
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn a_changed_file_of_others_is_altered_all_the_same() {
    let path = format!(
        "{}/../ofd/tests/samples/ofdrw-V4RideRight.ofd",
        env!("CARGO_MANIFEST_DIR")
    );
    let bytes = std::fs::read(path).expect("a sample");
    let changed = crate::archive::change(&bytes, "Doc_0/Document.xml", |xml| xml.extend(b"<!-- -->"));
    let report = judged(&changed);
    assert_eq!(of(&report, check::REFERENCES), (Outcome::Fail, "digest_differs"));
    assert_eq!(report.document, DocumentStanding::Altered);
}
