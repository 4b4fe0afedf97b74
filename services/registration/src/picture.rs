//! The two pictures of a certificate's face, judged when they are uploaded (domain §1.10).

use certificate_face::picture::{Photo, SignatureImage};
use domain::application::MaterialKind;

use crate::error::{Error, PICTURE_UNREADABLE};

/// Fewest and most pixels of a side.
const SIDES: std::ops::RangeInclusive<u32> = 100..=4000;

/// Whether a material that is drawn on the certificate can be drawn; others pass.
pub(crate) fn check(kind: MaterialKind, media_type: &str, content: &[u8]) -> Result<(), Error> {
    let size = match kind {
        MaterialKind::Photo if media_type.eq_ignore_ascii_case("image/jpeg") => jpeg_size(content),
        MaterialKind::SignatureImage if media_type.eq_ignore_ascii_case("image/png") => png_size(content),
        MaterialKind::Photo | MaterialKind::SignatureImage => None,
        _ => return Ok(()),
    };
    let Some((width, height)) = size else {
        return unreadable("is not of the expected format");
    };
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return unreadable("is of unusable size");
    }
    if kind == MaterialKind::Photo && width >= height {
        return unreadable("must be higher than wide");
    }
    let drawable = match kind {
        MaterialKind::Photo => Photo::prepare(content.to_vec()).is_ok(),
        _ => SignatureImage::prepare(content.to_vec()).is_ok(),
    };
    if drawable {
        Ok(())
    } else {
        unreadable("cannot be decoded")
    }
}

fn unreadable(problem: &str) -> Result<(), Error> {
    Err(PICTURE_UNREADABLE.refusal().field("content", problem).into())
}

/// Width and height from the frame header of a file that goes on to its end marker (ITU-T T.81 B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?.strip_suffix(&[0xff, 0xd9])?;
    loop {
        let [0xff, marker, ..] = *rest else { return None };
        rest = rest.get(2..)?;
        let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
        let is_frame = (0xc0..=0xcf).contains(&marker) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let side = |at: usize| {
                Some(u32::from(u16::from_be_bytes([
                    *rest.get(at)?,
                    *rest.get(at + 1)?,
                ])))
            };
            return Some((side(5)?, side(3)?));
        }
        rest = rest.get(length.max(2)..)?;
    }
}

/// Width and height from IHDR (ISO/IEC 15948 §11.2.2).
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    let (width, rest) = rest.split_first_chunk::<4>()?;
    let (height, _) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_a_jpeg_and_a_signature_a_png() {
        let (photo, signature) = (
            testkit::picture::photo_jpeg(1),
            testkit::picture::signature_png(1),
        );
        assert_eq!(jpeg_size(&photo), Some((295, 413)));
        assert_eq!(png_size(&signature), Some((456, 168)));
        assert!(check(MaterialKind::Photo, "image/jpeg", &photo).is_ok());
        assert!(check(MaterialKind::SignatureImage, "image/png", &signature).is_ok());
        assert!(check(MaterialKind::Photo, "image/png", &photo).is_err());
        assert!(check(MaterialKind::Photo, "image/jpeg", &signature).is_err());
        assert!(
            check(
                MaterialKind::Photo,
                "image/jpeg",
                photo.get(..200).unwrap_or_default()
            )
            .is_err()
        );
        assert!(check(MaterialKind::LabourContract, "application/pdf", b"%PDF").is_ok());
    }
}
