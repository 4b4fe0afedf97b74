use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::calendar::start_of;
use crate::reason::Reason;

mod history;
mod transitions;

const LEAP: LeapDay = LeapDay::LastOfFebruary;
const TODAY: Date = date(2026, 6, 1);

fn employer(name: &str, province: &str) -> RegisteredEmployer {
    RegisteredEmployer {
        id: EmployerId::from_uuid(Uuid::from_u128(name.len() as u128)),
        name: name.to_owned(),
        credit_code: CreditCode::parse("91320000MA00000016").expect("code"),
        province: Province::from_code(province).expect("province"),
    }
}

fn specialty(specialty: Specialty, from: Date, to: Date) -> SpecialtyRegistration {
    SpecialtyRegistration {
        specialty,
        validity: Validity { from, to },
        qualification_number: QualificationNumber::try_from("2018034320".to_owned()).expect("number"),
    }
}

fn record(act: RegisterAct, day: Date) -> ActRecord {
    ActRecord {
        id: RegisterActId::from_uuid(Uuid::from_u128(1)),
        person: PersonId::from_uuid(Uuid::from_u128(2)),
        at: start_of(day),
        act,
        decided_by: Authority::Ministry,
        announced_by: Authority::Province(Province::from_code("32").expect("Jiangsu")),
        announcement_number: None,
        application: None,
    }
}

fn registration() -> RegisterAct {
    RegisterAct::Register {
        number: RegistrationNumber::parse("苏1322018201901234").expect("number"),
        birth_date: date(1990, 3, 7),
        employer: employer("甲公司", "32"),
        specialties: vec![
            specialty(Specialty::Mining, date(2024, 1, 1), date(2026, 12, 31)),
            specialty(Specialty::WaterAndHydropower, date(2023, 7, 1), date(2026, 6, 30)),
        ],
    }
}

fn after(entry: Option<RegisterEntry>, act: RegisterAct) -> RegisterEntry {
    decide(entry.as_ref(), &act, TODAY).expect("a legal act");
    RegisterEntry::apply(entry, &record(act, TODAY)).expect("an entry")
}

fn refused(entry: Option<&RegisterEntry>, act: &RegisterAct) -> &'static str {
    decide(entry, act, TODAY).expect_err("an illegal act").reason()
}

fn registered() -> RegisterEntry {
    after(None, registration())
}

fn end(cause: EndCause) -> RegisterAct {
    RegisterAct::End { cause }
}

#[test]
fn a_person_has_at_most_one_registration() {
    let entry = registered();
    assert_eq!(refused(Some(&entry), &registration()), "ALREADY_REGISTERED");
    assert_eq!(refused(None, &RegisterAct::ReissueSeal), "NOT_REGISTERED");
    let order: Vec<_> = entry.specialties.iter().map(|known| known.specialty).collect();
    assert_eq!(order, [Specialty::WaterAndHydropower, Specialty::Mining]);
}

#[test]
fn a_change_of_employer_keeps_terms_and_digits_and_moves_the_prefix() {
    let before = registered();
    let act = RegisterAct::ChangeEmployer {
        employer: employer("乙有限公司", "31"),
    };
    let entry = after(Some(before.clone()), act);
    assert_eq!(entry.specialties, before.specialties);
    assert_eq!(entry.number.to_string(), "沪1322018201901234");
    assert_eq!(entry.former_numbers, [before.number]);
    let back = after(
        Some(entry),
        RegisterAct::ChangeEmployer {
            employer: employer("甲公司", "32"),
        },
    );
    assert_eq!(
        back.former_numbers
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["沪1322018201901234"]
    );
}

#[test]
fn expiry_is_derived_from_the_day_for_each_specialty() {
    let entry = registered();
    let on = |day| {
        (
            entry.living_specialties(day, LEAP).len(),
            entry.status(day, LEAP).code(),
        )
    };
    assert_eq!(on(date(2026, 6, 30)), (2, "01"));
    assert_eq!(on(date(2026, 7, 1)), (1, "01"));
    assert_eq!(on(date(2027, 1, 1)), (0, "05"));
}

