//! Pictures by their first bytes: what they are, and how many pixels they ask a reader to unpack. Nothing is decoded.

use ofd::{Document, Package};
use seal_format::PictureRef;

use crate::finding::{Finding, check};
use crate::mapping::printable;

/// More pixels than a page at 600 dpi has: whoever shows the picture would need more memory than it is worth.
const MOST_PIXELS: u64 = 40_000_000;

/// A format that occurs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Png,
    Jpeg,
    Gif,
    Bmp,
    Tiff,
    Jbig2,
    /// An archive: a document put in place of a picture.
    Document,
}

/// The seal's own picture.
pub(super) fn of_seal(picture: &PictureRef<'_>) -> Finding {
    let found = kind(picture.bytes);
    let stated = picture.format.trim().to_ascii_lowercase();
    if stated == "ofd" || found == Some(Format::Document) {
        return Finding::warning(check::SEAL_PICTURE, "picture_is_a_document");
    }
    match fault(picture.bytes, found, &stated) {
        Some(reason) => Finding::warning(check::SEAL_PICTURE, reason),
        None => Finding::pass(check::SEAL_PICTURE),
    }
}

/// The pictures among the document's resources.
pub(super) fn of_document(package: &Package<'_>, document: &Document) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in document
        .images
        .iter()
        .filter(|one| one.kind.eq_ignore_ascii_case("image"))
    {
        let Ok(bytes) = package.file(&resource.path) else {
            continue;
        };
        let stated = resource
            .format
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let Some(reason) = fault(bytes, kind(bytes), &stated) {
            found.push(Finding::warning(check::PICTURES, reason).about(printable(&resource.path)));
        }
    }
    if found.is_empty() {
        found.push(Finding::pass(check::PICTURES));
    }
    found
}

fn fault(bytes: &[u8], found: Option<Format>, stated: &str) -> Option<&'static str> {
    let expected = match stated {
        "" => None,
        "png" => Some(Format::Png),
        "jpg" | "jpeg" => Some(Format::Jpeg),
        "gif" => Some(Format::Gif),
        "bmp" => Some(Format::Bmp),
        "tif" | "tiff" => Some(Format::Tiff),
        "jb2" | "jbig2" | "gbig2" => Some(Format::Jbig2),
        _ => return Some("picture_format_unknown"),
    };
    match (found, expected) {
        (None, None | Some(Format::Jbig2)) => {}
        (None, Some(_)) => return Some("picture_not_of_its_format"),
        (Some(Format::Document), _) => return Some("picture_is_a_document"),
        (Some(found), Some(expected)) if found != expected => return Some("picture_not_of_its_format"),
        (Some(_), _) => {}
    }
    match pixels(bytes, found?) {
        Some((width, height)) if width.saturating_mul(height) > MOST_PIXELS => Some("picture_too_large"),
        _ => None,
    }
}

fn kind(bytes: &[u8]) -> Option<Format> {
    let marks: [(&[u8], Format); 8] = [
        (b"\x89PNG\r\n\x1a\n", Format::Png),
        (b"\xff\xd8\xff", Format::Jpeg),
        (b"GIF8", Format::Gif),
        (b"BM", Format::Bmp),
        (b"II*\0", Format::Tiff),
        (b"MM\0*", Format::Tiff),
        (b"\x97JB2", Format::Jbig2),
        (b"PK\x03\x04", Format::Document),
    ];
    marks
        .iter()
        .find(|(mark, _)| bytes.starts_with(mark))
        .map(|(_, format)| *format)
}

/// Width and height as the header states them, where it stands in one place.
fn pixels(bytes: &[u8], format: Format) -> Option<(u64, u64)> {
    match format {
        Format::Png => Some((u32_be(bytes, 16)?, u32_be(bytes, 20)?)),
        Format::Gif => Some((u16_le(bytes, 6)?, u16_le(bytes, 8)?)),
        Format::Bmp => Some((u32_le(bytes, 18)?, u32_le(bytes, 22)?)),
        Format::Jpeg => frame(bytes),
        Format::Tiff | Format::Jbig2 | Format::Document => None,
    }
}

/// The frame header of a JPEG, reached over the segments before it.
fn frame(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut at = 2;
    loop {
        let [0xff, marker] = *bytes.get(at..at + 2)? else {
            return None;
        };
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            return Some((u16_be(bytes, at + 7)?, u16_be(bytes, at + 5)?));
        }
        at = at.checked_add(2 + usize::try_from(u16_be(bytes, at + 2)?).ok()?)?;
    }
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u64> {
    let four = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(four).into())
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u64> {
    let four = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(four).into())
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u64> {
    let two = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_be_bytes(two).into())
}

fn u16_le(bytes: &[u8], at: usize) -> Option<u64> {
    let two = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_le_bytes(two).into())
}
