//! Time stamps and validation data of a PDF: what they prove, and what is told of them.

use document_verification::{DocumentStanding, Outcome, Policy, Report, TimeEvidence, check, verify};
use gm::certificate::{
    Authority, Marking, Profile, Request as CertificateRequest, Revocation, RevocationList, RevocationReason,
    Subject, Validity,
};
use gm::timestamp::{Imprint, Request, TimeStampAuthority};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _, cades};
use jiff::{SignedDuration, Timestamp};
use pdf::{TimeStampRevision, ValidationData, append_time_stamp};

use crate::fixture::{BUNDLE, OFFICE, ORIGINAL, Office, Plan, at, now, of, rng, sealed_at};
use crate::pdf_tampering::{cms, contents, with_cms};

fn authority(office: &Office) -> TimeStampAuthority<PrivateKey> {
    let key = PrivateKey::generate(Algorithm::EcdsaP256Sha256, &mut rng(60));
    let request = CertificateRequest {
        profile: Profile::TimeStamping,
        subject: Subject {
            common_name: "样本时间戳".to_owned(),
            organization: "样本时间戳服务机构".to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: at("2026-01-01T00:00:00Z"),
            until: at("2036-01-01T00:00:00Z"),
        },
        serial: vec![60],
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    };
    let issuer = Authority::new(office.pdf_ca.certificate.clone(), &office.pdf_ca.key).expect("an issuer");
    let certificate = issuer.issue(&request, &mut rng(63)).expect("a certificate");
    let chain = vec![certificate, office.pdf_ca.certificate.clone()];
    TimeStampAuthority::new(key, chain, gm::asn1::Oid::dotted("1.2.3.4")).expect("an authority")
}

pub(crate) fn token(office: &Office, stamped: &[u8], when: Timestamp) -> Vec<u8> {
    let request = Request::new(Imprint::of(Algorithm::EcdsaP256Sha256, &[stamped]), &mut rng(61));
    let answer = authority(office)
        .answer(&request.to_der(), 1, when, &mut rng(62))
        .expect("it signs");
    let roots = [office.pdf_root.certificate().clone()];
    let trust = gm::chain::Trust {
        roots: &roots,
        ..gm::chain::Trust::default()
    };
    let token = request.accept(answer.der(), &trust, when, SignedDuration::ZERO);
    token.expect("a sound answer").der
}

/// The original with a time stamp beside its signature.
fn stamped(office: &Office, when: Timestamp) -> Vec<u8> {
    let plain = cms(&ORIGINAL.pdf);
    let value = cades::signature_value(&plain).expect("a value");
    let token = token(office, &value, when);
    with_cms(&cades::with_time_stamp(&plain, &token).expect("a CMS"))
}

fn judged(bytes: &[u8]) -> Report {
    verify(bytes, &BUNDLE, now(), &Policy::default())
}

#[test]
fn a_stamp_beside_the_signature_proves_its_time() {
    let when = sealed_at() + SignedDuration::from_secs(2);
    let report = judged(&stamped(&OFFICE, when));
    assert_eq!(
        report.document,
        DocumentStanding::Authentic,
        "{:?}",
        report.findings
    );
    assert_eq!(
        (report.signed_at, report.time_evidence),
        (Some(when), TimeEvidence::TimeStamp)
    );
    assert!(report.is_fit_to_issue(), "{:?}", report.findings);
    let plain = judged(&ORIGINAL.pdf);
    assert_eq!(
        of(&plain, check::TIME_EVIDENCE),
        (Outcome::Warning, "claimed_only")
    );
}