#[test]
fn a_pending_timely_renewal_keeps_the_registration_alive() {
    let entry = after(Some(registered()), RegisterAct::NoteRenewalAccepted);
    let late = date(2027, 1, 15);
    assert_eq!(entry.status(late, LEAP), StatusCode::Valid);
    let closed = after(Some(entry.clone()), RegisterAct::NoteRenewalClosed);
    assert_eq!(closed.status(late, LEAP), StatusCode::Lapsed);
    let terms = vec![(Specialty::Mining, Validity::renewal(date(2026, 12, 31), LEAP))];
    let deemed = RegisterAct::DeemRenewed { terms: terms.clone() };
    assert!(decide(Some(&entry), &deemed, late).is_ok());
    assert_eq!(refused(Some(&entry), &deemed), "NOT_DEEMED_RENEWED");
    let renewed = after(Some(entry), RegisterAct::Renew { terms });
    assert_eq!(
        renewed.effective_end(Specialty::Mining, LEAP),
        Some(date(2029, 12, 31))
    );
    assert!(!renewed.renewal_pending);
}

#[test]
fn a_renewed_term_follows_the_old_one() {
    let gap = Validity {
        from: date(2026, 7, 2),
        to: date(2029, 6, 30),
    };
    let act = RegisterAct::Renew {
        terms: vec![(Specialty::WaterAndHydropower, gap)],
    };
    assert_eq!(refused(Some(&registered()), &act), "REGISTER_TERM");
    let other = RegisterAct::Renew {
        terms: vec![(Specialty::Railway, gap)],
    };
    assert_eq!(refused(Some(&registered()), &other), "SPECIALTY_NOT_REGISTERED");
}

#[test]
fn the_65th_birthday_caps_every_specialty() {
    let RegisterAct::Register {
        number,
        employer,
        specialties,
        ..
    } = registration()
    else {
        panic!("register")
    };
    let act = RegisterAct::Register {
        number,
        birth_date: date(1961, 7, 10),
        employer,
        specialties,
    };
    let entry = after(None, act);
    assert_eq!(
        entry.effective_end(Specialty::Mining, LEAP),
        Some(date(2026, 7, 10))
    );
    assert_eq!(entry.status(date(2026, 7, 10), LEAP), StatusCode::Valid);
    assert_eq!(entry.status(date(2026, 7, 11), LEAP), StatusCode::Lapsed);
}

#[test]
fn lapse_cancellation_revocation_and_stripping_are_different_states() {
    for (cause, code) in [
        (EndCause::EmploymentEnded, "05"),
        (EndCause::Cancelled, "04"),
        (EndCause::Fraud, "03"),
        (EndCause::Penalty, "07"),
        (EndCause::OtherStatute, "05"),
    ] {
        let ended = after(Some(registered()), end(cause));
        assert_eq!(ended.status(TODAY, LEAP).code(), code);
        assert_eq!(
            refused(Some(&ended), &RegisterAct::ReissueSeal),
            "REGISTRATION_ENDED"
        );
    }
    let lapsed = after(Some(registered()), end(EndCause::EmploymentEnded));
    let cancelled = after(Some(lapsed), end(EndCause::Cancelled));
    assert_eq!(
        refused(Some(&cancelled), &end(EndCause::TermExpired)),
        "REGISTRATION_ENDED"
    );
    assert_eq!(
        after(Some(cancelled), end(EndCause::WronglyGranted)).status(TODAY, LEAP),
        StatusCode::Revoked
    );
}

#[test]
fn a_reregistration_keeps_the_digits_and_the_seal_count() {
    let lost = after(Some(registered()), RegisterAct::ReissueSeal);
    let cancelled = after(Some(lost), end(EndCause::Cancelled));
    let again = after(Some(cancelled.clone()), registration());
    assert_eq!(
        (again.seal_check_code, again.status(TODAY, LEAP)),
        (1, StatusCode::Valid)
    );
    let RegisterAct::Register {
        birth_date,
        employer,
        specialties,
        ..
    } = registration()
    else {
        panic!("register")
    };
    let number = RegistrationNumber::parse("苏1322018201901235").expect("number");
    let other = RegisterAct::Register {
        number,
        birth_date,
        employer,
        specialties,
    };
    assert_eq!(refused(Some(&cancelled), &other), "REGISTRATION_DIGITS_CHANGED");
}

#[test]
fn a_registration_that_has_run_out_does_not_stand_in_the_way_of_a_new_one() {
    let entry = registered();
    assert!(!entry.has_run_out(date(2026, 12, 31)) && entry.has_run_out(date(2027, 1, 1)));
    let on = |entry: &RegisterEntry, day| decide(Some(entry), &registration(), day).is_ok();
    assert!(!on(&entry, date(2026, 12, 31)) && on(&entry, date(2027, 1, 1)));
    let pending = after(Some(entry.clone()), RegisterAct::NoteRenewalAccepted);
    assert!(
        !on(&pending, date(2027, 1, 1)),
        "a timely renewal keeps it alive (art 50)"
    );
    let suspended = after(Some(entry), RegisterAct::Suspend { until: None });
    assert!(!on(&suspended, date(2027, 1, 1)));
}

