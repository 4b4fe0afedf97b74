//! Documents as they left the authority.

use certificate_face::specimen;
use document_verification::{DocumentStanding, FileKind, Outcome, Policy, TimeEvidence, check, verify};
use gm::certificate::Marking;
use jiff::ToSpan as _;

use crate::fixture::{
    BUNDLE, COPY, ORIGINAL, Office, Plan, VERIFIER, at, failures, judged, now, of, sealed_at,
};

#[test]
fn both_documents_of_an_original_are_authentic_specimens() {
    for (bytes, kind) in [(&ORIGINAL.ofd, FileKind::Ofd), (&ORIGINAL.pdf, FileKind::Pdf)] {
        let report = judged(bytes);
        assert_eq!(
            report.document,
            DocumentStanding::Authentic,
            "{:?}",
            report.findings
        );
        assert_eq!(failures(&report), []);
        let open: Vec<_> = report
            .findings
            .iter()
            .filter(|one| one.result == Outcome::CannotSay)
            .collect();
        assert!(open.is_empty(), "{open:?}");
        assert!(report.is_fit_to_issue());
        assert_eq!((report.kind, report.specimen), (kind, true));
        assert_eq!(report.signed_at, Some(sealed_at()));
        assert_eq!(report.time_evidence, TimeEvidence::Claimed);
        assert_eq!(report.use_copy, None);
        let record = specimen::original(2);
        assert_eq!(report.facts.record.as_ref(), Some(record.record()));
        assert_eq!(
            report.licence_identifier,
            Some(record.record().licence_identifier.to_string())
        );
        assert_eq!(report.facts.face[&("CZZT", 0)], "张伟民");
        let [signature] = report.signatures.as_slice() else {
            panic!("one signature")
        };
        assert_eq!(signature.authority.as_deref(), Some(specimen::ISSUER));
        assert_eq!(signature.signer.as_deref(), Some("样本签章人"));
        for check in [
            check::FACE,
            check::GLYPHS,
            check::PHOTO,
            check::METADATA,
            check::OUTER_METADATA,
            check::LICENCE,
        ] {
            assert_eq!(of(&report, check), (Outcome::Pass, "ok"));
        }
    }
}

#[test]
fn a_use_copy_says_so_and_until_when() {
    for bytes in [&COPY.ofd, &COPY.pdf] {
        let report = judged(bytes);
        assert_eq!(
            report.document,
            DocumentStanding::Authentic,
            "{:?}",
            report.findings
        );
        let copy = report.use_copy.as_ref().expect("a use copy");
        assert_eq!(copy.use_until.to_string(), "2026-10-31");
        assert_eq!(of(&report, check::USE_PERIOD), (Outcome::Pass, "ok"));
        let late = verify(bytes, &BUNDLE, at("2026-11-01T00:00:00Z"), &Policy::default());
        assert_eq!(
            late.document,
            DocumentStanding::Authentic,
            "an expired copy is no forgery"
        );
        assert_eq!(
            of(&late, check::USE_PERIOD),
            (Outcome::Warning, "use_period_over")
        );
    }
}

#[test]
fn what_is_kept_of_seals_changes_no_report() {
    for when in [now(), at("2030-01-01T00:00:00Z"), now()] {
        for bytes in [&ORIGINAL.ofd, &COPY.ofd, &ORIGINAL.pdf] {
            let (kept, fresh) = (
                VERIFIER.verify(bytes, when),
                verify(bytes, &BUNDLE, when, &Policy::default()),
            );
            assert_eq!(kept.findings, fresh.findings);
            assert_eq!(kept.document, fresh.document);
        }
    }
}

#[test]
fn a_seal_is_judged_anew_on_the_other_side_of_each_of_its_dates() {
    let office = Office::open(Plan {
        maker_until: "2026-05-10T00:00:00Z",
        ..Plan::new(31)
    });
    let verifier = document_verification::Verifier::new(office.bundle(), Policy::default());
    let template = office.template(certificate_face::face::Kind::Original);
    let printed = specimen::original(1);
    for (when, standing) in [
        ("2026-05-09T00:00:00Z", DocumentStanding::Authentic),
        ("2026-05-10T00:00:00Z", DocumentStanding::Authentic),
        ("2026-05-10T00:00:01Z", DocumentStanding::WrongAuthority),
        ("2026-05-09T12:00:00Z", DocumentStanding::Authentic),
    ] {
        let sealed = office.seal_with(&template, &printed, at(when));
        assert_eq!(verifier.verify(&sealed.ofd, now()).document, standing, "{when}");
    }
}

