//! Content streams in millimetres: one matrix at the start turns the page's axes, everything after is mm.

use crate::{
    error::WriteError,
    font::FontRef,
    geometry::{POINTS_PER_MM, PageSize, Point, Rect, Rgb},
    image::ImageRef,
    path::{FillRule, Path, in_range},
    structure::{ElementKind, Mark},
    syntax::{push_byte_str, push_decimal, push_hex_u16, push_uint},
    template::OpacityRef,
};

/// One line of text in one font.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Text<'a> {
    /// The font whose glyph ids follow.
    pub font: FontRef,
    /// Size of the em square in millimetres.
    pub size: f64,
    /// Start of the baseline.
    pub origin: Point,
    /// Fill colour.
    pub color: Rgb,
    /// Turn around the origin in degrees, counter-clockwise.
    pub rotation: f64,
    /// How the pen moves between glyphs.
    pub advance: Advance<'a>,
}

/// How the pen moves between the glyphs of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Advance<'a> {
    /// By each glyph's own width.
    Natural,
    /// By each glyph's own width and this many millimetres.
    Spaced(f64),
    /// By these distances in millimetres from glyph to glyph (as OFD's DeltaX), one fewer than there are glyphs.
    Each(&'a [f64]),
}

/// A page content stream. Faults (a number out of range, `.notdef`) are kept and reported by the template or
/// document that takes the content.
#[derive(Clone)]
pub struct Content {
    operators: Vec<u8>,
    fill: Option<Rgb>,
    font: Option<(FontRef, u64)>,
    used: Vec<GlyphSet>,
    images: Vec<ImageRef>,
    opacities: Vec<OpacityRef>,
    marks: Vec<Mark>,
    /// Between the beginning and the end of marked content.
    marking: bool,
    fault: Option<WriteError>,
}

/// The text of a page is personal: only sizes are shown.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("length", &self.operators.len())
            .finish_non_exhaustive()
    }
}

/// Glyph ids as bits.
#[derive(Debug, Clone, Default)]
pub(crate) struct GlyphSet {
    words: Vec<u64>,
}

impl GlyphSet {
    fn insert(&mut self, glyph: u16) {
        let word = usize::from(glyph / 64);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(bits) = self.words.get_mut(word) {
            *bits |= 1 << (glyph % 64);
        }
    }

    pub(crate) fn from_ids(ids: impl Iterator<Item = u16>) -> Self {
        let mut set = Self::default();
        ids.for_each(|id| set.insert(id));
        set
    }

    /// The first glyph that is here and not in `other`.
    pub(crate) fn first_outside(&self, other: &Self) -> Option<u16> {
        self.words.iter().zip(0u16..).find_map(|(&word, index)| {
            let allowed = other.words.get(usize::from(index)).copied().unwrap_or(0);
            let outside = word & !allowed;
            (outside != 0).then(|| index * 64 + outside.trailing_zeros() as u16)
        })
    }
}

impl Content {
    /// An empty content stream for a page of this size.
    pub fn new(page: PageSize) -> Self {
        let mut content = Self {
            operators: Vec::with_capacity(4096),
            fill: None,
            font: None,
            used: Vec::new(),
            images: Vec::new(),
            opacities: Vec::new(),
            marks: Vec::new(),
            marking: false,
            fault: None,
        };
        // Six decimals: over the height of A4 the error stays below a thousandth of a point.
        let out = &mut content.operators;
        push_byte_str(out, "q 2.834646 0 0 -2.834646 0 ");
        push_decimal(out, page.height * POINTS_PER_MM);
        push_byte_str(out, " cm\n");
        content
    }

    /// Sets one line of text. Glyph ids are those of the font's subset.
    pub fn text(&mut self, text: &Text<'_>, glyphs: &[u16]) {
        if glyphs.is_empty() {
            return;
        }
        self.use_glyphs(text.font, glyphs);
        self.fill_color(text.color);
        push_byte_str(&mut self.operators, "BT");
        self.select_font(text.font, text.size);
        self.text_matrix(text);
        match text.advance {
            Advance::Natural => self.show(glyphs),
            Advance::Spaced(spacing) => {
                self.numbers(&[spacing]);
                push_byte_str(&mut self.operators, "Tc");
                self.show(glyphs);
                push_byte_str(&mut self.operators, " 0 Tc");
            }
            Advance::Each(distances) => self.show_each(glyphs, distances),
        }
        push_byte_str(&mut self.operators, " ET\n");
    }

