//! Days as people and spreadsheets write them.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// Serial numbers of days that count as dates: 1954 to 2119.
const SERIALS: std::ops::RangeInclusive<i64> = 20_000..=80_000;

/// Reads `2021-03-01`, `2021/3/1`, `2021.3.1`, `2021年3月1日`, `20210301`, each also with a time of midnight behind it, or
/// the serial number of a spreadsheet (`44256`, days since 1899-12-30).
#[must_use]
pub fn read_day(text: &str) -> Option<Date> {
    let text = text.trim();
    let text = text.split_once([' ', 'T']).map_or(Some(text), |(day, time)| {
        let midnight = time.bytes().all(|b| matches!(b, b'0' | b':' | b'.'));
        midnight.then_some(day)
    })?;
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.len() {
            8 => day(
                number(text.get(..4)?)?,
                number(text.get(4..6)?)?,
                number(text.get(6..)?)?,
            ),
            5 => serial(number(text)?),
            _ => None,
        };
    }
    let text = text.strip_suffix('日').unwrap_or(text);
    let mut parts = text.split(['-', '/', '.', '年', '月']);
    let (year, month, of_month) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    day(number(year)?, number(month)?, number(of_month)?)
}

fn number(text: &str) -> Option<i64> {
    let plain = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn serial(days: i64) -> Option<Date> {
    let epoch = day(1899, 12, 30)?;
    SERIALS
        .contains(&days)
        .then(|| epoch.checked_add(days.days()).ok())
        .flatten()
}

pub(crate) fn day(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}