#[test]
fn a_stamp_of_strangers_or_of_something_else_proves_nothing() {
    let stranger = Office::open(Plan::new(2));
    let report = judged(&stamped(&stranger, sealed_at()));
    assert_eq!(
        of(&report, check::TIME_EVIDENCE),
        (Outcome::Warning, "time_stamp_not_trusted")
    );
    assert_eq!(report.time_evidence, TimeEvidence::Claimed);
    let other = token(&OFFICE, b"another value", sealed_at());
    let report = judged(&with_cms(
        &cades::with_time_stamp(&cms(&ORIGINAL.pdf), &other).expect("a CMS"),
    ));
    assert_eq!(
        report.document,
        DocumentStanding::Altered,
        "{:?}",
        report.findings
    );
}

#[test]
fn no_byte_of_a_stamped_signature_can_move_its_time() {
    let when = sealed_at() + SignedDuration::from_secs(2);
    let der = cms(&stamped(&OFFICE, when));
    for index in (0..der.len()).step_by(7) {
        let mut changed = der.clone();
        changed[index] ^= 1;
        let report = judged(&with_cms(&changed));
        if report.document == DocumentStanding::Authentic && report.time_evidence == TimeEvidence::TimeStamp {
            assert_eq!(report.signed_at, Some(when), "byte {index}");
        }
    }
}

/// The original with a revision that holds a document time stamp and validation data.
fn renewed(file: &[u8], field_name: &str, validation: &ValidationData, when: Timestamp) -> Vec<u8> {
    let revision = TimeStampRevision {
        field_name,
        validation,
        contents_reserve: 8192,
    };
    let waiting = append_time_stamp(file, &revision).expect("it can be appended to");
    let [_, first, second, _] = waiting.byte_range();
    let covered = [&waiting.bytes()[..first], &waiting.bytes()[second..]].concat();
    let token = token(&OFFICE, &covered, when);
    waiting.sign(&token).expect("room for the token")
}

fn data(lists: &[RevocationList]) -> ValidationData {
    let certificates = [
        OFFICE.pdf_ca.certificate.clone(),
        OFFICE.pdf_root.certificate().clone(),
    ];
    ValidationData {
        certificates: certificates.iter().map(|one| one.der().to_vec()).collect(),
        revocation_lists: lists.iter().map(|one| one.der().to_vec()).collect(),
    }
}

#[test]
fn archival_renewal_appends_what_a_certified_file_may_get() {
    let (first, second) = (at("2026-05-20T00:00:00Z"), at("2026-05-30T00:00:00Z"));
    let once = renewed(&ORIGINAL.pdf, "Renewal1", &data(&[]), first);
    let twice = renewed(&once, "Renewal2", &ValidationData::default(), second);
    for (file, stamps) in [(&once, 1), (&twice, 2)] {
        let report = judged(file);
        assert_eq!(
            report.document,
            DocumentStanding::Authentic,
            "{:?}",
            report.findings
        );
        assert_eq!(
            of(&report, check::COVERAGE),
            (Outcome::Warning, "long_term_data_appended")
        );
        let appended = report
            .of(check::COVERAGE)
            .find_map(|one| one.subject.clone())
            .expect("what it is");
        assert!(
            appended.starts_with(&format!("{stamps} DocTimeStamp")),
            "{appended}"
        );
        let trusted = report
            .of(check::DOCUMENT_TIME_STAMP)
            .filter(|one| one.result == Outcome::Pass);
        assert_eq!(trusted.count(), stamps);
        let store = report
            .of(check::VALIDATION_DATA)
            .find_map(|one| one.subject.clone());
        assert_eq!(store.as_deref(), Some("2 certificates, 0 CRLs, 0 OCSP"));
    }
    assert!(once.starts_with(&ORIGINAL.pdf) && twice.starts_with(&once));
    let again = append_time_stamp(
        &once,
        &TimeStampRevision {
            field_name: "Renewal1",
            validation: &ValidationData::default(),
            contents_reserve: 64,
        },
    );
    assert!(again.is_err(), "one field of a name");
    let mut altered = once;
    let last = ORIGINAL.pdf.len() + 20;
    altered[last] ^= 1;
    assert_ne!(judged(&altered).document, DocumentStanding::Authentic);
}

