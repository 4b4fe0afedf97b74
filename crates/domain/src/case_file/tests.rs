use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::calendar::{plus_days, start_of};
use crate::province::Province;
use crate::reason::Reason as _;
use crate::work::Relations;

fn authority() -> Authority {
    Authority::Province(Province::from_code("32").expect("Jiangsu"))
}

fn officer(n: u128) -> Officer {
    Officer {
        id: OfficerId::from_uuid(Uuid::from_u128(n)),
        authority: authority(),
    }
}

fn hand(n: u128, principals: &[u128]) -> Hand {
    Hand {
        officer: officer(n).id,
        principals: principals.iter().map(|n| officer(*n).id).collect::<BTreeSet<_>>(),
        relations: vec![Relations::default()],
    }
}

fn at(day: i32) -> Timestamp {
    start_of(plus_days(date(2026, 3, 2), day)) + SignedDuration::from_hours(12)
}

fn claimed() -> Case {
    let case = Case::open(
        CaseId::from_uuid(Uuid::from_u128(1)),
        PersonId::from_uuid(Uuid::from_u128(2)),
        authority(),
        at(0),
    );
    case.claim(officer(1), &hand(1, &[])).expect("in hand")
}

fn refused(result: Result<Case, CaseRefused>) -> &'static str {
    result.expect_err("refused").reason()
}

fn told() -> Case {
    let calendar = HolidayCalendar::official();
    claimed()
        .hear(officer(1), &hand(1, &[]), 5, calendar, at(0))
        .expect("told")
}

fn revoke(case: Case, day: i32) -> Result<Case, CaseRefused> {
    case.propose(
        officer(1),
        &hand(1, &[]),
        CaseOutcome::Revoke,
        "材料虚假",
        at(day),
    )
}

#[test]
fn nothing_goes_against_the_holder_unheard() {
    assert_eq!(refused(revoke(claimed(), 1)), "CASE_NOT_HEARD");
    assert_eq!(refused(revoke(told(), 7)), "CASE_NOT_HEARD");
    assert!(revoke(told(), 8).is_ok(), "five working days have passed");
    let stated = told().stated(at(3)).expect("stated");
    assert!(revoke(stated, 3).is_ok());
    assert_eq!(refused(told().stated(at(8))), "CASE_HEARING_OVER");
    assert_eq!(refused(claimed().stated(at(1))), "CASE_NOT_HEARD");
    let dismissed = claimed().propose(officer(1), &hand(1, &[]), CaseOutcome::Dismiss, "不属实", at(1));
    assert!(dismissed.is_ok(), "what favours the holder needs no hearing");
}

#[test]
fn a_proposal_is_decided_by_other_hands() {
    let proposed = revoke(told().stated(at(1)).expect("stated"), 2).expect("proposed");
    for (n, principals) in [(1, [].as_slice()), (2, [1].as_slice())] {
        let decided = proposed
            .clone()
            .decide(officer(n), &hand(n, principals), true, None, at(3));
        assert_eq!(refused(decided), "CASE_OWN_PROPOSAL");
    }
    let back = proposed
        .clone()
        .decide(officer(3), &hand(3, &[]), false, None, at(3));
    assert_eq!(back.expect("sent back").state(), &CaseState::Open);
    let decided = proposed
        .decide(officer(3), &hand(3, &[]), true, None, at(3))
        .expect("decided");
    assert_eq!(decided.state().code(), "DECIDED");
    assert_eq!(refused(decided.claim(officer(1), &hand(1, &[]))), "CASE_STATE");
}

#[test]
fn only_whoever_has_it_in_hand_goes_on_and_never_the_holder() {
    let calendar = HolidayCalendar::official();
    assert_eq!(
        refused(claimed().claim(officer(2), &hand(2, &[]))),
        "CASE_IN_OTHER_HANDS"
    );
    assert!(
        claimed().claim(officer(2), &hand(2, &[1])).is_ok(),
        "the delegate"
    );
    let heard = claimed().hear(officer(2), &hand(2, &[]), 5, calendar, at(0));
    assert_eq!(refused(heard), "CASE_IN_OTHER_HANDS");
    let mut own = hand(4, &[]);
    own.relations = vec![Relations {
        person: Some(PersonId::from_uuid(Uuid::from_u128(2))),
        employers: Vec::new(),
    }];
    let fresh = Case::open(claimed().id, claimed().person, authority(), at(0));
    assert_eq!(
        refused(fresh.claim(officer(4), &own)),
        "CASE_CONFLICT_OF_INTEREST"
    );
}
