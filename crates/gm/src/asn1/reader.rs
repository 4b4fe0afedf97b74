//! The tolerant reader.

use std::ops::Range;

use jiff::Timestamp;

use super::{Oid, tag, time};

/// Why some bytes are not the ASN.1 that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The input ends inside an element.
    #[error("input ends inside an element")]
    Truncated,
    /// An indefinite length, a tag of several bytes, or a length of more than four bytes.
    #[error("unsupported encoding")]
    Unsupported,
    /// Another type stands where one was expected.
    #[error("unexpected type")]
    UnexpectedTag,
    /// The content does not fit its type.
    #[error("content does not fit its type")]
    InvalidContent,
    /// Elements follow where the structure ends.
    #[error("trailing elements")]
    Trailing,
    /// The input is longer, or holds more elements, than this kind of structure may.
    #[error("beyond the limits set for this structure")]
    TooLarge,
}

/// Reads elements one after another. Positions count from the start of the outermost input, so that a parsed
/// structure can keep ranges into it.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    input: &'a [u8],
    position: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads all of `input`.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            position: 0,
            end: input.len(),
        }
    }

    /// Reads the part `range` of `input`; positions still count from the start of `input`.
    #[must_use]
    pub fn within(input: &'a [u8], range: Range<usize>) -> Self {
        let end = range.end.min(input.len());
        Self {
            input,
            position: range.start.min(end),
            end,
        }
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.position >= self.end
    }

    /// The tag of the next element, if there is one.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        if self.is_empty() {
            None
        } else {
            self.input.get(self.position).copied()
        }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let byte = self.peek().ok_or(Error::Truncated)?;
        self.position += 1;
        Ok(byte)
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Result<Element<'a>, Error> {
        let start = self.position;
        let tag = self.byte()?;
        if tag & 0x1f == 0x1f {
            return Err(Error::Unsupported);
        }
        let first = self.byte()?;
        let length = match first {
            0..=0x7f => usize::from(first),
            0x81..=0x84 => {
                let mut length = 0usize;
                for _ in 0x80..first {
                    length = (length << 8) | usize::from(self.byte()?);
                }
                length
            }
            _ => return Err(Error::Unsupported),
        };
        let content = self.position;
        let end = content
            .checked_add(length)
            .filter(|end| *end <= self.end)
            .ok_or(Error::Truncated)?;
        self.position = end;
        Ok(Element {
            tag,
            input: self.input,
            start,
            content,
            end,
        })
    }

    /// The next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, Error> {
        match self.peek() {
            None => Err(Error::Truncated),
            Some(found) if found == tag => self.any(),
            Some(_) => Err(Error::UnexpectedTag),
        }
    }

    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Error> {
        if self.peek() == Some(tag) {
            self.any().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The contents of the next SEQUENCE.
    pub fn sequence(&mut self) -> Result<Self, Error> {
        Ok(self.expect(tag::SEQUENCE)?.reader())
    }

    /// An OBJECT IDENTIFIER.
    pub fn oid(&mut self) -> Result<Oid, Error> {
        self.expect(tag::OBJECT_IDENTIFIER)?.oid()
    }

    /// A small INTEGER.
    pub fn integer(&mut self) -> Result<i64, Error> {
        self.expect(tag::INTEGER)?.integer()
    }

    /// The content of an OCTET STRING.
    pub fn octets(&mut self) -> Result<Element<'a>, Error> {
        self.expect(tag::OCTET_STRING)
    }

    /// A character string of any type that occurs in names.
    pub fn text(&mut self) -> Result<String, Error> {
        self.any()?.text()
    }

    /// A UTCTime or GeneralizedTime.
    pub fn time(&mut self) -> Result<Timestamp, Error> {
        self.any()?.time()
    }

    /// Everything must have been read.
    pub const fn finish(&self) -> Result<(), Error> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Error::Trailing)
        }
    }
}

/// One element with the place it occupies.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Its tag byte.
    pub tag: u8,
    input: &'a [u8],
    start: usize,
    content: usize,
    end: usize,
}

