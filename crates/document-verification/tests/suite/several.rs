//! Several signatures in one file: each judged by itself, none lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use document_verification::{DocumentStanding, Outcome, check};

use crate::archive::{Files, pack, unpack};
use crate::fixture::{OFFICE, judged, now};

const LIST: &str = "Doc_0/Signs/Signatures.xml";
const FOLDER: &str = "Doc_0/Signs/Sign_9";

/// A file of another producer, which is open to further signatures, with a second signature by the authority over
/// everything in it.
fn countersigned() -> Files {
    let path = format!(
        "{}/../ofd/tests/samples/ofdrw-SESV4SignDoc.ofd",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut files = unpack(&std::fs::read(path).expect("a sample"));
    files.retain(|(name, _)| !name.ends_with('/'));
    let (_, list) = files.iter_mut().find(|(name, _)| name == LIST).expect("a list");
    let text = String::from_utf8(list.clone()).expect("XML");
    let entry = format!(
        "<ofd:Signature ID=\"s999\" Type=\"Seal\" BaseLoc=\"/{FOLDER}/Signature.xml\"/></ofd:Signatures>"
    );
    *list = text.replace("</ofd:Signatures>", &entry).into_bytes();
    files.push((format!("{FOLDER}/Seal.esl"), OFFICE.seal.der().to_vec()));
    let references: String = files
        .iter()
        .map(|(name, content)| {
            let digest = STANDARD.encode(gm::sm3::digest(content));
            format!(
                "<ofd:Reference FileRef=\"/{name}\"><ofd:CheckValue>{digest}</ofd:CheckValue></ofd:Reference>"
            )
        })
        .collect();
    let xml = format!(
        "<ofd:Signature xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:SignedInfo><ofd:Provider ProviderName=\"jianzheng\"/>\
         <ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod><ofd:SignatureDateTime>20260506020000Z</ofd:SignatureDateTime>\
         <ofd:References CheckMethod=\"1.2.156.10197.1.401\">{references}</ofd:References>\
         <ofd:Seal><ofd:BaseLoc>/{FOLDER}/Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>\
         <ofd:SignedValue>/{FOLDER}/SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    );
    let when = crate::fixture::sealed_at();
    let value = OFFICE.signed_value(
        &gm::sm3::digest(xml.as_bytes()),
        &format!("/{FOLDER}/Signature.xml"),
        when,
    );
    files.push((format!("{FOLDER}/Signature.xml"), xml.into_bytes()));
    files.push((format!("{FOLDER}/SignedValue.dat"), value));
    files
}

#[test]
fn each_of_two_signatures_is_judged_by_itself() {
    let report = document_verification::verify(
        &pack(&countersigned()),
        &crate::fixture::BUNDLE,
        "2026-12-01T00:00:00Z".parse().expect("an instant"),
        &document_verification::Policy::default(),
    );
    assert!(
        now() < report.signatures[0].signed_at.expect("a time"),
        "the sample is younger than the fixture"
    );
    let [other, own] = report.signatures.as_slice() else {
        panic!("two signatures")
    };
    assert_eq!(
        (other.authority.as_deref(), other.standing),
        (None, DocumentStanding::WrongAuthority)
    );
    assert_eq!(own.authority.as_deref(), Some(certificate_face::specimen::ISSUER));
    assert_eq!(own.id, "s999");
    let of_own = |check: &str| {
        let found = report
            .of(check)
            .find(|finding| finding.signature.as_deref() == Some("s999"));
        found.map(|finding| (finding.result, finding.reason))
    };
    for check in [
        check::REFERENCES,
        check::CLOSED,
        check::SIGNER,
        "signature.value",
        "seal.signature",
    ] {
        assert_eq!(of_own(check), Some((Outcome::Pass, "ok")), "{check}");
    }
    assert_eq!(of_own(check::LICENCE), Some((Outcome::CannotSay, "no_licence")));
    assert_eq!(
        report.document,
        DocumentStanding::CannotSay,
        "sealed by the authority, and no certificate"
    );
}

#[test]
fn what_both_signatures_cover_cannot_change_unnoticed() {
    let mut files = countersigned();
    let (_, content) = files
        .iter_mut()
        .find(|(name, _)| name == "OFD.xml")
        .expect("there");
    content.extend_from_slice(b"<!-- -->");
    let report = judged(&pack(&files));
    assert_eq!(report.document, DocumentStanding::Altered);
    let differing = report
        .of(check::REFERENCES)
        .filter(|one| one.reason == "digest_differs")
        .count();
    assert_eq!(differing, 2, "both signatures say so");
}
