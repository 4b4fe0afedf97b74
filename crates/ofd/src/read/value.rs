//! Simple values: numbers, boxes, dates.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::finding::Reason;

/// A box in millimetres as read (`ST_Box`).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Bounds {
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        let mut parts = parts(text);
        let mut next = || parts.next().ok_or(Reason::Value).and_then(number);
        let bounds = Self {
            x: next()?,
            y: next()?,
            width: next()?,
            height: next()?,
        };
        match parts.next() {
            None => Ok(bounds),
            Some(_) => Err(Reason::Value),
        }
    }
}

/// Finite numbers separated by white space (or, as some producers write, commas).
pub(super) fn numbers(text: &str) -> Result<Vec<f64>, Reason> {
    parts(text).map(number).collect()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii_whitespace() || c == ',')
        .filter(|part| !part.is_empty())
}

pub(super) fn number(text: &str) -> Result<f64, Reason> {
    decimal(text.as_bytes())
        .or_else(|| text.parse().ok())
        .filter(|value: &f64| value.is_finite())
        .ok_or(Reason::Value)
}

/// A plain decimal of at most fifteen digits; anything else is left to the library. Digits and power of ten are exact
/// then, so their quotient is the nearest number, as the library's is.
fn decimal(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 16 || digits.last() == Some(&b'.') || digits.first() == Some(&b'.')
    {
        return None;
    }
    let (mut value, mut scale, mut fraction) = (0_u64, 1_u64, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + u64::from(byte - b'0');
                scale *= if fraction { 10 } else { 1 };
            }
            b'.' if !fraction => fraction = true,
            _ => return None,
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "at most sixteen digits with their point: below 2^53 or refused"
    )]
    let quotient = (value < 1 << 53).then(|| value as f64 / scale as f64)?;
    Some(if negative { -quotient } else { quotient })
}

/// An object number (`ST_ID`).
pub(super) fn id(text: &str) -> Result<u64, Reason> {
    text.trim().parse().map_err(|_| Reason::Value)
}

/// `xs:boolean`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A date or time as some producer wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateValue {
    /// The text.
    pub text: String,
    /// What it says on the calendar and clock, if understood.
    pub local: Option<DateTime>,
    /// The instant, if it states its offset from UTC.
    pub instant: Option<Timestamp>,
}

impl DateValue {
    /// Understands `2026-11-23`, `2026-11-23 08:00:00`, `2026-11-23T08:00:00[.5][Z|+08:00]`, `20261123080000[Z]`,
    /// `20261123`, `2026/11/23 08:00:00`.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let (local, instant) = understand(text).map_or((None, None), |(local, offset)| {
            let instant = offset.and_then(|offset| TimeZone::fixed(offset).to_timestamp(local).ok());
            (Some(local), instant)
        });
        Self {
            text: text.to_owned(),
            local,
            instant,
        }
    }
}

fn understand(text: &str) -> Option<(DateTime, Option<Offset>)> {
    if text.len() > 40 || !text.is_ascii() {
        return None;
    }
    let mut rest = text;
    let dashed = rest.as_bytes().get(4).is_some_and(|b| matches!(b, b'-' | b'/'));
    let year = digits(&mut rest, 4)?;
    if dashed {
        skip(&mut rest, &['-', '/']);
    }
    let month = digits(&mut rest, 2)?;
    if dashed {
        skip(&mut rest, &['-', '/']);
    }
    let date = Date::new(
        year,
        i8::try_from(month).ok()?,
        i8::try_from(digits(&mut rest, 2)?).ok()?,
    )
    .ok()?;
    if rest.is_empty() {
        return Some((date.to_datetime(Time::midnight()), None));
    }
    skip(&mut rest, &['T', ' ']);
    let mut clock = [0_i8; 3];
    for (index, field) in clock.iter_mut().enumerate() {
        if index > 0 {
            skip(&mut rest, &[':']);
        }
        *field = i8::try_from(digits(&mut rest, 2)?).ok()?;
    }
    let [hour, minute, second] = clock;
    let time = Time::new(hour, minute, second, 0).ok()?;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    Some((date.to_datetime(time), offset(rest.trim())?))
}

/// The offset at the end: none, `Z`, `+08:00` or `+0800`. The outer nothing means it is not understood.
#[expect(clippy::option_option, reason = "no offset and no sense are two things")]
fn offset(text: &str) -> Option<Option<Offset>> {
    if text.is_empty() {
        return Some(None);
    }
    if text == "Z" {
        return Some(Some(Offset::UTC));
    }
    let (sign, mut rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let hours = i32::from(digits(&mut rest, 2)?);
    skip(&mut rest, &[':']);
    let minutes = i32::from(digits(&mut rest, 2)?);
    rest.is_empty().then_some(())?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60))
        .ok()
        .map(Some)
}

fn digits(rest: &mut &str, count: usize) -> Option<i16> {
    let (head, tail) = rest.split_at_checked(count)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    *rest = tail;
    head.parse().ok()
}

fn skip(rest: &mut &str, any: &[char]) {
    if let Some(tail) = rest.strip_prefix(any) {
        *rest = tail;
    }
}
