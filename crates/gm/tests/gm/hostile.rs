//! DER and certificates made to cost time, to be read in two ways, or to slip a key of another kind in.

use gm::{
    Algorithm, Certificate, Outcome, Signer as _,
    asn1::{Error, Oid, Reader, Writer, tag},
    certificate::RevocationList,
    chain::{self, Purpose, Trust, check},
    signed_data::SignedData,
};

use crate::hierarchy::{Hierarchy, during, key, rng};

/// Positions in `TBSCertificate`.
const ISSUER: usize = 3;
const PUBLIC_KEY: usize = 6;
const EXTENSIONS: usize = 7;

/// A certificate with elements of its `TBSCertificate` changed, signed by the key that `seed` makes.
fn signed_anew(
    certificate: &Certificate,
    seed: u64,
    change: impl Fn(usize, &[u8]) -> Vec<u8>,
) -> Certificate {
    let mut whole = Reader::new(certificate.der()).sequence().unwrap();
    let mut parts = whole.sequence().unwrap();
    let algorithm = whole.any().unwrap().raw();
    let mut tbs = Writer::new();
    tbs.sequence(|tbs| {
        let mut position = 0;
        while !parts.is_empty() {
            tbs.raw(&change(position, parts.any().unwrap().raw()));
            position += 1;
        }
    });
    let tbs = tbs.finish();
    let signature = key(Algorithm::Sm2WithSm3, seed).sign(&tbs, &mut rng(1)).unwrap();
    let mut out = Writer::new();
    out.sequence(|whole| {
        whole.raw(&tbs).raw(algorithm).bits(&signature.to_der());
    });
    Certificate::from_der(&out.finish()).unwrap()
}

fn extension(oid: Oid, critical: bool, content: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.sequence(|extension| {
        extension.oid(oid);
        if critical {
            extension.element(tag::BOOLEAN, &[0xff]);
        }
        extension.octets(content);
    });
    out.finish()
}

/// The list of extensions without those of one kind, and with one more.
fn extensions(der: &[u8], without: Oid, more: &[u8]) -> Vec<u8> {
    let mut list = Reader::new(der).any().unwrap().reader().sequence().unwrap();
    let mut kept = Vec::new();
    while !list.is_empty() {
        let one = list.any().unwrap();
        if one.reader().oid().unwrap() != without {
            kept.extend_from_slice(one.raw());
        }
    }
    kept.extend_from_slice(more);
    let mut out = Writer::new();
    out.constructed(tag::context(3), |explicit| {
        explicit.sequence(|list| {
            list.raw(&kept);
        });
    });
    out.finish()
}

fn oid(content: &[u8]) -> Oid {
    Oid::from_content(content).unwrap()
}

/// `SubjectPublicKeyInfo` of an algorithm with whatever parameters.
fn spki(algorithm: Oid, parameters: &[u8], bits: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.sequence(|spki| {
        spki.sequence(|identifier| {
            identifier.oid(algorithm).raw(parameters);
        });
        spki.bits(bits);
    });
    out.finish()
}

fn der_oid(content: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.element(tag::OBJECT_IDENTIFIER, content);
    out.finish()
}

#[test]
fn keys_of_other_kinds_are_read_past_and_never_used() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let point = hierarchy.leaf.public_key().unwrap().to_point();
    let sm2 = der_oid(gm::oid::SM2_CURVE.as_content());
    let mut explicit = Writer::new();
    explicit.sequence(|parameters| {
        // ECParameters: version, a field, a curve, a base point of the forger's choice (CVE-2020-0601).
        parameters.integer(1).sequence(|field| {
            field.integer(7);
        });
        parameters.octets(&point);
    });
    let mut modulus = Writer::new();
    modulus.sequence(|rsa| {
        rsa.element(tag::INTEGER, &[0x7f; 4096]).integer(65537);
    });
    let rsa = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
    let compressed_infinity: &[u8] = &[0];
    let mut off_curve = point.clone();
    off_curve[40] ^= 1;
    for (name, info) in [
        (
            "explicit parameters",
            spki(gm::oid::EC_PUBLIC_KEY, &explicit.finish(), &point),
        ),
        (
            "curve P-384",
            spki(
                gm::oid::EC_PUBLIC_KEY,
                &der_oid(&[0x2b, 0x81, 4, 0, 0x22]),
                &[4; 97],
            ),
        ),
        (
            "curve secp256k1",
            spki(
                gm::oid::EC_PUBLIC_KEY,
                &der_oid(&[0x2b, 0x81, 4, 0, 0x0a]),
                &point,
            ),
        ),
        (
            "a second curve after the first",
            spki(
                gm::oid::EC_PUBLIC_KEY,
                &[sm2.clone(), sm2.clone()].concat(),
                &point,
            ),
        ),
        ("no parameters", spki(gm::oid::EC_PUBLIC_KEY, &[], &point)),
        (
            "the point at infinity",
            spki(gm::oid::EC_PUBLIC_KEY, &sm2, compressed_infinity),
        ),
        (
            "a point off the curve",
            spki(gm::oid::EC_PUBLIC_KEY, &sm2, &off_curve),
        ),
        ("all zeros", spki(gm::oid::EC_PUBLIC_KEY, &sm2, &[0; 65])),
        ("RSA of 32 768 bits", spki(rsa, &[5, 0], &modulus.finish())),
    ] {
        let replace = |position, raw: &[u8]| {
            if position == PUBLIC_KEY {
                info.clone()
            } else {
                raw.to_vec()
            }
        };
        let leaf = signed_anew(&hierarchy.leaf, 2, replace);
        assert!(leaf.verifying_key().is_err(), "{name}");
        // As an issuer such a key decides nothing: what it would have signed cannot be told.
        let issuer = signed_anew(hierarchy.intermediate.certificate(), 1, replace);
        let trust = Trust {
            roots: &[hierarchy.root.certificate().clone()],
            intermediates: &[issuer],
            revocation_lists: &[],
            ..Trust::default()
        };
        let report = chain::verify(&hierarchy.leaf, &trust, Purpose::Sealing, during());
        assert_eq!(report.outcome_of(check::ANCHOR), Some(Outcome::Fail), "{name}");
        assert_ne!(report.outcome_of(check::SIGNATURE), Some(Outcome::Pass), "{name}");
    }
}