fn cancelling(specialties: &[Specialty]) -> RegisterAct {
    RegisterAct::CancelSpecialties {
        initiator: CancellationInitiator::Holder,
        ground: CancellationGround::OwnWish,
        specialties: specialties.to_vec(),
    }
}

fn cancel() -> RegisterAct {
    RegisterAct::Cancel {
        initiator: CancellationInitiator::Employer,
        ground: CancellationGround::EmploymentEnded,
    }
}

#[test]
fn a_cancellation_of_one_specialty_leaves_the_others_as_they_are() {
    let before = registered();
    let act = cancelling(&[Specialty::Mining]);
    assert_eq!((act.operation().code(), act.makes_version()), ("09", true));
    let entry = after(Some(before.clone()), act);
    assert_eq!(entry.specialties, before.specialties[..1]);
    assert_eq!(entry.status(TODAY, LEAP), StatusCode::Valid);
    let rest = cancelling(&[Specialty::WaterAndHydropower]);
    assert_eq!(refused(Some(&entry), &rest), "CANCELLATION_LEAVES_NOTHING");
    assert_eq!(
        refused(Some(&entry), &cancelling(&[Specialty::Mining])),
        "SPECIALTY_NOT_REGISTERED"
    );
    assert_eq!(refused(Some(&entry), &cancelling(&[])), "REGISTER_SPECIALTIES");
    // What is left must be alive: the water term ends on 30 June.
    let late = decide(Some(&before), &cancelling(&[Specialty::Mining]), date(2026, 7, 1));
    assert_eq!(
        late.map_err(|refusal| refusal.reason()),
        Err("CANCELLATION_LEAVES_NOTHING")
    );
}

#[test]
fn a_cancellation_of_the_whole_ends_it_once_and_after_a_lapse() {
    assert_eq!(
        (cancel().operation().code(), cancel().makes_version()),
        ("05", false)
    );
    let cancelled = after(Some(registered()), cancel());
    assert_eq!(cancelled.status(TODAY, LEAP), StatusCode::Cancelled);
    assert_eq!(refused(Some(&cancelled), &cancel()), "REGISTRATION_ENDED");
    assert_eq!(
        refused(Some(&cancelled), &cancelling(&[Specialty::Mining])),
        "REGISTRATION_ENDED"
    );
    let lapsed = after(Some(registered()), end(EndCause::EmploymentEnded));
    assert_eq!(
        after(Some(lapsed), cancel()).status(TODAY, LEAP),
        StatusCode::Cancelled
    );
    let suspended = after(Some(registered()), RegisterAct::Suspend { until: None });
    assert_eq!(
        refused(Some(&suspended), &cancelling(&[Specialty::Mining])),
        "REGISTRATION_SUSPENDED"
    );
    assert!(after(Some(suspended), cancel()).is_ended());
    assert_eq!(refused(None, &cancel()), "NOT_REGISTERED");
}

#[test]
fn an_addition_keeps_the_other_ends() {
    let before = registered();
    let new = specialty(Specialty::Building, TODAY, date(2029, 5, 31));
    let adding = |added: Vec<SpecialtyRegistration>| RegisterAct::AddSpecialties { added };
    let entry = after(Some(before.clone()), adding(vec![new.clone()]));
    assert!(
        before
            .specialties
            .iter()
            .all(|known| entry.specialties.contains(known))
    );
    assert_eq!(entry.specialties.len(), 3);
    assert_eq!(
        refused(Some(&entry), &adding(vec![new.clone()])),
        "SPECIALTY_REGISTERED"
    );
    assert_eq!(
        refused(Some(&before), &adding(vec![new.clone(), new])),
        "REGISTER_SPECIALTIES"
    );
    assert_eq!(
        refused(Some(&before), &adding(Vec::new())),
        "REGISTER_SPECIALTIES"
    );
}

#[test]
fn a_seal_is_made_anew_99_times() {
    let mut entry = registered();
    for count in 1..=99 {
        entry = after(Some(entry), RegisterAct::ReissueSeal);
        assert_eq!(entry.seal_check_code, count);
    }
    assert_eq!(entry.specialties, registered().specialties, "validity stays");
    assert_eq!(
        refused(Some(&entry), &RegisterAct::ReissueSeal),
        "SEAL_CHECK_CODE_EXHAUSTED"
    );
}

