//! The strict writer.

use super::{Oid, tag};

/// How many bytes the length field takes for `length` content bytes.
#[must_use]
pub const fn length_of_length(length: usize) -> usize {
    match length {
        0..=0x7f => 1,
        0x80..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xff_ffff => 4,
        _ => 5,
    }
}

/// Appends tag and length. For callers that know all lengths beforehand and want to write each byte once.
pub fn header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    let extra = length_of_length(length) - 1;
    if extra == 0 {
        out.push(length.to_le_bytes()[0]);
        return;
    }
    out.push(0x80 | extra.to_le_bytes()[0]);
    out.extend(length.to_be_bytes().iter().skip(size_of::<usize>() - extra));
}

/// Builds DER from the outside in; lengths are filled in when an element closes.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub const fn new() -> Self {
        Self { out: Vec::new() }
    }

    /// The bytes written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// One element with the content given.
    pub fn element(&mut self, tag: u8, content: &[u8]) -> &mut Self {
        header(&mut self.out, tag, content.len());
        self.out.extend_from_slice(content);
        self
    }

    /// A constructed element whose content `write` appends.
    pub fn constructed(&mut self, tag: u8, write: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::new();
        write(&mut inner);
        self.element(tag, &inner.out)
    }

    /// A SEQUENCE.
    pub fn sequence(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.constructed(tag::SEQUENCE, write)
    }

    /// Bytes that are DER already.
    pub fn raw(&mut self, der: &[u8]) -> &mut Self {
        self.out.extend_from_slice(der);
        self
    }

    /// An INTEGER.
    pub fn integer(&mut self, value: i64) -> &mut Self {
        let bytes = value.to_be_bytes();
        let redundant = bytes
            .windows(2)
            .take_while(|pair| {
                matches!(pair, [0, next] if next & 0x80 == 0)
                    || matches!(pair, [0xff, next] if next & 0x80 != 0)
            })
            .count();
        self.element(tag::INTEGER, bytes.get(redundant..).unwrap_or_default())
    }

    /// An INTEGER that is not negative, from its big-endian bytes.
    pub fn unsigned(&mut self, big_endian: &[u8]) -> &mut Self {
        let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
        let digits = big_endian.get(zeros..).unwrap_or_default();
        let pad = digits.first().is_none_or(|first| first & 0x80 != 0);
        header(&mut self.out, tag::INTEGER, digits.len() + usize::from(pad));
        if pad {
            self.out.push(0);
        }
        self.out.extend_from_slice(digits);
        self
    }

    /// An OBJECT IDENTIFIER.
    pub fn oid(&mut self, oid: Oid) -> &mut Self {
        self.element(tag::OBJECT_IDENTIFIER, oid.as_content())
    }

    /// An OCTET STRING.
    pub fn octets(&mut self, content: &[u8]) -> &mut Self {
        self.element(tag::OCTET_STRING, content)
    }

    /// A BIT STRING of whole bytes.
    pub fn bits(&mut self, content: &[u8]) -> &mut Self {
        header(&mut self.out, tag::BIT_STRING, content.len() + 1);
        self.out.push(0);
        self.out.extend_from_slice(content);
        self
    }

    /// A UTF8String.
    pub fn utf8(&mut self, text: &str) -> &mut Self {
        self.element(tag::UTF8_STRING, text.as_bytes())
    }

    /// An IA5String; the caller has checked that `text` is ASCII.
    pub fn ia5(&mut self, text: &str) -> &mut Self {
        self.element(tag::IA5_STRING, text.as_bytes())
    }
}