#[test]
fn a_list_in_the_store_counts_if_its_issuer_signed_it() {
    let list = |issuer: &Certificate, key: &PrivateKey, entries: &[Revocation]| {
        let authority = Authority::new(issuer.clone(), key).expect("an issuer");
        let (from, until) = (at("2026-05-10T00:00:00Z"), at("2026-12-10T00:00:00Z"));
        RevocationList::issue(&authority, 1, from, until, entries, &mut rng(70)).expect("a list")
    };
    let revoked = [Revocation {
        serial: OFFICE.pdf_signer.certificate.serial().to_vec(),
        revoked_at: at("2026-05-01T00:00:00Z"),
        reason: RevocationReason::KeyCompromise,
        invalid_since: None,
    }];
    let own = list(&OFFICE.pdf_ca.certificate, &OFFICE.pdf_ca.key, &revoked);
    let file = renewed(
        &ORIGINAL.pdf,
        "Renewal",
        &data(&[own]),
        at("2026-05-20T00:00:00Z"),
    );
    let report = judged(&file);
    assert_eq!(
        of(&report, "chain.revocation"),
        (Outcome::Fail, "key_compromised"),
        "{:?}",
        report.findings
    );
    let stranger = Office::open(Plan::new(3));
    let forged = list(&stranger.pdf_ca.certificate, &stranger.pdf_ca.key, &revoked);
    let file = renewed(
        &ORIGINAL.pdf,
        "Renewal",
        &data(&[forged]),
        at("2026-05-20T00:00:00Z"),
    );
    assert_eq!(
        judged(&file).document,
        DocumentStanding::Authentic,
        "a list of strangers revokes nothing"
    );
}

/// The original signed by OpenSSL with the signer's own key, without the attribute that names its certificate.
fn signed_by_openssl(digest: &str) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    let gap = contents(&ORIGINAL.pdf);
    write(
        "content",
        &[&ORIGINAL.pdf[..gap.start - 1], &ORIGINAL.pdf[gap.end + 1..]].concat(),
    );
    write("signer.pem", OFFICE.pdf_signer.certificate.to_pem().as_bytes());
    write("ca.pem", OFFICE.pdf_ca.certificate.to_pem().as_bytes());
    write("key.pem", OFFICE.pdf_signer.key.to_pkcs8_pem().as_bytes());
    let output = std::process::Command::new("openssl")
        .args([
            "cms",
            "-sign",
            "-binary",
            "-md",
            digest,
            "-outform",
            "DER",
            "-nosmimecap",
        ])
        .args([
            "-signer",
            "signer.pem",
            "-certfile",
            "ca.pem",
            "-inkey",
            "key.pem",
            "-in",
            "content",
            "-out",
            "cms",
        ])
        .current_dir(folder.path())
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    judged(&with_cms(
        &std::fs::read(folder.path().join("cms")).expect("a CMS"),
    ))
}

#[test]
fn a_signature_that_does_not_name_its_certificate_is_told() {
    let report = signed_by_openssl("sha256");
    assert_eq!(of(&report, "cades.signature"), (Outcome::Pass, "ok"));
    assert_eq!(
        of(&report, "cades.signing_certificate"),
        (Outcome::Fail, "missing")
    );
    assert_eq!(report.document, DocumentStanding::Altered);
}

fn weak(report: &Report) {
    for check in ["cades.message_digest", "cades.signature"] {
        assert_eq!(
            of(report, check),
            (Outcome::CannotSay, "weak_algorithm"),
            "{:?}",
            report.findings
        );
    }
    assert_ne!(report.document, DocumentStanding::Authentic);
}

#[test]
fn a_signature_over_sha_1_proves_nothing() {
    weak(&signed_by_openssl("sha1"));
}

