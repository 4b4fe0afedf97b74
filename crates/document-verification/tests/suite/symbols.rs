//! QR symbols read offline: what the bundle's key signed, and nothing else.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use certificate_face::code::payload::{KeyId, Payload, PayloadError};
use certificate_face::specimen;
use document_verification::TrustBundle;
use document_verification::qr::{SymbolRefused, verify_symbol};
use document_verification::trust::{BundleDraft, BundleFiles, Named, QrKey, SigningKey};
use domain::credit_code::CreditCode;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::fixture::{Office, Plan, at, now};

const ADDRESS: &str = "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQ";

struct Symbols {
    bundle: TrustBundle,
    key: Ed25519KeyPair,
    made: Timestamp,
}

impl Symbols {
    fn new() -> Self {
        let office = Office::open(Plan::new(1));
        let parts = office.bundle_parts(&[], office.authorities());
        let key = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a seed");
        let made = now();
        let listed = QrKey {
            public_key: hex::encode(key.public_key()),
            authority: CreditCode::SPECIMEN_AUTHORITY.to_owned(),
            from: made - SignedDuration::from_hours(1),
            until: None,
            specimen: true,
        };
        let draft = BundleDraft {
            issued_at: at("2026-01-01T00:00:00Z"),
            expires_at: at("2031-01-01T00:00:00Z"),
            authorities: office.authorities(),
            seal_root: &parts.seal_root,
            pdf_root: &parts.pdf_root,
            timestamp_anchors: None,
            revocation_lists: None,
        };
        let signing = SigningKey::from_seed(&[7; 32]).expect("a seed");
        let also = Named {
            qr_keys: &[listed],
            ..Named::default()
        };
        let signed = TrustBundle::sign_naming(&draft, also, &signing).expect("signs");
        let bundle = TrustBundle::open(&BundleFiles {
            statement: &signed.statement,
            signature: signed.signature.as_bytes(),
            key: signed.key.as_bytes(),
            seal_root: &parts.seal_root,
            pdf_root: &parts.pdf_root,
            timestamp_anchors: None,
            revocation_lists: None,
        });
        Self {
            bundle: bundle.expect("opens"),
            key,
            made,
        }
    }

    fn text(&self, payload: &Payload, key: &Ed25519KeyPair) -> String {
        let named: KeyId = *Sha256::digest(self.key.public_key())
            .first_chunk()
            .expect("32 bytes");
        let sign = |message: &[u8]| {
            let signature = key.try_sign(message).map_err(|_| PayloadError::Facts)?;
            signature.as_ref().try_into().map_err(|_| PayloadError::Facts)
        };
        payload.text(ADDRESS, named, sign).expect("the facts fit")
    }

    fn payload(&self) -> Payload {
        Payload::of(&specimen::use_copy(2).facts(), self.made)
    }
}

#[test]
fn a_symbol_is_genuine_then_and_silent_about_now() {
    let symbols = Symbols::new();
    let text = symbols.text(&symbols.payload(), &symbols.key);
    let genuine = verify_symbol(&symbols.bundle, &text, symbols.made).expect("genuine");
    assert_eq!(genuine.payload, symbols.payload());
    assert_eq!(genuine.authority, specimen::ISSUER);
    assert!(genuine.specimen && !genuine.ended);
    assert_eq!(genuine.token, "AQIDBAUGBwgJCgsMDQ4PEBESExQ");
    let later = symbols.made + SignedDuration::from_hours(24 * 300);
    let genuine = verify_symbol(&symbols.bundle, &text, later).expect("genuine");
    assert!(genuine.ended, "its use period is over");
}

#[test]
fn a_forged_or_moved_symbol_is_refused() {
    let symbols = Symbols::new();
    let refused = |text: &str, now| verify_symbol(&symbols.bundle, text, now).expect_err("refused");
    let forger = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).expect("a seed");
    let forged = symbols.text(&symbols.payload(), &forger);
    assert_eq!(refused(&forged, symbols.made), SymbolRefused::Signature);
    let right = symbols.text(&symbols.payload(), &symbols.key);
    let moved = right.replace("EBESExQ#", "EBESExR#");
    assert_eq!(
        refused(&moved, symbols.made),
        SymbolRefused::Signature,
        "another certificate's token"
    );
    let early = symbols.made - SignedDuration::from_hours(1);
    assert_eq!(refused(&right, early), SymbolRefused::Time, "made in the future");
    let before = Payload {
        time: symbols.made - SignedDuration::from_hours(2),
        ..symbols.payload()
    };
    assert_eq!(
        refused(&symbols.text(&before, &symbols.key), symbols.made),
        SymbolRefused::Time
    );
    let expired = symbols.bundle.expires_at() + SignedDuration::from_secs(1);
    assert_eq!(refused(&right, expired), SymbolRefused::BundleExpired);
    assert_eq!(
        refused(ADDRESS, symbols.made),
        SymbolRefused::Unreadable(PayloadError::Address)
    );
}

#[test]
fn a_key_that_the_bundle_does_not_name_signs_nothing() {
    let symbols = Symbols::new();
    let mut text = symbols.text(&symbols.payload(), &symbols.key);
    let at = text.find('#').expect("a fragment") + 3;
    let other = if &text[at..=at] == "A" { "B" } else { "A" };
    text.replace_range(at..=at, other);
    assert_eq!(
        verify_symbol(&symbols.bundle, &text, symbols.made),
        Err(SymbolRefused::UnknownKey)
    );
}