#[test]
fn a_suspension_holds_until_it_ends_or_is_lifted() {
    let suspended = after(
        Some(registered()),
        RegisterAct::Suspend {
            until: Some(date(2026, 6, 15)),
        },
    );
    assert_eq!(suspended.status(date(2026, 6, 15), LEAP), StatusCode::Suspended);
    assert_eq!(suspended.status(date(2026, 6, 16), LEAP), StatusCode::Valid);
    let withheld = suspended.check_not_suspended(date(2026, 6, 15));
    let withheld = withheld.expect_err("nothing is handed out on the last day");
    assert_eq!(withheld.reason(), "CERTIFICATE_SUSPENDED");
    assert!(withheld.text().zh.contains("至2026-06-15（含当日）止"));
    assert_eq!(suspended.check_not_suspended(date(2026, 6, 16)), Ok(()));
    let endless = after(Some(registered()), RegisterAct::Suspend { until: None });
    let withheld = endless.check_not_suspended(date(2030, 1, 1));
    assert!(
        withheld
            .expect_err("until it is lifted")
            .text()
            .zh
            .contains("申请发还")
    );
    assert_eq!(registered().check_not_suspended(TODAY), Ok(()));
    let change = RegisterAct::ChangeEmployer {
        employer: employer("乙有限公司", "31"),
    };
    assert_eq!(refused(Some(&suspended), &change), "REGISTRATION_SUSPENDED");
    assert_eq!(
        after(Some(suspended), RegisterAct::Restore).status(TODAY, LEAP),
        StatusCode::Valid
    );
    assert_eq!(
        refused(Some(&registered()), &RegisterAct::Restore),
        "NOTHING_TO_UNDO"
    );
}

#[test]
fn a_move_between_provinces_stands_until_its_announcement_and_can_be_cancelled_before() {
    let shanghai = Province::from_code("31").expect("Shanghai");
    let begun = after(Some(registered()), RegisterAct::NoteMoveBegun { to: shanghai });
    assert_eq!(
        begun.status(TODAY, LEAP),
        StatusCode::Valid,
        "the announcement is the legal moment"
    );
    assert_eq!(begun.moving_to, Some(shanghai));
    let cancelled = after(Some(begun.clone()), RegisterAct::CancelMoveOut);
    assert_eq!(
        (cancelled.moving_to, cancelled.status(TODAY, LEAP)),
        (None, StatusCode::Valid)
    );
    assert_eq!(
        refused(Some(&cancelled), &RegisterAct::CancelMoveOut),
        "NOTHING_TO_UNDO"
    );

    let arrive = |province| RegisterAct::MoveIn {
        employer: employer("乙有限公司", province),
    };
    assert_eq!(
        refused(Some(&begun), &arrive("31")),
        "NOT_A_MOVE",
        "nobody arrives who has not left"
    );
    let out = after(Some(begun.clone()), RegisterAct::MoveOut);
    assert_eq!(out.status(TODAY, LEAP), StatusCode::MovingOut);
    assert_eq!(refused(Some(&out), &arrive("32")), "NOT_A_MOVE");
    let arrived = after(Some(out), arrive("31"));
    assert_eq!(
        (arrived.moving_to, arrived.status(TODAY, LEAP)),
        (None, StatusCode::Valid)
    );
    assert_eq!(arrived.specialties, begun.specialties);
    assert_eq!(arrived.number.to_string(), "沪1322018201901234");
    assert_eq!(arrived.former_numbers, [begun.number]);

    let suspended = after(Some(begun), RegisterAct::Suspend { until: None });
    let still = after(Some(suspended), RegisterAct::CancelMoveOut);
    assert_eq!(
        still.status(TODAY, LEAP),
        StatusCode::Suspended,
        "a cancelled move lifts no suspension"
    );
}

#[test]
fn operations_use_the_national_codes() {
    let arrive = RegisterAct::MoveIn {
        employer: employer("乙", "31"),
    };
    let codes =
        [RegisterAct::MoveOut, arrive.clone(), RegisterAct::CancelMoveOut].map(|act| act.operation().code());
    assert_eq!(codes, ["05", "08", "10"]);
    assert!(arrive.makes_version() && !RegisterAct::MoveOut.makes_version());
    assert_eq!(registration().operation().code(), "01");
    assert_eq!(
        RegisterAct::ChangeEmployer {
            employer: employer("乙", "31")
        }
        .operation()
        .code(),
        "09"
    );
    assert_eq!(end(EndCause::TermExpired).operation().code(), "04");
    assert_eq!(end(EndCause::Fraud).operation().code(), "05");
    assert!(registration().makes_version() && !end(EndCause::Fraud).makes_version());
    for code in StatusCode::ALL {
        assert_eq!(StatusCode::from_code(code.code()), Some(*code));
    }
}