#[test]
fn a_signature_over_md5_proves_nothing() {
    // The identifier of MD5 in the place of that of SHA-256, its length written in two bytes to fill the room.
    const SHA256: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
    const MD5: &[u8] = b"\x06\x81\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05";
    let mut der = cms(&ORIGINAL.pdf);
    let places: Vec<usize> = (0..der.len() - SHA256.len())
        .filter(|at| der[*at..].starts_with(SHA256))
        .collect();
    assert_eq!(places.len(), 2, "the set of digests, and the signer's");
    for at in places {
        der[at..at + MD5.len()].copy_from_slice(MD5);
    }
    weak(&judged(&with_cms(&der)));
}

/// A file of pyHanko: signed (PAdES B-T), its evidence and a document time stamp appended, signed once more.
const OF_PYHANKO: &[u8] = include_bytes!("pyhanko.pdf");

fn judged_elsewhere(bytes: &[u8]) -> Report {
    use document_verification::trust::{
        BundleDraft, BundleFiles, IssuingAuthority, SignerRule, SigningKey, TrustBundle,
    };
    let seal_root = OFFICE.bundle_parts(&[], OFFICE.authorities()).seal_root;
    let pdf_root = include_bytes!("pyhanko-root.pem");
    let draft = BundleDraft {
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
        seal_root: &seal_root,
        pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let key = SigningKey::from_seed(&[7; 32]).expect("a key");
    let signed = TrustBundle::sign(&draft, &key).expect("a bundle");
    let bundle = TrustBundle::open(&BundleFiles {
        statement: &signed.statement,
        signature: signed.signature.as_bytes(),
        key: signed.key.as_bytes(),
        seal_root: &seal_root,
        pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    });
    verify(
        bytes,
        &bundle.expect("a bundle"),
        at("2027-01-01T00:00:00Z"),
        &Policy::default(),
    )
}

#[test]
fn a_file_of_another_program_gets_the_same_findings() {
    let report = judged_elsewhere(OF_PYHANKO);
    let passes = |check: &str| report.of(check).filter(|one| one.result == Outcome::Pass).count();
    for check in [
        "cades.signature",
        "cades.message_digest",
        "cades.signing_certificate",
        "chain.revocation",
    ] {
        assert_eq!(passes(check), 2, "{check}: {:?}", report.findings);
    }
    assert_eq!(passes(check::TIME_EVIDENCE), 1, "{:?}", report.findings);
    assert_eq!(passes(check::DOCUMENT_TIME_STAMP), 1, "{:?}", report.findings);
    let store = report
        .of(check::VALIDATION_DATA)
        .find_map(|one| one.subject.clone());
    assert!(
        store.is_some_and(|store| store.contains("1 CRLs")),
        "{:?}",
        report.findings
    );
    let evidence: Vec<_> = report.signatures.iter().map(|one| one.evidence).collect();
    assert_eq!(evidence, [TimeEvidence::TimeStamp, TimeEvidence::Claimed]);
    // A second signature may or may not be meant; nobody forbade changes.
    let later = of(&report, "pdf.signature.later-changes");
    assert_eq!(later.0, Outcome::CannotSay, "{later:?}");
}

#[test]
fn strangers_of_another_program_are_strangers() {
    let report = verify(
        OF_PYHANKO,
        &BUNDLE,
        at("2027-01-01T00:00:00Z"),
        &Policy::default(),
    );
    assert_eq!(
        of(&report, check::SIGNER),
        (Outcome::Fail, "not_of_this_register")
    );
    assert_eq!(of(&report, check::DOCUMENT_TIME_STAMP).0, Outcome::Warning);
    assert_eq!(report.time_evidence, TimeEvidence::Claimed);
    let mut altered = OF_PYHANKO.to_vec();
    let place = altered
        .windows(9)
        .position(|window| window == b"/MediaBox")
        .expect("a page");
    altered[place + 10] ^= 1;
    assert_ne!(judged_elsewhere(&altered).document, DocumentStanding::Authentic);
}
