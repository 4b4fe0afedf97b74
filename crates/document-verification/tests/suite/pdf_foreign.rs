//! A file of pyHanko with RSA throughout: signed with PSS, stamped by an authority of another root, its revocation told by
//! an OCSP response that was appended (`crates/gm/tests/gm/foreign/make.py`).

use document_verification::trust::{
    BundleDraft, BundleFiles, IssuingAuthority, SignerRule, SigningKey, TrustBundle, TrustError, file,
};
use document_verification::{Outcome, Policy, Report, TimeEvidence, check, verify};

use crate::fixture::{OFFICE, at, of};

const FILE: &[u8] = include_bytes!("pyhanko-rsa.pdf");
const ROOT: &[u8] = include_bytes!("pyhanko-rsa-root.pem");
const STAMPING_ROOT: &[u8] = include_bytes!("pyhanko-rsa-tsa-root.pem");

fn draft<'a>(seal_root: &'a [u8], anchors: Option<&'a [u8]>) -> BundleDraft<'a> {
    BundleDraft {
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2031-01-01T00:00:00Z"),
        authorities: vec![IssuingAuthority {
            name: "Elsewhere".to_owned(),
            credit_code: crate::fixture::CREDIT_CODE.to_owned(),
            licence_types: vec![crate::fixture::TYPE.to_owned()],
            signers: SignerRule {
                organisations: vec!["Elsewhere".to_owned()],
                ..SignerRule::default()
            },
        }],
        seal_root,
        pdf_root: ROOT,
        timestamp_anchors: anchors,
        revocation_lists: None,
    }
}

fn judged(bytes: &[u8], anchors: Option<&[u8]>) -> Report {
    let seal_root = OFFICE.bundle_parts(&[], OFFICE.authorities()).seal_root;
    let key = SigningKey::from_seed(&[7; 32]).expect("a key");
    let signed = TrustBundle::sign(&draft(&seal_root, anchors), &key).expect("a bundle");
    let bundle = TrustBundle::open(&BundleFiles {
        statement: &signed.statement,
        signature: signed.signature.as_bytes(),
        key: signed.key.as_bytes(),
        seal_root: &seal_root,
        pdf_root: ROOT,
        timestamp_anchors: anchors,
        revocation_lists: None,
    });
    let now = at("2027-01-01T00:00:00Z");
    verify(bytes, &bundle.expect("a bundle"), now, &Policy::default())
}

#[test]
fn rsa_ocsp_and_a_stamp_of_another_root_are_judged_as_ours_are() {
    let report = judged(FILE, Some(STAMPING_ROOT));
    for check in [
        "cades.signature",
        "cades.message_digest",
        "cades.signing_certificate",
        "chain.anchor",
        "chain.signature",
        "chain.revocation",
        check::CMS_FORM,
        check::CERTIFIED,
        check::SIGNER,
    ] {
        assert_eq!(
            of(&report, check),
            (Outcome::Pass, "ok"),
            "{check}: {:?}",
            report.findings
        );
    }
    assert_eq!(report.time_evidence, TimeEvidence::TimeStamp);
    assert_eq!(report.signed_at, Some(at("2026-06-01T00:00:00Z")));
    let store = report
        .of(check::VALIDATION_DATA)
        .find_map(|one| one.subject.clone());
    assert_eq!(store.as_deref(), Some("1 certificates, 0 CRLs, 1 OCSP"));
}

#[test]
fn a_stamp_is_believed_under_the_anchors_of_stamps_and_no_other() {
    for anchors in [None, Some(ROOT)] {
        let report = judged(FILE, anchors);
        assert_eq!(
            of(&report, check::TIME_EVIDENCE),
            (Outcome::Warning, "time_stamp_not_trusted")
        );
        assert_eq!(report.time_evidence, TimeEvidence::Claimed);
        assert_eq!(of(&report, "cades.signature"), (Outcome::Pass, "ok"));
    }
    let both = [ROOT, STAMPING_ROOT].concat();
    assert_eq!(judged(FILE, Some(&both)).time_evidence, TimeEvidence::TimeStamp);
}

#[test]
fn an_ocsp_response_that_was_changed_says_nothing() {
    let nonce = b"\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01";
    let place = FILE
        .windows(nonce.len())
        .position(|window| window == nonce)
        .expect("the response stands there as it is");
    let mut changed = FILE.to_vec();
    // Within the key hash of the responder, which is signed.
    changed[place + 40] ^= 1;
    let report = judged(&changed, Some(STAMPING_ROOT));
    assert_eq!(
        of(&report, "chain.revocation"),
        (Outcome::CannotSay, "no_revocation_list"),
        "{:?}",
        report.findings
    );
    assert_eq!(of(&report, "cades.signature"), (Outcome::Pass, "ok"));
}

#[test]
fn a_bundle_with_anchors_of_stamps_is_of_a_format_of_its_own() {
    let parts = OFFICE.bundle_parts(&[], OFFICE.authorities());
    let key = SigningKey::from_seed(&[7; 32]).expect("a key");
    let statement = |anchors| {
        let signed = TrustBundle::sign(&draft(&parts.seal_root, anchors), &key).expect("a bundle");
        let json: serde_json::Value = serde_json::from_slice(&signed.statement).expect("JSON");
        json["format"].as_u64()
    };
    assert_eq!(statement(None), Some(1), "what every verifier opens");
    assert_eq!(statement(Some(STAMPING_ROOT)), Some(2));
    let refused = TrustBundle::sign(&draft(&parts.seal_root, Some(b"")), &key);
    assert_eq!(
        refused.err(),
        Some(TrustError::Malformed(file::TIMESTAMP_ANCHORS, "no root"))
    );
    let mut files = parts.files();
    files.timestamp_anchors = Some(STAMPING_ROOT);
    assert_eq!(
        TrustBundle::open(&files).err(),
        Some(TrustError::Digest(file::TIMESTAMP_ANCHORS)),
        "anchors that nobody signed"
    );
}
