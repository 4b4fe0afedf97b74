//! The trust bundle: signed, dated, and good for nothing once changed or expired.

use document_verification::trust::{
    AnnouncementKey, BundleDraft, Named, SigningKey, TrustBundle, TrustError, file,
};
use document_verification::{DocumentStanding, Policy, check, verify};
use jiff::ToSpan as _;

use crate::fixture::{BUNDLE, OFFICE, ORIGINAL, at, of};

#[test]
fn a_bundle_opens_as_it_was_signed() {
    assert_eq!(BUNDLE.authorities(), OFFICE.authorities());
    assert_eq!(BUNDLE.issued_at(), at("2026-01-01T00:00:00Z"));
    assert_eq!(BUNDLE.expires_at(), at("2031-01-01T00:00:00Z"));
}

#[test]
fn every_byte_of_a_bundle_is_signed() {
    let parts = OFFICE.bundle_parts(&[], OFFICE.authorities());
    for index in 0..parts.signed.statement.len() {
        let mut statement = parts.signed.statement.clone();
        statement[index] ^= 1;
        let mut files = parts.files();
        files.statement = &statement;
        assert_eq!(
            TrustBundle::open(&files).err(),
            Some(TrustError::Signature),
            "byte {index}"
        );
    }
    let mut files = parts.files();
    files.seal_root = &parts.pdf_root;
    assert_eq!(
        TrustBundle::open(&files).err(),
        Some(TrustError::Digest(file::SEAL_ROOT))
    );
    let mut files = parts.files();
    files.revocation_lists = Some(b"");
    assert_eq!(
        TrustBundle::open(&files).err(),
        Some(TrustError::Digest(file::REVOCATION_LISTS))
    );
    let other = SigningKey::from_seed(&[8; 32]).expect("a key");
    let draft = BundleDraft {
        issued_at: BUNDLE.issued_at(),
        expires_at: BUNDLE.expires_at(),
        authorities: OFFICE.authorities(),
        seal_root: &parts.seal_root,
        pdf_root: &parts.pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let foreign = TrustBundle::sign(&draft, &other).expect("a bundle of another key");
    let mut files = parts.files();
    files.key = foreign.key.as_bytes();
    assert_eq!(TrustBundle::open(&files).err(), Some(TrustError::Signature));
    files.statement = &foreign.statement;
    files.signature = foreign.signature.as_bytes();
    let opened = TrustBundle::open(&files).expect("belongs together");
    assert_ne!(
        opened.key_fingerprint(),
        BUNDLE.key_fingerprint(),
        "whose key it is, the fingerprint tells"
    );
}

#[test]
fn a_bundle_that_makes_no_sense_is_not_signed() {
    let parts = OFFICE.bundle_parts(&[], OFFICE.authorities());
    let key = SigningKey::from_seed(&[7; 32]).expect("a key");
    let draft = || BundleDraft {
        issued_at: BUNDLE.issued_at(),
        expires_at: BUNDLE.expires_at(),
        authorities: OFFICE.authorities(),
        seal_root: &parts.seal_root,
        pdf_root: &parts.pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let refused = |draft: BundleDraft<'_>| TrustBundle::sign(&draft, &key).expect_err("refused");
    let backwards = BundleDraft {
        expires_at: at("2025-01-01T00:00:00Z"),
        ..draft()
    };
    assert!(matches!(refused(backwards), TrustError::Statement(_)));
    assert!(matches!(
        refused(BundleDraft {
            authorities: Vec::new(),
            ..draft()
        }),
        TrustError::Statement(_)
    ));
    let leaf = OFFICE.signer.certificate.to_pem().into_bytes();
    let no_root = refused(BundleDraft {
        seal_root: &leaf,
        ..draft()
    });
    assert!(
        matches!(no_root, TrustError::Malformed(file::SEAL_ROOT, _)),
        "{no_root}"
    );
}

#[test]
fn an_expired_bundle_says_nothing_of_authorities_and_still_sees_changes() {
    let later = BUNDLE.expires_at().checked_add(1.second()).expect("a time");
    for bytes in [&ORIGINAL.ofd, &ORIGINAL.pdf] {
        let last = verify(bytes, &BUNDLE, BUNDLE.expires_at(), &Policy::default());
        assert_eq!(last.document, DocumentStanding::Authentic);
        let report = verify(bytes, &BUNDLE, later, &Policy::default());
        assert_eq!(report.document, DocumentStanding::CannotSay);
        for check in [check::BUNDLE, check::SIGNER] {
            assert_eq!(of(&report, check).1, "trust_bundle_expired");
        }
    }
    let forger = crate::fixture::Office::open(crate::fixture::Plan::new(2));
    let lookalike = forger.seal(&certificate_face::specimen::original(1)).ofd;
    assert_eq!(
        verify(&lookalike, &BUNDLE, later, &Policy::default()).document,
        DocumentStanding::CannotSay
    );
    let changed = crate::archive::change(&ORIGINAL.ofd, "OFD.xml", |xml| xml.extend(b"<!-- -->"));
    assert_eq!(
        verify(&changed, &BUNDLE, later, &Policy::default()).document,
        DocumentStanding::Altered
    );
}

#[test]
fn private_keys_are_read_with_or_without_their_public_half() {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::signature::Ed25519KeyPair;
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let without: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("PKCS#8");
    let with: aws_lc_rs::encoding::Pkcs8V2Der<'_> = pair.as_der().expect("PKCS#8");
    for der in [without.as_ref(), with.as_ref()] {
        SigningKey::from_pkcs8(der).expect("a key");
    }
    assert!(SigningKey::from_pkcs8(b"nothing").is_err());
}

#[test]
fn a_bundle_names_the_keys_of_announcements_and_they_are_signed_with_it() {
    let parts = OFFICE.bundle_parts(&[], OFFICE.authorities());
    let draft = BundleDraft {
        issued_at: BUNDLE.issued_at(),
        expires_at: BUNDLE.expires_at(),
        authorities: OFFICE.authorities(),
        seal_root: &parts.seal_root,
        pdf_root: &parts.pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let key = SigningKey::from_seed(&[8; 32]).expect("a key");
    let own = BUNDLE
        .seal_trust()
        .roots
        .first()
        .and_then(|root| root.public_key())
        .expect("any SM2 key")
        .clone();
    let named = AnnouncementKey::new("32", &own);
    let sign = |announcement_keys: &[AnnouncementKey]| {
        let also = Named {
            announcement_keys,
            ..Named::default()
        };
        TrustBundle::sign_naming(&draft, also, &key)
    };
    let signed = sign(std::slice::from_ref(&named)).expect("signed");
    let mut files = parts.files();
    files.key = signed.key.as_bytes();
    files.signature = signed.signature.as_bytes();
    files.statement = &signed.statement;
    let opened = TrustBundle::open(&files).expect("it opens");
    let spki = |keys: Vec<gm::PublicKey>| keys.iter().map(gm::PublicKey::to_spki).collect::<Vec<_>>();
    assert_eq!(spki(opened.announcement_keys("32")), [own.to_spki()]);
    assert!(opened.announcement_keys("33").is_empty(), "each province's own");
    assert!(BUNDLE.announcement_keys("32").is_empty(), "none is named");
    for wrong in [
        AnnouncementKey {
            province: "98".to_owned(),
            ..named.clone()
        },
        AnnouncementKey {
            spki: "AAAA".to_owned(),
            ..named
        },
    ] {
        assert!(matches!(sign(&[wrong]), Err(TrustError::Statement(_))));
    }
}
