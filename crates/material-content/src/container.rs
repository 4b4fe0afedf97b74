//! Types by magic bytes, and the checks of the formats that are not decoded to pixels.

use ofd::{Limits, Package};

use crate::{Fault, pixels};

/// A type that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ITU-T T.81.
    Jpeg,
    /// ISO/IEC 15948.
    Png,
    /// ISO 32000.
    Pdf,
    /// GB/T 33190.
    Ofd,
}

impl Kind {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Ofd => "application/ofd",
        }
    }

    /// The end of a name that we make.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Ofd => "ofd",
        }
    }

    /// By the first bytes alone, which must be the very first.
    #[must_use]
    pub fn of(content: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], Kind); 4] = [
            (&[0xff, 0xd8, 0xff], Kind::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Kind::Png),
            (b"%PDF-", Kind::Pdf),
            (b"PK\x03\x04", Kind::Ofd),
        ];
        MAGIC
            .iter()
            .find(|(magic, _)| content.starts_with(magic))
            .map(|(_, kind)| *kind)
    }
}

/// What the file is, having read all of it.
///
/// # Errors
/// It is none of the types that are taken, or not a whole and single one.
pub fn examine(content: &[u8]) -> Result<Kind, Fault> {
    let kind = Kind::of(content).ok_or(Fault::UnknownType)?;
    match kind {
        Kind::Jpeg | Kind::Png => {
            pixels::decode(content)?;
        }
        Kind::Pdf => pdf(content)?,
        Kind::Ofd => ofd(content)?,
    }
    Ok(kind)
}

/// A version in the first line, the end marker in the last kibibyte (ISO 32000-1 Annex H, 18), and no archive behind it.
fn pdf(content: &[u8]) -> Result<(), Fault> {
    let version = content.get(5..8).ok_or(Fault::Truncated)?;
    let [major, b'.', minor] = *version else {
        return Err(Fault::UnknownType);
    };
    if !major.is_ascii_digit() || !minor.is_ascii_digit() {
        return Err(Fault::UnknownType);
    }
    let tail = content
        .get(content.len().saturating_sub(1024)..)
        .unwrap_or(content);
    let end = rfind(tail, b"%%EOF").ok_or(Fault::Truncated)?;
    let behind = tail.get(end + 5..).unwrap_or_default();
    if !behind.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::TrailingBytes);
    }
    // The record that ends an archive is found from the end, up to its longest comment before it.
    let reach = content
        .get(content.len().saturating_sub(22 + 0xffff)..)
        .unwrap_or(content);
    if rfind(reach, b"PK\x05\x06").is_some_and(|at| is_archive_end(reach.get(at..).unwrap_or_default())) {
        return Err(Fault::TrailingBytes);
    }
    Ok(())
}

/// Whether the comment of an archive's end record reaches exactly to the end of the file.
fn is_archive_end(record: &[u8]) -> bool {
    match (record.get(20), record.get(21)) {
        (Some(low), Some(high)) => usize::from(u16::from_le_bytes([*low, *high])) + 22 == record.len(),
        _ => false,
    }
}

fn rfind(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).rposition(|window| window == sought)
}

/// A package that opens under limits and names its documents.
fn ofd(content: &[u8]) -> Result<(), Fault> {
    let package = Package::open(content, &Limits::default()).map_err(|_| Fault::Unreadable)?;
    match package.documents() {
        Ok(documents) if !documents.is_empty() => Ok(()),
        _ => Err(Fault::Unreadable),
    }
}
