use der::{Decode as _, Encode as _, Tagged as _};
use gm::{
    Algorithm, Finding, Outcome, PrivateKey, Signer as _,
    certificate::{Profile, Revocation, RevocationReason},
    finding::overall,
    key::Verifier as _,
    sm3,
};
use seal_format::{
    Listed, Seal, SealDraft, SignedSeal, Stamp, StampError, TimeInfo, Version,
    verify::{self, Evidence, check},
};

use crate::workshop::{PATH, Workshop, XML, at, during, failures, of, request, rng};

#[test]
fn a_seal_says_what_was_put_into_it() {
    let workshop = Workshop::new();
    let draft = workshop.draft();
    let seal = Seal::parse(workshop.seal().der()).unwrap();
    assert_eq!((seal.version(), seal.stated_version()), (Version::V4, 4));
    assert_eq!(
        (seal.es_id(), seal.vendor()),
        (draft.es_id.as_str(), draft.vendor.as_str())
    );
    assert_eq!((seal.kind(), seal.name()), (1, "样本专用章"));
    assert_eq!(
        (seal.created(), seal.valid_from(), seal.valid_until()),
        (draft.created, draft.valid_from, draft.valid_until)
    );
    assert_eq!(seal.picture().bytes, draft.picture.bytes);
    assert_eq!(
        (seal.picture().format, seal.picture().width, seal.picture().height),
        ("PNG", 45, 45)
    );
    assert_eq!(seal.listed(), Listed::Certificates(vec![workshop.signer.der()]));
    assert_eq!(seal.maker().unwrap(), workshop.maker);
    assert!(seal.time_stamp().is_none());
    assert!(!format!("{seal:?}").contains("样本"));
}

#[test]
fn a_fresh_signature_passes_every_check() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    assert_eq!(signed.time_info(), TimeInfo::Stated(during()));
    assert_eq!(signed.property_info(), PATH);
    assert_eq!(signed.data_hash(), sm3::digest(XML));
    assert_eq!(signed.seal().der(), seal.der());
    let findings = workshop.findings(&signed, seal.der());
    assert_eq!(overall(&findings), Outcome::Pass, "{findings:?}");
    assert!(
        findings.iter().all(|finding| finding.reason == "ok"),
        "{findings:?}"
    );
    let evidence = Evidence {
        signature_xml: XML,
        signature_path: PATH,
        seal_file: None,
        time_stamping: None,
    };
    let report = verify::signature(&signed, &evidence, &workshop.trust());
    assert!(report.specimen() && verify::seal(&seal, &workshop.trust(), during()).specimen());
    assert_eq!(
        of(&report.findings, check::SEAL_FILE),
        (Outcome::CannotSay, "absent")
    );
}

/// Decodes every SEQUENCE down to the leaves and encodes it again.
fn strict(der: &[u8]) {
    let members = Vec::<der::Any>::from_der(der).unwrap();
    assert_eq!(members.to_der().unwrap(), der);
    for member in members.iter().filter(|member| member.tag() == der::Tag::Sequence) {
        strict(&member.to_der().unwrap());
    }
}

#[test]
fn what_is_written_is_strict_der() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    strict(seal.der());
    strict(&workshop.sign(&seal, during()));
}

#[test]
fn the_kept_midstate_gives_the_digest_of_the_whole() {
    let workshop = Workshop::new();
    let stamp = Stamp::new(&workshop.seal(), &workshop.signer, PATH).unwrap();
    for (index, when) in ["2026-02-01T00:00:00Z", "2028-02-01T00:00:00Z"]
        .into_iter()
        .enumerate()
    {
        let tbs = stamp.tbs(at(when), &[u8::try_from(index).unwrap(); 32]).unwrap();
        assert_eq!(
            tbs.digest(),
            workshop.signer_key.public_key().digest(&tbs.to_der())
        );
        let signature = workshop.signer_key.sign(&tbs.to_der(), &mut rng(1)).unwrap();
        let signed = SignedSeal::parse(&tbs.finish(&signature).unwrap()).unwrap();
        assert_eq!(signed.signed_bytes(), tbs.to_der());
    }
}

#[test]
fn a_signer_that_the_seal_does_not_list_is_refused() {
    let workshop = Workshop::new();
    let renewed = request(
        Profile::SealSigner,
        "样本签章人",
        &workshop.signer_key,
        33,
        "2028-12-31T23:59:59Z",
    );
    let renewed = workshop.root.issue(&renewed, &mut rng(1)).unwrap();
    // The same key in a new certificate is not the listed one.
    assert_eq!(
        Stamp::new(&workshop.seal(), &renewed, PATH).unwrap_err(),
        StampError::SignerNotListed
    );
}

