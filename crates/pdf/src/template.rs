//! The constant part of every document of one layout and one seal.
//!
//! A file is *prefix ‖ document part*. The prefix (header, catalog, page, output intent, fixed content and fonts,
//! seal) is compiled once; its bytes, object offsets and SHA-256 state are kept, so a document costs only what
//! varies. The prefix names the objects of the document part by numbers fixed here.

mod assemble;
mod objects;
mod prefix;

use sha2::{Digest as _, Sha256};

use crate::{
    content::{Content, GlyphSet},
    error::WriteError,
    font::{FontFace, FontObjects, FontRef, FontSubset},
    geometry::{PageSize, Rect},
    image::{Image, ImageRef},
    structure::{Element, Mark},
    validation::ValidationData,
};

/// An opacity of one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpacityRef(pub(crate) u8);

impl OpacityRef {
    /// Nothing shines through. Every template has it.
    pub const FULL: Self = Self(0);
}

/// What may change after signing (DocMDP, ISO 32000-1 §12.8.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// P = 1: nothing.
    NoChanges,
    /// P = 2: filling in forms and signing, for files that the holder signs later.
    FormFilling,
}

/// The signature field and the seal drawn for it.
#[derive(Debug, Clone)]
pub struct SealField<'a> {
    /// Name of the field.
    pub field_name: &'a str,
    /// Where the seal is drawn and its picture; an invisible field if absent.
    pub appearance: Option<(Rect, Image<'a>)>,
    /// What may change after signing.
    pub permission: Permission,
    /// Room for the CMS in bytes. 2 KB do for B-B with one ECDSA certificate; a time stamp needs about 8 KB more.
    pub contents_reserve: usize,
}

/// A file attached to every document of a template, which then is PDF/A-3u.
#[derive(Debug, Clone, Copy)]
pub struct AttachmentSlot<'a> {
    /// File name, ASCII.
    pub file_name: &'a str,
    /// Media type, such as `application/xml`.
    pub media_type: &'a str,
    /// For people.
    pub description: &'a str,
}

enum FontSource<'a> {
    Fixed(FontSubset<'a>),
    Document,
}

/// Collects the constant part of a layout. References it gives out are valid for this template alone.
pub struct TemplateBuilder<'a> {
    page: PageSize,
    language: &'a str,
    fonts: Vec<(FontFace, FontSource<'a>)>,
    /// `None` is a slot that each document fills.
    images: Vec<Option<Image<'a>>>,
    opacities: Vec<u8>,
    attachment: Option<AttachmentSlot<'a>>,
    validation: ValidationData,
    elements: Vec<Element>,
    marks: u16,
}

impl<'a> TemplateBuilder<'a> {
    /// A page of this size in this language (BCP 47, such as `zh-CN`).
    pub fn new(page: PageSize, language: &'a str) -> Self {
        Self {
            page,
            language,
            fonts: Vec::new(),
            images: Vec::new(),
            opacities: vec![100],
            attachment: None,
            validation: ValidationData::default(),
            elements: Vec::new(),
            marks: 0,
        }
    }

    /// A font whose subset is the same in every document.
    pub fn fixed_font(&mut self, face: FontFace, subset: FontSubset<'a>) -> FontRef {
        self.add_font(face, FontSource::Fixed(subset))
    }

    /// A font whose subset comes with each document.
    pub fn document_font(&mut self, face: FontFace) -> FontRef {
        self.add_font(face, FontSource::Document)
    }

    fn add_font(&mut self, face: FontFace, source: FontSource<'a>) -> FontRef {
        let reference = FontRef(small(self.fonts.len()));
        self.fonts.push((face, source));
        reference
    }

    /// An image that is the same in every document; compressed here.
    pub fn fixed_image(&mut self, image: Image<'a>) -> ImageRef {
        self.add_image(Some(image))
    }

    /// An image that comes with each document.
    pub fn image_slot(&mut self) -> ImageRef {
        self.add_image(None)
    }

    fn add_image(&mut self, image: Option<Image<'a>>) -> ImageRef {
        let reference = ImageRef(small(self.images.len()));
        self.images.push(image);
        reference
    }

    /// An opacity in percent.
    pub fn opacity(&mut self, percent: u8) -> OpacityRef {
        let reference = OpacityRef(small(self.opacities.len()));
        self.opacities.push(percent.min(100));
        reference
    }

    /// A file that comes with each document.
    pub fn attachment(&mut self, slot: AttachmentSlot<'a>) {
        self.attachment = Some(slot);
    }

    /// Certificates and revocation lists that every document of the template brings along (DSS), signed with it.
    pub fn validation_data(&mut self, data: ValidationData) {
        self.validation = data;
    }

    /// A mark for a piece of content, of the fixed one or of every document's own.
    pub fn mark(&mut self) -> Mark {
        let mark = Mark(self.marks);
        self.marks = self.marks.saturating_add(1);
        mark
    }

    /// The next element in the order of reading. Documents of a template with elements are tagged.
    pub fn element(&mut self, element: Element) {
        self.elements.push(element);
    }

    /// An empty content stream for this template's page.
    pub fn content(&self) -> Content {
        Content::new(self.page)
    }

    /// Builds the prefix and checks it against its own kept hash state. `fixed` is drawn under every document's
    /// own content.
    pub fn compile(self, fixed: &Content, seal: &SealField<'_>) -> Result<Template, WriteError> {
        prefix::compile(self, fixed, seal)
    }
}

/// More than 255 of one kind cannot be addressed; `prefix::compile` refuses such a builder.
fn small(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}

/// A font that each document brings.
struct DocumentFont {
    index: u8,
    face: FontFace,
    objects: FontObjects,
}

/// Object numbers of the document part.
#[derive(Debug, Clone, Copy)]
struct DocumentObjects {
    signature: u32,
    metadata: u32,
    content: u32,
    first_image: u32,
    attachment: u32,
    /// First number after those the prefix knows of: masks of images.
    free: u32,
}

/// The compiled constant part of a layout. Share it; [`Template::assemble`] takes `&self`.
pub struct Template {
    prefix: Vec<u8>,
    state: Sha256,
    /// Rows of the cross-reference table for object 0 and the prefix's objects.
    xref_rows: Vec<u8>,
    page: PageSize,
    part: u8,
    fixed_glyphs: Vec<Option<GlyphSet>>,
    fonts: Vec<DocumentFont>,
    image_slots: usize,
    image_count: usize,
    opacity_count: usize,
    attachment: Option<String>,
    /// Marks that each document sets, sorted.
    marks: Vec<Mark>,
    objects: DocumentObjects,
    permission: Permission,
    contents_reserve: usize,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template")
            .field("prefix_length", &self.prefix.len())
            .field("fingerprint", &hex::encode(self.fingerprint()))
            .finish_non_exhaustive()
    }
}

impl Template {
    /// SHA-256 of the prefix, from the kept state. Everything derived from the template is keyed by it.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.state.clone().finalize().into()
    }

    /// The bytes all documents begin with. An archive may store only what follows them.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// An empty content stream for this template's page.
    pub fn content(&self) -> Content {
        Content::new(self.page)
    }
}

#[cfg(test)]
mod tests;
