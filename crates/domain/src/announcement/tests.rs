use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::authority::Authority;
use crate::correction::CorrectedFact;
use crate::ids::OfficerId;

fn application(n: u128) -> ApplicationId {
    ApplicationId::from_uuid(Uuid::from_u128(n))
}

fn person(n: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(n))
}

fn officer(n: u128, authority: Authority) -> Officer {
    Officer {
        id: OfficerId::from_uuid(Uuid::from_u128(n)),
        authority,
    }
}

fn jiangsu() -> Authority {
    Authority::Province(Province::from_code("32").expect("Jiangsu"))
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + hour * 3600).expect("an instant")
}

fn correction(nature: CorrectionNature) -> CorrectionTerms {
    CorrectionTerms {
        facts: vec![CorrectedFact::Name],
        nature,
    }
}

fn cancellation(
    initiator: CancellationInitiator,
    ground: CancellationGround,
    whole: bool,
) -> CancellationDetails {
    CancellationDetails {
        initiator,
        ground,
        statement: "决定书".to_owned(),
        employment_ended_on: None,
        whole,
        commitment: false,
    }
}

fn remedy(n: u128, kind: ApplicationType) -> Remedy<'static> {
    Remedy {
        application: application(n),
        person: person(n),
        kind,
        decided_at: Some(at(-5)),
        correction: None,
        cancellation: None,
    }
}

fn listed(row: u32) -> ListedPerson {
    ListedPerson {
        row,
        person: person(row.into()),
        void: false,
    }
}

fn row(fault: ListingFault, row: Option<u32>, by: u128) -> RowCorrection {
    RowCorrection {
        fault,
        row,
        application: application(by),
    }
}

