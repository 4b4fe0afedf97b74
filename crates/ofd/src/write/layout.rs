//! What all documents of one kind share.

use super::error::WriteError;
use super::object::{Object, Size};
use super::part::Part;
use super::template::Template;

/// A font of a [`Layout`]. Valid only with the layout that returned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FontId(pub(super) usize);

/// An image of a [`Layout`]. Valid only with the layout that returned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageId(pub(super) usize);

/// Where the bytes of a font come from.
///
/// # What a font must contain
///
/// The bytes are one TrueType font, not a collection. For the readers it was tried on (sOFD, easyofd through
/// ReportLab, ofdkit) and those that complaints are known of, it needs:
///
/// - `glyf` outlines (sfnt version 1.0). CFF subsets are drawn wrong by one common reader and not at all by another.
/// - The tables `OS/2`, `cmap`, `glyf`, `head`, `hhea`, `hmtx`, `loca`, `maxp` (version 1.0), `name`, `post`
///   (version 3.0 will do). Without `OS/2` or `name` some readers take a system font by name.
/// - Lengths in the table directory without padding: `head` is 54 bytes, `loca` has one entry more than there are
///   glyphs. Table starts are multiples of four.
/// - A `cmap` with format 4 under (3, 1) and (0, 3) for the BMP, and format 12 under (3, 10) and (0, 4) as soon as
///   there is a character outside it. Every character of the text must be mapped: nearly all readers draw by `cmap`.
/// - Names (ids 1, 2, 4, 6, platform 3, encoding 1, language 0x409) with a family of the project's own, so that no
///   reader mistakes it for an installed font; the PostScript name (6) without spaces. [`Layout::font`] should be
///   given the same name. Fonts with a licence that reserves its name (OFL) must be renamed in any case.
/// - Glyph 0 is `.notdef`, with an outline. No hinting (`cvt `, `fpgm`, `prep`), no `GSUB`, `GPOS`, `DSIG` is needed.
/// - Embedding allowed: `OS/2.fsType` 0.
///
/// [`Font::faults`](crate::Font::faults) checks the tables and lengths; [`Font::state`](crate::Font::state) proves
/// that a character is drawn.
#[derive(Debug, Clone)]
pub enum FontFile {
    /// The same in every document: the glyphs of the fixed wording.
    Constant(Part),
    /// Handed in with each [`Content`](super::Content): the glyphs of its own text.
    PerDocument,
}

/// Where the bytes of an image come from.
#[derive(Debug, Clone)]
pub enum ImageFile {
    /// The same in every document.
    Constant(Part),
    /// Handed in with each [`Content`](super::Content), or left out where nothing draws it.
    PerDocument,
}

/// The image formats that all known readers draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl ImageFormat {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
        }
    }

    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// The program that writes (`Creator` and `CreatorVersion` of `DocInfo`).
#[derive(Debug, Clone)]
pub struct Creator {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

pub(super) struct FontSlot {
    pub(super) name: String,
    pub(super) file: FontFile,
}

pub(super) struct ImageSlot {
    pub(super) format: ImageFormat,
    pub(super) file: ImageFile,
}

/// What all documents of one kind share, before [`Layout::compile`].
pub struct Layout {
    pub(super) size: Size,
    pub(super) creator: Creator,
    pub(super) fonts: Vec<FontSlot>,
    pub(super) images: Vec<ImageSlot>,
    pub(super) background: Vec<Object>,
}

impl Layout {
    /// Pages of `size` without fonts, images or fixed wording.
    #[must_use]
    pub fn new(size: Size, creator: Creator) -> Self {
        Self {
            size,
            creator,
            fonts: Vec::new(),
            images: Vec::new(),
            background: Vec::new(),
        }
    }

    /// Declares a font. `name` should be the PostScript name inside the file and unlike any system font's, since
    /// readers fall back by name.
    pub fn font(&mut self, name: impl Into<String>, file: FontFile) -> FontId {
        self.fonts.push(FontSlot {
            name: name.into(),
            file,
        });
        FontId(self.fonts.len() - 1)
    }

    /// Declares an image.
    pub fn image(&mut self, format: ImageFormat, file: ImageFile) -> ImageId {
        self.images.push(ImageSlot { format, file });
        ImageId(self.images.len() - 1)
    }

    /// Adds an object that stands behind the content of every page.
    pub fn draw(&mut self, object: impl Into<Object>) -> &mut Self {
        self.background.push(object.into());
        self
    }

    /// Writes, digests and packs everything that is constant.
    ///
    /// # Errors
    /// If an object or a name cannot be written.
    pub fn compile(self) -> Result<Template, WriteError> {
        Template::compile(self)
    }
}
