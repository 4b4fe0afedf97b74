//! Files that look like certificates of the register and are sealed by somebody else.

use certificate_face::specimen;
use document_verification::{DocumentStanding, Outcome, Policy, check, verify};

use crate::fixture::{BUNDLE, OFFICE, ORIGINAL, Office, Plan, judged, now, of};

#[test]
fn the_same_names_under_another_root_are_another_authority() {
    let forger = Office::open(Plan::new(2));
    let sealed = forger.seal(&specimen::original(2));
    for bytes in [&sealed.ofd, &sealed.pdf] {
        let report = judged(bytes);
        assert_eq!(
            report.document,
            DocumentStanding::WrongAuthority,
            "{:?}",
            report.findings
        );
        assert_eq!(
            of(&report, check::SIGNER),
            (Outcome::Fail, "not_of_this_register")
        );
        let [signature] = report.signatures.as_slice() else {
            panic!("one signature")
        };
        assert_eq!(signature.authority, None);
        let finding = report.of(check::SIGNER).next().expect("a finding");
        assert!(finding.zh().contains(specimen::ISSUER), "names who signed");
    }
    // The forger's own bundle would call it authentic: the difference is the root alone.
    let own = verify(&sealed.ofd, &forger.bundle(), now(), &Policy::default());
    assert_eq!(own.document, DocumentStanding::Authentic);
}

#[test]
fn a_genuine_seal_used_by_a_key_that_it_does_not_list_is_another_authority() {
    let thief = Office::open(Plan {
        borrowed: Some(OFFICE.seal.clone()),
        ..Plan::new(3)
    });
    let report = judged(&thief.seal(&specimen::original(2)).ofd);
    assert_eq!(
        report.document,
        DocumentStanding::WrongAuthority,
        "{:?}",
        report.findings
    );
    assert_eq!(
        of(&report, "signature.signer_listed"),
        (Outcome::Fail, "signer_not_listed")
    );
    assert_eq!(
        of(&report, "seal.signature"),
        (Outcome::Pass, "ok"),
        "the seal itself is genuine"
    );
}

#[test]
fn another_organisation_of_the_same_hierarchy_is_no_issuing_authority() {
    let mut authorities = OFFICE.authorities();
    authorities[0].signers.organisations = vec!["另一个机关".to_owned()];
    let bundle = OFFICE.bundle_with(&[], authorities);
    for bytes in [&ORIGINAL.ofd, &ORIGINAL.pdf] {
        let report = verify(bytes, &bundle, now(), &Policy::default());
        assert_eq!(report.document, DocumentStanding::WrongAuthority);
        assert_eq!(
            of(&report, check::SIGNER),
            (Outcome::Fail, "not_an_issuing_authority")
        );
    }
}

/// A name that looks the same is not the same: names are compared character by character.
#[test]
fn a_name_that_only_looks_like_the_authoritys_is_another_name() {
    let name = specimen::ISSUER;
    for lookalike in [
        format!("{name} "),
        format!("\u{200b}{name}"),
        format!("{name}\u{fe00}"),
        name.replacen('（', "(", 1) + ")",
        name.chars().rev().collect(),
    ] {
        let mut authorities = OFFICE.authorities();
        authorities[0].signers.organisations = vec![lookalike.clone()];
        let bundle = OFFICE.bundle_with(&[], authorities);
        for bytes in [&ORIGINAL.ofd, &ORIGINAL.pdf] {
            let report = verify(bytes, &bundle, now(), &Policy::default());
            assert_eq!(
                of(&report, check::SIGNER),
                (Outcome::Fail, "not_an_issuing_authority"),
                "{lookalike:?}"
            );
        }
    }
}

#[test]
fn another_seal_of_the_authority_is_not_the_one_for_certificates() {
    let mut authorities = OFFICE.authorities();
    authorities[0].signers.seal_ids = vec!["11990000000000000D0002".to_owned()];
    let bundle = OFFICE.bundle_with(&[], authorities);
    let report = verify(&ORIGINAL.ofd, &bundle, now(), &Policy::default());
    assert_eq!(
        of(&report, check::SIGNER),
        (Outcome::Fail, "not_an_issuing_authority")
    );
}

#[test]
fn an_authority_may_issue_only_its_own_types_under_its_own_code() {
    type Change = fn(&mut document_verification::trust::IssuingAuthority);
    let cases: [(Change, &str); 2] = [
        (
            |one| one.licence_types = vec!["11100000000013338W001".to_owned()],
            "licence_type_not_of_this_authority",
        ),
        (
            |one| one.credit_code = "91320000MA00000016".to_owned(),
            "other_issuer_named",
        ),
    ];
    for (change, reason) in cases {
        let mut authorities = OFFICE.authorities();
        change(&mut authorities[0]);
        let bundle = OFFICE.bundle_with(&[], authorities);
        for bytes in [&ORIGINAL.ofd, &ORIGINAL.pdf] {
            let report = verify(bytes, &bundle, now(), &Policy::default());
            assert_eq!(of(&report, check::LICENCE), (Outcome::Fail, reason));
            assert_eq!(report.document, DocumentStanding::WrongAuthority);
        }
    }
}

#[test]
fn an_unsigned_certificate_is_none_of_this_register() {
    use certificate_face::face::Kind;
    use certificate_face::render::render;
    let (printed, pictures) = (specimen::original(2), specimen::pictures(specimen::SEED));
    let template = OFFICE.template(Kind::Original);
    let drafts = render(&template, &printed.facts(), &pictures, &specimen::sealing()).expect("drafts");
    let pdf = judged(drafts.pdf_bytes());
    assert_ne!(pdf.document, DocumentStanding::Authentic, "{:?}", pdf.findings);
    let ofd = judged(drafts.ofd_package());
    assert_eq!(
        ofd.document,
        DocumentStanding::Altered,
        "it names a signed value that is not there"
    );
    let report = verify(drafts.ofd_package(), &BUNDLE, now(), &Policy::default());
    assert_eq!(of(&report, check::READABLE).0, Outcome::Fail);
}
