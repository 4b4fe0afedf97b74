//! Fonts of a document, and those that stand in for what it does not embed.

use std::collections::HashMap;

use ofd::{Document, Package};
use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Outlines kept of one page.
const MOST_OUTLINES: usize = 20_000;

pub(super) struct Fonts<'a> {
    own: HashMap<u64, Face<'a>>,
    standing_in: Vec<Face<'a>>,
    outlines: HashMap<(u64, usize, u16), Option<Path>>,
}

/// A glyph with its font's units.
pub(super) struct Glyph {
    /// Nothing for a blank.
    pub(super) outline: Option<Path>,
    /// Units of an em.
    pub(super) units: f32,
}

impl<'a> Fonts<'a> {
    pub(super) fn new(package: &'a Package<'_>, document: &Document, standing_in: &[&'a [u8]]) -> Self {
        let mut own = HashMap::new();
        for font in &document.fonts {
            let bytes = font.path.as_deref().and_then(|path| package.file(path).ok());
            if let Some(face) = bytes.and_then(|bytes| Face::parse(bytes, 0).ok()) {
                own.insert(font.id, face);
            }
        }
        Self {
            own,
            standing_in: standing_in
                .iter()
                .filter_map(|bytes| Face::parse(bytes, 0).ok())
                .collect(),
            outlines: HashMap::new(),
        }
    }

    /// The glyph of a character: by its number if that is stated, otherwise by the font's character map. Nothing if no font
    /// at hand has one.
    pub(super) fn glyph(&mut self, font: u64, character: char, stated: Option<u16>) -> Option<Glyph> {
        if let Some(face) = self.own.get(&font) {
            let number = stated.or_else(|| face.glyph_index(character).map(|glyph| glyph.0));
            if let Some(number) = number.filter(|number| *number < face.number_of_glyphs()) {
                return Some(kept(&mut self.outlines, (font, 0, number), face));
            }
        }
        let (place, face, number) = self.standing_in.iter().enumerate().find_map(|(place, face)| {
            let number = face.glyph_index(character).filter(|glyph| glyph.0 != 0)?;
            Some((place + 1, face, number.0))
        })?;
        Some(kept(&mut self.outlines, (0, place, number), face))
    }
}

fn kept(
    outlines: &mut HashMap<(u64, usize, u16), Option<Path>>,
    key: (u64, usize, u16),
    face: &Face<'_>,
) -> Glyph {
    let units = f32::from(face.units_per_em());
    if let Some(outline) = outlines.get(&key) {
        return Glyph {
            outline: outline.clone(),
            units,
        };
    }
    let mut pen = Pen(PathBuilder::new());
    let drawn = face.outline_glyph(GlyphId(key.2), &mut pen);
    let outline = drawn.and_then(|_| pen.0.finish());
    if outlines.len() < MOST_OUTLINES {
        outlines.insert(key, outline.clone());
    }
    Glyph { outline, units }
}

struct Pen(PathBuilder);

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
