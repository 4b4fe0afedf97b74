//! UTCTime and GeneralizedTime.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// `YYYYMMDDHHMMSSZ`, the only form that DER and GB/T 38540 writers produce: 15 bytes for years 0 to 9999.
#[must_use]
pub fn generalized_time(at: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(at);
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        time.year().max(0),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// `YYMMDDHHMMSSZ`, for the years 1950 to 2049 that UTCTime can tell.
#[must_use]
pub fn utc_time(at: Timestamp) -> Option<String> {
    let year = Offset::UTC.to_datetime(at).year();
    let text = generalized_time(at);
    if (1950..2050).contains(&year) {
        text.get(2..).map(str::to_owned)
    } else {
        None
    }
}

/// The text of a GeneralizedTime or UTCTime without its tag, told apart by the number of leading digits.
#[must_use]
pub fn parse_time(text: &[u8]) -> Option<Timestamp> {
    match text.iter().take_while(|byte| byte.is_ascii_digit()).count() {
        // Twelve digits are a UTCTime with seconds; a GeneralizedTime without them is not in use.
        10 | 12 => parse_utc(text),
        14 => parse_generalized(text),
        _ => None,
    }
}

pub(super) fn parse_utc(text: &[u8]) -> Option<Timestamp> {
    let year = i16::from(two_digits(text, 0)?);
    parse(if year < 50 { 2000 + year } else { 1900 + year }, text.get(2..)?)
}

pub(super) fn parse_generalized(text: &[u8]) -> Option<Timestamp> {
    let year = i16::from(two_digits(text, 0)?) * 100 + i16::from(two_digits(text, 2)?);
    parse(year, text.get(4..)?)
}

/// Month to zone: `MMDDHHMM[SS[.f+]](Z|±HHMM)`. Fractions are dropped; a missing zone is refused, since which
/// zone was meant cannot be known.
fn parse(year: i16, text: &[u8]) -> Option<Timestamp> {
    let field = |index: usize| two_digits(text, index * 2).and_then(|value| i8::try_from(value).ok());
    let (month, day, hour, minute) = (field(0)?, field(1)?, field(2)?, field(3)?);
    let mut rest = text.get(8..)?;
    let mut second = 0;
    if rest.first()?.is_ascii_digit() {
        second = field(4)?;
        rest = rest.get(2..)?;
    }
    if let Some((b'.' | b',', fraction)) = rest.split_first() {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest = fraction.get(digits..).filter(|_| digits > 0)?;
    }
    let offset = match rest {
        b"Z" => Offset::UTC,
        [sign @ (b'+' | b'-'), ..] if rest.len() == 5 => {
            let seconds = i32::from(two_digits(rest, 1)?) * 3600 + i32::from(two_digits(rest, 3)?) * 60;
            Offset::from_seconds(if *sign == b'+' { seconds } else { -seconds }).ok()?
        }
        _ => return None,
    };
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    offset.to_timestamp(civil).ok()
}

fn two_digits(text: &[u8], at: usize) -> Option<u8> {
    match text.get(at..at + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}
