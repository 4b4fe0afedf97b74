//! Assembling a small font glyph by glyph: copying the outlines that a text needs into a new file.
//!
//! Glyph `i + 1` of a subset is its `i`-th character in code point order; components of composite glyphs follow. The
//! two documents want different files: OFD text names characters, so its font needs a character map (and the tables
//! that strict font checkers expect); PDF text names glyphs, so its font needs neither.

use super::sfnt::{POST, components, font, format_four, length, name, put};
use super::typeface::Typeface;

/// The characters of a text in one typeface, ready to be assembled into a font.
pub struct Subset<'a> {
    typeface: &'a Typeface,
    characters: Vec<char>,
    glyphs: Vec<u16>,
}

impl<'a> Subset<'a> {
    /// Collects the characters of `text`, each once. The first character without a glyph is the error.
    pub fn new(typeface: &'a Typeface, text: impl IntoIterator<Item = char>) -> Result<Self, char> {
        let mut characters: Vec<char> = text.into_iter().collect();
        characters.sort_unstable();
        characters.dedup();
        let mut glyphs = Vec::with_capacity(characters.len() + 1);
        glyphs.push(0);
        for &character in &characters {
            glyphs.push(typeface.glyph(character).ok_or(character)?);
        }
        let mut subset = Self {
            typeface,
            characters,
            glyphs,
        };
        subset.close_over_components();
        Ok(subset)
    }

    /// The characters, in the order of their glyphs (the first has glyph 1).
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// The glyph of a character in the new font.
    #[inline]
    pub fn glyph(&self, character: char) -> Option<u16> {
        let index = self.characters.binary_search(&character).ok()?;
        u16::try_from(index + 1).ok()
    }

    /// The advance width of a glyph of the new font, in font units.
    pub fn advance(&self, glyph: u16) -> u16 {
        self.glyphs
            .get(usize::from(glyph))
            .map_or(0, |&source| self.typeface.advance(source))
    }

