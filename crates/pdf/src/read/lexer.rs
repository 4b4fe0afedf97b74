//! Values from bytes (ISO 32000-1 §7.2, §7.3).

use std::sync::Arc;

use super::{
    Limits,
    error::ReadError,
    number::{constant, hex_pair, hex_value, is_number_start, number, parse_unsigned},
    object::{Dictionary, Object, PdfString},
};

const fn is_whitespace(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

const fn is_regular(byte: u8) -> bool {
    !is_whitespace(byte) && !is_delimiter(byte)
}

/// An operand or operator of a content stream.
pub(crate) enum Token<'a> {
    Operand(Object),
    Operator(&'a [u8]),
}

/// A position in bytes from which values are read.
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    position: usize,
    values: usize,
    depth: usize,
    in_file: bool,
}

impl<'a> Lexer<'a> {
    /// Over the file itself, so that strings know their place.
    pub(crate) fn in_file(bytes: &'a [u8], position: usize, limits: Limits) -> Self {
        Self {
            bytes,
            position,
            values: limits.values,
            depth: limits.depth,
            in_file: true,
        }
    }

    /// Over decoded bytes.
    pub(crate) fn detached(bytes: &'a [u8], position: usize, limits: Limits) -> Self {
        Self {
            in_file: false,
            ..Self::in_file(bytes, position, limits)
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn seek(&mut self, position: usize) {
        self.position = position;
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    /// Skips white space and comments.
    pub(crate) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if is_whitespace(byte) {
                self.position += 1;
            } else if byte == b'%' {
                self.position += self.run(|byte| !matches!(byte, b'\r' | b'\n')).len();
            } else {
                break;
            }
        }
    }

    /// The longest run of matching bytes from here.
    fn run(&self, matches: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !matches(*byte)).unwrap_or(rest.len());
        rest.get(..length).unwrap_or_default()
    }

