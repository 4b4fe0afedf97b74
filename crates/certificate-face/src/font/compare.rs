//! Whether an outline is the one that the pack draws for a character: a font that lies about its characters shows.

use super::pack::{Font, FontPack};

/// What the pack says of an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// A font of the pack draws the character so.
    Same,
    /// The fonts of the pack that have the character draw it otherwise.
    Otherwise,
    /// The pack cannot tell: it lacks the character, or draws it by other glyphs.
    Unknown,
}

impl FontPack {
    /// Compares a TrueType outline with the pack's for a character. Zeros after it are padding.
    pub fn drawn(&self, character: char, outline: &[u8]) -> Drawn {
        let mut verdict = Drawn::Unknown;
        for font in Font::ALL {
            let typeface = self.typeface(font);
            let Some(glyph) = typeface.glyph(character) else {
                continue;
            };
            let own = typeface.outline_bytes(glyph);
            // Composites name their parts by numbers that a subset gives anew.
            if own.first().is_some_and(|first| first & 0x80 != 0) {
                return Drawn::Unknown;
            }
            let same = outline
                .strip_prefix(own)
                .is_some_and(|rest| rest.len() < 4 && rest.iter().all(|byte| *byte == 0));
            if same {
                return Drawn::Same;
            }
            verdict = Drawn::Otherwise;
        }
        verdict
    }
}