    /// Advance widths in thousandths of an em, by glyph of the new font (PDF's `W`), .notdef first.
    pub fn widths(&self) -> impl Iterator<Item = u16> + '_ {
        let em = u32::from(self.typeface.units_per_em());
        self.glyphs.iter().map(move |&glyph| {
            let advance = u32::from(self.typeface.advance(glyph));
            u16::try_from((advance * 1000 + em / 2) / em).unwrap_or(u16::MAX)
        })
    }

    /// The font for OFD: ten tables, character maps of formats 4 and 12, named `family` (ASCII).
    pub fn assemble_ofd(&self, family: &str) -> Vec<u8> {
        let (glyf, loca) = self.outlines();
        let (head, hhea, hmtx, maxp) = (self.head(), self.hhea(), self.hmtx(), self.maxp());
        font(&[
            (*b"OS/2", self.os2().into()),
            (*b"cmap", self.cmap().into()),
            (*b"glyf", glyf.into()),
            (*b"head", head.as_slice().into()),
            (*b"hhea", hhea.as_slice().into()),
            (*b"hmtx", hmtx.into()),
            (*b"loca", loca.into()),
            (*b"maxp", maxp.as_slice().into()),
            (*b"name", name(family, self.typeface.bold).into()),
            (*b"post", POST.as_slice().into()),
        ])
    }

    /// The font for PDF: the six tables that a CIDFontType2 needs; glyph = CID.
    pub fn assemble_pdf(&self) -> Vec<u8> {
        let (glyf, loca) = self.outlines();
        let (head, hhea, hmtx, maxp) = (self.head(), self.hhea(), self.hmtx(), self.maxp());
        font(&[
            (*b"glyf", glyf.into()),
            (*b"head", head.as_slice().into()),
            (*b"hhea", hhea.as_slice().into()),
            (*b"hmtx", hmtx.into()),
            (*b"loca", loca.into()),
            (*b"maxp", maxp.as_slice().into()),
        ])
    }

    fn close_over_components(&mut self) {
        let mut next = 0;
        while let Some(&glyph) = self.glyphs.get(next) {
            for (_, component) in components(self.typeface.outline_bytes(glyph)) {
                if !self.glyphs.contains(&component) {
                    self.glyphs.push(component);
                }
            }
            next += 1;
        }
    }

    fn outlines(&self) -> (Vec<u8>, Vec<u8>) {
        let mut glyf = Vec::with_capacity(self.glyphs.len() * 400);
        let mut loca = Vec::with_capacity((self.glyphs.len() + 1) * 4);
        for &glyph in &self.glyphs {
            loca.extend_from_slice(&length(&glyf).to_be_bytes());
            let outline = self.typeface.outline_bytes(glyph);
            let start = glyf.len();
            glyf.extend_from_slice(outline);
            for (at, component) in components(outline) {
                let new = self.glyphs.iter().position(|&g| g == component).unwrap_or(0);
                if let Some(slot) = glyf.get_mut(start + at..start + at + 2) {
                    slot.copy_from_slice(&(new as u16).to_be_bytes());
                }
            }
            glyf.resize(glyf.len().next_multiple_of(4), 0);
        }
        loca.extend_from_slice(&length(&glyf).to_be_bytes());
        if glyf.is_empty() {
            // A font of blanks only: some checkers refuse an empty table.
            glyf.push(0);
        }
        (glyf, loca)
    }

    fn hmtx(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.glyphs.len() * 4);
        for &glyph in &self.glyphs {
            let (advance, bearing) = self.typeface.metric(glyph);
            out.extend_from_slice(&advance.to_be_bytes());
            out.extend_from_slice(&bearing.to_be_bytes());
        }
        out
    }

    fn head(&self) -> [u8; 54] {
        let mut out = [0; 54];
        let bold = u16::from(self.typeface.bold);
        put(&mut out, 0, &0x0001_0000_u32.to_be_bytes());
        put(&mut out, 4, &0x0001_0000_u32.to_be_bytes());
        put(&mut out, 12, &0x5F0F_3CF5_u32.to_be_bytes());
        put(&mut out, 16, &0x0003_u16.to_be_bytes());
        put(&mut out, 18, &self.typeface.units_per_em.to_be_bytes());
        put(&mut out, 20, &FIXED_DATE.to_be_bytes());
        put(&mut out, 28, &FIXED_DATE.to_be_bytes());
        for (index, bound) in self.typeface.bounds().into_iter().enumerate() {
            put(&mut out, 36 + index * 2, &bound.to_be_bytes());
        }
        put(&mut out, 44, &bold.to_be_bytes());
        put(&mut out, 46, &8_u16.to_be_bytes());
        put(&mut out, 48, &2_i16.to_be_bytes());
        put(&mut out, 50, &1_i16.to_be_bytes());
        out
    }

    fn hhea(&self) -> [u8; 36] {
        let mut out = [0; 36];
        let widest = self
            .glyphs
            .iter()
            .map(|&glyph| self.typeface.advance(glyph))
            .max()
            .unwrap_or(0);
        put(&mut out, 0, &0x0001_0000_u32.to_be_bytes());
        put(&mut out, 4, &self.typeface.ascent.to_be_bytes());
        put(&mut out, 6, &self.typeface.descent.to_be_bytes());
        put(&mut out, 10, &widest.to_be_bytes());
        put(&mut out, 18, &1_u16.to_be_bytes());
        put(&mut out, 34, &(self.glyphs.len() as u16).to_be_bytes());
        out
    }

    fn maxp(&self) -> [u8; 32] {
        let mut out = [0; 32];
        put(&mut out, 0, &0x0001_0000_u32.to_be_bytes());
        put(&mut out, 4, &(self.glyphs.len() as u16).to_be_bytes());
        // Points, contours (simple, composite): generous bounds, hints and their stacks none.
        for (at, value) in [
            (6, 2048),
            (8, 256),
            (10, 4096),
            (12, 512),
            (14, 2),
            (28, 8),
            (30, 4),
        ] {
            put(&mut out, at, &u16::to_be_bytes(value));
        }
        out
    }

    fn cmap(&self) -> Vec<u8> {
        let groups = self.groups();
        let four = format_four(&groups);
        let mut out = Vec::with_capacity(64 + four.len() + groups.len() * 12);
        out.extend_from_slice(&[0, 0, 0, 4]);
        let start = 4 + 4 * 8;
        let twelve = (start + four.len()).next_multiple_of(4);
        for (platform, encoding, at) in [
            (0_u16, 3_u16, start),
            (0, 4, twelve),
            (3, 1, start),
            (3, 10, twelve),
        ] {
            out.extend_from_slice(&platform.to_be_bytes());
            out.extend_from_slice(&encoding.to_be_bytes());
            out.extend_from_slice(&(at as u32).to_be_bytes());
        }
        out.extend_from_slice(&four);
        out.resize(twelve, 0);
        out.extend_from_slice(&[0, 12, 0, 0]);
        out.extend_from_slice(&(16 + groups.len() as u32 * 12).to_be_bytes());
        out.extend_from_slice(&0_u32.to_be_bytes());
        out.extend_from_slice(&(groups.len() as u32).to_be_bytes());
        for (first, last, glyph) in groups {
            for value in [first, last, u32::from(glyph)] {
                out.extend_from_slice(&value.to_be_bytes());
            }
        }
        out
    }

    /// Runs of consecutive code points with their first glyph.
    fn groups(&self) -> Vec<(u32, u32, u16)> {
        let mut out: Vec<(u32, u32, u16)> = Vec::with_capacity(self.characters.len());
        for (glyph, &character) in (1_u16..).zip(&self.characters) {
            let code = u32::from(character);
            match out.last_mut() {
                Some((_, last, _)) if *last + 1 == code && code != 0x1_0000 => *last = code,
                _ => out.push((code, code, glyph)),
            }
        }
        out
    }

    fn os2(&self) -> Vec<u8> {
        let mut out = vec![0; 96];
        let face = self.typeface;
        let first = self
            .characters
            .first()
            .map_or(0x20, |&c| u32::from(c))
            .min(0xFFFF) as u16;
        let last = self.characters.last().map_or(0x20, |&c| u32::from(c)).min(0xFFFF) as u16;
        let (weight, selection) = if face.bold {
            (700_u16, 0x20_u16)
        } else {
            (400, 0x40)
        };
        for (at, value) in [
            (0, 4),
            (2, face.units_per_em),
            (4, weight),
            (6, 5),
            (62, selection),
            (64, first),
            (66, last),
        ] {
            put(&mut out, at, &value.to_be_bytes());
        }
        let em = face.units_per_em;
        for (at, value) in [
            (10, em / 2),
            (12, em / 2),
            (16, em / 8),
            (18, em / 2),
            (20, em / 2),
            (24, em / 3),
        ] {
            put(&mut out, at, &value.to_be_bytes());
        }
        put(&mut out, 26, &(em / 20).to_be_bytes());
        put(&mut out, 28, &(em / 4).to_be_bytes());
        // Unicode ranges: Basic Latin, CJK symbols, CJK unified ideographs.
        put(&mut out, 42, &1_u32.to_be_bytes());
        put(&mut out, 46, &((1_u32 << 16) | (1 << 27)).to_be_bytes());
        put(&mut out, 58, b"JIAN");
        put(&mut out, 68, &face.ascent.to_be_bytes());
        put(&mut out, 70, &face.descent.to_be_bytes());
        put(&mut out, 74, &face.ascent.unsigned_abs().to_be_bytes());
        put(&mut out, 76, &face.descent.unsigned_abs().to_be_bytes());
        // Code page 936, simplified Chinese.
        put(&mut out, 78, &(1_u32 << 18).to_be_bytes());
        put(&mut out, 86, &(em / 2).to_be_bytes());
        put(&mut out, 88, &(em / 4 * 3).to_be_bytes());
        put(&mut out, 92, &0x20_u16.to_be_bytes());
        put(&mut out, 94, &1_u16.to_be_bytes());
        out
    }
}

/// Seconds from 1904 to 2024-01-01: fixed, so that the same text gives the same font.
const FIXED_DATE: u64 = 3_786_912_000;
