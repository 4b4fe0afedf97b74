//! Materials judged by their bytes when they are uploaded; the two pictures of a certificate's face are made anew from
//! their pixels (domain §1.10).

use certificate_face::picture::{Photo, SignatureImage};
use document_preview::{NoPreview, Previewer, Request};
use domain::application::{MaterialError, MaterialKind};
use material_content::{Fault, Kind, Picture};
use zeroize::Zeroizing;

use crate::error::{Error, PICTURE_UNREADABLE};

/// Fewest and most pixels of a side of a certificate's picture as handed in.
const SIDES: std::ops::RangeInclusive<u32> = 100..=4000;

/// Resolution of the page of a document: a sheet of A4 fills the longest side of a preview.
const DPI: u32 = 136;

/// Reads the whole file: it is of the announced type and nothing else. Of a picture for the certificate, the picture that
/// goes on it. Decoding runs on a thread for such work.
pub(crate) async fn examine(
    kind: MaterialKind,
    media_type: &str,
    content: &Zeroizing<Vec<u8>>,
) -> Result<Option<Picture>, Error> {
    let (announced, content) = (media_type.to_ascii_lowercase(), content.clone());
    let work = move || judge(kind, &announced, &content);
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// A raster of what was handed in, for whoever reviews it, and how many pages it has: of a picture itself, of a document
/// one page, drawn in a process with limits.
pub(crate) async fn preview(
    previewer: &Previewer,
    content: Zeroizing<Vec<u8>>,
    page: u32,
) -> Result<(Picture, u32), Error> {
    if matches!(Kind::of(&content), Some(Kind::Pdf | Kind::Ofd)) {
        let request = Request { page, dpi: DPI };
        let drawn = previewer.preview(&content, request).await?;
        return Ok((drawn.picture, drawn.pages));
    }
    if page != 1 {
        return Err(NoPreview::NoSuchPage.into());
    }
    let work = move || material_content::preview(&content);
    let made = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    Ok((made.map_err(|_| NoPreview::Unreadable)?, 1))
}

fn judge(kind: MaterialKind, announced: &str, content: &[u8]) -> Result<Option<Picture>, Error> {
    if !matches!(kind, MaterialKind::Photo | MaterialKind::SignatureImage) {
        let broken = |problem: String| Error::from(MaterialError::Content { kind, problem });
        let found = material_content::examine(content).map_err(|fault| broken(fault.to_string()))?;
        if found.media_type() != announced {
            return Err(broken(found.media_type().to_owned()));
        }
        return Ok(None);
    }
    picture(kind, announced, content).map(Some).map_err(|problem| {
        let refusal = PICTURE_UNREADABLE.refusal();
        refusal.field("content", problem).into()
    })
}

fn picture(kind: MaterialKind, announced: &str, content: &[u8]) -> Result<Picture, String> {
    let worded = |fault: Fault| format!("cannot be read: {fault}");
    let found = Kind::of(content).map(Kind::media_type);
    if found != Some(announced) {
        return Err("is not of the announced format".to_owned());
    }
    let pixels = material_content::decode(content).map_err(worded)?;
    if !SIDES.contains(&pixels.width()) || !SIDES.contains(&pixels.height()) {
        return Err("is of unusable size".to_owned());
    }
    if kind == MaterialKind::Photo && pixels.width() >= pixels.height() {
        return Err("must be higher than wide".to_owned());
    }
    let made = match kind {
        MaterialKind::Photo => material_content::photo(content),
        _ => material_content::signature_image(content),
    };
    let made = made.map_err(worded)?;
    let drawable = match kind {
        MaterialKind::Photo => Photo::prepare(made.content.clone()).is_ok(),
        _ => SignatureImage::prepare(made.content.clone()).is_ok(),
    };
    if drawable {
        Ok(made)
    } else {
        Err("cannot be drawn".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pictures_of_a_certificate_are_made_anew_whichever_format_they_come_in() {
        let (photo, signature) = (
            testkit::picture::photo_jpeg(1),
            testkit::picture::signature_png(1),
        );
        let made = judge(MaterialKind::Photo, "image/jpeg", &photo)
            .expect("a photo")
            .expect("made");
        assert_eq!(
            (made.media_type, made.width, made.height),
            ("image/jpeg", 295, 413)
        );
        let made = judge(MaterialKind::SignatureImage, "image/png", &signature)
            .expect("an image")
            .expect("made");
        assert_eq!(
            (made.media_type, made.width, made.height),
            ("image/png", 456, 168)
        );
        let from_jpeg = judge(MaterialKind::SignatureImage, "image/jpeg", &photo)
            .expect("an image")
            .expect("made");
        assert_eq!(from_jpeg.media_type, "image/png");
        for (kind, announced, content) in [
            (MaterialKind::Photo, "image/png", &photo[..]),
            (MaterialKind::Photo, "image/jpeg", &signature),
            (MaterialKind::Photo, "image/png", &signature),
            (MaterialKind::Photo, "image/jpeg", &photo[..200]),
        ] {
            assert!(judge(kind, announced, content).is_err());
        }
    }

    #[test]
    fn a_document_is_what_its_bytes_say() {
        let kind = MaterialKind::LabourContract;
        let scan = testkit::materials::SCAN;
        assert_eq!(judge(kind, "application/pdf", scan).expect("a document"), None);
        for (announced, content) in [
            ("application/pdf", &b"%PDF"[..]),
            ("application/ofd", scan),
            ("image/jpeg", scan),
            ("application/pdf", b"PK\x03\x04"),
        ] {
            assert!(judge(kind, announced, content).is_err(), "{announced}");
        }
    }
}
