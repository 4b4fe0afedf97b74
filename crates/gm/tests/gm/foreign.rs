//! What others sign with: RSA, the larger NIST curves, and what must not pass for them. The files of `foreign/` are made
//! by OpenSSL, asn1crypto and pyHanko (`foreign/make.py`).

use std::path::Path;

use gm::{
    Certificate, Outcome, VerifyingKey, cades,
    certificate::RevocationList,
    chain::{self, Trust},
    scheme::Unusable,
    timestamp,
};

use crate::hierarchy::at;

const MESSAGE: &[u8] = b"a message";

pub(crate) fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gm/foreign");
    std::fs::read(folder.join(name)).unwrap_or_else(|_| panic!("{name} is there"))
}

pub(crate) fn root() -> Certificate {
    Certificate::from_der(&file("root.der")).unwrap()
}

pub(crate) fn signed() -> jiff::Timestamp {
    at("2026-06-01T00:00:00Z")
}

fn verified(name: &str, message: &[u8]) -> cades::Report {
    let (roots, lists) = ([root()], [RevocationList::from_der(&file("rsa.crl")).unwrap()]);
    let trust = Trust {
        roots: &roots,
        revocation_lists: &lists,
        ..Trust::default()
    };
    cades::verify(&file(name), &[message], &trust, signed())
}

fn reasons(report: &cades::Report) -> Vec<(&str, Outcome, &str)> {
    let notable = |one: &&gm::Finding| one.outcome != Outcome::Pass;
    let found = report.findings.iter().filter(notable);
    found.map(|one| (one.check, one.outcome, one.reason)).collect()
}

#[test]
fn signatures_of_every_scheme_in_use_verify_and_only_over_their_message() {
    let curves = ["p256", "p384", "p521"];
    let hashes = ["sha256", "sha384", "sha512"];
    let of_curves = curves
        .iter()
        .flat_map(|curve| hashes.iter().map(move |hash| format!("{curve}-{hash}.cms")));
    let of_rsa = [
        "rsa-2048-sha256.cms",
        "rsa-2048-sha384.cms",
        "rsa-2048-sha512.cms",
        "rsa-4096-sha512.cms",
        "rsa-encryption.cms",
        "rsa-pss-sha256-32.cms",
        "rsa-pss-sha384-48.cms",
        "rsa-pss-sha512-64.cms",
        // As long as the key allows, as pyHanko has it, and none at all.
        "rsa-pss-sha256-222.cms",
        "rsa-pss-sha256-0.cms",
    ];
    for name in of_curves.chain(of_rsa.map(str::to_owned)) {
        assert_eq!(reasons(&verified(&name, MESSAGE)), [], "{name}");
        assert_eq!(
            reasons(&verified(&name, b"another")),
            [(cades::check::MESSAGE_DIGEST, Outcome::Fail, "mismatch")],
            "{name}"
        );
    }
}

#[test]
fn a_changed_signature_value_or_attribute_does_not_verify() {
    for name in ["rsa-2048-sha256.cms", "rsa-pss-sha512-64.cms", "p521-sha512.cms"] {
        let whole = file(name);
        let value = cades::signature_value(&whole).unwrap();
        let place = whole.len() - value.len();
        for at in [place + 4, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            let roots = [root()];
            let trust = Trust {
                roots: &roots,
                ..Trust::default()
            };
            let report = cades::verify(&changed, &[MESSAGE], &trust, signed());
            let signature = report
                .findings
                .iter()
                .find(|one| one.check == cades::check::SIGNATURE);
            assert_eq!(
                signature.map(|one| (one.outcome, one.reason)),
                Some((Outcome::Fail, "mismatch")),
                "{name} {at}"
            );
        }
    }
}

#[test]
fn paddings_that_are_not_exactly_right_do_not_verify() {
    for name in [
        "bad-rubbish-after-the-digest.cms",
        "bad-pss-as-pkcs1.cms",
        "bad-pss-is-pkcs1.cms",
        "bad-pss-other-salt.cms",
    ] {
        assert_eq!(
            reasons(&verified(name, MESSAGE)),
            [(cades::check::SIGNATURE, Outcome::Fail, "mismatch")],
            "{name}"
        );
    }
}

