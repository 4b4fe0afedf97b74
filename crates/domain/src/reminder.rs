//! When people are reminded that a term or a use copy ends.

use jiff::civil::Date;

/// Days before the end of a specialty's term; the window of a renewal closes 30 days before it (153号 art 12).
pub const BEFORE_TERM_END: &[u16] = &[120, 90, 60, 40, 33];

/// Days before the end of a copy's use period.
pub const BEFORE_COPY_END: &[u16] = &[30, 7, 1];

/// The reminder to be sent on a day: the last of the thresholds that have been reached, none before the first or after
/// the end. Whoever was down on the day itself still sends it; of several missed ones the latest says it all.
#[must_use]
pub fn due(thresholds: &[u16], end: Date, today: Date) -> Option<u16> {
    let left = days_left(end, today)?;
    thresholds.iter().copied().filter(|days| left <= *days).min()
}

/// Days from a day to an end that has not passed.
#[must_use]
pub fn days_left(end: Date, today: Date) -> Option<u16> {
    let left = today.until(end).ok()?.get_days();
    u16::try_from(left).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::plus_days;

    #[test]
    fn each_threshold_begins_on_its_day_and_the_last_ends_with_the_term() {
        let end = date(2026, 12, 31);
        let on = |left: i32| due(BEFORE_TERM_END, end, plus_days(end, -left));
        assert_eq!(
            (on(121), on(120), on(91), on(90)),
            (None, Some(120), Some(120), Some(90))
        );
        assert_eq!(
            (on(60), on(40), on(33), on(0), on(-1)),
            (Some(60), Some(40), Some(33), Some(33), None)
        );
    }

    proptest! {
        #[test]
        fn looking_every_day_sends_each_once_and_after_downtime_none_twice(
            offset in 0i32..4000, gaps in prop::collection::vec(1i32..20, 1..80)
        ) {
            let end = plus_days(date(2015, 1, 1), offset);
            for thresholds in [BEFORE_TERM_END, BEFORE_COPY_END] {
                let daily: BTreeSet<_> = (0..200).filter_map(|left| due(thresholds, end, plus_days(end, -left))).collect();
                prop_assert_eq!(daily, thresholds.iter().copied().collect::<BTreeSet<_>>());
                let mut today = plus_days(end, -200);
                let mut before = u16::MAX;
                for gap in &gaps {
                    today = plus_days(today, *gap);
                    if let Some(now) = due(thresholds, end, today) {
                        prop_assert!(now <= before, "reminders only get more urgent");
                        before = now;
                        prop_assert!(days_left(end, today).is_some_and(|left| left <= now));
                    }
                }
            }
        }
    }
}
