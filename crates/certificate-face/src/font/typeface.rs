//! Reading a TrueType font once: outlines, metrics and the character map, with every offset checked.

use std::ops::Range;

/// A font of the pack, parsed and held in memory. Its outlines stay as they are in the file.
pub struct Typeface {
    data: Vec<u8>,
    glyf: Range<usize>,
    loca: Vec<u32>,
    metrics: Vec<(u16, i16)>,
    plane_zero: Vec<u16>,
    beyond: Vec<(u32, u16)>,
    bounds: [i16; 4],
    pub(super) units_per_em: u16,
    pub(super) ascent: i16,
    pub(super) descent: i16,
    pub(super) bold: bool,
}

/// Why bytes are not a font that this crate can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// A structure ends before its fields do, or points outside the file.
    #[error("font table {0} is truncated or points outside the file")]
    Truncated(&'static str),
    /// A table that TrueType requires is absent.
    #[error("font table {0} is absent")]
    Absent(&'static str),
    /// A value that this reader does not support.
    #[error("font table {0} has an unsupported form")]
    Unsupported(&'static str),
    /// The bytes are not those that the manifest names.
    #[error("font {0} does not have the length and SHA-256 of the manifest")]
    Altered(&'static str),
}

/// A field reader over one table; every read says which table failed.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    table: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8], table: &'static str) -> Self {
        Self { bytes, table }
    }

    fn array<const N: usize>(self, at: usize) -> Result<[u8; N], FontError> {
        let end = at.checked_add(N).ok_or(FontError::Truncated(self.table))?;
        let found = self.bytes.get(at..end).and_then(|slice| slice.try_into().ok());
        found.ok_or(FontError::Truncated(self.table))
    }

    pub(super) fn u16(self, at: usize) -> Result<u16, FontError> {
        self.array(at).map(u16::from_be_bytes)
    }

    pub(super) fn i16(self, at: usize) -> Result<i16, FontError> {
        self.array(at).map(i16::from_be_bytes)
    }

    pub(super) fn u32(self, at: usize) -> Result<u32, FontError> {
        self.array(at).map(u32::from_be_bytes)
    }
}

impl Typeface {
    /// Parses a TrueType font with a format 12 character map. Unknown tables are ignored.
    pub fn parse(data: Vec<u8>) -> Result<Self, FontError> {
        let head = Fields::new(table(&data, b"head", "head")?, "head");
        let hhea = Fields::new(table(&data, b"hhea", "hhea")?, "hhea");
        let maxp = Fields::new(table(&data, b"maxp", "maxp")?, "maxp");
        let glyphs = usize::from(maxp.u16(4)?);
        let glyf = locate(&data, b"glyf").ok_or(FontError::Absent("glyf"))?;
        let long = head.i16(50)? == 1;
        let loca = offsets(
            Fields::new(table(&data, b"loca", "loca")?, "loca"),
            glyphs,
            long,
            glyf.len(),
        )?;
        let metrics = metrics(
            Fields::new(table(&data, b"hmtx", "hmtx")?, "hmtx"),
            hhea.u16(34)?,
            glyphs,
        )?;
        let (plane_zero, beyond) = characters(table(&data, b"cmap", "cmap")?, glyphs)?;
        let units_per_em = head.u16(18)?;
        if units_per_em == 0 {
            return Err(FontError::Unsupported("head"));
        }
        Ok(Self {
            bounds: [head.i16(36)?, head.i16(38)?, head.i16(40)?, head.i16(42)?],
            ascent: hhea.i16(4)?,
            descent: hhea.i16(6)?,
            bold: head.u16(44)? & 1 == 1,
            units_per_em,
            glyf,
            loca,
            metrics,
            plane_zero,
            beyond,
            data,
        })
    }

    /// The font file.
    pub fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// The glyph of a character, or `None` when the font does not draw it.
    #[inline]
    pub fn glyph(&self, character: char) -> Option<u16> {
        let code = u32::from(character);
        let found = if code < 0x1_0000 {
            self.plane_zero.get(code as usize).copied().unwrap_or(0)
        } else {
            let index = self.beyond.binary_search_by_key(&code, |&(c, _)| c).ok()?;
            self.beyond.get(index).map_or(0, |&(_, glyph)| glyph)
        };
        (found != 0).then_some(found)
    }

    /// The advance width of a glyph in font units; 0 for a glyph that does not exist.
    #[inline]
    pub fn advance(&self, glyph: u16) -> u16 {
        self.metric(glyph).0
    }

    /// Font units per em.
    pub fn units_per_em(&self) -> u16 {
        self.units_per_em
    }

    /// The height above and the depth below the base line, in font units (depth is negative).
    pub fn extent(&self) -> (i16, i16) {
        (self.ascent, self.descent)
    }

    /// The smallest box around all glyphs: x minimum, y minimum, x maximum, y maximum.
    pub fn bounds(&self) -> [i16; 4] {
        self.bounds
    }

    /// How many characters the font draws.
    pub fn character_count(&self) -> usize {
        self.plane_zero.iter().filter(|&&glyph| glyph != 0).count() + self.beyond.len()
    }

    #[inline]
    pub(super) fn metric(&self, glyph: u16) -> (u16, i16) {
        self.metrics.get(usize::from(glyph)).copied().unwrap_or((0, 0))
    }

    /// The bytes of a glyph's outline; empty for a blank glyph.
    #[inline]
    pub(super) fn outline_bytes(&self, glyph: u16) -> &[u8] {
        let index = usize::from(glyph);
        let (Some(&start), Some(&end)) = (self.loca.get(index), self.loca.get(index + 1)) else {
            return &[];
        };
        let from = self.glyf.start + start as usize;
        self.data.get(from..self.glyf.start + end as usize).unwrap_or(&[])
    }
}

fn locate(data: &[u8], tag: &[u8; 4]) -> Option<Range<usize>> {
    let directory = Fields::new(data, "directory");
    let count = usize::from(directory.u16(4).ok()?);
    (0..count).find_map(|index| {
        let record = 12 + index * 16;
        if data.get(record..record + 4)? != tag {
            return None;
        }
        let start = directory.u32(record + 8).ok()? as usize;
        let end = start.checked_add(directory.u32(record + 12).ok()? as usize)?;
        (end <= data.len()).then_some(start..end)
    })
}

fn table<'a>(data: &'a [u8], tag: &[u8; 4], name: &'static str) -> Result<&'a [u8], FontError> {
    locate(data, tag)
        .and_then(|range| data.get(range))
        .ok_or(FontError::Absent(name))
}

fn offsets(loca: Fields<'_>, glyphs: usize, long: bool, limit: usize) -> Result<Vec<u32>, FontError> {
    let mut out = Vec::with_capacity(glyphs + 1);
    let mut last = 0;
    for index in 0..=glyphs {
        let offset = if long {
            loca.u32(index * 4)?
        } else {
            u32::from(loca.u16(index * 2)?) * 2
        };
        if offset < last || offset as usize > limit {
            return Err(FontError::Truncated("loca"));
        }
        last = offset;
        out.push(offset);
    }
    Ok(out)
}

fn metrics(hmtx: Fields<'_>, long: u16, glyphs: usize) -> Result<Vec<(u16, i16)>, FontError> {
    let long = usize::from(long);
    if long == 0 {
        return Err(FontError::Unsupported("hhea"));
    }
    (0..glyphs)
        .map(|index| {
            let bearing = if index < long {
                index * 4 + 2
            } else {
                long * 4 + (index - long) * 2
            };
            Ok((hmtx.u16(index.min(long - 1) * 4)?, hmtx.i16(bearing)?))
        })
        .collect()
}

type CharacterMap = (Vec<u16>, Vec<(u32, u16)>);

fn characters(cmap: &[u8], glyphs: usize) -> Result<CharacterMap, FontError> {
    let fields = Fields::new(cmap, "cmap");
    let tables = usize::from(fields.u16(2)?);
    let mut start = None;
    for index in 0..tables {
        let at = fields.u32(4 + index * 8 + 4)? as usize;
        if fields.u16(at)? == 12 {
            start = Some(at);
        }
    }
    let start = start.ok_or(FontError::Unsupported("cmap"))?;
    let mut plane_zero = vec![0_u16; 0x1_0000];
    let mut beyond = Vec::new();
    let mut next_free = 0;
    for group in 0..fields.u32(start + 12)? as usize {
        let at = start + 16 + group * 12;
        let (first, last, glyph) = (fields.u32(at)?, fields.u32(at + 4)?, fields.u32(at + 8)?);
        if first < next_free || last < first || last > 0x10_FFFF {
            return Err(FontError::Unsupported("cmap"));
        }
        next_free = last + 1;
        for code in first..=last {
            let known = glyph
                .checked_add(code - first)
                .and_then(|glyph| u16::try_from(glyph).ok())
                .filter(|&glyph| usize::from(glyph) < glyphs);
            let glyph = known.ok_or(FontError::Truncated("cmap"))?;
            match plane_zero.get_mut(code as usize) {
                Some(slot) => *slot = glyph,
                None => beyond.push((code, glyph)),
            }
        }
    }
    Ok((plane_zero, beyond))
}
