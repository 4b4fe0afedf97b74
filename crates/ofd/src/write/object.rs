//! What stands on a page: text, paths and images, in millimetres from the top left corner.

use std::fmt;

use super::error::WriteError;
use super::layout::{FontId, ImageId};
use super::template::Ids;
use super::xml::{Xml, number};

/// A page size in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Size {
    /// A4, upright.
    pub const A4: Self = Self {
        width: 210.0,
        height: 297.0,
    };
}

/// A rectangle in millimetres (`ST_Box`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// The rectangle at (`x`, `y`).
    #[must_use]
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    fn values(&self) -> [f64; 4] {
        [self.x, self.y, self.width, self.height]
    }

    pub(super) fn attribute(&self, xml: &mut Xml, name: &str) -> Result<(), WriteError> {
        xml.numbers(name, &self.values()).map(|_| ())
    }
}

/// An RGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// Black.
    pub const BLACK: Self = Self(0, 0, 0);

    fn element(self, xml: &mut Xml, name: &str) {
        xml.raw("<ofd:").raw(name).raw(" Value=\"");
        xml.integer(self.0.into())
            .raw(" ")
            .integer(self.1.into())
            .raw(" ")
            .integer(self.2.into())
            .raw("\"/>");
    }
}

/// A line's look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub color: Color,
    /// Width in millimetres.
    pub width: f64,
}

/// A placement that is not upright, for watermarks. Coordinates inside the object are then in its own space:
/// page = boundary's corner + `matrix` × point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transform {
    /// The box on the page that holds the transformed object.
    pub boundary: Rect,
    /// `a b c d e f` as in the standard's `CTM`.
    pub matrix: [f64; 6],
}

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
    fn write(&self, xml: &mut Xml, ids: &mut Ids, font: u64) -> Result<(), WriteError> {
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

/// Path commands in millimetres relative to the path's boundary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathData {
    out: String,
    start: (f64, f64),
    faulty: bool,
}

impl PathData {
    /// An empty path.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a new figure.
    pub fn move_to(&mut self, x: f64, y: f64) -> &mut Self {
        self.start = (x, y);
        self.command('M', &[x, y])
    }

    /// A straight line.
    pub fn line_to(&mut self, x: f64, y: f64) -> &mut Self {
        self.command('L', &[x, y])
    }

    /// A cubic Bézier curve.
    pub fn curve_to(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, x: f64, y: f64) -> &mut Self {
        self.command('B', &[x1, y1, x2, y2, x, y])
    }

    /// Closes the figure, with a line back to its start: there are readers for which `C` alone draws none.
    pub fn close(&mut self) -> &mut Self {
        let (x, y) = self.start;
        self.command('L', &[x, y]).command('C', &[])
    }

    fn command(&mut self, letter: char, values: &[f64]) -> &mut Self {
        if !self.out.is_empty() {
            self.out.push(' ');
        }
        self.out.push(letter);
        for value in values {
            self.out.push(' ');
            self.faulty |= number(&mut self.out, *value).is_err();
        }
        self
    }
}

/// Lines and areas.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The box on the page; the data is relative to its corner.
    pub boundary: Rect,
    /// The commands.
    pub data: PathData,
    /// The line, if drawn.
    pub stroke: Option<Stroke>,
    /// The area, if filled.
    pub fill: Option<Color>,
    /// Opacity, 255 is opaque.
    pub alpha: u8,
}

impl Path {
    /// A straight line.
    #[must_use]
    pub fn line(from: (f64, f64), to: (f64, f64), stroke: Stroke) -> Self {
        let half = stroke.width / 2.0;
        let (left, top) = (from.0.min(to.0) - half, from.1.min(to.1) - half);
        let boundary = Rect::new(
            left,
            top,
            (from.0 - to.0).abs() + stroke.width,
            (from.1 - to.1).abs() + stroke.width,
        );
        let mut data = PathData::new();
        data.move_to(from.0 - left, from.1 - top)
            .line_to(to.0 - left, to.1 - top);
        Self {
            boundary,
            data,
            stroke: Some(stroke),
            fill: None,
            alpha: 255,
        }
    }