#[test]
fn algorithms_and_keys_that_prove_nothing_are_named() {
    let signature = cades::check::SIGNATURE;
    for (name, reason) in [
        ("weak-pss-defaults.cms", "weak_algorithm"),
        ("differing-digests.cms", "algorithms_differ"),
        // OpenSSL believes this one, which anybody can make without any key.
        ("forged-exponent-1.cms", "key_exponent_unsound"),
        ("forged-exponent-3.cms", "key_exponent_unsound"),
        ("giant.cms", "key_too_large"),
        ("small.cms", "key_too_small"),
        ("explicit-curve.cms", "curve_parameters_explicit"),
    ] {
        let report = verified(name, MESSAGE);
        assert_eq!(
            reasons(&report),
            [(signature, Outcome::CannotSay, reason)],
            "{name}"
        );
        assert_ne!(report.outcome(), Outcome::Pass);
    }
    assert_eq!(
        reasons(&verified("weak-sha1.cms", MESSAGE)),
        [
            (cades::check::MESSAGE_DIGEST, Outcome::CannotSay, "weak_algorithm"),
            (signature, Outcome::CannotSay, "weak_algorithm")
        ]
    );
}

#[test]
fn a_path_through_a_key_that_proves_nothing_cannot_be_told() {
    // The leaf with the giant key stands as an issuer would: what it signed is not even tried.
    let giant = gm::signed_data::SignedData::parse(&file("giant.cms")).unwrap();
    let key = giant.certificates.first().unwrap().verifying_key();
    assert_eq!(key.unwrap_err(), Unusable::LargeKey);
    let report = verified("rsa-2048-sha256.cms", MESSAGE);
    let leaf = report.signer.unwrap();
    let mut der = leaf.der().to_vec();
    // The algorithm outside of what is signed, which must be the one inside: SHA-384 instead of SHA-256.
    let inside = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    let places: Vec<usize> = (0..der.len() - inside.len())
        .filter(|at| der[*at..].starts_with(&inside))
        .collect();
    let [_, outside] = places.as_slice() else {
        panic!("two places name it: {places:?}");
    };
    der[outside + 8] = 0x0c;
    let changed = Certificate::from_der(&der).unwrap();
    assert_eq!(changed.signature_scheme(), Err(Unusable::Differing));
    let roots = [root()];
    let trust = Trust {
        roots: &roots,
        ..Trust::default()
    };
    let report = chain::verify(&changed, &trust, chain::Purpose::PdfSigning, signed());
    assert_eq!(report.outcome_of(chain::check::SIGNATURE), Some(Outcome::Fail));
}

#[test]
fn a_key_is_its_kind_and_size() {
    assert_eq!(root().verifying_key().unwrap().description(), "RSA-3072");
    assert_eq!(root().public_key(), None);
    assert_eq!(root().signature_scheme().unwrap().description(), "RSA-SHA256");
    let of = |name: &str| verified(name, MESSAGE).signer.unwrap();
    let described = |name: &str| of(name).verifying_key().map(VerifyingKey::description);
    assert_eq!(described("p384-sha384.cms").as_deref(), Ok("ECDSA-P384"));
    assert_eq!(described("p521-sha512.cms").as_deref(), Ok("ECDSA-P521"));
    assert_eq!(
        of("rsa-4096-sha512.cms")
            .signature_scheme()
            .unwrap()
            .description(),
        "RSA-PSS-SHA512"
    );
}

#[test]
fn no_changed_byte_of_a_public_key_makes_the_reader_panic() {
    for name in ["rsa-2048-sha256.cms", "p384-sha384.cms", "explicit-curve.cms"] {
        let data = gm::signed_data::SignedData::parse(&file(name)).unwrap();
        let spki = data.certificates.first().unwrap().spki().to_vec();
        for at in 0..spki.len() {
            let mut changed = spki.clone();
            changed[at] ^= 0xff;
            let _either_way = VerifyingKey::from_spki(&changed);
            let _cut = VerifyingKey::from_spki(&spki[..at]);
        }
    }
}

#[test]
fn a_time_stamp_signed_with_rsa_is_believed_under_a_root_of_its_own() {
    let token = file("rsa.tst");
    let stamping = [Certificate::from_der(&file("stamping-root.der")).unwrap()];
    let roots = [root()];
    let under = |roots: &[Certificate], time_stamping: &[Certificate]| {
        let trust = Trust {
            roots,
            time_stamping,
            ..Trust::default()
        };
        timestamp::verify(&token, MESSAGE, &trust)
    };
    let report = under(&roots, &stamping);
    assert!(report.is_trusted(), "{:?}", report.findings);
    assert_eq!(report.time, Some(signed()));
    // Without a list of their own the other roots serve; with one, only it does.
    assert!(under(&stamping, &[]).is_trusted());
    assert!(!under(&stamping, &roots).is_trusted());
    assert!(!under(&roots, &[]).is_trusted());
    let trust = Trust {
        roots: &stamping,
        ..Trust::default()
    };
    assert!(!timestamp::verify(&token, b"another", &trust).is_trusted());
}