impl<'a> Element<'a> {
    /// Tag, length and content as they stand in the input.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.input.get(self.range()).unwrap_or_default()
    }

    /// The content as it stands in the input.
    #[must_use]
    pub fn content(&self) -> &'a [u8] {
        self.input.get(self.content_range()).unwrap_or_default()
    }

    /// Where tag, length and content stand, counted from the start of the outermost input.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Where the content stands, counted from the start of the outermost input.
    #[must_use]
    pub const fn content_range(&self) -> Range<usize> {
        self.content..self.end
    }

    /// Reads the contents of a constructed element.
    #[must_use]
    pub const fn reader(&self) -> Reader<'a> {
        Reader {
            input: self.input,
            position: self.content,
            end: self.end,
        }
    }

    /// The identifier, if this is an OBJECT IDENTIFIER.
    pub fn oid(&self) -> Result<Oid, Error> {
        self.is(tag::OBJECT_IDENTIFIER)?;
        Oid::from_content(self.content()).ok_or(Error::InvalidContent)
    }

    /// The value, if this is an INTEGER that fits.
    pub fn integer(&self) -> Result<i64, Error> {
        self.is(tag::INTEGER)?;
        let content = self.content();
        let (first, _) = content.split_first().ok_or(Error::InvalidContent)?;
        if content.len() > 8 {
            return Err(Error::InvalidContent);
        }
        let sign = if first & 0x80 == 0 { 0 } else { -1 };
        Ok(content
            .iter()
            .fold(sign, |value, byte| (value << 8) | i64::from(*byte)))
    }

    /// The value, if this is a BOOLEAN; any nonzero byte is true.
    pub fn boolean(&self) -> Result<bool, Error> {
        self.is(tag::BOOLEAN)?;
        match self.content() {
            [byte] => Ok(*byte != 0),
            _ => Err(Error::InvalidContent),
        }
    }

    /// Where the bits stand, if this is a BIT STRING of whole bytes.
    pub fn bits_range(&self) -> Result<Range<usize>, Error> {
        self.is(tag::BIT_STRING)?;
        match self.content().first() {
            Some(0) => Ok(self.content + 1..self.end),
            _ => Err(Error::InvalidContent),
        }
    }

    /// The bits, if this is a BIT STRING of whole bytes.
    pub fn bits(&self) -> Result<&'a [u8], Error> {
        Ok(self.input.get(self.bits_range()?).unwrap_or_default())
    }

    /// The characters, if this is a string of a known type. Teletex is read as Latin-1, as others do.
    pub fn text(&self) -> Result<String, Error> {
        let content = self.content();
        match self.tag {
            tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING => std::str::from_utf8(content)
                .map(str::to_owned)
                .map_err(|_| Error::InvalidContent),
            tag::TELETEX_STRING => Ok(content.iter().copied().map(char::from).collect()),
            tag::BMP_STRING => {
                let units = content.chunks(2).map(|pair| match pair {
                    [high, low] => Ok(u16::from_be_bytes([*high, *low])),
                    _ => Err(Error::InvalidContent),
                });
                let units = units.collect::<Result<Vec<_>, _>>()?;
                String::from_utf16(&units).map_err(|_| Error::InvalidContent)
            }
            _ => Err(Error::UnexpectedTag),
        }
    }

    /// The instant, if this is a UTCTime or GeneralizedTime.
    pub fn time(&self) -> Result<Timestamp, Error> {
        match self.tag {
            tag::UTC_TIME => time::parse_utc(self.content()).ok_or(Error::InvalidContent),
            tag::GENERALIZED_TIME => time::parse_generalized(self.content()).ok_or(Error::InvalidContent),
            _ => Err(Error::UnexpectedTag),
        }
    }

    fn is(&self, tag: u8) -> Result<(), Error> {
        if self.tag == tag {
            Ok(())
        } else {
            Err(Error::UnexpectedTag)
        }
    }
}
