//! Shapes that we read but do not write.

use gm::{
    Outcome, Signer as _,
    asn1::{Writer, generalized_time, tag, utc_time},
    oid, sm3,
};
use seal_format::{Listed, Seal, SignedSeal, TimeInfo, Version, verify::check};

use crate::workshop::{PATH, Workshop, XML, at, during, failures, of, rng};

/// GM/T 0031-2014: UTCTime, no list type, the signature over three elements, an integer of its own as version.
fn seal_of_version_1(workshop: &Workshop) -> Vec<u8> {
    let mut info = Writer::new();
    info.sequence(|info| {
        info.sequence(|header| {
            header.ia5("ES").integer(2).ia5("Vendor");
        });
        info.ia5("1001");
        info.sequence(|property| {
            property.integer(1).utf8("样本旧章").sequence(|list| {
                list.octets(workshop.signer.der());
            });
            for day in [
                "2026-02-01T00:00:00Z",
                "2026-02-01T00:00:00Z",
                "2028-02-01T00:00:00Z",
            ] {
                property.element(tag::UTC_TIME, utc_time(at(day)).unwrap().as_bytes());
            }
        });
        info.sequence(|picture| {
            picture.ia5("PNG").octets(&[0x89; 40]).integer(42).integer(42);
        });
    });
    let mut rest = Writer::new();
    rest.octets(workshop.maker.der()).oid(oid::SM2_WITH_SM3);
    let (info, rest) = (info.finish(), rest.finish());
    let mut signed = Writer::new();
    signed.element(tag::SEQUENCE, &[info.as_slice(), &rest].concat());
    let signature = workshop
        .maker_key
        .sign(&signed.finish(), &mut rng(1))
        .unwrap()
        .to_der();
    let mut out = Writer::new();
    out.sequence(|seal| {
        seal.raw(&info).sequence(|sign| {
            sign.raw(&rest).bits(&signature);
        });
    });
    out.finish()
}

fn signed_of_version_1(workshop: &Workshop, seal: &[u8], time: &[u8]) -> SignedSeal {
    let mut tbs = Writer::new();
    tbs.sequence(|tbs| {
        tbs.integer(1)
            .raw(seal)
            .bits(time)
            .bits(&sm3::digest(XML))
            .ia5(PATH);
        tbs.octets(workshop.signer.der()).oid(oid::SM2_WITH_SM3);
    });
    let tbs = tbs.finish();
    let signature = workshop.signer_key.sign(&tbs, &mut rng(1)).unwrap().to_der();
    let mut out = Writer::new();
    out.sequence(|whole| {
        whole.raw(&tbs).bits(&signature);
    });
    SignedSeal::parse(&out.finish()).unwrap()
}

#[test]
fn version_1_verifies_with_every_form_of_its_time() {
    let workshop = Workshop::new();
    let seal = seal_of_version_1(&workshop);
    let read = Seal::parse(&seal).unwrap();
    assert_eq!((read.version(), read.stated_version()), (Version::V1, 2));
    let generalized = generalized_time(during());
    let mut encoded = Writer::new();
    encoded.element(tag::GENERALIZED_TIME, generalized.as_bytes());
    for time in [
        generalized.clone().into_bytes(),
        utc_time(during()).unwrap().into_bytes(),
        encoded.finish(),
    ] {
        let signed = signed_of_version_1(&workshop, &seal, &time);
        assert_eq!(signed.version(), Version::V1);
        assert_eq!(signed.time_info(), TimeInfo::Stated(during()));
        assert_eq!(failures(&workshop.findings(&signed, &seal)), []);
    }
}

#[test]
fn a_time_that_cannot_be_read_fails_and_leaves_the_rest_open() {
    let workshop = Workshop::new();
    let seal = seal_of_version_1(&workshop);
    let signed = signed_of_version_1(&workshop, &seal, b"yesterday");
    let findings = workshop.findings(&signed, &seal);
    assert_eq!(
        failures(&findings),
        [(check::SIGNATURE_FORMAT, "signing_time_unreadable")]
    );
    assert_eq!(of(&findings, check::TIME_IN_SEAL).0, Outcome::CannotSay);
    assert_eq!(of(&findings, check::SIGNER_CHAIN).0, Outcome::CannotSay);
    assert_eq!(of(&findings, check::SIGNATURE).0, Outcome::Pass);
}

