//! Just enough of TrueType to prove that a character is drawn: `cmap` formats 4 and 12, `loca`, `glyf`, `hmtx`.

use super::finding::Refusal;
use super::model::Document;
use super::package::Package;

/// What is wrong with a font.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FontFault {
    /// Not an sfnt with TrueType outlines.
    #[error("not a TrueType font with glyf outlines")]
    NotTrueType,
    /// A table is missing or cut short.
    #[error("table {} is missing or damaged", str::from_utf8(.0).unwrap_or("?"))]
    Table([u8; 4]),
    /// A table has another length than its content needs; padding counted in makes strict readers refuse it.
    #[error("table {} has the wrong length", str::from_utf8(.0).unwrap_or("?"))]
    Length([u8; 4]),
    /// The `cmap` has no Unicode subtable of format 4 or 12.
    #[error("the cmap has no Unicode subtable of format 4 or 12")]
    Cmap,
}

/// Whether a font draws a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlyphState {
    /// It has an outline.
    Drawn,
    /// It has a glyph without outline, as for a space.
    Blank,
    /// The `cmap` leads to no glyph, or to `.notdef`.
    Missing,
}

/// Tables that every reader looks for. Fonts without `OS/2`, `name` or `post` are replaced by system fonts in some.
const TABLES: [&[u8; 4]; 10] = [
    b"OS/2", b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post",
];

/// How many glyphs one character may be composed of.
const COMPONENTS: u8 = 64;

/// A TrueType font in memory.
#[derive(Debug, Clone, Copy)]
pub struct Font<'a> {
    bytes: &'a [u8],
    cmap: Cmap<'a>,
    loca: &'a [u8],
    glyf: &'a [u8],
    hmtx: &'a [u8],
    long_loca: bool,
    metrics: u16,
    glyphs: u16,
    units: u16,
}

#[derive(Debug, Clone, Copy)]
enum Cmap<'a> {
    Segments(&'a [u8]),
    Groups(&'a [u8]),
}

impl<'a> Font<'a> {
    /// Reads the tables of a font.
    ///
    /// # Errors
    /// If it is not TrueType with outlines, or a table that drawing needs is missing.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FontFault> {
        if !matches!(bytes.get(..4), Some([0, 1, 0, 0] | [b't', b'r', b'u', b'e'])) {
            return Err(FontFault::NotTrueType);
        }
        let need = |tag: &[u8; 4]| table(bytes, tag).ok_or(FontFault::Table(*tag));
        let glyf = table(bytes, b"glyf").ok_or(FontFault::NotTrueType)?;
        let (head, maxp, hhea) = (need(b"head")?, need(b"maxp")?, need(b"hhea")?);
        let field = |table: &[u8], at, tag: &[u8; 4]| u16_at(table, at).ok_or(FontFault::Table(*tag));
        Ok(Self {
            bytes,
            cmap: cmap(need(b"cmap")?)?,
            loca: need(b"loca")?,
            glyf,
            hmtx: need(b"hmtx")?,
            long_loca: field(head, 50, b"head")? != 0,
            metrics: field(hhea, 34, b"hhea")?,
            glyphs: field(maxp, 4, b"maxp")?,
            units: field(head, 18, b"head")?,
        })
    }

    /// What keeps known readers from taking the font, beyond what [`Font::parse`] needs: missing tables, lengths that
    /// count padding.
    #[must_use]
    pub fn faults(&self) -> Vec<FontFault> {
        let mut faults: Vec<_> = TABLES
            .into_iter()
            .filter(|tag| table(self.bytes, tag).is_none())
            .map(|tag| FontFault::Table(*tag))
            .collect();
        if table(self.bytes, b"head").is_some_and(|head| head.len() != 54) {
            faults.push(FontFault::Length(*b"head"));
        }
        let entries = (usize::from(self.glyphs) + 1) * if self.long_loca { 4 } else { 2 };
        if self.loca.len() != entries {
            faults.push(FontFault::Length(*b"loca"));
        }
        faults
    }

    /// How many bytes of programs a reader that hints runs before it draws anything (`fpgm`, `prep`). Nothing is run here.
    #[must_use]
    pub fn program_length(&self) -> usize {
        let length = |tag| table(self.bytes, tag).map_or(0, <[u8]>::len);
        length(b"fpgm").saturating_add(length(b"prep"))
    }

    /// How many glyphs it has.
    #[must_use]
    pub fn glyph_count(&self) -> u16 {
        self.glyphs
    }

    /// The glyph of a character by the `cmap`; none for `.notdef`.
    #[must_use]
    pub fn glyph(&self, c: char) -> Option<u16> {
        let glyph = match self.cmap {
            Cmap::Segments(table) => segment(table, c),
            Cmap::Groups(table) => group(table, c),
        };
        glyph.filter(|glyph| *glyph != 0 && *glyph < self.glyphs)
    }

    /// Whether it draws a character.
    #[must_use]
    pub fn state(&self, c: char) -> GlyphState {
        match self.glyph(c) {
            None => GlyphState::Missing,
            Some(glyph) if self.has_outline(glyph, &mut { COMPONENTS }) => GlyphState::Drawn,
            Some(_) => GlyphState::Blank,
        }
    }

    /// The advance of a glyph in ems.
    #[must_use]
    pub fn advance(&self, glyph: u16) -> Option<f64> {
        let record = glyph.min(self.metrics.checked_sub(1)?);
        let units = u16_at(self.hmtx, usize::from(record) * 4)?;
        (self.units > 0).then(|| f64::from(units) / f64::from(self.units))
    }

    /// Whether a glyph or one of its components has a contour. `budget` is how many more glyphs may be looked at:
    /// a hostile font can make composites that would be followed for ever.
    fn has_outline(&self, glyph: u16, budget: &mut u8) -> bool {
        let Some(left) = budget.checked_sub(1) else {
            return false;
        };
        *budget = left;
        let Some(data) = self.outline(glyph) else {
            return false;
        };
        match u16_at(data, 0).map(u16::cast_signed) {
            Some(contours) if contours > 0 => true,
            Some(contours) if contours < 0 => components(data)
                .take(COMPONENTS.into())
                .any(|component| self.has_outline(component, budget)),
            _ => false,
        }
    }

    /// The outline of a glyph as it stands in `glyf`, padding included; nothing for a blank one.
    #[must_use]
    pub fn outline(&self, glyph: u16) -> Option<&'a [u8]> {
        let at = usize::from(glyph);
        let offset = |index: usize| {
            if self.long_loca {
                usize::try_from(u32_at(self.loca, index * 4)?).ok()
            } else {
                Some(usize::from(u16_at(self.loca, index * 2)?) * 2)
            }
        };
        let data = self.glyf.get(offset(at)?..offset(at + 1)?)?;
        (!data.is_empty()).then_some(data)
    }
}

