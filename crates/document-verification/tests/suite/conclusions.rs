//! File and register together: one verdict, and never one taken for another.

use certificate_face::specimen;
use document_verification::{
    Conclusion, DocumentStanding, IssuedFile, OfflineStanding, Outcome, Policy, RegisterAnswer, Verdict,
    check, conclude, offline_standing, verify,
};
use domain::certificate::FactsRecord;
use domain::register::StatusCode;
use domain::standing::{Standing, UsePeriodStanding, VersionStanding};
use jiff::civil::date;

use crate::fixture::{BUNDLE, COPY, ORIGINAL, at, judged, now};

fn standing() -> Standing {
    Standing {
        day: date(2026, 6, 1),
        status: StatusCode::Valid,
        normal: true,
        renewal_pending: false,
        version: VersionStanding::Current,
        specialties: Vec::new(),
        use_period: UsePeriodStanding::NotACopy,
        since: None,
    }
}

fn answer(standing: &Standing) -> RegisterAnswer<'_> {
    RegisterAnswer::Known {
        standing,
        issued: IssuedFile::Known,
        facts: None,
        current: None,
    }
}

fn outcome(conclusion: &Conclusion, check: &str) -> (Outcome, &'static str) {
    let finding = conclusion
        .findings
        .iter()
        .find(|finding| finding.check == check)
        .expect("the check");
    (finding.result, finding.reason)
}

#[test]
fn revoked_expired_forged_and_superseded_are_four_verdicts() {
    let (original, copy) = (judged(&ORIGINAL.ofd), judged(&COPY.ofd));
    let valid = conclude(&original, &answer(&standing()));
    assert_eq!(valid.verdict, Verdict::Valid);
    assert!(valid.text.zh.starts_with("【样本】") && valid.specimen);

    let revoked = Standing {
        status: StatusCode::Revoked,
        normal: false,
        ..standing()
    };
    let revoked = conclude(&original, &answer(&revoked));
    assert_eq!(revoked.verdict, Verdict::RegistrationEnded);
    assert_eq!(
        outcome(&revoked, check::REGISTRATION),
        (Outcome::Fail, "registration_revoked")
    );

    let until = date(2026, 5, 31);
    let over = Standing {
        use_period: UsePeriodStanding::Over { use_until: until },
        ..standing()
    };
    let over = conclude(&copy, &answer(&over));
    assert_eq!(over.verdict, Verdict::CopyExpired);
    assert_eq!(outcome(&over, check::COPY), (Outcome::Fail, "use_period_over"));

    let by = "1.2.156.3005.2.…".to_owned();
    let old = VersionStanding::Superseded {
        at: at("2026-05-20T00:00:00Z"),
        by,
    };
    let old = conclude(
        &original,
        &answer(&Standing {
            version: old,
            ..standing()
        }),
    );
    assert_eq!(old.verdict, Verdict::Superseded);
    assert_eq!(outcome(&old, check::VERSION), (Outcome::Fail, "superseded"));

    let forged = crate::archive::change(&ORIGINAL.ofd, "OFD.xml", |xml| xml.extend(b"<!-- -->"));
    let forged = conclude(&judged(&forged), &answer(&standing()));
    assert_eq!(
        forged.verdict,
        Verdict::Altered,
        "whatever the register says of the registration"
    );

    let texts = [&valid, &revoked, &over, &old, &forged].map(|one| one.text.zh.clone());
    let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
    assert_eq!(distinct.len(), texts.len());
}

#[test]
fn a_genuine_file_that_the_register_does_not_know_is_not_issued_here() {
    let report = judged(&ORIGINAL.pdf);
    let standing = standing();
    let unknown = RegisterAnswer::Known {
        standing: &standing,
        issued: IssuedFile::Unknown,
        facts: None,
        current: None,
    };
    for answer in [RegisterAnswer::Unknown, unknown] {
        let conclusion = conclude(&report, &answer);
        assert_eq!(conclusion.document, DocumentStanding::NotIssuedHere);
        assert_eq!(conclusion.verdict, Verdict::NotIssuedHere);
    }
}

#[test]
fn facts_are_compared_with_the_register_and_with_the_current_version() {
    let report = judged(&ORIGINAL.ofd);
    let own: FactsRecord = specimen::original(2).record().clone();
    let mut other = own.clone();
    other.employer.name = "另一家公司".to_owned();
    let standing = standing();
    let with = |facts| RegisterAnswer::Known {
        standing: &standing,
        issued: IssuedFile::Known,
        facts,
        current: None,
    };
    assert_eq!(
        outcome(&conclude(&report, &with(Some(&own))), check::REGISTER_FACTS).0,
        Outcome::Pass
    );
    let differs = conclude(&report, &with(Some(&other)));
    assert_eq!(
        outcome(&differs, check::REGISTER_FACTS),
        (Outcome::Fail, "facts_differ_from_register")
    );
    assert_eq!(differs.verdict, Verdict::NotIssuedHere);
    let old = VersionStanding::Superseded {
        at: at("2026-05-20T00:00:00Z"),
        by: "next".to_owned(),
    };
    let old = Standing {
        version: old,
        ..standing.clone()
    };
    let answer = RegisterAnswer::Known {
        standing: &old,
        issued: IssuedFile::Known,
        facts: Some(&own),
        current: Some(&other),
    };
    assert_eq!(conclude(&report, &answer).changed_facts, ["employer"]);
}

#[test]
fn without_the_register_an_authentic_file_has_an_unknown_standing() {
    let conclusion = conclude(&judged(&ORIGINAL.ofd), &RegisterAnswer::Unavailable);
    assert_eq!(
        (conclusion.document, conclusion.verdict),
        (DocumentStanding::Authentic, Verdict::CannotSay)
    );
    assert_eq!(
        offline_standing(&judged(&ORIGINAL.ofd), now()),
        OfflineStanding::CannotSay
    );
    let late = at("2027-01-01T00:00:00Z");
    let report = verify(&COPY.ofd, &BUNDLE, late, &Policy::default());
    assert_eq!(offline_standing(&report, late), OfflineStanding::Ended);
    assert_eq!(
        conclude(&report, &RegisterAnswer::Unavailable).verdict,
        Verdict::CopyExpired
    );
}

#[test]
fn a_file_that_was_made_anew_is_authentic_and_says_so() {
    let standing = standing();
    let answer = RegisterAnswer::Known {
        standing: &standing,
        issued: IssuedFile::Reissued,
        facts: None,
        current: None,
    };
    let conclusion = conclude(&judged(&ORIGINAL.ofd), &answer);
    assert_eq!(
        outcome(&conclusion, check::ISSUED_FILE),
        (Outcome::Warning, "file_made_anew_since")
    );
    assert_eq!(conclusion.document, DocumentStanding::Authentic);
    assert_eq!(conclusion.verdict, Verdict::Valid);
}
