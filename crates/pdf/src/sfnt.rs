//! The little of a TrueType file that embedding needs. Every read is bounded by the file.

/// A TrueType file, tables looked up on demand.
#[derive(Clone, Copy)]
pub(crate) struct Sfnt<'a> {
    file: &'a [u8],
}

pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|pair| u16::from_be_bytes(*pair))
}

pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|quad| u32::from_be_bytes(*quad))
}

fn signed(bytes: &[u8], at: usize) -> Option<i16> {
    be16(bytes, at).map(u16::cast_signed)
}

impl<'a> Sfnt<'a> {
    /// `None` unless it is TrueType with `glyf` outlines and the tables PDF needs.
    pub(crate) fn open(file: &'a [u8]) -> Option<Self> {
        let font = Self { file };
        (be32(file, 0)? == 0x0001_0000).then_some(())?;
        for tag in [b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"] {
            font.table(tag)?;
        }
        (font.units_per_em()? >= 16).then_some(font)
    }

    fn table(self, tag: &[u8; 4]) -> Option<&'a [u8]> {
        let count = usize::from(be16(self.file, 4)?);
        let directory = self.file.get(12..)?;
        let entry = directory
            .chunks_exact(16)
            .take(count)
            .find(|entry| entry.starts_with(tag))?;
        let start = be32(entry, 8)? as usize;
        self.file
            .get(start..start.checked_add(be32(entry, 12)? as usize)?)
    }

    pub(crate) fn units_per_em(self) -> Option<u16> {
        be16(self.table(b"head")?, 18)
    }

    /// `xMin yMin xMax yMax`.
    pub(crate) fn bounding_box(self) -> Option<[i16; 4]> {
        let head = self.table(b"head")?;
        Some([
            signed(head, 36)?,
            signed(head, 38)?,
            signed(head, 40)?,
            signed(head, 42)?,
        ])
    }

    pub(crate) fn ascent_descent(self) -> Option<(i16, i16)> {
        let hhea = self.table(b"hhea")?;
        Some((signed(hhea, 4)?, signed(hhea, 6)?))
    }

    pub(crate) fn glyph_count(self) -> Option<u16> {
        be16(self.table(b"maxp")?, 4)
    }

    /// Advance width in font units.
    pub(crate) fn advance(self, glyph: u16) -> Option<u16> {
        if glyph >= self.glyph_count()? {
            return None;
        }
        let long_metrics = be16(self.table(b"hhea")?, 34)?;
        let index = glyph.min(long_metrics.checked_sub(1)?);
        be16(self.table(b"hmtx")?, usize::from(index) * 4)
    }

    /// Length of the outline; 0 for a blank glyph, `None` if the glyph is not in the file.
    pub(crate) fn outline_length(self, glyph: u16) -> Option<usize> {
        if glyph >= self.glyph_count()? {
            return None;
        }
        let loca = self.table(b"loca")?;
        let at = usize::from(glyph);
        let (start, end) = if be16(self.table(b"head")?, 50)? == 0 {
            (
                usize::from(be16(loca, at * 2)?) * 2,
                usize::from(be16(loca, at * 2 + 2)?) * 2,
            )
        } else {
            (be32(loca, at * 4)? as usize, be32(loca, at * 4 + 4)? as usize)
        };
        self.table(b"glyf")?.get(start..end).map(<[u8]>::len)
    }
}
