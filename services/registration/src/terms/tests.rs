use domain::application::{Application, NewApplication};
use domain::employment::Contract;
use domain::ids::{AccountId, ApplicationId, EmployerId, PersonId};
use domain::policy::PolicyBook;
use domain::province::Jurisdiction;
use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

use super::*;

fn policy() -> &'static PolicyProfile {
    PolicyBook::builtin()
        .in_force(PolicyBook::PROVINCIAL_PUBLICITY, date(2026, 1, 1))
        .expect("a shipped profile")
}

fn record(kind: ApplicationType, specialties: &[Specialty]) -> Record {
    let new = NewApplication {
        id: ApplicationId::from_uuid(Uuid::from_u128(1)),
        jurisdiction: Jurisdiction::from_code("32").expect("Jiangsu"),
        kind,
        person: PersonId::from_uuid(Uuid::from_u128(2)),
        employer: EmployerId::from_uuid(Uuid::from_u128(3)),
        previous_employer: None,
        termination: None,
        specialties: specialties.to_vec(),
        particulars: Default::default(),
    };
    let account = AccountId::from_uuid(Uuid::from_u128(4));
    let (application, _) = Application::create(new, account, Timestamp::UNIX_EPOCH).expect("a draft");
    let contract = Contract {
        from: date(2024, 1, 1),
        to: None,
    };
    Record::draft(application, contract, None, Timestamp::UNIX_EPOCH)
}

fn registered(specialties: Terms) -> Registered {
    Registered {
        person: PersonId::from_uuid(Uuid::from_u128(2)),
        number: "苏1322018202300001".to_owned(),
        employer: EmployerId::from_uuid(Uuid::from_u128(3)),
        employer_title: "江苏水利建设有限公司".to_owned(),
        specialties,
        announced_at: Timestamp::UNIX_EPOCH,
        application: ApplicationId::from_uuid(Uuid::from_u128(9)),
        imported: false,
        position: 1,
        licence_identifier: None,
        moved_to: None,
        moving_to: None,
        suspended: None,
        ended: None,
        sealed_facts: None,
    }
}

const WATER: Specialty = Specialty::WaterAndHydropower;
const BUILDING: Specialty = Specialty::Building;

#[test]
fn an_initial_term_begins_with_the_announcement_and_lasts_three_years() {
    let terms = after(
        &record(ApplicationType::Initial, &[WATER]),
        None,
        policy(),
        date(2026, 2, 1),
        date(2026, 3, 1),
    );
    assert_eq!(
        terms,
        [(
            WATER,
            Validity {
                from: date(2026, 3, 1),
                to: date(2029, 2, 28)
            }
        )]
    );
}

#[test]
fn a_renewal_adds_three_years_without_a_gap_and_touches_no_other_specialty() {
    let old = Validity {
        from: date(2023, 5, 1),
        to: date(2026, 4, 30),
    };
    let other = Validity {
        from: date(2025, 1, 1),
        to: date(2027, 12, 31),
    };
    let present = registered(vec![(BUILDING, other), (WATER, old)]);
    let renewal = record(ApplicationType::Renewal, &[WATER]);
    let early = after(
        &renewal,
        Some(&present),
        policy(),
        date(2026, 3, 1),
        date(2026, 3, 20),
    );
    assert_eq!(
        early,
        [
            (BUILDING, other),
            (
                WATER,
                Validity {
                    from: date(2023, 5, 1),
                    to: date(2029, 4, 30)
                }
            )
        ]
    );
    assert_eq!(
        told(&renewal, early),
        [(
            WATER,
            Validity {
                from: date(2023, 5, 1),
                to: date(2029, 4, 30)
            }
        )],
        "the nation hears of what is renewed alone"
    );
    let late = after(
        &renewal,
        Some(&present),
        policy(),
        date(2026, 3, 1),
        date(2026, 5, 9),
    );
    assert_eq!(
        late,
        [
            (BUILDING, other),
            (
                WATER,
                Validity {
                    from: date(2026, 5, 1),
                    to: date(2029, 4, 30)
                }
            )
        ]
    );
}

#[test]
fn a_change_keeps_every_term_and_an_addition_keeps_the_old_ones() {
    let old = Validity {
        from: date(2023, 5, 1),
        to: date(2026, 4, 30),
    };
    let present = registered(vec![(WATER, old)]);
    let day = date(2025, 3, 1);
    let change = after(
        &record(ApplicationType::Change, &[WATER]),
        Some(&present),
        policy(),
        day,
        day,
    );
    assert_eq!(change, [(WATER, old)]);
    let addition = after(
        &record(ApplicationType::Addition, &[BUILDING]),
        Some(&present),
        policy(),
        day,
        day,
    );
    assert_eq!(
        addition,
        [
            (
                BUILDING,
                Validity {
                    from: day,
                    to: date(2028, 2, 29)
                }
            ),
            (WATER, old)
        ]
    );
}

#[test]
fn the_hash_binds_every_fact() {
    let initial = record(ApplicationType::Initial, &[WATER]);
    let terms = vec![(
        WATER,
        Validity {
            from: date(2026, 3, 1),
            to: date(2029, 2, 28),
        },
    )];
    let qualification = QualificationReference {
        specialty: WATER,
        number: "20180001".to_owned(),
        issued_on: date(2024, 1, 1),
    };
    let one = hash(
        &initial,
        "provinces/32/applications/1",
        &terms,
        std::slice::from_ref(&qualification),
    )
    .expect("a hash");
    let again = hash(&initial, "provinces/32/applications/1", &terms, &[qualification]).expect("a hash");
    assert_eq!(one, again);
    assert_ne!(
        one,
        hash(&initial, "provinces/32/applications/1", &terms, &[]).expect("a hash")
    );
    assert_ne!(
        one,
        hash(&initial, "provinces/32/applications/2", &terms, &[]).expect("a hash")
    );
}
