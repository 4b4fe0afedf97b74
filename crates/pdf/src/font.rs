//! Embedded TrueType subsets: CID = glyph id, widths from the file, ToUnicode for every glyph.

use crate::{
    error::WriteError,
    sfnt::Sfnt,
    syntax::{
        push_byte_str, push_decimal, push_hex_u16, push_hex_utf16, push_name, push_reference, push_uint,
    },
};

/// A font of one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FontRef(pub(crate) u8);

/// What stays the same between the subsets of one typeface.
#[derive(Debug, Clone, PartialEq)]
pub struct FontFace {
    /// PostScript name without subset tag, ASCII.
    pub name: String,
    /// Units of the em square.
    pub units_per_em: u16,
    /// `xMin yMin xMax yMax` in font units, large enough for every glyph.
    pub bounding_box: [i16; 4],
    /// Typographic ascent in font units.
    pub ascent: i16,
    /// Typographic descent in font units, negative.
    pub descent: i16,
    /// Height of capitals in font units.
    pub cap_height: i16,
}

impl FontFace {
    /// Reads the measures from a TrueType file; the height of capitals, which the six tables do not hold, is
    /// taken as the ascent.
    pub fn read(name: &str, truetype: &[u8]) -> Option<Self> {
        let font = Sfnt::open(truetype)?;
        let (ascent, descent) = font.ascent_descent()?;
        Some(Self {
            name: name.to_owned(),
            units_per_em: font.units_per_em()?,
            bounding_box: font.bounding_box()?,
            ascent,
            descent,
            cap_height: ascent,
        })
    }

    fn scaled(&self, value: i16) -> f64 {
        f64::from(value) * 1000.0 / f64::from(self.units_per_em)
    }
}

/// A glyph of a subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph {
    /// Glyph id in the subset, not 0; it is also the CID.
    pub id: u16,
    /// The character it shows.
    pub character: char,
    /// Advance width in font units, as in the `hmtx` table.
    pub advance: u16,
}

/// A small TrueType file (tables `glyf head hhea hmtx loca maxp`) with the list of its glyphs by ascending id.
/// Glyphs that serve only as parts of composites come after the last listed one.
#[derive(Debug, Clone, Copy)]
pub struct FontSubset<'a> {
    /// The TrueType file.
    pub program: &'a [u8],
    /// Its glyphs, without `.notdef`.
    pub glyphs: &'a [Glyph],
}

impl FontSubset<'_> {
    /// Refuses a list that disagrees with the file: PDF/A demands equal widths and a Unicode value for every glyph
    /// (ISO 19005-2 §6.2.11.5, §6.2.11.7.2).
    pub(crate) fn check(&self, font: u8, face: &FontFace) -> Result<(), WriteError> {
        let unusable = |reason| WriteError::FontProgram { font, reason };
        let program = Sfnt::open(self.program).ok_or_else(|| unusable("tables"))?;
        if program.units_per_em() != Some(face.units_per_em) {
            return Err(unusable("units per em differ from the face"));
        }
        let mut last = 0;
        for glyph in self.glyphs {
            let wrong = |reason| WriteError::Glyph {
                font,
                glyph: glyph.id,
                reason,
            };
            if glyph.id <= last {
                return Err(wrong("ids do not ascend from 1"));
            }
            last = glyph.id;
            if matches!(glyph.character, '\0' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}') {
                return Err(wrong("character is not allowed in ToUnicode"));
            }
            match program.advance(glyph.id) {
                None => return Err(wrong("not in the file")),
                Some(advance) if advance != glyph.advance => return Err(wrong("width differs from hmtx")),
                Some(_) => {}
            }
            if program.outline_length(glyph.id).is_none() {
                return Err(wrong("outline is outside the file"));
            }
        }
        Ok(())
    }
}

/// Object numbers of one font.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FontObjects {
    pub(crate) composite: u32,
    pub(crate) descendant: u32,
    pub(crate) descriptor: u32,
    pub(crate) program: u32,
    pub(crate) widths: u32,
    pub(crate) to_unicode: u32,
}

impl FontObjects {
    /// The three dictionaries from `first` on; the data is placed later.
    pub(crate) fn consecutive(first: u32) -> Self {
        Self {
            composite: first,
            descendant: first + 1,
            descriptor: first + 2,
            program: 0,
            widths: 0,
            to_unicode: 0,
        }
    }