/// Version 4 with certListType 2.
fn seal_with_digests(workshop: &Workshop, kind: &str, digest: &[u8]) -> Vec<u8> {
    let mut info = Writer::new();
    info.sequence(|info| {
        info.sequence(|header| {
            header.ia5("ES").integer(4).ia5("Vendor");
        });
        info.ia5("1002");
        info.sequence(|property| {
            property.integer(3).utf8("样本章").integer(2).sequence(|list| {
                list.sequence(|member| {
                    member
                        .element(tag::PRINTABLE_STRING, kind.as_bytes())
                        .octets(digest);
                });
            });
            for day in [
                "2026-02-01T00:00:00Z",
                "2026-02-01T00:00:00Z",
                "2028-02-01T00:00:00Z",
            ] {
                property.element(tag::GENERALIZED_TIME, generalized_time(at(day)).as_bytes());
            }
        });
        info.sequence(|picture| {
            picture.ia5("ofd").octets(&[0x50; 40]).integer(42).integer(42);
        });
        // extDatas with the default of `critical` written out, as one library does.
        info.sequence(|list| {
            list.sequence(|extension| {
                extension.oid(oid::SM3).element(tag::BOOLEAN, &[0]).octets(b"own");
            });
        });
    });
    let info = info.finish();
    let signature = workshop.maker_key.sign(&info, &mut rng(1)).unwrap().to_der();
    let mut out = Writer::new();
    out.sequence(|seal| {
        seal.raw(&info)
            .octets(workshop.maker.der())
            .oid(oid::SM2_WITH_SM3)
            .bits(&signature);
    });
    out.finish()
}

#[test]
fn a_list_of_digests_is_compared_by_its_algorithm() {
    let workshop = Workshop::new();
    let digest = sm3::digest(workshop.signer.der());
    let listed = |kind: &str, digest: &[u8]| {
        let file = seal_with_digests(&workshop, kind, digest);
        let seal = Seal::parse(&file).unwrap();
        assert!(matches!(seal.listed(), Listed::Digests(members) if members.len() == 1));
        let signed = SignedSeal::parse(&signed_with(&workshop, &file)).unwrap();
        of(&workshop.findings(&signed, &file), check::SIGNER_LISTED)
    };
    assert_eq!(listed("SM3", &digest), (Outcome::Pass, "ok"));
    assert_eq!(listed("1.2.156.10197.1.401", &digest), (Outcome::Pass, "ok"));
    assert_eq!(listed("SM3", &[1; 32]), (Outcome::Fail, "signer_not_listed"));
    assert_eq!(
        listed("MD5", &[1; 16]),
        (Outcome::CannotSay, "unsupported_algorithm")
    );
}

fn signed_with(workshop: &Workshop, seal: &[u8]) -> Vec<u8> {
    let mut tbs = Writer::new();
    tbs.sequence(|tbs| {
        tbs.integer(4)
            .raw(seal)
            .element(tag::GENERALIZED_TIME, generalized_time(during()).as_bytes());
        tbs.bits(&sm3::digest(XML)).ia5(PATH);
        tbs.constructed(tag::context(0), |explicit| {
            explicit.sequence(|_| {});
        });
    });
    let tbs = tbs.finish();
    let signature = workshop.signer_key.sign(&tbs, &mut rng(1)).unwrap().to_der();
    let mut out = Writer::new();
    out.sequence(|whole| {
        whole
            .raw(&tbs)
            .octets(workshop.signer.der())
            .oid(oid::SM2_WITH_SM3)
            .bits(&signature);
        whole.constructed(tag::context(0), |explicit| {
            explicit.bits(b"no token");
        });
    });
    out.finish()
}

#[test]
fn bytes_that_are_no_time_stamp_fail_as_such_and_nothing_else() {
    let workshop = Workshop::new();
    let file = seal_with_digests(&workshop, "SM3", &sm3::digest(workshop.signer.der()));
    let signed = SignedSeal::parse(&signed_with(&workshop, &file)).unwrap();
    assert_eq!(signed.time_stamp(), Some(&b"no token"[..]));
    assert_eq!(
        failures(&workshop.findings(&signed, &file)),
        [(check::TIME_STAMP, "malformed")]
    );
}

#[test]
fn an_algorithm_we_do_not_know_is_no_forgery() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    // sha256WithRSAEncryption
    let rsa = gm::asn1::Oid::dotted("1.2.840.113549.1.1.11");
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    let mut out = Writer::new();
    out.sequence(|whole| {
        whole
            .raw(signed.signed_bytes())
            .octets(signed.signer_der())
            .oid(rsa)
            .bits(&[1; 256]);
    });
    let signed = SignedSeal::parse(&out.finish()).unwrap();
    let findings = workshop.findings(&signed, seal.der());
    assert_eq!(
        of(&findings, check::SIGNATURE),
        (Outcome::CannotSay, "unsupported_algorithm")
    );
}