#[test]
fn an_unknown_critical_extension_fails_the_path_and_an_uncritical_one_does_not() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let name_constraints = oid(&[0x55, 0x1d, 0x1e]);
    let private = oid(&[0x2a, 3, 4]);
    for (kind, critical, expected) in [
        (private, true, Outcome::Fail),
        (name_constraints, true, Outcome::Fail),
        (private, false, Outcome::Pass),
    ] {
        let more = extension(kind, critical, &[5, 0]);
        let leaf = signed_anew(&hierarchy.leaf, 2, |position, raw| {
            if position == EXTENSIONS {
                extensions(raw, kind, &more)
            } else {
                raw.to_vec()
            }
        });
        let trust = Trust {
            roots: &[hierarchy.root.certificate().clone()],
            intermediates: &[hierarchy.intermediate.certificate().clone()],
            revocation_lists: &[],
            ..Trust::default()
        };
        let report = chain::verify(&leaf, &trust, Purpose::Sealing, during());
        assert_eq!(report.outcome_of(check::ANCHOR), Some(Outcome::Pass));
        let found = report
            .findings
            .iter()
            .find(|one| one.check == check::EXTENSIONS)
            .unwrap();
        assert_eq!(found.outcome, expected);
        if expected == Outcome::Fail {
            assert_eq!(
                (found.reason, found.position),
                ("unknown_critical_extension", Some(0))
            );
        }
    }
}

/// The intermediate may certify leaves only; one that certifies another authority is found, as are two that certify
/// each other.
#[test]
fn a_path_longer_than_allowed_and_one_that_runs_in_circles_fail() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let upper = hierarchy.intermediate.certificate();
    let authority_key_id = oid(&[0x55, 0x1d, 0x23]);
    let subject = |certificate: &Certificate| {
        let mut tbs = Reader::new(certificate.der())
            .sequence()
            .unwrap()
            .sequence()
            .unwrap();
        let parts: Vec<Vec<u8>> = (0..6).map(|_| tbs.any().unwrap().raw().to_vec()).collect();
        parts[5].clone()
    };
    // An authority with the intermediate's own name and key, issued by the intermediate.
    let lower = signed_anew(upper, 2, |position, raw| match position {
        1 => vec![2, 1, 77],
        ISSUER => subject(upper),
        EXTENSIONS => extensions(raw, authority_key_id, &[]),
        _ => raw.to_vec(),
    });
    let leaf = signed_anew(&hierarchy.leaf, 2, |position, raw| {
        if position == EXTENSIONS {
            extensions(raw, authority_key_id, &[])
        } else {
            raw.to_vec()
        }
    });
    let circle = [lower];
    let trust = Trust {
        roots: &[hierarchy.root.certificate().clone()],
        intermediates: &circle,
        revocation_lists: &[],
        ..Trust::default()
    };
    let report = chain::verify(&leaf, &trust, Purpose::Sealing, during());
    assert_eq!(report.outcome_of(check::ANCHOR), Some(Outcome::Fail));
    assert!(report.path.len() <= chain::MAX_DEPTH);
}

#[test]
fn absurd_lengths_and_depths_end_where_the_input_does() {
    type Parse = fn(&[u8]) -> Option<Error>;
    let parsers: [Parse; 3] = [
        |der| Certificate::from_der(der).err(),
        |der| RevocationList::from_der(der).err(),
        |der| SignedData::parse(der).err(),
    ];
    let nested: Vec<u8> = [0x30, 0x84, 0, 0, 0xff, 0xff].repeat(20_000);
    for parse in parsers {
        for (input, expected) in [
            (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], Some(Error::Truncated)),
            (
                &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x30],
                Some(Error::Truncated),
            ),
            (&[0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1], Some(Error::Unsupported)),
            (&[0x30, 0xff], Some(Error::Unsupported)),
            (&[0x30, 0x80, 0, 0], Some(Error::Unsupported)),
            (&[0x3f, 0x81, 0x81, 1, 0], None),
            (&[0x30], Some(Error::Truncated)),
            (&[], Some(Error::Truncated)),
        ] {
            let error = parse(input).unwrap_or_else(|| panic!("{input:x?} is nothing"));
            if let Some(expected) = expected {
                assert_eq!(error, expected, "{input:x?}");
            }
        }
        assert!(parse(&nested).is_some());
    }
}
