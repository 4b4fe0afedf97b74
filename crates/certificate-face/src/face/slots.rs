//! Which of a document's font files draws which characters.

use super::Slot;
use crate::font::FontPack;

/// Which font file draws a character: the template's fixed font, or one of the document's own.
pub struct Slots<'a> {
    pub(super) pack: &'a FontPack,
    pub(super) fixed: &'a dyn Fn(char) -> bool,
}

impl<'a> Slots<'a> {
    /// `fixed` tells whether the template's fixed font holds a character.
    pub fn new(pack: &'a FontPack, fixed: &'a dyn Fn(char) -> bool) -> Self {
        Self { pack, fixed }
    }

    pub(super) fn own(&self, character: char) -> Slot {
        if self.pack.typeface(Slot::Text.font()).glyph(character).is_some() {
            Slot::Text
        } else {
            Slot::Rare
        }
    }

    /// Splits a line into runs of one font. A line that the fixed font holds whole stays whole; another takes as
    /// few runs as it can, so that its text stays together for readers and search.
    pub(super) fn runs<'t>(&self, text: &'t str) -> Vec<(Slot, &'t str)> {
        if text.chars().all(self.fixed) {
            return vec![(Slot::Fixed, text)];
        }
        let mut out: Vec<(Slot, &'t str)> = Vec::with_capacity(1);
        let mut start = 0;
        let mut current = None;
        for (at, character) in text.char_indices() {
            let slot = self.own(character);
            match current {
                Some(before) if before != slot => {
                    out.push((before, text.get(start..at).unwrap_or("")));
                    start = at;
                }
                _ => {}
            }
            current = Some(slot);
        }
        if let Some(slot) = current {
            out.push((slot, text.get(start..).unwrap_or("")));
        }
        out
    }
}