fn row(n: u128) -> LapseRowId {
    LapseRowId::from_uuid(Uuid::from_u128(n))
}

fn lapse(n: u128) -> RegisterAct {
    RegisterAct::Lapse {
        cause: EndCause::EmployerBankrupt,
        effective_on: date(2026, 5, 20),
        row: row(n),
    }
}

#[test]
fn a_lapse_counts_from_its_event_and_undoing_it_restores_everything_as_it_was() {
    let pending = after(Some(registered()), RegisterAct::NoteRenewalAccepted);
    let going = RegisterAct::NoteMoveBegun {
        to: Province::from_code("31").expect("Shanghai"),
    };
    let moving = after(Some(pending), going);
    let before = after(Some(moving), RegisterAct::Suspend { until: None });
    let lapsed = after(Some(before.clone()), lapse(7));
    assert_eq!(lapsed.status(TODAY, LEAP), StatusCode::Lapsed);
    assert_eq!(
        lapsed.since_act(),
        Some((date(2026, 5, 20), Some(EndCause::EmployerBankrupt)))
    );
    assert_eq!(lapse(7).operation().code(), "04");
    assert!(!lapsed.renewal_pending && lapsed.moving_to.is_none());
    assert_eq!(refused(Some(&lapsed), &lapse(8)), "REGISTRATION_ENDED");
    let wrong = RegisterAct::UndoLapse { row: row(8) };
    assert_eq!(refused(Some(&lapsed), &wrong), "NOTHING_TO_UNDO");
    let undone = after(Some(lapsed.clone()), RegisterAct::UndoLapse { row: row(7) });
    assert_eq!(
        (
            &undone.state,
            &undone.specialties,
            undone.renewal_pending,
            undone.moving_to
        ),
        (
            &before.state,
            &before.specialties,
            before.renewal_pending,
            before.moving_to
        )
    );
    assert!(undone.lapse.is_none());
    let closed = after(Some(lapsed), RegisterAct::NoteRenewalClosed);
    let undone = after(Some(closed), RegisterAct::UndoLapse { row: row(7) });
    assert!(
        !undone.renewal_pending,
        "what became of the renewal meanwhile counts"
    );
}

#[test]
fn what_was_cancelled_or_revoked_after_a_lapse_is_not_brought_back_by_undoing_it() {
    let undo = RegisterAct::UndoLapse { row: row(7) };
    assert_eq!(refused(Some(&registered()), &undo), "NOTHING_TO_UNDO");
    for then in [cancel(), end(EndCause::Fraud)] {
        let ended = after(Some(after(Some(registered()), lapse(7))), then);
        assert_eq!(refused(Some(&ended), &undo), "NOTHING_TO_UNDO");
    }
    let tomorrow = RegisterAct::Lapse {
        cause: EndCause::EmployerBankrupt,
        effective_on: date(2026, 6, 2),
        row: row(1),
    };
    let penalty = RegisterAct::Lapse {
        cause: EndCause::Penalty,
        effective_on: TODAY,
        row: row(1),
    };
    for act in [tomorrow, penalty] {
        assert_eq!(refused(Some(&registered()), &act), "NOT_A_LAPSE");
    }
}

fn acts() -> impl Strategy<Value = RegisterAct> {
    prop_oneof![
        Just(registration()),
        Just(RegisterAct::ChangeEmployer {
            employer: employer("乙有限公司", "31")
        }),
        Just(RegisterAct::ChangeEmployer {
            employer: employer("甲公司", "32")
        }),
        Just(RegisterAct::ReissueSeal),
        Just(cancel()),
        Just(cancelling(&[Specialty::Mining])),
        Just(RegisterAct::AddSpecialties {
            added: vec![specialty(Specialty::Mining, TODAY, date(2029, 5, 31))]
        }),
        Just(RegisterAct::NoteRenewalAccepted),
        Just(RegisterAct::Suspend { until: None }),
        Just(RegisterAct::Restore),
        Just(RegisterAct::NoteMoveBegun {
            to: Province::from_code("31").expect("Shanghai")
        }),
        Just(RegisterAct::MoveOut),
        Just(RegisterAct::MoveIn {
            employer: employer("乙有限公司", "31")
        }),
        Just(RegisterAct::MoveIn {
            employer: employer("甲公司", "32")
        }),
        Just(RegisterAct::CancelMoveOut),
        (1_u128..3).prop_map(lapse),
        (1_u128..3).prop_map(|n| RegisterAct::UndoLapse { row: row(n) }),
        prop::sample::select(EndCause::ALL).prop_map(end),
    ]
}

