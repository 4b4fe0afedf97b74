use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const BORN: Date = date(1990, 3, 7);
const WATER: Specialty = Specialty::WaterAndHydropower;

#[test]
fn an_initial_term_ends_the_day_before_the_third_anniversary() {
    let term = Validity::initial(date(2023, 11, 20), LeapDay::default());
    assert_eq!(term.to, date(2026, 11, 19));
    assert!(term.contains(term.to) && !term.is_over(term.to) && term.is_over(date(2026, 11, 20)));
    assert_eq!(
        Validity::initial(date(2024, 2, 29), LeapDay::LastOfFebruary).to,
        date(2027, 2, 27)
    );
    assert_eq!(
        Validity::initial(date(2024, 2, 29), LeapDay::FirstOfMarch).to,
        date(2027, 2, 28)
    );
}

#[test]
fn a_renewal_leaves_no_gap() {
    let term = Validity::renewal(date(2026, 11, 19), LeapDay::default());
    assert_eq!(
        term,
        Validity {
            from: date(2026, 11, 20),
            to: date(2029, 11, 19)
        }
    );
    assert_eq!(
        Validity::renewal(date(2024, 2, 29), LeapDay::default()).to,
        date(2027, 2, 28)
    );
}

#[test]
fn the_birthday_itself_is_still_valid() {
    assert_eq!(
        last_day_of_age(date(1960, 2, 29), LeapDay::LastOfFebruary),
        date(2025, 2, 28)
    );
    assert_eq!(
        last_day_of_age(date(1960, 2, 29), LeapDay::FirstOfMarch),
        date(2025, 3, 1)
    );
}

#[test]
fn the_renewal_window_is_ninety_to_thirty_days_before_the_end() {
    let rule = RenewalRule::default();
    let end = date(2026, 11, 2);
    assert!(matches!(
        rule.timing(end, date(2026, 8, 3), None),
        RenewalTiming::TooEarly { .. }
    ));
    assert!(matches!(
        rule.timing(end, date(2026, 8, 4), None),
        RenewalTiming::InTime { .. }
    ));
    assert!(matches!(
        rule.timing(end, date(2026, 10, 3), None),
        RenewalTiming::InTime { .. }
    ));
    assert!(matches!(
        rule.timing(end, date(2026, 10, 4), None),
        RenewalTiming::TooLate { .. }
    ));
    let calendar = HolidayCalendar::official();
    assert!(matches!(
        rule.timing(end, date(2026, 10, 8), Some(calendar)),
        RenewalTiming::InTime { .. }
    ));
    let lenient = RenewalRule { late: 30, ..rule };
    assert_eq!(lenient.timing(end, date(2026, 11, 2), None), RenewalTiming::Late);
    assert!(matches!(
        lenient.timing(end, date(2026, 11, 3), None),
        RenewalTiming::TooLate { .. }
    ));
}

#[test]
fn a_copy_lives_180_days_or_until_something_ends() {
    let rule = UsePeriodRule::default();
    let long = Validity {
        from: date(2024, 1, 1),
        to: date(2026, 12, 31),
    };
    let short = Validity {
        from: date(2023, 1, 1),
        to: date(2025, 12, 31),
    };
    let made = date(2025, 6, 1);
    let plain = rule.period(made, &[(WATER, long)], BORN).expect("period");
    assert_eq!(
        (plain.use_until, plain.capped_by),
        (date(2025, 11, 28), UsePeriodCap::Days)
    );
    let made = date(2025, 8, 1);
    let two = [(WATER, long), (Specialty::Mining, short)];
    let capped = rule.period(made, &two, BORN).expect("period");
    assert_eq!(
        capped.capped_by,
        UsePeriodCap::SpecialtyEnd {
            specialty: Specialty::Mining
        }
    );
    assert_eq!(capped.use_until, short.to);
    let latest = UsePeriodRule {
        specialty_cap: SpecialtyCap::Latest,
        ..rule
    };
    assert_eq!(
        latest.period(made, &two, BORN).expect("period").capped_by,
        UsePeriodCap::Days
    );
    let old = rule
        .period(made, &[(WATER, long)], date(1960, 9, 1))
        .expect("period");
    assert_eq!(
        (old.use_until, old.capped_by),
        (date(2025, 9, 1), UsePeriodCap::Age)
    );
    assert_eq!(
        rule.period(date(2025, 9, 2), &two, date(1960, 9, 1)),
        Err(UsePeriodError::OverAge)
    );
    assert_eq!(
        rule.period(date(2027, 1, 1), &two, BORN),
        Err(UsePeriodError::NoLivingSpecialty)
    );
    let counting = UsePeriodRule {
        counts_first_day: true,
        ..rule
    };
    let counted = counting
        .period(date(2025, 6, 1), &[(WATER, long)], BORN)
        .expect("period");
    assert_eq!(counted.use_until, date(2025, 11, 27));
}

fn days() -> impl Strategy<Value = Date> {
    (0i32..20_000).prop_map(|offset| plus_days(date(2007, 1, 1), offset))
}

proptest! {
    #[test]
    fn terms_last_three_years_and_chain_without_gaps(start in days()) {
        let first = Validity::initial(start, LeapDay::default());
        let second = Validity::renewal(first.to, LeapDay::default());
        prop_assert_eq!(second.from, plus_days(first.to, 1));
        for term in [first, second] {
            let length = term.from.until(term.to).expect("in range").get_days() + 1;
            prop_assert!((1095..=1097).contains(&length), "{length}");
        }
    }

    #[test]
    fn a_use_period_exceeds_no_cap(
        made in days(), from in 0i32..900, to in 0i32..1200, age in 20i32..70,
    ) {
        let rule = UsePeriodRule::default();
        let validity = Validity { from: plus_days(made, -from), to: plus_days(made, to) };
        let birth = plus_days(made, -age * 365);
        if let Ok(period) = rule.period(made, &[(WATER, validity)], birth) {
            prop_assert!(period.use_until >= made);
            prop_assert!(period.use_until <= plus_days(made, 180));
            prop_assert!(period.use_until <= validity.to);
            prop_assert!(period.use_until <= last_day_of_age(birth, LeapDay::default()));
            let bounds = [plus_days(made, 180), validity.to, last_day_of_age(birth, LeapDay::default())];
            prop_assert!(bounds.contains(&period.use_until));
        } else {
            prop_assert!(made > last_day_of_age(birth, LeapDay::default()));
        }
    }
}