#[test]
fn a_number_names_province_year_and_serial_once_each() {
    let province = Province::from_code("32").expect("Jiangsu");
    assert_eq!(
        NumberFormat::default().number(province, 2026, 7),
        "苏建注公告〔2026〕7号"
    );
    for wrong in ["{prefix}〔{year}〕", "{prefix}{year}{serial}{serial}", "公告", ""] {
        assert!(NumberFormat::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn each_fault_takes_its_own_remedy_and_no_other() {
    use ApplicationType::{Cancellation, Correction, Initial};
    use CancellationGround::{EmployerBankrupt, OtherStatute, RegistrationRevoked};
    use CancellationInitiator::{Authority, Employer, Holder};
    let (error, change) = (
        correction(CorrectionNature::RegisterError),
        correction(CorrectionNature::LegalChange {
            changed_on: jiff::civil::date(2026, 1, 1),
        }),
    );
    let revoked = cancellation(Authority, RegistrationRevoked, true);
    let statute = cancellation(Authority, OtherStatute, true);
    let others = [
        cancellation(Authority, EmployerBankrupt, true),
        cancellation(Authority, OtherStatute, false),
        cancellation(Holder, OtherStatute, true),
        cancellation(Employer, OtherStatute, true),
    ];
    let cures = |remedy: Remedy<'_>| {
        ListingFault::ALL
            .iter()
            .copied()
            .filter(|fault| remedy.cures(*fault))
            .collect::<Vec<_>>()
    };
    assert_eq!(cures(remedy(1, Initial)), [ListingFault::Omitted]);
    assert_eq!(
        cures(Remedy {
            correction: Some(&error),
            ..remedy(1, Correction)
        }),
        [ListingFault::Typo]
    );
    assert_eq!(
        cures(Remedy {
            correction: Some(&change),
            ..remedy(1, Correction)
        }),
        []
    );
    for good in [&revoked, &statute] {
        let found = cures(Remedy {
            cancellation: Some(good),
            ..remedy(1, Cancellation)
        });
        assert_eq!(found, [ListingFault::NeverShouldHaveBeen]);
    }
    for other in &others {
        assert_eq!(
            cures(Remedy {
                cancellation: Some(other),
                ..remedy(1, Cancellation)
            }),
            []
        );
    }
}

#[test]
fn a_row_is_corrected_only_where_it_stands_and_by_its_own_person_s_application() {
    use AnnouncementCorrectionRefused as Refused;
    let error = correction(CorrectionNature::RegisterError);
    let typo = Remedy {
        correction: Some(&error),
        ..remedy(1, ApplicationType::Correction)
    };
    let omitted = remedy(9, ApplicationType::Initial);
    let check = |rows: &[RowCorrection], remedies: &[Remedy<'_>]| {
        check_rows(rows, &[listed(1), listed(2)], at(0), remedies)
    };
    let both = [
        row(ListingFault::Typo, Some(1), 1),
        row(ListingFault::Omitted, None, 9),
    ];
    assert_eq!(check(&both, &[typo, omitted]), Ok(()));
    assert_eq!(check(&[], &[]), Err(Refused::Rows));
    assert_eq!(check(&[both[0], both[0]], &[typo]), Err(Refused::Rows));
    assert_eq!(
        check(&[row(ListingFault::Typo, Some(3), 1)], &[typo]),
        Err(Refused::UnknownRow)
    );
    assert_eq!(
        check(&[row(ListingFault::Typo, None, 1)], &[typo]),
        Err(Refused::UnknownRow)
    );
    assert_eq!(
        check(&[row(ListingFault::Omitted, Some(1), 9)], &[omitted]),
        Err(Refused::UnknownRow)
    );
    assert_eq!(
        check(&[row(ListingFault::Typo, Some(2), 1)], &[typo]),
        Err(Refused::AnotherPerson { row: 2 })
    );
    assert_eq!(check(&[both[0]], &[]), Err(Refused::NotCleared));
    let waiting = Remedy {
        decided_at: None,
        ..typo
    };
    assert_eq!(check(&[both[0]], &[waiting]), Err(Refused::NotCleared));
    let late = Remedy {
        decided_at: Some(at(1)),
        ..omitted
    };
    assert_eq!(check(&[both[1]], &[late]), Err(Refused::DecidedLater));
    let void = ListedPerson {
        void: true,
        ..listed(1)
    };
    assert_eq!(
        check_rows(&[both[0]], &[void], at(0), &[typo]),
        Err(Refused::AlreadyVoid { row: 1 })
    );
    let wrong = Refused::WrongRemedy {
        fault: ListingFault::NeverShouldHaveBeen,
    };
    assert_eq!(
        check(&[row(ListingFault::NeverShouldHaveBeen, Some(1), 1)], &[typo]),
        Err(wrong)
    );
}

#[test]
fn two_officers_of_one_authority_publish_a_correction_and_once_only() {
    use AnnouncementCorrectionRefused as Refused;
    let (id, of) = (
        AnnouncementCorrectionId::from_uuid(Uuid::from_u128(1)),
        AnnouncementId::from_uuid(Uuid::from_u128(2)),
    );
    let new = AnnouncementId::from_uuid(Uuid::from_u128(3));
    let rows = vec![row(ListingFault::Omitted, None, 9)];
    let first = officer(1, jiangsu());
    let propose = |grounds| AnnouncementCorrection::propose(id, of, (rows.clone(), grounds), first, at(0));
    assert_eq!(propose(" ").err(), Some(Refused::Grounds));
    let proposed = propose("漏列一人").expect("proposed");
    assert_eq!(
        proposed.clone().publish(first, new, at(1)).err(),
        Some(Refused::SameOfficer)
    );
    let other = officer(2, Authority::Ministry);
    assert_eq!(
        proposed.clone().publish(other, new, at(1)).err(),
        Some(Refused::OtherAuthority)
    );
    let second = officer(2, jiangsu());
    let published = proposed.clone().publish(second, new, at(1)).expect("published");
    assert_eq!(published.state().code(), "PUBLISHED");
    assert_eq!(
        published.clone().publish(second, new, at(2)).err(),
        Some(Refused::Settled)
    );
    assert_eq!(
        published.decline(second, "重复", at(2)).err(),
        Some(Refused::Settled)
    );
    assert_eq!(
        proposed.clone().decline(second, "", at(1)).err(),
        Some(Refused::Grounds)
    );
    assert_eq!(
        proposed
            .decline(first, "有误", at(1))
            .expect("taken back")
            .state()
            .code(),
        "DECLINED"
    );
}

proptest! {
    /// Whatever is asked for: what passes corrects distinct rows that are there, of the same persons, each by a cleared
    /// application that does it.
    #[test]
    fn what_passes_is_sound(
        rows in proptest::collection::vec((0_usize..3, proptest::option::of(0_u32..5), 0_u128..6), 0..5),
        kinds in proptest::collection::vec((0_usize..3, 0_u128..5, proptest::option::of(-3_i64..3)), 6),
        void in proptest::collection::vec(any::<bool>(), 4),
    ) {
        let error = correction(CorrectionNature::RegisterError);
        let revoked = cancellation(CancellationInitiator::Authority, CancellationGround::RegistrationRevoked, true);
        let remedies: Vec<_> = (0..).zip(&kinds).map(|(n, (kind, of, decided))| Remedy {
            application: application(n),
            person: person(*of),
            kind: [ApplicationType::Correction, ApplicationType::Cancellation, ApplicationType::Renewal][*kind],
            decided_at: decided.map(at),
            correction: (*kind == 0).then_some(&error),
            cancellation: (*kind == 1).then_some(&revoked),
        }).collect();
        let listed: Vec<_> = (1..).zip(&void).map(|(row, void)| ListedPerson { void: *void, ..listed(row) }).collect();
        let rows: Vec<_> = rows.into_iter().map(|(fault, at, by)| row(ListingFault::ALL[fault], at, by)).collect();
        if check_rows(&rows, &listed, at(0), &remedies).is_ok() {
            prop_assert!(!rows.is_empty());
            for row in &rows {
                let remedy = &remedies[usize::try_from(row.application.as_uuid().as_u128()).expect("few")];
                prop_assert!(remedy.decided_at.is_some());
                match row.row {
                    None => prop_assert!(row.fault == ListingFault::Omitted && remedy.decided_at <= Some(at(0))),
                    Some(number) => {
                        let listed = listed[number as usize - 1];
                        prop_assert!(!listed.void && listed.person == remedy.person && row.fault != ListingFault::Omitted);
                    }
                }
            }
        }
    }
}