impl Package<'_> {
    /// The bytes of the font `id` of `document`; none if it is not declared or has no file.
    ///
    /// # Errors
    /// If its file is missing or unreadable.
    pub fn font_bytes(&self, document: &Document, id: u64) -> Result<Option<&[u8]>, Refusal> {
        match document.font(id).and_then(|font| font.path.as_deref()) {
            Some(path) => self.file(path).map(Some),
            None => Ok(None),
        }
    }
}

/// The glyphs that a composite glyph is made of, at most as many as fit its data.
fn components(data: &[u8]) -> impl Iterator<Item = u16> {
    const WORDS: u16 = 1;
    const SCALE: u16 = 1 << 3;
    const MORE: u16 = 1 << 5;
    const TWO_SCALES: u16 = 1 << 6;
    const MATRIX: u16 = 1 << 7;
    let mut at = Some(10);
    std::iter::from_fn(move || {
        let here = at?;
        let (flags, glyph) = (u16_at(data, here)?, u16_at(data, here + 2)?);
        let arguments = if flags & WORDS != 0 { 4 } else { 2 };
        let transform = match flags & (SCALE | TWO_SCALES | MATRIX) {
            0 => 0,
            SCALE => 2,
            TWO_SCALES => 4,
            _ => 8,
        };
        at = (flags & MORE != 0).then_some(here + 4 + arguments + transform);
        Some(glyph)
    })
}

fn table<'a>(bytes: &'a [u8], tag: &[u8; 4]) -> Option<&'a [u8]> {
    let count = usize::from(u16_at(bytes, 4)?);
    let records = bytes.get(12..12 + count * 16)?;
    let record = records
        .chunks_exact(16)
        .find(|record| record.get(..4) == Some(tag))?;
    let offset = usize::try_from(u32_at(record, 8)?).ok()?;
    let length = usize::try_from(u32_at(record, 12)?).ok()?;
    bytes.get(offset..offset.checked_add(length)?)
}

/// The widest Unicode subtable that is understood.
fn cmap(table: &[u8]) -> Result<Cmap<'_>, FontFault> {
    let count = usize::from(u16_at(table, 2).ok_or(FontFault::Cmap)?);
    let records = table.get(4..4 + count * 8).ok_or(FontFault::Cmap)?;
    let mut narrow = None;
    for record in records.chunks_exact(8) {
        let unicode = matches!(
            (u16_at(record, 0), u16_at(record, 2)),
            (Some(0), _) | (Some(3), Some(1 | 10))
        );
        let offset = u32_at(record, 4).and_then(|offset| usize::try_from(offset).ok());
        let Some(subtable) = offset.and_then(|offset| table.get(offset..)).filter(|_| unicode) else {
            continue;
        };
        match u16_at(subtable, 0) {
            Some(12) => return Ok(Cmap::Groups(subtable)),
            Some(4) => narrow = Some(Cmap::Segments(subtable)),
            _ => {}
        }
    }
    narrow.ok_or(FontFault::Cmap)
}

/// Format 4.
fn segment(table: &[u8], c: char) -> Option<u16> {
    let code = u16::try_from(u32::from(c)).ok()?;
    let twice = usize::from(u16_at(table, 6)? & !1);
    let (ends, starts) = (14, 16 + twice);
    let (deltas, ranges) = (starts + twice, starts + 2 * twice);
    let at = 2 * first(twice / 2, |index| {
        u16_at(table, ends + 2 * index).is_some_and(|end| end >= code)
    });
    if at >= twice || u16_at(table, starts + at)? > code {
        return None;
    }
    let (start, delta, range) = (
        u16_at(table, starts + at)?,
        u16_at(table, deltas + at)?,
        u16_at(table, ranges + at)?,
    );
    if range == 0 {
        return Some(code.wrapping_add(delta));
    }
    let glyph = u16_at(
        table,
        ranges + at + usize::from(range) + 2 * usize::from(code - start),
    )?;
    (glyph != 0).then(|| glyph.wrapping_add(delta))
}

/// Format 12.
fn group(table: &[u8], c: char) -> Option<u16> {
    let code = u32::from(c);
    let count = usize::try_from(u32_at(table, 12)?).ok()?;
    let groups = table.get(16..16_usize.checked_add(count.checked_mul(12)?)?)?;
    let at = 12
        * first(count, |index| {
            u32_at(groups, 12 * index + 4).is_some_and(|last| last >= code)
        });
    let (start, glyph) = (u32_at(groups, at)?, u32_at(groups, at + 8)?);
    u16::try_from(glyph.checked_add(code.checked_sub(start)?)?).ok()
}

/// The first of `count` sorted places for which `holds`, or `count`.
fn first(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}
