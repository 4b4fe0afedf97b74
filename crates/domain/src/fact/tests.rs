use jiff::civil::{Date, date};
use uuid::Uuid;

use super::*;
use crate::calendar::start_of;
use crate::employment::EmployerStanding;
use crate::ids::OfficerId;
use crate::province::Province;
use crate::refusal::PersonFact;
use crate::specialty::{JointReviewer, Specialty};

const TODAY: Date = date(2026, 6, 1);

fn officer(n: u128) -> Officer {
    Officer {
        id: OfficerId::from_uuid(Uuid::from_u128(n)),
        authority: Authority::Province(Province::from_code("32").expect("Jiangsu")),
    }
}

fn stripped(id: u128, corrects: Option<u128>) -> NewFact {
    NewFact {
        id: FactId::from_uuid(Uuid::from_u128(id)),
        subject: Subject::Person(PersonId::from_uuid(Uuid::from_u128(9))),
        statement: Statement::Person(PersonFact::Stripped {
            decided_on: date(2026, 1, 5),
        }),
        source: FactSource::HousingAuthority,
        reference: " 苏建罚字〔2026〕1号 ".to_owned(),
        corrects: corrects.map(|id| FactId::from_uuid(Uuid::from_u128(id))),
    }
}

#[test]
fn a_fact_counts_once_a_second_officer_confirmed_it() {
    let at = start_of(TODAY);
    let fact = Fact::propose(stripped(1, None), officer(1), at).expect("proposed");
    assert_eq!(fact.reference, "苏建罚字〔2026〕1号");
    assert_eq!(fact.of_person(), None);
    assert_eq!(
        fact.clone().confirm(officer(1), at),
        Err(FactRefused::SameOfficer)
    );
    assert_eq!(
        fact.clone().decline(officer(2), " ", at),
        Err(FactRefused::GroundsMissing)
    );
    let declined = fact
        .clone()
        .decline(officer(2), "文书号不符", at)
        .expect("declined");
    assert_eq!(
        (declined.of_person(), declined.state().code()),
        (None, "DECLINED")
    );
    let confirmed = fact.confirm(officer(2), at).expect("confirmed");
    assert_eq!(confirmed.of_person().map(|known| known.id), Some(confirmed.id));
    assert_eq!(confirmed.confirm(officer(3), at), Err(FactRefused::NotProposed));
    let water = Officer {
        authority: Authority::JointReviewer(JointReviewer::WaterResources),
        ..officer(3)
    };
    assert_eq!(
        Fact::propose(stripped(2, None), water, at),
        Err(FactRefused::Authority)
    );
}

#[test]
fn a_correction_takes_the_place_of_what_it_corrects_and_keeps_it() {
    let at = start_of(TODAY);
    let confirmed = |new: NewFact| {
        let proposed = Fact::propose(new, officer(1), at).expect("proposed");
        proposed.confirm(officer(2), at).expect("confirmed")
    };
    let fact = confirmed(stripped(1, None));
    let other = confirmed(stripped(3, Some(7)));
    assert_eq!(fact.clone().correct(&other, at), Err(FactRefused::Subject));
    let not_so = NewFact {
        statement: Statement::NotSo,
        ..stripped(2, Some(1))
    };
    let unheard = Fact::propose(not_so.clone(), officer(1), at).expect("proposed");
    assert_eq!(fact.clone().correct(&unheard, at), Err(FactRefused::Subject));
    let correction = confirmed(not_so);
    let corrected = fact.correct(&correction, at).expect("corrected");
    assert!(matches!(corrected.state(), FactState::Corrected { correction: by, .. } if *by == correction.id));
    assert_eq!((corrected.of_person(), correction.of_person()), (None, None));
    assert_eq!(corrected.correct(&correction, at), Err(FactRefused::NotConfirmed));
    let alone = NewFact {
        corrects: None,
        statement: Statement::NotSo,
        ..stripped(4, None)
    };
    assert_eq!(Fact::propose(alone, officer(1), at), Err(FactRefused::Subject));
}

#[test]
fn implausible_facts_are_refused() {
    let at = start_of(TODAY);
    let ahead = date(2026, 6, 2);
    let hours = |required_hours, completed_on| PersonFact::Education {
        specialty: Specialty::Mining,
        required_hours,
        elective_hours: 0,
        completed_on,
    };
    let dates = FactRefused::Dates;
    let cases = [
        (PersonFact::Stripped { decided_on: ahead }, dates.clone()),
        (PersonFact::MajorAccident { happened_on: ahead }, dates.clone()),
        (
            PersonFact::Incapacity {
                from: TODAY,
                to: Some(date(2026, 5, 1)),
            },
            dates.clone(),
        ),
        (
            PersonFact::Conviction {
                decided_on: TODAY,
                served_on: Some(date(2026, 5, 1)),
                in_practice: true,
            },
            dates.clone(),
        ),
        (hours(0, TODAY), FactRefused::Hours),
        (hours(60, ahead), dates),
    ];
    for (fact, refused) in cases {
        let new = NewFact {
            statement: Statement::Person(fact),
            ..stripped(1, None)
        };
        assert_eq!(Fact::propose(new, officer(1), at), Err(refused));
    }
    let of_firm = NewFact {
        statement: Statement::Employer(EmployerFact::Bankrupt {
            since: TODAY,
            to: None,
        }),
        ..stripped(1, None)
    };
    assert_eq!(
        Fact::propose(of_firm.clone(), officer(1), at),
        Err(FactRefused::Subject)
    );
    let firm = NewFact {
        subject: Subject::Employer(EmployerId::from_uuid(Uuid::from_u128(8))),
        ..of_firm
    };
    assert!(Fact::propose(firm.clone(), officer(1), at).is_ok());
    let unnamed = NewFact {
        reference: "  ".to_owned(),
        ..firm
    };
    assert_eq!(
        Fact::propose(unnamed, officer(1), at),
        Err(FactRefused::Reference)
    );
}

#[test]
fn what_is_recorded_against_an_employer_weighs_more_than_its_qualification() {
    let since = date(2026, 1, 1);
    let over = EmployerFact::Bankrupt {
        since,
        to: Some(date(2026, 5, 31)),
    };
    let lasting = EmployerFact::LicenceRevoked { since, to: None };
    assert_eq!(
        employer_standing(true, &[over], TODAY),
        EmployerStanding::Qualified
    );
    assert_eq!(
        employer_standing(false, &[], TODAY),
        EmployerStanding::Unqualified
    );
    assert_eq!(
        employer_standing(true, &[over, lasting], TODAY),
        EmployerStanding::LicenceRevoked { since }
    );
    assert_eq!(
        employer_standing(true, &[lasting], date(2025, 12, 31)),
        EmployerStanding::Qualified
    );
}

#[test]
fn a_paper_is_a_document_or_a_picture_of_bounded_size() {
    assert!(check_paper("application/PDF", 3 << 20).is_ok());
    for (media_type, size) in [
        ("application/pdf", 0),
        ("text/html", 9),
        ("image/png", (3 << 20) + 1),
    ] {
        assert_eq!(check_paper(media_type, size), Err(FactRefused::Paper));
    }
}
