use super::*;
use crate::correction::{CorrectedFact, CorrectionNature, CorrectionTerms};
use crate::register::history::{KnownAct, entry_at};

fn known(n: u128, act: RegisterAct, at: Date, recorded: Date) -> KnownAct {
    KnownAct {
        record: ActRecord {
            id: RegisterActId::from_uuid(Uuid::from_u128(n)),
            ..record(act, at)
        },
        recorded_at: start_of(recorded),
    }
}

fn status(acts: &[KnownAct], at: Date, known_at: Date) -> Option<(StatusCode, usize)> {
    let found = entry_at(acts, start_of(at), start_of(known_at))?;
    Some((found.entry.status(at, LEAP), found.acts.len()))
}

const JUNE: [Date; 5] = [
    date(2026, 6, 1),
    date(2026, 6, 5),
    date(2026, 6, 10),
    date(2026, 6, 15),
    date(2026, 6, 20),
];

#[test]
fn a_lapse_counts_from_its_event_and_is_known_from_its_recording() {
    let [registered, event, between, recorded, undone] = JUNE;
    let row = LapseRowId::from_uuid(Uuid::from_u128(9));
    let lapse = RegisterAct::Lapse {
        cause: EndCause::EmployerBankrupt,
        effective_on: event,
        row,
    };
    let mut acts = vec![
        known(1, registration(), registered, registered),
        known(2, lapse, recorded, recorded),
    ];
    assert_eq!(status(&acts, between, between), Some((StatusCode::Valid, 1)));
    assert_eq!(status(&acts, between, recorded), Some((StatusCode::Lapsed, 2)));
    assert_eq!(
        status(&acts, date(2026, 6, 4), recorded),
        Some((StatusCode::Valid, 1))
    );
    assert_eq!(
        status(&acts, date(2026, 5, 31), recorded),
        None,
        "not registered yet"
    );
    acts.push(known(3, RegisterAct::UndoLapse { row }, undone, undone));
    assert_eq!(status(&acts, between, recorded), Some((StatusCode::Lapsed, 2)));
    assert_eq!(
        status(&acts, between, undone).map(|(status, _)| status),
        Some(StatusCode::Valid),
        "it never counted"
    );
    assert_eq!(
        status(&acts, undone, undone),
        Some((StatusCode::Valid, 3)),
        "both are shown"
    );
}

#[test]
fn a_register_error_was_one_from_the_beginning_and_a_legal_change_from_its_day() {
    let [registered, changed, between, recorded, _] = JUNE;
    let acts = |nature| {
        let terms = CorrectionTerms {
            facts: vec![CorrectedFact::BirthDate],
            nature,
        };
        let correct = RegisterAct::Correct {
            birth_date: date(1961, 6, 6),
            terms,
        };
        [
            known(1, registration(), registered, registered),
            known(2, correct, recorded, recorded),
        ]
    };
    let born = |acts: &[KnownAct], at, known_at| {
        let found = entry_at(acts, start_of(at), start_of(known_at)).expect("registered");
        found.entry.birth_date
    };
    let error = acts(CorrectionNature::RegisterError);
    assert_eq!(born(&error, between, between), date(1990, 3, 7));
    assert_eq!(born(&error, between, recorded), date(1961, 6, 6));
    assert_eq!(born(&error, registered, recorded), date(1961, 6, 6));
    assert_eq!(status(&error, between, between), Some((StatusCode::Valid, 1)));
    assert_eq!(
        status(&error, between, recorded),
        Some((StatusCode::Lapsed, 2)),
        "past the age by the right birth date"
    );
    let change = acts(CorrectionNature::LegalChange { changed_on: changed });
    assert_eq!(born(&change, date(2026, 6, 4), recorded), date(1990, 3, 7));
    assert_eq!(born(&change, changed, recorded), date(1961, 6, 6));
}

proptest! {
    /// As known now, the entry at the present is the entry.
    #[test]
    fn the_present_is_the_sum_of_all_acts(acts in prop::collection::vec(acts(), 1..30)) {
        let mut entry: Option<RegisterEntry> = None;
        let mut all = Vec::new();
        for (n, act) in acts.into_iter().enumerate() {
            if decide(entry.as_ref(), &act, TODAY).is_err() {
                continue;
            }
            let next = known(n as u128 + 1, act, TODAY, TODAY);
            entry = RegisterEntry::apply(entry, &next.record);
            all.push(next);
        }
        let found = entry_at(&all, start_of(TODAY), start_of(TODAY));
        let outward = |entry: &RegisterEntry| {
            (entry.status(TODAY, LEAP), entry.number, entry.employer.clone(), entry.specialties.clone(), entry.birth_date)
        };
        prop_assert_eq!(found.map(|found| outward(&found.entry)), entry.as_ref().map(outward));
    }
}
