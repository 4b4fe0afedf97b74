//! Whether a name can be drawn on a certificate, asked before it is accepted (design §4).

use certificate_face::font::FontPack;

use crate::error::{Error, NAME_CANNOT_BE_DRAWN};

/// Knows which characters the fonts of the certificate have.
pub trait GlyphCoverage: Send + Sync {
    /// The characters of `text` that no font has.
    fn missing(&self, text: &str) -> Vec<char>;
}

impl GlyphCoverage for FontPack {
    fn missing(&self, text: &str) -> Vec<char> {
        Self::missing(self, text)
    }
}

/// Refuses a name with a character that would be a box, by its code point.
pub(crate) fn check(coverage: &dyn GlyphCoverage, name: &str) -> Result<(), Error> {
    let missing = coverage.missing(name);
    if missing.is_empty() {
        return Ok(());
    }
    let points: Vec<_> = missing
        .iter()
        .map(|character| format!("U+{:04X}", u32::from(*character)))
        .collect();
    let refusal = NAME_CANNOT_BE_DRAWN
        .refusal()
        .metadata("code_points", points.join(" "));
    Err(Error::Refused {
        refusal,
        article: "GB 18030-2022".to_owned(),
    })
}