#[test]
fn an_expired_maker_is_a_warning_under_the_policy_that_says_so() {
    use document_verification::MakerExpiry;
    let office = Office::open(Plan {
        maker_until: "2026-05-01T00:00:00Z",
        ..Plan::new(32)
    });
    let bytes = office.seal(&specimen::original(1)).ofd;
    let strict = verify(&bytes, &office.bundle(), now(), &Policy::default());
    assert_eq!(of(&strict, "seal.maker_validity"), (Outcome::Fail, "expired"));
    assert_eq!(strict.document, DocumentStanding::WrongAuthority);
    let policy = Policy {
        maker_expiry: MakerExpiry::WarnIfValidAtCreation,
        ..Policy::default()
    };
    let lenient = verify(&bytes, &office.bundle(), now(), &policy);
    assert_eq!(
        of(&lenient, "seal.maker_validity"),
        (Outcome::Warning, "expired_since_creation")
    );
    assert_eq!(lenient.document, DocumentStanding::Authentic);
}

#[test]
fn a_file_signed_ahead_of_the_present_cannot_be_told() {
    for bytes in [&ORIGINAL.ofd, &ORIGINAL.pdf] {
        let early = sealed_at().checked_sub(1.hour()).expect("a time");
        let report = verify(bytes, &BUNDLE, early, &Policy::default());
        assert_eq!(of(&report, check::TIME_PRESENT).1, "signed_ahead_of_the_present");
        assert_eq!(report.document, DocumentStanding::CannotSay);
    }
}

#[test]
fn without_revocation_lists_only_specimens_are_authentic() {
    use document_verification::RevocationRule;
    let office = Office::open(Plan {
        marking: Marking::Unmarked,
        ..Plan::new(33)
    });
    let sealed = office.seal(&specimen::original(1));
    let bundle = office.bundle();
    let optional = Policy {
        revocation: RevocationRule::Optional,
        ..Policy::default()
    };
    for bytes in [&sealed.ofd, &sealed.pdf] {
        let report = verify(bytes, &bundle, now(), &Policy::default());
        assert!(!report.specimen);
        assert_eq!(
            report.document,
            DocumentStanding::CannotSay,
            "{:?}",
            report.findings
        );
        assert_eq!(
            verify(bytes, &bundle, now(), &optional).document,
            DocumentStanding::Authentic
        );
    }
}

#[test]
fn what_is_neither_ofd_nor_pdf_cannot_be_told() {
    for bytes in [b"".as_slice(), b"<html>", &[0; 4096]] {
        let report = judged(bytes);
        assert_eq!(
            (report.kind, report.document),
            (FileKind::Unknown, DocumentStanding::CannotSay)
        );
        assert_eq!(of(&report, check::FORMAT).1, "neither_ofd_nor_pdf");
    }
}

#[test]
fn nothing_personal_is_shown_by_debug() {
    let shown = format!("{:?}", judged(&ORIGINAL.ofd));
    for secret in ["张伟民", "320205199003070011", "1990-03-07", "1990年"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let json = serde_json::to_string(&judged(&ORIGINAL.pdf)).expect("JSON");
    for secret in ["张伟民", "320205199003070011"] {
        assert!(!json.contains(secret), "{secret}");
    }
}

#[test]
fn a_seal_of_the_newest_standard_is_as_good() {
    let office = Office::open(Plan {
        version: seal_format::Version::V5,
        ..Plan::new(34)
    });
    let bytes = office.seal(&specimen::original(1)).ofd;
    let report = verify(&bytes, &office.bundle(), now(), &Policy::default());
    assert_eq!(
        report.document,
        DocumentStanding::Authentic,
        "{:?}",
        report.findings
    );
}

#[test]
fn a_stated_time_that_differs_is_a_remark() {
    let mut hand = crate::hand::Hand::new();
    hand.date_time = "20260501020000Z";
    let report = judged(&hand.sealed());
    assert_eq!(
        of(&report, check::TIME_STATED),
        (Outcome::Warning, "times_differ")
    );
    assert_eq!(report.document, DocumentStanding::Authentic);
}
