//! XML text by hand: the structure is fixed and small, the order of children is the schema's.

use std::fmt::Write as _;

use super::error::WriteError;

/// The namespace of GB/T 33190-2016.
pub(crate) const NAMESPACE: &str = "http://www.ofdspec.org/2016";

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Coordinates beyond this many millimetres are faults, not pages.
const FARTHEST: f64 = 100_000.0;

/// A growing XML file.
#[derive(Default)]
pub(super) struct Xml {
    out: String,
}

impl Xml {
    /// Starts a file whose root is `ofd:root`.
    pub(super) fn file(root: &str, capacity: usize) -> Self {
        let mut out = String::with_capacity(capacity);
        out.push_str(DECLARATION);
        out.push_str("<ofd:");
        out.push_str(root);
        out.push_str(" xmlns:ofd=\"");
        out.push_str(NAMESPACE);
        out.push('"');
        Self { out }
    }

    /// A piece of a file, without declaration.
    pub(super) fn fragment() -> Self {
        Self::default()
    }

    /// Appends markup as it is.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Appends `<ofd:name>value</ofd:name>`.
    pub(super) fn leaf(&mut self, name: &str, value: &str) -> Result<&mut Self, WriteError> {
        self.raw("<ofd:")
            .raw(name)
            .raw(">")
            .text(value)?
            .raw("</ofd:")
            .raw(name)
            .raw(">");
        Ok(self)
    }

    /// Appends ` name="value"`.
    pub(super) fn attribute(&mut self, name: &str, value: &str) -> Result<&mut Self, WriteError> {
        self.raw(" ").raw(name).raw("=\"").text(value)?.raw("\"");
        Ok(self)
    }

    /// Appends ` name="value"` of a whole number.
    pub(super) fn whole(&mut self, name: &str, value: u64) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").integer(value).raw("\"")
    }

    /// Appends a whole number.
    pub(super) fn integer(&mut self, value: u64) -> &mut Self {
        digits(&mut self.out, value, 1);
        self
    }

    /// Appends ` name="a b c"` of numbers.
    pub(super) fn numbers(&mut self, name: &str, values: &[f64]) -> Result<&mut Self, WriteError> {
        self.raw(" ").raw(name).raw("=\"");
        self.list(values)?;
        Ok(self.raw("\""))
    }

    /// Appends numbers separated by spaces.
    pub(super) fn list(&mut self, values: &[f64]) -> Result<&mut Self, WriteError> {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            number(&mut self.out, *value)?;
        }
        Ok(self)
    }

    /// Appends escaped text, fit for content and for double-quoted attributes.
    pub(super) fn text(&mut self, value: &str) -> Result<&mut Self, WriteError> {
        let mut rest = value;
        // Most text is plain and goes over in one piece.
        while let Some(at) = rest.bytes().position(is_special) {
            let (plain, tail) = rest.split_at(at);
            self.out.push_str(plain);
            let mut characters = tail.chars();
            let Some(c) = characters.next() else { break };
            rest = characters.as_str();
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' | '\n' | '\r' => {
                    write!(self.out, "&#{};", u32::from(c)).expect("a String takes any text");
                }
                '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                    return Err(WriteError::IllegalCharacter(u32::from(c)));
                }
                _ => self.out.push(c),
            }
        }
        self.out.push_str(rest);
        Ok(self)
    }

    pub(super) fn into_string(self) -> String {
        self.out
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }
}

/// Whether a character that begins with this byte may need an escape or a refusal.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | 0..=0x1f | 0xef)
}

/// Appends `value` with at most four decimals (a tenth of a micrometre), without trailing zeros or exponent.
pub(super) fn number(out: &mut String, value: f64) -> Result<(), WriteError> {
    if !value.is_finite() || value.abs() > FARTHEST {
        return Err(WriteError::Coordinate);
    }
    let scaled = rounded(value * 10_000.0);
    if scaled < 0 {
        out.push('-');
    }
    let magnitude = scaled.unsigned_abs();
    digits(out, magnitude / 10_000, 1);
    let (mut fraction, mut width) = (magnitude % 10_000, 4);
    if fraction > 0 {
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        out.push('.');
        digits(out, fraction, width);
    }
    Ok(())
}

/// What `f64::round` gives, without its call where the target has no instruction for it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "far below 2^53, bounded by FARTHEST"
)]
fn rounded(value: f64) -> i64 {
    let whole = value as i64;
    let rest = value - whole as f64;
    whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5)
}

/// Appends `value` with at least `width` digits. By hand: a page is mostly numbers, and formatting machinery would
/// take a fifth of the time of writing it.
fn digits(out: &mut String, mut value: u64, width: usize) {
    let mut buffer = [b'0'; 20];
    let mut used = 0;
    for place in buffer.iter_mut().rev() {
        if value == 0 && used >= width {
            break;
        }
        *place = b"0123456789".get((value % 10) as usize).copied().unwrap_or(b'0');
        value /= 10;
        used += 1;
    }
    let tail = buffer
        .get(buffer.len() - used..)
        .and_then(|tail| str::from_utf8(tail).ok());
    out.push_str(tail.expect("ASCII digits, at most twenty"));
}

/// Whether `name` is usable as an XML name: a letter, then letters, digits, `_`, `-` or `.`, all ASCII.
pub(super) fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
