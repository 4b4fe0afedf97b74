use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::calendar::start_of;
use crate::fact::Hand;
use crate::ids::OfficerId;
use crate::register::StatusCode;

const TODAY: Date = date(2026, 6, 1);

fn officer(n: u128, authority: &str) -> Officer {
    Officer {
        id: OfficerId::from_uuid(Uuid::from_u128(n)),
        authority: authority.parse().expect("an authority"),
    }
}

fn person() -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(5))
}

fn firm(n: u128) -> EmployerId {
    EmployerId::from_uuid(Uuid::from_u128(n))
}

fn lapse(subject: LapseSubject, ground: LapseGround, effective_on: Date) -> NewLapse {
    NewLapse {
        id: LapseId::from_uuid(Uuid::from_u128(9)),
        act: LapseAct::Lapse {
            subject,
            ground,
            effective_on,
        },
        reference: "（2026）苏01破1号".to_owned(),
        statement: "法律规定的其他情形".to_owned(),
        papers: 1,
        report: None,
    }
}

fn record(new: NewLapse) -> Result<Lapse, LapseRefused> {
    Lapse::record(new, officer(1, "provinces/32"), start_of(TODAY))
}

#[test]
fn every_ground_has_its_paragraph_and_leads_to_lapse_and_nothing_else() {
    let articles: Vec<_> = LapseGround::ALL.iter().map(|ground| ground.article()).collect();
    let paragraphs: Vec<_> = (1..=8).map(|n| format!("153号 art 16({n})")).collect();
    assert_eq!(articles, paragraphs);
    for ground in LapseGround::ALL {
        assert_eq!(ground.cause().status(), StatusCode::Lapsed, "{}", ground.code());
    }
}

#[test]
fn what_the_day_shows_is_never_recorded_and_a_ground_fits_whom_it_concerns() {
    for ground in LapseGround::ALL.iter().copied() {
        let alone = record(lapse(LapseSubject::Person(person()), ground, TODAY));
        let whole = record(lapse(LapseSubject::Employer(firm(1)), ground, TODAY));
        match (ground.seen_by(), ground.concerns()) {
            (SeenBy::Date, _) => {
                let refused = LapseRefused::SeenByDate {
                    ground: ground.name(),
                };
                assert_eq!((alone, whole), (Err(refused.clone()), Err(refused)));
            }
            (SeenBy::Authority, Concerns::Person) => {
                assert!(alone.is_ok());
                assert_eq!(
                    whole,
                    Err(LapseRefused::Subject {
                        ground: ground.name()
                    })
                );
            }
            (SeenBy::Authority, Concerns::Employer | Concerns::Either) => {
                assert!(alone.is_ok() && whole.is_ok());
            }
        }
    }
}

#[test]
fn a_record_needs_a_province_a_day_that_has_come_and_papers() {
    let ground = LapseGround::EmployerBankrupt;
    let new = || lapse(LapseSubject::Employer(firm(1)), ground, TODAY);
    let by_ministry = Lapse::record(new(), officer(1, "ministry"), start_of(TODAY));
    assert_eq!(by_ministry, Err(LapseRefused::Authority));
    let tomorrow = lapse(LapseSubject::Employer(firm(1)), ground, date(2026, 6, 2));
    assert_eq!(record(tomorrow), Err(LapseRefused::InFuture));
    for (reference, papers) in [(" ", 1), ("文号", 0), ("文号", PAPERS + 1)] {
        let bare = NewLapse {
            reference: reference.to_owned(),
            papers,
            ..new()
        };
        assert_eq!(record(bare), Err(LapseRefused::Evidence));
    }
    let wordless = NewLapse {
        statement: String::new(),
        ..lapse(LapseSubject::Employer(firm(1)), LapseGround::Other, TODAY)
    };
    assert_eq!(record(wordless), Err(LapseRefused::Statement));
}

#[test]
fn only_a_confirmed_lapse_is_undone_and_the_undoing_takes_two_officers_as_well() {
    let recorded = record(lapse(
        LapseSubject::Person(person()),
        LapseGround::EmploymentEnded,
        TODAY,
    ))
    .expect("recorded");
    let undo = NewLapse {
        act: LapseAct::Undo {
            lapse: recorded.id,
            people: Vec::new(),
        },
        statement: "判决确认劳动关系存续".to_owned(),
        ..lapse(
            LapseSubject::Person(person()),
            LapseGround::EmploymentEnded,
            TODAY,
        )
    };
    let (first, second, at) = (
        officer(1, "provinces/32"),
        officer(2, "provinces/32"),
        start_of(TODAY),
    );
    assert_eq!(
        recorded.record_undo(undo.clone(), first, at),
        Err(LapseRefused::NothingToUndo)
    );
    assert!(recorded.clone().confirm(first, at).is_err());
    let confirmed = recorded.confirm(second, at).expect("confirmed");
    let undoing = confirmed.record_undo(undo.clone(), first, at).expect("recorded");
    assert!(undoing.clone().confirm(first, at).is_err());
    let undone = undoing.confirm(second, at).expect("confirmed");
    assert_eq!(
        undone.record_undo(undo, first, at),
        Err(LapseRefused::NothingToUndo)
    );
}

#[test]
fn a_report_leads_to_a_lapse_or_is_dismissed_with_grounds() {
    let id = LapseId::from_uuid(Uuid::from_u128(9));
    let hand = Hand {
        by: officer(1, "provinces/32"),
        at: start_of(TODAY),
    };
    let open = ReportState::Open;
    let under_way = open.clone().taken_up(id).expect("taken up");
    assert_eq!(under_way.clone().taken_up(id), Err(ReportRefused::NotOpen));
    assert_eq!(under_way.clone().settled(false), ReportState::Open);
    assert_eq!(under_way.settled(true), ReportState::Upheld { lapse: id });
    assert_eq!(
        open.clone().dismissed(hand, " "),
        Err(ReportRefused::GroundsMissing)
    );
    let dismissed = open.dismissed(hand, "查无此事").expect("dismissed");
    assert_eq!(dismissed.dismissed(hand, "查无此事"), Err(ReportRefused::NotOpen));
}

fn present() -> impl Strategy<Value = Present> {
    let ended = prop::option::of(prop::sample::select(StatusCode::ALL));
    (
        1_u128..3,
        prop::option::of(-5_i32..5),
        ended,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(employer, from, ended, moved_away, cleared)| Present {
            employer: firm(employer),
            valid_from: from.map(|days| crate::calendar::plus_days(TODAY, days)),
            ended,
            moved_away,
            cleared,
        })
}

proptest! {
    #[test]
    fn a_row_lapses_only_what_stands_here_with_that_employer_and_is_not_about_to_change(
        present in prop::option::of(present()),
    ) {
        let subject = LapseSubject::Employer(firm(1));
        let fits = present.is_some_and(|known| {
            known.employer == firm(1)
                && known.ended.is_none()
                && !known.moved_away
                && !known.cleared
                && known.valid_from.is_none_or(|from| from <= TODAY)
        });
        prop_assert_eq!(check_row(subject, TODAY, present).is_ok(), fits);
        let undoable = present.is_some_and(|known| known.ended == Some(StatusCode::Lapsed) && !known.moved_away);
        prop_assert_eq!(check_undo(present, true).is_ok(), undoable);
        prop_assert!(check_undo(present, false).is_err());
    }
}
