use jiff::civil::date;

use super::*;
use crate::reason::Reason as _;

fn details(initiator: CancellationInitiator, ground: CancellationGround) -> CancellationDetails {
    CancellationDetails {
        initiator,
        ground,
        statement: "依据执法决定".to_owned(),
        employment_ended_on: Some(date(2026, 3, 1)),
        whole: true,
        commitment: false,
    }
}

const TODAY: Date = date(2026, 3, 2);

fn term(to: Date) -> [(Specialty, Validity); 1] {
    let from = date(2023, 1, 1);
    [(Specialty::Building, Validity { from, to })]
}

fn refused(details: &CancellationDetails) -> &'static str {
    let refused = details
        .check(&term(date(2027, 1, 1)), TODAY)
        .expect_err("refused");
    assert!(!refused.article().is_empty() && !refused.text().zh.is_empty());
    refused.reason()
}

#[test]
fn each_ground_is_stated_by_whom_it_concerns() {
    use CancellationInitiator::{Authority, Employer, Holder};
    for initiator in [Holder, Employer, Authority] {
        for ground in CancellationGround::ALL {
            let stated = details(initiator, *ground).check(&term(date(2026, 3, 1)), TODAY);
            assert_eq!(
                stated.is_ok(),
                ground.may_be_stated_by(initiator),
                "{ground} {initiator}"
            );
        }
    }
    assert_eq!(
        refused(&details(Employer, CancellationGround::OwnWish)),
        "CANCELLATION_GROUND_OF_ANOTHER"
    );
    assert_eq!(
        refused(&details(Holder, CancellationGround::CertificateStripped)),
        "CANCELLATION_GROUND_OF_ANOTHER"
    );
    assert!(!CancellationGround::OwnWish.may_be_stated_by(Authority));
}

#[test]
fn what_takes_the_ground_from_a_registration_leaves_no_specialty() {
    let mut one = details(CancellationInitiator::Holder, CancellationGround::EmploymentEnded);
    one.whole = false;
    assert_eq!(refused(&one), "CANCELLATION_GROUND_ENDS_ALL");
    one.ground = CancellationGround::OwnWish;
    assert_eq!(one.check(&term(date(2027, 1, 1)), TODAY), Ok(()));
    assert_eq!(
        one.terms(&[Specialty::Building]).specialties,
        Some(vec![Specialty::Building])
    );
    one.whole = true;
    assert_eq!(one.terms(&[Specialty::Building]).specialties, None);
}

#[test]
fn words_days_and_ends_are_asked_for_where_the_ground_rests_on_them() {
    let mut own_motion = details(CancellationInitiator::Authority, CancellationGround::OverAge);
    own_motion.statement = "  ".to_owned();
    assert_eq!(refused(&own_motion), "CANCELLATION_STATEMENT_MISSING");
    let mut ended = details(
        CancellationInitiator::Employer,
        CancellationGround::EmploymentEnded,
    );
    for day in [None, Some(date(2026, 3, 3))] {
        ended.employment_ended_on = day;
        assert_eq!(refused(&ended), "CANCELLATION_EMPLOYMENT_END");
    }
    let expired = details(CancellationInitiator::Authority, CancellationGround::TermExpired);
    assert_eq!(refused(&expired), "CANCELLATION_TERM_NOT_OVER");
    assert_eq!(
        expired.check(&term(date(2026, 3, 1)), TODAY),
        Ok(()),
        "the last day has passed"
    );
    assert!(
        expired.check(&term(TODAY), TODAY).is_err(),
        "the last day is a valid day"
    );
}
