//! Text objects.

use std::fmt;

use super::error::WriteError;
use super::layout::FontId;
use super::object::{Color, Rect, Transform, alpha};
use super::template::Ids;
use super::xml::Xml;

/// One line of text.
#[derive(Clone, PartialEq)]
pub struct Text {
    /// The font.
    pub font: FontId,
    /// Size of the em square in millimetres.
    pub size: f64,
    /// Where the first character starts.
    pub x: f64,
    /// The baseline.
    pub baseline: f64,
    /// The characters, in the order in which they are drawn.
    pub text: String,
    /// From each character to the next, in millimetres: one less than characters.
    pub advances: Vec<f64>,
    /// Colour.
    pub color: Color,
    /// Opacity, 255 is opaque.
    pub alpha: u8,
    /// The glyph number of each character in the font, if known. Written as a `CGTransform` for characters outside
    /// the BMP only: some readers can address those by number alone, while for all others the `cmap` is what every
    /// reader agrees on.
    pub glyphs: Option<Vec<u16>>,
    /// A placement that is not upright.
    pub transform: Option<Transform>,
}

impl Text {
    /// Black, opaque, upright text.
    #[must_use]
    pub fn new(
        font: FontId,
        size: f64,
        x: f64,
        baseline: f64,
        text: impl Into<String>,
        advances: Vec<f64>,
    ) -> Self {
        Self {
            font,
            size,
            x,
            baseline,
            text: text.into(),
            advances,
            color: Color::BLACK,
            alpha: 255,
            glyphs: None,
            transform: None,
        }
    }

    /// Writes the text as one object per run, each with a number of its own.
    ///
    /// A character outside the BMP is a run by itself: readers that count UTF-16 units and readers that count
    /// characters then agree on every `DeltaX`, so a rare character in a name moves nothing. Several `TextCode`s in
    /// one object would do the same, but there are readers that place only the first.
    pub(super) fn write(&self, xml: &mut Xml, ids: &mut Ids, font: u64) -> Result<(), WriteError> {
        self.check(self.text.chars().count())?;
        let (mut x, mut text, mut advances) = (self.x, self.text.as_str(), self.advances.as_slice());
        let mut glyphs = self.glyphs.as_deref();
        loop {
            let (taken, rare) = run_length(text);
            let end = text.char_indices().nth(taken).map_or(text.len(), |(at, _)| at);
            let (here, rest) = text.split_at(end);
            let (inside, after) = advances.split_at(advances.len().min(taken - 1));
            let glyph = glyphs.and_then(|glyphs| glyphs.first().copied()).filter(|_| rare);
            self.write_run(
                xml,
                ids.take(),
                font,
                &Run {
                    x,
                    text: here,
                    advances: inside,
                    glyph,
                },
            )?;
            let Some((gap, after)) = after.split_first() else {
                return Ok(());
            };
            x += inside.iter().sum::<f64>() + gap;
            (text, advances) = (rest, after);
            glyphs = glyphs.and_then(|glyphs| glyphs.get(taken..));
        }
    }

    fn write_run(&self, xml: &mut Xml, id: u64, font: u64, run: &Run<'_>) -> Result<(), WriteError> {
        xml.raw("<ofd:TextObject").whole("ID", id);
        let (x, y) = if let Some(transform) = &self.transform {
            transform.boundary.attribute(xml, "Boundary")?;
            xml.numbers("CTM", &transform.matrix)?;
            (run.x, self.baseline)
        } else {
            self.boundary(run).attribute(xml, "Boundary")?;
            (0.0, self.size)
        };
        alpha(xml, self.alpha);
        xml.whole("Font", font).numbers("Size", &[self.size])?.raw(">");
        self.color.element(xml, "FillColor");
        if let Some(glyph) = run.glyph {
            xml.raw("<ofd:CGTransform CodePosition=\"0\" CodeCount=\"1\" GlyphCount=\"1\"><ofd:Glyphs>");
            xml.integer(glyph.into()).raw("</ofd:Glyphs></ofd:CGTransform>");
        }
        xml.raw("<ofd:TextCode").numbers("X", &[x])?.numbers("Y", &[y])?;
        if !run.advances.is_empty() {
            xml.numbers("DeltaX", run.advances)?;
        }
        xml.raw(">")
            .text(run.text)?
            .raw("</ofd:TextCode></ofd:TextObject>");
        Ok(())
    }

    /// The box of an upright run: an em above the baseline, 0.3 below, an em for the last character.
    fn boundary(&self, run: &Run<'_>) -> Rect {
        let width = run.advances.iter().sum::<f64>() + self.size;
        Rect::new(run.x, self.baseline - self.size, width, self.size * 1.3)
    }

    fn check(&self, characters: usize) -> Result<(), WriteError> {
        if characters == 0 {
            return Err(WriteError::EmptyText);
        }
        if self.advances.len() != characters - 1 {
            return Err(WriteError::AdvanceCount {
                characters,
                advances: self.advances.len(),
            });
        }
        match &self.glyphs {
            Some(glyphs) if glyphs.len() != characters => Err(WriteError::GlyphCount {
                characters,
                glyphs: glyphs.len(),
            }),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("font", &self.font)
            .field("size", &self.size)
            .field("x", &self.x)
            .field("baseline", &self.baseline)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Characters that go into one object.
struct Run<'a> {
    x: f64,
    text: &'a str,
    advances: &'a [f64],
    glyph: Option<u16>,
}

/// How many characters the run at the start of `text` has, and whether it is a single one outside the BMP.
fn run_length(text: &str) -> (usize, bool) {
    let rare = |c: char| u32::from(c) > 0xffff;
    match text.chars().position(rare) {
        Some(0) => (1, true),
        Some(at) => (at, false),
        None => (text.chars().count(), false),
    }
}