    /// Font file, widths and ToUnicode from `first` on.
    pub(crate) fn place_data(&mut self, first: u32) {
        self.program = first;
        self.widths = first + 1;
        self.to_unicode = first + 2;
    }
}

/// Name with a subset tag that differs for every font of a template.
fn push_tagged_name(out: &mut Vec<u8>, index: u8, face: &FontFace) {
    let tag = [b'A' + index % 26, b'A' + index / 26, b'A', b'A', b'A', b'A'];
    push_name(out, &format!("{}+{}", String::from_utf8_lossy(&tag), face.name));
}

pub(crate) fn push_composite(out: &mut Vec<u8>, index: u8, face: &FontFace, at: &FontObjects) {
    push_byte_str(out, "<</Type/Font/Subtype/Type0/Encoding/Identity-H/BaseFont");
    push_tagged_name(out, index, face);
    push_byte_str(out, "/DescendantFonts[");
    push_reference(out, at.descendant);
    push_byte_str(out, "]/ToUnicode ");
    push_reference(out, at.to_unicode);
    push_byte_str(out, ">>");
}

pub(crate) fn push_descendant(out: &mut Vec<u8>, index: u8, face: &FontFace, at: &FontObjects) {
    push_byte_str(
        out,
        "<</Type/Font/Subtype/CIDFontType2/CIDToGIDMap/Identity/BaseFont",
    );
    push_tagged_name(out, index, face);
    push_byte_str(
        out,
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor ",
    );
    push_reference(out, at.descriptor);
    push_byte_str(out, "/DW 1000/W ");
    push_reference(out, at.widths);
    push_byte_str(out, ">>");
}

/// CIDSet is left out on purpose: PDF/A-2 allows that, and a wrong one is a fault.
pub(crate) fn push_descriptor(out: &mut Vec<u8>, index: u8, face: &FontFace, at: &FontObjects) {
    push_byte_str(
        out,
        "<</Type/FontDescriptor/Flags 4/ItalicAngle 0/StemV 80/FontName",
    );
    push_tagged_name(out, index, face);
    push_byte_str(out, "/FontBBox[");
    for value in face.bounding_box {
        push_decimal(out, face.scaled(value));
        out.push(b' ');
    }
    push_byte_str(out, "]");
    for (key, value) in [
        ("/Ascent ", face.ascent),
        ("/Descent ", face.descent),
        ("/CapHeight ", face.cap_height),
    ] {
        push_byte_str(out, key);
        push_decimal(out, face.scaled(value));
    }
    push_byte_str(out, "/FontFile2 ");
    push_reference(out, at.program);
    push_byte_str(out, ">>");
}

/// The W array: widths other than the default of 1000, rounded to the tolerance PDF/A allows.
pub(crate) fn push_widths(out: &mut Vec<u8>, face: &FontFace, glyphs: &[Glyph]) {
    let per_em = u64::from(face.units_per_em);
    out.push(b'[');
    let mut next_in_run = 0;
    let mut open = false;
    for glyph in glyphs {
        let width = (u64::from(glyph.advance) * 1000 + per_em / 2) / per_em;
        if width == 1000 {
            continue;
        }
        if !open || next_in_run != glyph.id {
            if open {
                out.push(b']');
            }
            push_uint(out, u64::from(glyph.id));
            out.push(b'[');
            open = true;
        } else {
            out.push(b' ');
        }
        push_uint(out, width);
        next_in_run = glyph.id.wrapping_add(1);
    }
    if open {
        out.push(b']');
    }
    out.push(b']');
}

const CMAP_HEAD: &str = "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n\
/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n/CMapName/Adobe-Identity-UCS def\n\
/CMapType 2 def\n1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n";
const CMAP_TAIL: &str = "endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n";

/// The ToUnicode CMap; a block holds at most 100 entries.
pub(crate) fn push_to_unicode(out: &mut Vec<u8>, glyphs: &[Glyph]) {
    push_byte_str(out, CMAP_HEAD);
    for block in glyphs.chunks(100) {
        push_uint(out, block.len() as u64);
        push_byte_str(out, " beginbfchar\n");
        for glyph in block {
            out.push(b'<');
            push_hex_u16(out, glyph.id);
            push_byte_str(out, "><");
            push_hex_utf16(out, glyph.character);
            push_byte_str(out, ">\n");
        }
        push_byte_str(out, "endbfchar\n");
    }
    push_byte_str(out, CMAP_TAIL);
}