    fn use_glyphs(&mut self, font: FontRef, glyphs: &[u16]) {
        let index = usize::from(font.0);
        if self.used.len() <= index {
            self.used.resize_with(index + 1, GlyphSet::default);
        }
        if let Some(set) = self.used.get_mut(index) {
            glyphs.iter().for_each(|&glyph| set.insert(glyph));
        }
        if glyphs.contains(&0) {
            self.fail(WriteError::MissingGlyph {
                font: font.0,
                glyph: 0,
            });
        }
    }

    /// The font is graphics state, not text state: it survives ET.
    fn select_font(&mut self, font: FontRef, size: f64) {
        if self.font == Some((font, size.to_bits())) {
            return;
        }
        self.font = Some((font, size.to_bits()));
        push_byte_str(&mut self.operators, "/F");
        push_uint(&mut self.operators, u64::from(font.0));
        self.numbers(&[size]);
        push_byte_str(&mut self.operators, "Tf");
    }

    fn text_matrix(&mut self, text: &Text<'_>) {
        if text.rotation == 0.0 {
            push_byte_str(&mut self.operators, " 1 0 0 -1");
        } else {
            let (sine, cosine) = text.rotation.to_radians().sin_cos();
            self.numbers(&[cosine, -sine, -sine, -cosine]);
        }
        self.numbers(&[text.origin.x, text.origin.y]);
        push_byte_str(&mut self.operators, "Tm");
    }

    fn show(&mut self, glyphs: &[u16]) {
        self.operators.push(b'<');
        glyphs
            .iter()
            .for_each(|&glyph| push_hex_u16(&mut self.operators, glyph));
        push_byte_str(&mut self.operators, ">Tj");
    }

    fn show_each(&mut self, glyphs: &[u16], distances: &[f64]) {
        if distances.len() + 1 != glyphs.len() {
            self.fail(WriteError::Content(
                "distances between glyphs are not one fewer than glyphs",
            ));
        }
        let mut distances = distances.iter();
        for &glyph in glyphs {
            self.show(&[glyph]);
            if let Some(&distance) = distances.next() {
                self.numbers(&[distance, 0.0]);
                push_byte_str(&mut self.operators, "Td");
            }
        }
    }

    /// Fills a path.
    pub fn fill(&mut self, path: &Path, color: Rgb, rule: FillRule) {
        self.fill_color(color);
        self.path(path);
        push_byte_str(
            &mut self.operators,
            if rule == FillRule::NonZero { "f\n" } else { "f*\n" },
        );
    }

    /// Draws a path's outline with a pen of `width` millimetres.
    pub fn stroke(&mut self, path: &Path, color: Rgb, width: f64) {
        color.push_components(&mut self.operators);
        push_byte_str(&mut self.operators, "RG");
        self.numbers(&[width]);
        push_byte_str(&mut self.operators, "w\n");
        self.path(path);
        push_byte_str(&mut self.operators, "S\n");
    }

    /// Draws a two-dimensional code as one stroked line per run of dark modules: sharp at every scale and small.
    /// `runs` are row, first column and column after the last of each; `origin` is the symbol's corner without quiet
    /// zone.
    pub fn modules(
        &mut self,
        origin: Point,
        module: f64,
        color: Rgb,
        runs: impl IntoIterator<Item = (u16, u16, u16)>,
    ) {
        push_byte_str(&mut self.operators, "q");
        self.numbers(&[module, 0.0, 0.0, module, origin.x, origin.y + module / 2.0]);
        push_byte_str(&mut self.operators, "cm 1 w ");
        color.push_components(&mut self.operators);
        push_byte_str(&mut self.operators, "RG\n");
        for (row, from, to) in runs {
            self.line(row, from, to);
        }
        push_byte_str(&mut self.operators, "S Q\n");
    }

    fn line(&mut self, row: u16, from: u16, to: u16) {
        let out = &mut self.operators;
        for (column, operator) in [(from, b'm'), (to, b'l')] {
            push_uint(out, u64::from(column));
            out.push(b' ');
            push_uint(out, u64::from(row));
            out.extend_from_slice(&[b' ', operator, b'\n']);
        }
    }

