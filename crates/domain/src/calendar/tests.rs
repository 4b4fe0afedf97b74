use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn official() -> &'static HolidayCalendar {
    HolidayCalendar::official()
}

#[test]
fn a_day_is_a_civil_day_in_shanghai() {
    let evening: Timestamp = "2026-11-22T16:00:00Z".parse().expect("instant");
    assert_eq!(day_of(evening), date(2026, 11, 23));
    assert_eq!(start_of(date(2026, 11, 23)), evening);
    assert_eq!(end_of(date(2026, 11, 22)), evening);
}

#[test]
fn the_shipped_table_knows_the_notices() {
    assert_eq!(official().covered_to(), date(2026, 12, 25));
    for (day, working) in [
        (date(2026, 10, 1), false),
        (date(2026, 10, 8), true),
        (date(2026, 10, 10), true),
        (date(2026, 9, 20), true),
        (date(2026, 11, 21), false),
        (date(2024, 2, 4), true),
        (date(2024, 2, 12), false),
    ] {
        assert_eq!(
            official().kind_of(day),
            DayKind {
                working,
                provisional: false
            },
            "{day}"
        );
    }
}

#[test]
fn deadlines_count_working_days_and_skip_the_golden_week() {
    let deadline = official().deadline(date(2026, 9, 30), 5);
    assert_eq!(
        deadline,
        Deadline {
            day: date(2026, 10, 13),
            provisional: false
        }
    );
    assert_eq!(
        official().working_days_between(date(2026, 9, 30), deadline.day),
        5
    );
}

#[test]
fn beyond_the_table_a_deadline_is_provisional() {
    let deadline = official().deadline(date(2026, 12, 24), 5);
    assert_eq!(
        deadline,
        Deadline {
            day: date(2026, 12, 31),
            provisional: true
        }
    );
}

#[test]
fn a_filing_deadline_rolls_over_days_off() {
    assert_eq!(official().roll_forward(date(2026, 10, 3)).day, date(2026, 10, 8));
    assert_eq!(
        official().roll_forward(date(2026, 10, 10)).day,
        date(2026, 10, 10)
    );
}

#[test]
fn a_pause_stops_the_clock() {
    let mut limit = TimeLimit {
        started: date(2026, 11, 2),
        working_days: 5,
        pauses: vec![Pause {
            from: date(2026, 11, 4),
            to: None,
            reason: "听证".to_owned(),
        }],
    };
    assert_eq!(limit.deadline(official()), None);
    assert!(!limit.is_overrun(official(), date(2027, 1, 1)));
    limit.pauses[0].to = Some(date(2026, 11, 10));
    assert_eq!(
        limit.deadline(official()).expect("closed").day,
        date(2026, 11, 16)
    );
    assert!(limit.is_overrun(official(), date(2026, 11, 17)));
}

#[test]
fn the_calendar_says_how_far_it_reaches_and_where_it_is_from() {
    assert!(official().source().contains("国务院办公厅"));
    assert_eq!(official().covered_from(), date(2004, 1, 1));
    let year = official().covered_to().year();
    assert!(official().covers_year(year) && !official().covers_year(year + 1));
    for (today, coverage) in [
        (date(year - 1, 12, 31), Coverage::NextYear),
        (date(year, 11, 30), Coverage::ThisYear),
        (date(year, 12, 1), Coverage::NextYearMissing),
        (plus_days(official().covered_to(), 1), Coverage::Ended),
    ] {
        assert_eq!(official().coverage(today), coverage, "{today}");
    }
}

#[test]
fn a_broken_table_names_its_line() {
    let table = "# covered,2026-01-01,2026-12-31\n2026-10-01,off,国庆节\n2026-09-01,off,x\n";
    assert_eq!(HolidayCalendar::parse(table).expect_err("order").line, 3);
    assert!(HolidayCalendar::parse("2026-10-01,off,国庆节").is_err());
    assert!(HolidayCalendar::parse("# covered,2026-01-01,2026-12-31\n2026-10-01,maybe,国庆节").is_err());
}

proptest! {
    #[test]
    fn a_deadline_is_a_working_day_with_that_many_before_it(offset in 0i32..8000, days in 1u16..40) {
        let start = plus_days(date(2004, 1, 1), offset);
        let deadline = official().deadline(start, days);
        prop_assert!(official().kind_of(deadline.day).working);
        prop_assert_eq!(official().working_days_between(start, deadline.day), u32::from(days));
    }
}
