use jiff::SignedDuration;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::application::{
    ApplicationType, Claim, Filing, MaterialKind, NewApplication, Particulars, StateKind,
};
use crate::calendar::{plus_days, start_of};
use crate::ids::{AccountId, ApplicationId};
use crate::policy::PolicyBook;
use crate::province::{Jurisdiction, Province};
use crate::specialty::Specialty;

fn policy() -> &'static PolicyProfile {
    PolicyBook::builtin()
        .in_force(PolicyBook::PROVINCIAL_PUBLICITY, date(2026, 3, 2))
        .expect("profile")
}

fn jiangsu() -> Province {
    Province::from_code("32").expect("Jiangsu")
}

fn id(n: u8) -> OfficerId {
    OfficerId::from_uuid(Uuid::from_u128(n.into()))
}

fn officer(n: u8) -> Officer {
    Officer {
        id: id(n),
        authority: Authority::Province(jiangsu()),
    }
}

fn day(n: i32) -> Date {
    plus_days(date(2026, 3, 2), n)
}

fn at(n: i32) -> Timestamp {
    start_of(day(n)) + SignedDuration::from_hours(12)
}

fn submitted() -> Application {
    let account = AccountId::from_uuid(Uuid::from_u128(1000));
    let new = NewApplication {
        id: ApplicationId::from_uuid(Uuid::from_u128(1001)),
        jurisdiction: Jurisdiction::Province(jiangsu()),
        kind: ApplicationType::Initial,
        person: PersonId::from_uuid(Uuid::from_u128(1002)),
        employer: EmployerId::from_uuid(Uuid::from_u128(1003)),
        previous_employer: None,
        termination: None,
        specialties: vec![Specialty::Building],
        particulars: Particulars::None,
    };
    let filing = Filing {
        materials: &MaterialKind::ALL,
        education_due: false,
        commitment: true,
        policy: policy(),
        renewal: None,
    };
    let draft = Application::create(new, account, at(0)).expect("draft").0;
    let pending = draft.request_employment(account, at(0)).expect("handed over").0;
    let confirmed = pending.confirm_employment(account, at(0)).expect("confirmed").0;
    confirmed.submit(&filing, account, at(0)).expect("submitted").0
}

fn delegation(from: u8, to: u8, first: i32, last: i32) -> Delegation {
    Delegation {
        id: DelegationId::from_uuid(Uuid::from_u128(2000)),
        authority: Authority::Province(jiangsu()),
        delegator: id(from),
        delegate: id(to),
        from: day(first),
        to: day(last),
        relations: Relations::default(),
        at: at(first),
        revoked_at: None,
    }
}

fn hand(n: u8, delegations: &[Delegation], on: i32) -> Hand {
    Hand::of(officer(n), Relations::default(), delegations, day(on))
}

/// One step as the service takes it: the transition, then the hands.
fn take(
    application: &Application,
    act: Act,
    hand: &Hand,
    handling: &Handling,
    on: i32,
) -> Result<Application, String> {
    let by = Officer {
        id: hand.officer,
        ..officer(0)
    };
    let moved = match act {
        Act::Accept => application.clone().accept(policy(), by, Claim::Pending, at(on)),
        _ => application.clone().record_review(policy(), by, true, "", at(on)),
    };
    let (next, _) = moved.map_err(|refused| refused.to_string())?;
    let step = step_of(act).expect("a step");
    may_take(application, policy(), Some(step), hand, handling).map_err(|refused| refused.to_string())?;
    Ok(next.acted(step, hand))
}

#[test]
fn a_delegate_does_not_review_what_the_delegator_accepted_nor_the_other_way_round() {
    let given = [delegation(1, 2, 0, 5)];
    let free = Handling::default();
    let accepted = take(&submitted(), Act::Accept, &hand(1, &given, 1), &free, 1).expect("accepted");
    let step = Some(Step::Review);
    let same = WorkRefused::SameHands {
        taken: Step::Accept,
        step: Step::Review,
    };
    assert_eq!(
        may_take(&accepted, policy(), step, &hand(2, &given, 1), &free),
        Err(same.clone())
    );
    assert_eq!(
        may_take(&accepted, policy(), step, &hand(2, &given, 6), &free),
        Ok(())
    );

    let accepted =
        take(&submitted(), Act::Accept, &hand(2, &given, 1), &free, 1).expect("accepted as delegate");
    assert_eq!(
        accepted.steps_taken(),
        [(Step::Accept, id(2)), (Step::Accept, id(1))]
    );
    assert_eq!(
        may_take(&accepted, policy(), step, &hand(1, &[], 9), &free),
        Err(same)
    );
    assert_eq!(
        may_take(&accepted, policy(), step, &hand(3, &[], 9), &free),
        Ok(())
    );
}

#[test]
fn a_conflict_keeps_the_officer_and_the_delegate_away() {
    let application = submitted();
    let free = Handling::default();
    let applicant = Relations {
        person: Some(application.person),
        employers: Vec::new(),
    };
    let registrar = Relations {
        person: None,
        employers: vec![application.employer],
    };
    for (known, ground) in [
        (applicant, ConflictGround::Applicant),
        (registrar, ConflictGround::Employer),
    ] {
        let refused = Err(WorkRefused::Conflict { ground });
        let own = Hand::of(officer(1), known.clone(), &[], day(1));
        assert_eq!(may_take(&application, policy(), None, &own, &free), refused);
        let mut given = delegation(1, 2, 0, 5);
        given.relations = known;
        assert_eq!(
            may_take(&application, policy(), None, &hand(2, &[given], 1), &free),
            refused
        );
    }
    let declared = Handling {
        declared: vec![(id(1), ConflictGround::Relative)],
        ..free
    };
    let refused = Err(WorkRefused::Conflict {
        ground: ConflictGround::Relative,
    });
    let given = [delegation(1, 2, 0, 5)];
    assert_eq!(
        may_take(&application, policy(), None, &hand(2, &given, 1), &declared),
        refused
    );
    assert_eq!(
        may_take(&application, policy(), None, &hand(3, &given, 1), &declared),
        Ok(())
    );
}