    /// Draws the image of a slot so that it fills `rect`.
    pub fn image(&mut self, image: ImageRef, rect: Rect) {
        self.images.push(image);
        push_byte_str(&mut self.operators, "q");
        self.numbers(&[rect.width, 0.0, 0.0, -rect.height, rect.x, rect.y + rect.height]);
        push_byte_str(&mut self.operators, "cm/I");
        push_uint(&mut self.operators, u64::from(image.0));
        push_byte_str(&mut self.operators, " Do Q\n");
    }

    /// Opacity of everything that follows; [`OpacityRef::FULL`] ends it.
    pub fn opacity(&mut self, opacity: OpacityRef) {
        self.opacities.push(opacity);
        push_byte_str(&mut self.operators, "/G");
        push_uint(&mut self.operators, u64::from(opacity.0));
        push_byte_str(&mut self.operators, " gs\n");
    }

    /// Begins a piece of content that belongs to an element of the template's structure.
    pub fn begin(&mut self, kind: ElementKind, mark: Mark) {
        self.marks.push(mark);
        push_byte_str(&mut self.operators, kind.tag());
        push_byte_str(&mut self.operators, "<</MCID ");
        push_uint(&mut self.operators, u64::from(mark.0));
        push_byte_str(&mut self.operators, ">>BDC\n");
        self.set_marking(true);
    }

    /// Begins what only decorates the page or says again what was said.
    pub fn begin_artifact(&mut self) {
        push_byte_str(&mut self.operators, "/Artifact BMC\n");
        self.set_marking(true);
    }

    /// Ends the piece of content that was begun last.
    pub fn end(&mut self) {
        push_byte_str(&mut self.operators, "EMC\n");
        self.set_marking(false);
    }

    fn set_marking(&mut self, begun: bool) {
        if self.marking == begun {
            self.fail(WriteError::Content("marked content begins or ends twice"));
        }
        self.marking = begun;
    }

    fn fill_color(&mut self, color: Rgb) {
        if self.fill != Some(color) {
            self.fill = Some(color);
            color.push_components(&mut self.operators);
            push_byte_str(&mut self.operators, "rg\n");
        }
    }

    fn path(&mut self, path: &Path) {
        if path.is_invalid() {
            self.fail(WriteError::Content("a coordinate is out of range"));
        }
        self.operators.extend_from_slice(path.operators());
    }

    /// Each number with a space on both sides.
    fn numbers(&mut self, numbers: &[f64]) {
        self.operators.push(b' ');
        for &number in numbers {
            if !in_range(number) {
                self.fail(WriteError::Content("a coordinate is out of range"));
            }
            push_decimal(&mut self.operators, number);
            self.operators.push(b' ');
        }
    }

    fn fail(&mut self, fault: WriteError) {
        self.fault.get_or_insert(fault);
    }

    pub(crate) fn check(&self, fonts: usize, images: usize, opacities: usize) -> Result<(), WriteError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.marking {
            return Err(WriteError::Content("marked content does not end"));
        }
        let slots = |what, expected, actual| WriteError::Slots {
            what,
            expected,
            actual,
        };
        if self.used.len() > fonts {
            return Err(slots("fonts", fonts, self.used.len()));
        }
        if let Some(image) = self.images.iter().find(|image| usize::from(image.0) >= images) {
            return Err(slots("images", images, usize::from(image.0) + 1));
        }
        match self
            .opacities
            .iter()
            .find(|opacity| usize::from(opacity.0) >= opacities)
        {
            Some(opacity) => Err(slots("opacities", opacities, usize::from(opacity.0) + 1)),
            None => Ok(()),
        }
    }

    /// Glyphs used of each font, by font index.
    pub(crate) fn used(&self) -> &[GlyphSet] {
        &self.used
    }

    /// The marks that it sets, in order.
    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The operators without the closing [`Content::TAIL`].
    pub(crate) fn operators(&self) -> &[u8] {
        &self.operators
    }

    /// Restores the graphics state saved at the start.
    pub(crate) const TAIL: &'static str = "Q\n";
}