#[test]
fn outside_of_the_validities_nothing_is_signed() {
    let workshop = Workshop::new();
    let stamp = Stamp::new(&workshop.seal(), &workshop.signer, PATH).unwrap();
    let sign = |when| stamp.tbs(at(when), &[0; 32]).map(drop);
    assert_eq!(sign("2026-01-31T23:59:59Z"), Err(StampError::OutsideSealValidity));
    assert_eq!(sign("2028-02-01T00:00:01Z"), Err(StampError::OutsideSealValidity));
    let mut draft = workshop.draft();
    draft.valid_until = at("2030-01-01T00:00:00Z");
    let longer = draft
        .make(&workshop.maker, &workshop.maker_key, &mut rng(1))
        .unwrap();
    let stamp = Stamp::new(&longer, &workshop.signer, PATH).unwrap();
    let late = stamp.tbs(at("2029-01-01T00:00:00Z"), &[0; 32]).map(drop);
    assert_eq!(late, Err(StampError::OutsideCertificateValidity));
    for path in ["Doc_0/Signature.xml", "", "/Doc 0", "/文档"] {
        assert_eq!(
            Stamp::new(&longer, &workshop.signer, path).unwrap_err(),
            StampError::PropertyInfo
        );
    }
}

#[test]
fn a_draft_that_is_no_seal_is_refused() {
    let workshop = Workshop::new();
    let refuse = |change: &dyn Fn(&mut SealDraft)| {
        let mut draft = workshop.draft();
        change(&mut draft);
        draft
            .make(&workshop.maker, &workshop.maker_key, &mut rng(1))
            .is_err()
    };
    assert!(!refuse(&|_| {}));
    assert!(refuse(&|draft| draft.version = Version::V1));
    assert!(refuse(&|draft| draft.es_id = "章".to_owned()));
    assert!(refuse(&|draft| draft.name.clear()));
    assert!(refuse(&|draft| draft.signers.clear()));
    assert!(refuse(&|draft| draft.picture.bytes.clear()));
    assert!(refuse(&|draft| draft.picture.height = 0));
    assert!(refuse(&|draft| draft.valid_until = at("2026-01-01T00:00:00Z")));
    assert!(
        refuse(&|draft| draft.created = at("2025-01-01T00:00:00Z")),
        "before the maker's certificate"
    );
    let stranger = workshop
        .draft()
        .make(&workshop.maker, &workshop.signer_key, &mut rng(1));
    assert!(stranger.is_err(), "another key than the maker's");
}

#[test]
fn revocation_counts_from_its_instant() {
    let mut workshop = Workshop::new();
    let seal = workshop.seal();
    let before = SignedSeal::parse(&workshop.sign(&seal, at("2026-11-23T08:00:00Z"))).unwrap();
    let after = SignedSeal::parse(&workshop.sign(&seal, at("2026-12-01T08:00:00Z"))).unwrap();
    let entry = |serial| Revocation {
        serial: vec![serial],
        revoked_at: at("2026-12-01T00:00:00Z"),
        reason: RevocationReason::Superseded,
        invalid_since: None,
    };
    workshop.revoke(&[entry(3)]);
    let findings = workshop.findings(&before, seal.der());
    assert_eq!(failures(&findings), []);
    assert_eq!(
        of(&findings, check::SIGNER_REVOCATION),
        (Outcome::Pass, "revoked_later")
    );
    assert_eq!(
        failures(&workshop.findings(&after, seal.der())),
        [(check::SIGNER_REVOCATION, "revoked")]
    );
    workshop.revoke(&[entry(2)]);
    assert_eq!(
        failures(&workshop.findings(&after, seal.der())),
        [(check::MAKER_REVOCATION, "revoked")]
    );
    workshop.lists.clear();
    let findings = workshop.findings(&after, seal.der());
    assert_eq!(failures(&findings), []);
    for name in [check::SIGNER_REVOCATION, check::MAKER_REVOCATION] {
        assert_eq!(of(&findings, name), (Outcome::CannotSay, "no_revocation_list"));
    }
}

/// GM/T 0031-2025: what happened to the maker after the seal was made is a remark; before, it was a failure.
#[test]
fn a_maker_that_expired_since_fails_version_4_and_is_a_remark_in_version_5() {
    let workshop = Workshop::with_maker_until("2026-06-01T00:00:00Z");
    let make = |version| {
        let draft = SealDraft {
            version,
            ..workshop.draft()
        };
        draft
            .make(&workshop.maker, &workshop.maker_key, &mut rng(1))
            .unwrap()
    };
    let later = verify::seal(&make(Version::V4), &workshop.trust(), during());
    assert_eq!(failures(&later.findings), [(check::MAKER_VALIDITY, "expired")]);
    let seal = make(Version::V5);
    assert_eq!(seal.version(), Version::V5);
    let later = verify::seal(&seal, &workshop.trust(), during());
    assert_eq!(failures(&later.findings), []);
    assert_eq!(
        of(&later.findings, check::MAKER_VALIDITY),
        (Outcome::Pass, "expired_since_creation")
    );
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    assert_eq!((signed.version(), signed.stated_version()), (Version::V5, 5));
    assert_eq!(
        of(&workshop.findings(&signed, seal.der()), check::SIGNATURE),
        (Outcome::Pass, "ok")
    );
}

