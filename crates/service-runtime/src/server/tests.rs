use std::time::Duration;

use proptest::prelude::*;

use super::deadline::parse_timeout;

proptest! {
    #[test]
    fn a_timeout_is_at_most_eight_digits_and_a_unit(number in 0_u64..100_000_000) {
        let timeout = |unit| parse_timeout(&format!("{number}{unit}"));
        prop_assert_eq!(timeout("H"), Some(Duration::from_secs(number * 3600)));
        prop_assert_eq!(timeout("M"), Some(Duration::from_secs(number * 60)));
        prop_assert_eq!(timeout("S"), Some(Duration::from_secs(number)));
        prop_assert_eq!(timeout("m"), Some(Duration::from_millis(number)));
        prop_assert_eq!(timeout("u"), Some(Duration::from_micros(number)));
        prop_assert_eq!(timeout("n"), Some(Duration::from_nanos(number)));
        prop_assert_eq!(timeout("s"), None);
    }

    #[test]
    fn nothing_else_is_a_timeout_and_nothing_is_a_crash(text in "\\PC{0,12}") {
        if let Some(timeout) = parse_timeout(&text) {
            prop_assert!(text.len() <= 9 && timeout <= Duration::from_secs(100_000_000 * 3600));
        }
    }
}

#[test]
fn a_ninth_digit_is_too_many() {
    assert_eq!(parse_timeout("100000000S"), None);
}
