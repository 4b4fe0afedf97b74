//! Seals: the picture inside the signed seal, where `Signature.xml` puts it.

use ofd::{Document, Package, SignatureFile, StampRead};
use seal_format::{Seal, SignedSeal};
use tiny_skia::{Rect, Transform};

use super::{Painter, narrow, picture};

impl Painter<'_> {
    /// Draws the seals of a page over everything else, as readers do. Whether they hold is not asked here.
    pub(super) fn stamps(&mut self, package: &Package<'_>, document: &Document, index: usize) {
        let Some(page) = document.pages.get(index).map(|page| page.id) else {
            return;
        };
        let Ok(signatures) = package.signatures(document) else {
            self.left_out += 1;
            return;
        };
        for signature in &signatures {
            let here: Vec<_> = signature
                .stamps
                .iter()
                .filter(|stamp| stamp.page == page)
                .collect();
            if here.is_empty() {
                continue;
            }
            let file = seal_of(package, signature).map(|seal| seal.picture().bytes.to_vec());
            let decoded = file.and_then(|file| picture::decode(&file, &mut self.canvas.spending));
            for stamp in here {
                let drawn = decoded
                    .as_ref()
                    .is_some_and(|picture| self.stamp(picture, stamp).unwrap_or(false));
                if !drawn {
                    self.left_out += 1;
                }
            }
        }
    }

    /// A clip counts from the corner of the stamp (riding seams).
    fn stamp(&mut self, picture: &tiny_skia::Pixmap, stamp: &StampRead) -> Option<bool> {
        let at = stamp.boundary;
        self.canvas.clip(&[], Transform::identity());
        if let Some(clip) = stamp.clip {
            let rect = Rect::from_xywh(
                narrow(at.x + clip.x),
                narrow(at.y + clip.y),
                narrow(clip.width),
                narrow(clip.height),
            )?;
            if !self.canvas.clip_to(rect) {
                return Some(false);
            }
        }
        let own = Transform::from_row(
            narrow(at.width),
            0.0,
            0.0,
            narrow(at.height),
            narrow(at.x),
            narrow(at.y),
        );
        Some(self.canvas.picture(picture, own, u8::MAX))
    }
}

/// The seal of a signature: inside the signed value, otherwise the seal file.
fn seal_of(package: &Package<'_>, signature: &SignatureFile) -> Option<Seal> {
    let value = package.file(&signature.signed_value).ok()?;
    if let Ok(signed) = SignedSeal::parse(value) {
        return Some(signed.seal().clone());
    }
    let file = package.file(signature.seal.as_deref()?).ok()?;
    Seal::parse(file).ok()
}
