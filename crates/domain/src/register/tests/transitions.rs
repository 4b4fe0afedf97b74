use super::*;

/// 苏1322018201901234: 水利水电 to 30 June 2026, 矿业 to 31 December 2026, born on 7 March 1990.
fn days(entry: &RegisterEntry, from: Date) -> Vec<Date> {
    let mut days = Vec::new();
    let mut after = from;
    while let Some(day) = entry.next_transition(after, LEAP) {
        days.push(day);
        after = day;
    }
    days
}

#[test]
fn each_end_of_a_term_is_a_day_and_the_last_one_changes_the_status() {
    let entry = registered();
    assert_eq!(days(&entry, TODAY), [date(2026, 7, 1), date(2027, 1, 1)]);
    let first = entry.transition_on(date(2026, 7, 1), LEAP).expect("a transition");
    assert_eq!(
        (first.before, first.after, first.changes_status()),
        (StatusCode::Valid, StatusCode::Valid, false)
    );
    assert_eq!(
        (&first.ended[..], &first.causes[..]),
        (
            &[Specialty::WaterAndHydropower][..],
            &[TimeCause::TermExpired][..]
        )
    );
    let last = entry.transition_on(date(2027, 1, 1), LEAP).expect("a transition");
    assert_eq!((last.before, last.after), (StatusCode::Valid, StatusCode::Lapsed));
    assert_eq!(last.ended, [Specialty::Mining]);
    assert_eq!(
        entry.transition_on(date(2026, 12, 31), LEAP),
        None,
        "the last day counts"
    );
}

#[test]
fn a_pending_renewal_keeps_the_status_and_the_birthday_does_not_wait_for_it() {
    let pending = after(Some(registered()), RegisterAct::NoteRenewalAccepted);
    let last = pending
        .transition_on(date(2027, 1, 1), LEAP)
        .expect("a transition");
    assert!(!last.changes_status() && last.ended == [Specialty::Mining]);
    let old = RegisterEntry {
        birth_date: date(1961, 8, 9),
        ..pending
    };
    assert_eq!(days(&old, TODAY), [date(2026, 7, 1), date(2026, 8, 10)]);
    let over = old.transition_on(date(2026, 8, 10), LEAP).expect("a transition");
    assert_eq!(
        (over.after, &over.causes[..]),
        (StatusCode::Lapsed, &[TimeCause::OverAge][..])
    );
}

#[test]
fn a_suspension_runs_out_and_hides_the_terms_that_end_within_it() {
    let until = |day| RegisterAct::Suspend { until: day };
    let suspended = after(Some(registered()), until(Some(date(2026, 8, 1))));
    assert_eq!(days(&suspended, TODAY), [date(2026, 8, 2), date(2027, 1, 1)]);
    let over = suspended
        .transition_on(date(2026, 8, 2), LEAP)
        .expect("a transition");
    assert_eq!(
        (over.before, over.after),
        (StatusCode::Suspended, StatusCode::Valid)
    );
    assert_eq!(over.begun, [Specialty::Mining], "the other one ended meanwhile");
    let again = |day| decide(Some(&suspended), &RegisterAct::Suspend { until: None }, day).is_ok();
    assert_eq!(
        (again(date(2026, 8, 1)), again(date(2026, 8, 2))),
        (false, true),
        "what has run out withholds no act"
    );
    assert_eq!(days(&after(Some(registered()), until(None)), TODAY), []);
    assert_eq!(days(&after(Some(registered()), cancel()), TODAY), []);
}

#[test]
fn a_term_that_has_yet_to_begin_begins_on_its_day() {
    let terms = vec![(
        Specialty::WaterAndHydropower,
        Validity::renewal(date(2026, 6, 30), LEAP),
    )];
    let renewed = after(Some(registered()), RegisterAct::Renew { terms });
    let begins = renewed
        .transition_on(date(2026, 7, 1), LEAP)
        .expect("a transition");
    assert_eq!(
        (&begins.begun[..], &begins.causes[..]),
        (&[Specialty::WaterAndHydropower][..], &[TimeCause::TermBegan][..])
    );
}

proptest! {
    /// Every difference between two days is a transition of the later one, and no other day is one.
    #[test]
    fn nothing_changes_between_transitions(
        acts in prop::collection::vec(acts(), 1..12),
        first in 0_i32..1_600,
    ) {
        let mut entry: Option<RegisterEntry> = None;
        for act in acts {
            if decide(entry.as_ref(), &act, TODAY).is_ok() {
                entry = RegisterEntry::apply(entry, &record(act, TODAY));
            }
        }
        let Some(entry) = entry else { return Ok(()) };
        let shown = |day| {
            let status = entry.status(day, LEAP);
            let living = entry.living_specialties(day, LEAP);
            (status, if status == StatusCode::Valid { living } else { Vec::new() })
        };
        let start = crate::calendar::plus_days(TODAY, first);
        let next = entry.next_transition(start, LEAP);
        for n in 1..400 {
            let (eve, day) = (crate::calendar::plus_days(start, n - 1), crate::calendar::plus_days(start, n));
            if Some(day) == next {
                prop_assert!(shown(eve) != shown(day));
                break;
            }
            prop_assert_eq!(shown(eve), shown(day));
        }
    }
}