proptest! {
    #[test]
    fn digits_never_change_and_the_end_is_final_but_for_a_new_registration(
        acts in prop::collection::vec(acts(), 1..40),
    ) {
        let mut entry: Option<RegisterEntry> = None;
        for act in acts {
            if decide(entry.as_ref(), &act, TODAY).is_err() {
                continue;
            }
            let was_ended = entry.as_ref().is_some_and(RegisterEntry::is_ended);
            let next = RegisterEntry::apply(entry.clone(), &record(act.clone(), TODAY)).expect("decided");
            if let Some(before) = &entry {
                prop_assert_eq!(before.number.digits(), next.number.digits());
                prop_assert!(next.seal_check_code >= before.seal_check_code);
            }
            prop_assert_eq!(next.number.prefix(), next.employer.province);
            prop_assert!(!next.specialties.is_empty());
            prop_assert!(!next.former_numbers.contains(&next.number));
            if was_ended && !next.is_ended() {
                let begins = matches!(act, RegisterAct::Register { .. });
                let restores = matches!(act, RegisterAct::UndoLapse { .. })
                    && entry.as_ref().is_some_and(|before| before.lapse.is_some());
                prop_assert!(begins || restores);
            }
            let json = serde_json::to_string(&next).expect("json");
            prop_assert_eq!(&serde_json::from_str::<RegisterEntry>(&json).expect("back"), &next);
            entry = Some(next);
        }
    }
}

#[test]
fn a_judgment_undoes_a_cancellation_and_nothing_else() {
    let undo = || RegisterAct::Reinstate {
        document: "（2026）苏01行终12号".to_owned(),
    };
    assert_eq!((undo().operation().code(), undo().makes_version()), ("07", true));
    let before = registered();
    assert_eq!(refused(Some(&before), &undo()), "NOTHING_TO_UNDO");
    let cancelled = after(Some(before.clone()), cancel());
    let again = after(Some(cancelled.clone()), undo());
    assert_eq!(again.status(TODAY, LEAP), StatusCode::Valid);
    assert_eq!(
        (&again.specialties, again.number),
        (&before.specialties, before.number)
    );
    for cause in [EndCause::Fraud, EndCause::Penalty] {
        let ended = after(Some(cancelled.clone()), end(cause));
        assert_eq!(refused(Some(&ended), &undo()), "REGISTRATION_ENDED");
    }
}

proptest! {
    /// People of one province whose serials follow each other move, end and are registered anew in any order: digits stay,
    /// and every number that anybody ever had, in either form, leads to that one person.
    #[test]
    fn no_sequence_of_moves_makes_two_people_share_a_number(
        steps in prop::collection::vec((0_usize..4, acts()), 1..80),
    ) {
        let province = Province::from_code("32").expect("Jiangsu");
        let digits = |serial: usize| {
            let serial = u32::try_from(serial + 1).expect("small");
            crate::registration_number::RegistrationDigits::allocate(province, 2018, 2019, serial).expect("valid")
        };
        let mut people: [Option<RegisterEntry>; 4] = [None, None, None, None];
        for (who, act) in steps {
            let act = match act {
                RegisterAct::Register { employer, birth_date, specialties, .. } => RegisterAct::Register {
                    number: RegistrationNumber::new(employer.province, digits(who)),
                    birth_date,
                    employer,
                    specialties,
                },
                other => other,
            };
            if decide(people[who].as_ref(), &act, TODAY).is_ok() {
                people[who] = RegisterEntry::apply(people[who].take(), &record(act, TODAY));
            }
        }
        let mut owners = std::collections::BTreeMap::new();
        for (who, entry) in people.iter().enumerate() {
            let Some(entry) = entry else { continue };
            prop_assert_eq!(entry.number.digits(), digits(who));
            for number in entry.former_numbers.iter().chain([&entry.number]) {
                prop_assert_eq!(number.digits(), digits(who));
                for form in [number.to_string(), number.short()] {
                    prop_assert_eq!(*owners.entry(form).or_insert(who), who);
                }
            }
        }
    }
}
