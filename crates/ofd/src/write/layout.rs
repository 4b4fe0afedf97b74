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
/// The bytes are a TrueType font (`glyf`) that other readers must accept; see the crate documentation.
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