    /// A square grid of black modules, as of a QR code, drawn as one stroked line per horizontal run.
    ///
    /// `side` is the number of modules in a row, `dark` tells for column and row. `boundary` has no quiet zone. Choose
    /// it so that a module is a round number of tenths of a millimetre: the path is the largest text of a page, and
    /// half as long then.
    #[must_use]
    pub fn modules(boundary: Rect, side: u16, mut dark: impl FnMut(u16, u16) -> bool) -> Self {
        let module = boundary.width / f64::from(side.max(1));
        let mut data = PathData::new();
        for row in 0..side {
            let middle = (f64::from(row) + 0.5) * module;
            let mut column = 0;
            while column < side {
                let start = column;
                while column < side && dark(column, row) {
                    column += 1;
                }
                if column > start {
                    data.move_to(f64::from(start) * module, middle)
                        .line_to(f64::from(column) * module, middle);
                }
                column += 1;
            }
        }
        let stroke = Stroke {
            color: Color::BLACK,
            width: module,
        };
        Self {
            boundary,
            data,
            stroke: Some(stroke),
            fill: None,
            alpha: 255,
        }
    }

    fn write(&self, xml: &mut Xml, id: u64) -> Result<(), WriteError> {
        if self.data.faulty {
            return Err(WriteError::Coordinate);
        }
        xml.raw("<ofd:PathObject").whole("ID", id);
        self.boundary.attribute(xml, "Boundary")?;
        if let Some(stroke) = self.stroke {
            xml.numbers("LineWidth", &[stroke.width])?;
        }
        alpha(xml, self.alpha);
        xml.raw(if self.stroke.is_some() {
            " Stroke=\"true\""
        } else {
            " Stroke=\"false\""
        });
        xml.raw(if self.fill.is_some() {
            " Fill=\"true\">"
        } else {
            " Fill=\"false\">"
        });
        if let Some(stroke) = self.stroke {
            stroke.color.element(xml, "StrokeColor");
        }
        if let Some(fill) = self.fill {
            fill.element(xml, "FillColor");
        }
        xml.raw("<ofd:AbbreviatedData>")
            .raw(&self.data.out)
            .raw("</ofd:AbbreviatedData></ofd:PathObject>");
        Ok(())
    }
}

/// A picture, stretched into its box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Image {
    /// The picture.
    pub image: ImageId,
    /// Where it stands.
    pub boundary: Rect,
    /// Opacity, 255 is opaque.
    pub alpha: u8,
}

impl Image {
    /// An opaque picture.
    #[must_use]
    pub const fn new(image: ImageId, boundary: Rect) -> Self {
        Self {
            image,
            boundary,
            alpha: 255,
        }
    }

    fn write(&self, xml: &mut Xml, id: u64, resource: u64) -> Result<(), WriteError> {
        xml.raw("<ofd:ImageObject").whole("ID", id);
        self.boundary.attribute(xml, "Boundary")?;
        xml.numbers(
            "CTM",
            &[self.boundary.width, 0.0, 0.0, self.boundary.height, 0.0, 0.0],
        )?;
        alpha(xml, self.alpha);
        xml.whole("ResourceID", resource).raw("/>");
        Ok(())
    }
}

fn alpha(xml: &mut Xml, value: u8) {
    if value < 255 {
        xml.whole("Alpha", value.into());
    }
}

/// The three kinds of objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Text.
    Text(Text),
    /// Lines and areas.
    Path(Path),
    /// A picture.
    Image(Image),
}

/// An object, with the name of the face field that it shows, if any.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// What is drawn.
    pub shape: Shape,
    /// The element of the tag index that refers to this object, as `CZZT`. A text with characters outside the BMP
    /// becomes several objects, all referred to in order.
    pub field: Option<String>,
}

impl Object {
    /// The same object, indexed under `field`.
    #[must_use]
    pub fn showing(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Writes the object, taking one number, or more if its text makes several runs; `resources` finds the number
    /// of the font or image used.
    pub(super) fn write(
        &self,
        xml: &mut Xml,
        ids: &mut Ids,
        resources: &dyn Resources,
    ) -> Result<(), WriteError> {
        match &self.shape {
            Shape::Text(text) => text.write(xml, ids, resources.font(text.font)?),
            Shape::Path(path) => path.write(xml, ids.take()),
            Shape::Image(image) => image.write(xml, ids.take(), resources.image(image.image)?),
        }
    }
}

impl From<Text> for Object {
    fn from(text: Text) -> Self {
        Self {
            shape: Shape::Text(text),
            field: None,
        }
    }
}

impl From<Path> for Object {
    fn from(path: Path) -> Self {
        Self {
            shape: Shape::Path(path),
            field: None,
        }
    }
}

impl From<Image> for Object {
    fn from(image: Image) -> Self {
        Self {
            shape: Shape::Image(image),
            field: None,
        }
    }
}

/// Finds the numbers of resources, and refuses those without bytes in this document.
pub(super) trait Resources {
    fn font(&self, font: FontId) -> Result<u64, WriteError>;
    fn image(&self, image: ImageId) -> Result<u64, WriteError>;
}