    fn regular(&mut self) -> &'a [u8] {
        let run = self.run(is_regular);
        self.position += run.len();
        run
    }

    /// Whether the keyword is next. Skips space either way.
    pub(crate) fn at_keyword(&mut self, keyword: &[u8]) -> bool {
        self.skip_space();
        self.run(is_regular) == keyword
    }

    pub(crate) fn keyword(&mut self, keyword: &[u8]) -> Result<(), ReadError> {
        if !self.at_keyword(keyword) {
            return Err(ReadError::Syntax("a keyword is missing"));
        }
        self.position += keyword.len();
        Ok(())
    }

    /// A whole number of at most 19 digits without sign.
    pub(crate) fn unsigned(&mut self) -> Result<u64, ReadError> {
        self.skip_space();
        parse_unsigned(self.regular()).ok_or(ReadError::Syntax("a whole number is missing"))
    }

    /// The word after space: what a cross-reference row ends with.
    pub(crate) fn word(&mut self) -> &'a [u8] {
        self.skip_space();
        self.regular()
    }

    /// After the dictionary: `stream` and its line end; gives the start of the data.
    pub(crate) fn stream_start(&mut self) -> Result<usize, ReadError> {
        self.keyword(b"stream")?;
        let skip = match self.rest() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return Err(ReadError::Syntax("no line end after the keyword stream")),
        };
        self.position += skip;
        Ok(self.position)
    }

    /// Position after `%%EOF`, and after its line end, when only white space comes before it.
    pub(crate) fn end_of_file_marker(&mut self) -> Option<(usize, usize)> {
        self.position += self.run(is_whitespace).len();
        let after = self.rest().strip_prefix(b"%%EOF")?;
        let marker = self.position + 5;
        let line_end = match after {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        Some((marker, marker + line_end))
    }

    pub(crate) fn object(&mut self) -> Result<Object, ReadError> {
        self.value(0)
    }

    /// Skips operations of the form `1 2 m` and `1 2 l`, of which a two-dimensional code has hundreds and which no
    /// reader of text needs. What has another form is left.
    pub(crate) fn skip_lines(&mut self) {
        while let Some(length) = line(self.rest()) {
            self.position += length;
        }
    }

    /// The next operand or operator; `None` at the end.
    pub(crate) fn token(&mut self) -> Result<Option<Token<'a>>, ReadError> {
        self.skip_space();
        let Some(byte) = self.peek() else { return Ok(None) };
        if is_regular(byte) && !is_number_start(byte) && !matches!(byte, b't' | b'f' | b'n') {
            return Ok(Some(Token::Operator(self.regular())));
        }
        // Content streams and character maps hold no references, so a number stands for itself.
        if is_number_start(byte) {
            self.values = self.values.checked_sub(1).ok_or(ReadError::Limit("values"))?;
            let number = number(self.regular()).ok_or(ReadError::Syntax("number"))?;
            return Ok(Some(Token::Operand(number)));
        }
        if matches!(byte, b't' | b'f' | b'n') {
            let word = self.regular();
            return Ok(Some(constant(word).map_or(Token::Operator(word), Token::Operand)));
        }
        self.value(0).map(|object| Some(Token::Operand(object)))
    }

    fn value(&mut self, depth: usize) -> Result<Object, ReadError> {
        if depth > self.depth {
            return Err(ReadError::Limit("depth"));
        }
        self.values = self.values.checked_sub(1).ok_or(ReadError::Limit("values"))?;
        self.skip_space();
        let rest = self.rest();
        match rest {
            [b'/', ..] => self.name().map(Object::Name),
            [b'(', ..] => self.literal_string(),
            [b'<', b'<', ..] => self.dictionary(depth),
            [b'<', ..] => self.hexadecimal_string(),
            [b'[', ..] => self.array(depth),
            [byte, ..] if is_number_start(*byte) => self.number_or_reference(),
            _ => constant(self.regular()).ok_or(ReadError::Syntax("a value is missing")),
        }
    }

    fn name(&mut self) -> Result<Vec<u8>, ReadError> {
        self.position += 1;
        let raw = self.regular();
        let mut name = Vec::with_capacity(raw.len());
        let mut bytes = raw.iter();
        while let Some(&byte) = bytes.next() {
            if byte == b'#' {
                let digits = bytes
                    .next()
                    .zip(bytes.next())
                    .and_then(|(&high, &low)| hex_pair(high, low));
                name.push(digits.ok_or(ReadError::Syntax("name escape"))?);
            } else {
                name.push(byte);
            }
        }
        Ok(name)
    }

    fn literal_string(&mut self) -> Result<Object, ReadError> {
        let start = self.position;
        self.position += 1;
        let mut bytes = Vec::new();
        let mut open = 1usize;
        loop {
            match self.next().ok_or(ReadError::Syntax("string does not end"))? {
                b'(' => {
                    open += 1;
                    bytes.push(b'(');
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(self.string(bytes, start));
                    }
                    bytes.push(b')');
                }
                b'\\' => self.escape(&mut bytes)?,
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.position += 1;
                    }
                    bytes.push(b'\n');
                }
                byte => bytes.push(byte),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        match self.next().ok_or(ReadError::Syntax("string does not end"))? {
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.position += 1;
                }
            }
            digit @ b'0'..=b'7' => {
                let mut value = u16::from(digit - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else {
                        break;
                    };
                    self.position += 1;
                    value = value * 8 + u16::from(digit - b'0');
                }
                // High-order overflow is ignored (§7.3.4.2).
                bytes.push(value.to_le_bytes()[0]);
            }
            other => bytes.push(other),
        }
        Ok(())
    }

    fn hexadecimal_string(&mut self) -> Result<Object, ReadError> {
        let start = self.position;
        self.position += 1;
        if let Some(bytes) = self.plain_hexadecimal() {
            return Ok(self.string(bytes, start));
        }
        let mut bytes = Vec::new();
        let mut high: Option<u8> = None;
        loop {
            let byte = self.next().ok_or(ReadError::Syntax("string does not end"))?;
            if byte == b'>' {
                bytes.extend(high.map(|high| high << 4));
                return Ok(self.string(bytes, start));
            }
            if is_whitespace(byte) {
                continue;
            }
            let digit = hex_value(byte).ok_or(ReadError::Syntax("hexadecimal string"))?;
            high = match high {
                None => Some(digit),
                Some(high) => {
                    bytes.push(high << 4 | digit);
                    None
                }
            };
        }
    }

    /// A string of whole pairs without white space, as most are.
    fn plain_hexadecimal(&mut self) -> Option<Vec<u8>> {
        let rest = self.rest();
        let digits = rest.get(..memchr::memchr(b'>', rest)?)?;
        let zeros = digits.len().is_multiple_of(2)
            && digits.iter().fold(0, |other, digit| other | (digit ^ b'0')) == 0;
        let bytes = if zeros {
            vec![0; digits.len() / 2]
        } else {
            hex::decode(digits).ok()?
        };
        self.position += digits.len() + 1;
        Some(bytes)
    }

    fn string(&self, bytes: Vec<u8>, start: usize) -> Object {
        Object::String(PdfString {
            bytes,
            span: self.in_file.then_some(start..self.position),
        })
    }

    fn array(&mut self, depth: usize) -> Result<Object, ReadError> {
        self.position += 1;
        let mut values = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.position += 1;
                return Ok(Object::Array(values));
            }
            values.push(self.value(depth + 1)?);
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Object, ReadError> {
        self.position += 2;
        let mut entries: Vec<(Vec<u8>, Object)> = Vec::new();
        loop {
            self.skip_space();
            match self.rest() {
                [b'>', b'>', ..] => {
                    self.position += 2;
                    break;
                }
                [b'/', ..] => {
                    let key = self.name()?;
                    entries.push((key, self.value(depth + 1)?));
                }
                _ => return Err(ReadError::Syntax("dictionary")),
            }
        }
        let mut keys: Vec<&[u8]> = entries.iter().map(|(key, _)| key.as_slice()).collect();
        keys.sort_unstable();
        if keys
            .windows(2)
            .any(|pair| matches!(pair, [first, second] if first == second))
        {
            return Err(ReadError::Syntax("a dictionary names a key twice"));
        }
        // A key whose value is null is the same as an absent key (§7.3.7).
        entries.retain(|(_, value)| *value != Object::Null);
        Ok(Object::Dictionary(Dictionary {
            entries: Arc::new(entries),
        }))
    }

    fn number_or_reference(&mut self) -> Result<Object, ReadError> {
        let text = self.regular();
        let number = number(text).ok_or(ReadError::Syntax("number"))?;
        let Some(first) = parse_unsigned(text).and_then(|value| u32::try_from(value).ok()) else {
            return Ok(number);
        };
        let after = self.position;
        self.skip_space();
        let generation = self.run(|byte| byte.is_ascii_digit());
        if !generation.is_empty() && generation.len() <= 5 {
            self.position += generation.len();
            if self.at_keyword(b"R") {
                self.position += 1;
                return Ok(Object::Reference(first));
            }
        }
        self.position = after;
        Ok(number)
    }
}

/// The length of two short whole numbers and `m` or `l`, with one space or line feed after each.
fn line(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    for _ in 0..2 {
        let digits = rest
            .iter()
            .take(9)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        rest = rest.get(digits..).filter(|_| digits > 0)?.strip_prefix(b" ")?;
    }
    match rest {
        [b'm' | b'l', b' ' | b'\n', after @ ..] => Some(bytes.len() - after.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