#[test]
fn an_untrusted_root_is_the_only_thing_wrong_with_a_strangers_seal() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    let evidence = Evidence {
        signature_xml: XML,
        signature_path: PATH,
        seal_file: Some(seal.der()),
        time_stamping: None,
    };
    let nothing = gm::chain::Trust::default();
    let report = verify::signature(&signed, &evidence, &nothing);
    assert_eq!(
        failures(&report.findings),
        [(check::SIGNER_CHAIN, "no_trusted_root")]
    );
    assert_eq!(
        failures(&verify::seal(&seal, &nothing, during()).findings),
        [(check::MAKER_CHAIN, "no_trusted_root")]
    );
}

/// GM/T 0031-2025 checks the creation date (domain §4.8 c); the older texts do not.
#[test]
fn a_seal_made_after_its_use_fails_version_5_and_is_a_remark_in_version_4() {
    let workshop = Workshop::new();
    let found = |version| {
        let mut draft = SealDraft {
            version,
            ..workshop.draft()
        };
        draft.created = at("2026-12-01T00:00:00Z");
        let seal = draft
            .make(&workshop.maker, &workshop.maker_key, &mut rng(1))
            .unwrap();
        of(
            &verify::seal(&seal, &workshop.trust(), during()).findings,
            check::SEAL_CREATED,
        )
    };
    assert_eq!(found(Version::V4), (Outcome::Pass, "created_after_use"));
    assert_eq!(found(Version::V5), (Outcome::Fail, "created_after_use"));
}

/// A key that certifies does not make seals, nor sign with them; and who certifies must be valid at the signing.
#[test]
fn an_authority_that_makes_seals_or_signs_is_told_by_its_key_usage() {
    let mut workshop = Workshop::new();
    let root_key = || PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng(1));
    workshop.maker = workshop.root.certificate().clone();
    workshop.maker_key = root_key();
    let found = verify::seal(&workshop.seal(), &workshop.trust(), during()).findings;
    let told = |findings: &[Finding], name| -> Vec<&'static str> {
        let of_name = findings.iter().filter(|one| one.check == name);
        of_name.map(|one| one.reason).collect()
    };
    assert_eq!(
        told(&found, check::MAKER_KEY_USAGE),
        ["key_may_not_sign", "authority_used_as_signer"]
    );
    assert_eq!(told(&found, check::MAKER_CHAIN), ["ok"]);
    workshop.signer = workshop.root.certificate().clone();
    workshop.signer_key = root_key();
    let seal = workshop.seal();
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    let found = workshop.findings(&signed, seal.der());
    assert_eq!(
        told(&found, check::SIGNER_KEY_USAGE),
        ["key_may_not_sign", "authority_used_as_signer"]
    );
    assert_eq!(told(&found, check::SIGNATURE), ["ok"]);
}

#[test]
fn a_protected_part_of_another_name_is_a_remark() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    let evidence = Evidence {
        signature_xml: XML,
        signature_path: "/Doc_0/Signs/Sign_1/Signature.xml",
        seal_file: Some(seal.der()),
        time_stamping: None,
    };
    let found = verify::signature(&signed, &evidence, &workshop.trust()).findings;
    assert_eq!(failures(&found), []);
    assert_eq!(
        of(&found, check::PROPERTY_INFO),
        (Outcome::Pass, "names_something_else")
    );
}

#[test]
fn an_issuer_that_ended_before_the_signing_is_a_finding_of_its_own() {
    let workshop = Workshop::with_root_until("2026-06-01T00:00:00Z");
    let seal = workshop.seal();
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    let found = workshop.findings(&signed, seal.der());
    assert_eq!(
        failures(&found),
        [
            (check::ISSUER_VALIDITY, "expired"),
            (check::MAKER_VALIDITY, "expired")
        ]
    );
}

#[test]
fn a_time_stamp_goes_into_its_field_once_and_changes_nothing_else() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let signed = SignedSeal::parse(&workshop.sign(&seal, during())).unwrap();
    let bytes = signed.with_time_stamp(b"a token").unwrap();
    let stamped = SignedSeal::parse(&bytes).unwrap();
    assert_eq!(stamped.time_stamp(), Some(&b"a token"[..]));
    assert_eq!(stamped.signed_bytes(), signed.signed_bytes());
    assert_eq!(stamped.signature(), signed.signature());
    assert_eq!(stamped.signer_der(), signed.signer_der());
    assert!(stamped.with_time_stamp(b"another").is_err());
    // A reader that is not ours: the field is the last one, explicit [0] around a BIT STRING.
    let tail = der::asn1::ContextSpecific {
        tag_number: der::TagNumber(0),
        tag_mode: der::TagMode::Explicit,
        value: der::asn1::BitString::from_bytes(b"a token").unwrap(),
    };
    assert!(bytes.ends_with(&tail.to_der().unwrap()));
}
