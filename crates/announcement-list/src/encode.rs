//! The one way in which texts and numbers become bytes that are hashed or signed.

/// A text: its length in bytes as four big-endian bytes, then its UTF-8.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// A count or ordinal as four big-endian bytes; nothing here comes near their end.
pub(crate) fn number(out: &mut Vec<u8>, value: usize) {
    let value = u32::try_from(value).unwrap_or(u32::MAX);
    out.extend_from_slice(&value.to_be_bytes());
}