#[test]
fn what_somebody_has_in_hand_is_theirs_and_their_delegates() {
    let application = submitted();
    let taken = Handling {
        claimed_by: Some(id(1)),
        declared: Vec::new(),
    };
    let given = [delegation(1, 2, 0, 5)];
    assert_eq!(
        may_take(&application, policy(), None, &hand(2, &given, 1), &taken),
        Ok(())
    );
    assert_eq!(
        may_take(&application, policy(), None, &hand(2, &given, 6), &taken),
        Err(WorkRefused::InOtherHands)
    );
}

#[test]
fn powers_are_given_for_some_days_not_passed_on_and_taken_back_once() {
    let today = day(0);
    let good = delegation(1, 2, 0, 5);
    assert_eq!(good.clone().give(today, &[]), Ok(good.clone()));
    assert_eq!(
        delegation(1, 1, 0, 5).give(today, &[]),
        Err(WorkRefused::DelegationToOneself)
    );
    for (first, last) in [(-1, 5), (5, 4), (0, 90)] {
        assert_eq!(
            delegation(1, 2, first, last).give(today, &[]),
            Err(WorkRefused::DelegationDays)
        );
    }
    let known = [good.clone()];
    assert_eq!(
        delegation(2, 3, 5, 9).give(today, &known),
        Err(WorkRefused::DelegationChain)
    );
    assert_eq!(
        delegation(3, 1, 5, 9).give(today, &known),
        Err(WorkRefused::DelegationChain)
    );
    assert!(delegation(2, 3, 6, 9).give(today, &known).is_ok());
    assert_eq!(
        good.clone().revoke(id(3), at(1)),
        Err(WorkRefused::DelegationOfAnother)
    );
    let revoked = good.revoke(id(2), at(1)).expect("ended by the delegate");
    assert!(!revoked.in_force(day(1)));
    assert_eq!(revoked.revoke(id(1), at(2)), Err(WorkRefused::DelegationRevoked));
}

#[derive(Debug, Clone)]
enum Try {
    Claim(u8),
    Release,
    Assign(u8),
    Give(u8, u8, u8),
    Revoke(u8),
    Accept(u8),
    Review(u8),
    Days(u8),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let n = 1..5_u8;
    let one = prop_oneof![
        n.clone().prop_map(Try::Claim),
        Just(Try::Release),
        n.clone().prop_map(Try::Assign),
        (n.clone(), n.clone(), 0..4_u8).prop_map(|(from, to, days)| Try::Give(from, to, days)),
        (0..4_u8).prop_map(Try::Revoke),
        n.clone().prop_map(Try::Accept),
        n.prop_map(Try::Review),
        (1..3_u8).prop_map(Try::Days),
    ];
    proptest::collection::vec(one, 1..40)
}

proptest! {
    /// Whatever is claimed, assigned and delegated in whatever order: nobody both accepts and reviews, in the own name or
    /// in another's.
    #[test]
    fn no_sequence_lets_one_person_accept_and_review(sequence in tries()) {
        let (mut application, mut handling, mut given, mut today) = (submitted(), Handling::default(), Vec::new(), 0);
        let mut names: Vec<(Step, BTreeSet<OfficerId>)> = Vec::new();
        for one in sequence {
            let hand_of = |n: u8, given: &[Delegation]| hand(n, given, today);
            match one {
                Try::Claim(n) | Try::Assign(n) => {
                    let hand = hand_of(n, &given);
                    let free = Handling { claimed_by: None, ..handling.clone() };
                    let assigned = matches!(one, Try::Assign(_));
                    let from = if assigned { &free } else { &handling };
                    if may_take(&application, policy(), None, &hand, from).is_ok() {
                        handling.claimed_by = Some(id(n));
                    }
                }
                Try::Release => handling.claimed_by = None,
                Try::Give(from, to, days) => {
                    let new = delegation(from, to, today, today + i32::from(days));
                    given.extend(new.give(day(today), &given).ok());
                }
                Try::Revoke(n) => {
                    if let Some(one) = given.get_mut(usize::from(n)) {
                        let by = one.delegator;
                        if let Ok(ended) = one.clone().revoke(by, at(today)) {
                            *one = ended;
                        }
                    }
                }
                Try::Days(n) => today += i32::from(n),
                Try::Accept(n) | Try::Review(n) => {
                    let act = if matches!(one, Try::Accept(_)) { Act::Accept } else { Act::Review };
                    let hand = hand_of(n, &given);
                    if let Ok(next) = take(&application, act, &hand, &handling, today) {
                        application = next;
                        handling.claimed_by = None;
                        let mut all = hand.principals.clone();
                        all.insert(hand.officer);
                        names.push((step_of(act).expect("a step"), all));
                    }
                }
            }
        }
        if let [(Step::Accept, accepted), (Step::Review, reviewed)] = names.as_slice() {
            prop_assert!(accepted.is_disjoint(reviewed), "{accepted:?} {reviewed:?}");
            prop_assert_eq!(application.state().kind(), StateKind::Reviewed);
        }
        prop_assert!(names.len() <= 2);
    }
}
