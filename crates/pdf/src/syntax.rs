//! Numbers, strings and dates as PDF writes them. Everything is locale-free and deterministic.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// Dates in documents are civil time of China, which has one zone and no summer time.
const CHINA: Offset = Offset::constant(8);

pub(crate) fn china_time(at: Timestamp) -> DateTime {
    CHINA.to_datetime(at)
}

pub(crate) fn push_byte_str(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn push_uint(out: &mut Vec<u8>, value: u64) {
    push_padded(out, value, 1);
}

/// Decimal digits with leading zeros up to `width`.
pub(crate) fn push_padded(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        if value == 0 && used >= width {
            break;
        }
        // `value % 10` is below 10.
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        used += 1;
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// At most three decimals, no exponent, no trailing zeros.
pub(crate) fn push_decimal(out: &mut Vec<u8>, value: f64) {
    let thousandths = rounded(value * 1000.0);
    if thousandths < 0 {
        out.push(b'-');
    }
    let magnitude = thousandths.unsigned_abs();
    push_uint(out, magnitude / 1000);
    let mut fraction = magnitude % 1000;
    if fraction == 0 {
        return;
    }
    out.push(b'.');
    let mut unit = 100;
    while fraction > 0 {
        out.push(b'0' + (fraction / unit) as u8);
        fraction %= unit;
        unit /= 10;
    }
}

/// What `f64::round` gives, without its call where the target has no instruction for it.
fn rounded(value: f64) -> i64 {
    let whole = value as i64;
    let rest = value - whole as f64;
    whole.saturating_add(i64::from(rest >= 0.5) - i64::from(rest <= -0.5))
}

pub(crate) fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 {
        b'0' + nibble
    } else {
        b'A' + (nibble - 10)
    }
}

pub(crate) fn push_hex_u16(out: &mut Vec<u8>, value: u16) {
    let [high, low] = value.to_be_bytes();
    out.extend_from_slice(&[
        hex_digit(high >> 4),
        hex_digit(high & 15),
        hex_digit(low >> 4),
        hex_digit(low & 15),
    ]);
}

/// The UTF-16BE code units of a character in hexadecimal.
pub(crate) fn push_hex_utf16(out: &mut Vec<u8>, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        push_hex_u16(out, *unit);
    }
}

/// A text string (ISO 32000-1 §7.9.2.2): literal when ASCII, else UTF-16BE with a byte order mark.
pub(crate) fn push_text_string(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        out.push(b'(');
        for byte in text.bytes() {
            if matches!(byte, b'(' | b')' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b')');
    } else {
        push_byte_str(out, "<FEFF");
        text.chars().for_each(|character| push_hex_utf16(out, character));
        out.push(b'>');
    }
}

/// A name; bytes outside the regular printable range are written `#xx` (ISO 32000-1 §7.3.5).
pub(crate) fn push_name(out: &mut Vec<u8>, name: &str) {
    out.push(b'/');
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'.') {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'#', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
}

/// `N 0 R`.
pub(crate) fn push_reference(out: &mut Vec<u8>, number: u32) {
    push_uint(out, u64::from(number));
    push_byte_str(out, " 0 R");
}

fn push_date_parts(out: &mut Vec<u8>, at: DateTime, separators: [&str; 5]) {
    let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    push_padded(out, u64::from(at.year().unsigned_abs()), 4);
    for (separator, part) in separators.into_iter().zip(parts) {
        push_byte_str(out, separator);
        push_padded(out, u64::from(part.unsigned_abs()), 2);
    }
}

/// A PDF date string (ISO 32000-1 §7.9.4) in China time.
pub(crate) fn push_date(out: &mut Vec<u8>, at: Timestamp) {
    push_byte_str(out, "(D:");
    push_date_parts(out, china_time(at), [""; 5]);
    push_byte_str(out, "+08'00')");
}

/// An XMP date in China time.
pub(crate) fn push_xmp_date(out: &mut Vec<u8>, at: Timestamp) {
    push_date_parts(out, china_time(at), ["-", "-", "T", ":", ":"]);
    push_byte_str(out, "+08:00");
}

#[cfg(test)]
mod tests;
