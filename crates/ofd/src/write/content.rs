//! What one document brings.

use std::fmt;

use jiff::civil::{Date, DateTime};

use super::layout::{FontId, ImageId};
use super::object::{Object, Rect};
use super::part::Part;

/// The identifier of a document, written as 32 hexadecimal digits (`DocID`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocId(pub [u8; 16]);

/// One entry of `CustomDatas` in `OFD.xml`.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomData {
    /// Its name, as `ZZBS`.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for CustomData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomData")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// One page; its objects are drawn in order over the layout's background.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The objects.
    pub objects: Vec<Object>,
}

/// What an annotation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationKind {
    /// A watermark.
    Watermark,
    /// A stamp, for instance the note of a use copy.
    Stamp,
}

impl AnnotationKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Watermark => "Watermark",
            Self::Stamp => "Stamp",
        }
    }
}

/// An annotation: drawn over a page, printed with it, not to be edited.
#[derive(Debug, Clone)]
pub struct Annotation {
    /// Index of the page.
    pub page: usize,
    /// What it is for.
    pub kind: AnnotationKind,
    /// Who made it.
    pub creator: String,
    /// When.
    pub modified: Date,
    /// The box on the page; objects are placed relative to its corner.
    pub boundary: Rect,
    /// What is drawn.
    pub objects: Vec<Object>,
}

/// A file carried along.
#[derive(Clone)]
pub struct Attachment {
    /// The name a reader shows.
    pub name: String,
    /// The file name inside the package: ASCII letters, digits, `.`, `-`, `_`.
    pub file_name: String,
    /// Format, as `xml`.
    pub format: String,
    /// When it was made.
    pub created: DateTime,
    /// Its use, as `metadata`.
    pub usage: String,
    /// Whether readers list it.
    pub visible: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("file_name", &self.file_name)
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The vocabulary of the index from face fields to objects (`CustomTags`).
#[derive(Debug, Clone)]
pub struct TagIndex {
    /// `TypeID` of the custom tag.
    pub type_id: String,
    /// `NameSpace` of the custom tag, and the namespace of its elements.
    pub namespace: String,
    /// The root element of the index.
    pub root: String,
}

/// The dates between which readers are asked to open the document (`ValidPeriod`): a hint, no protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidPeriod {
    /// First moment.
    pub start: DateTime,
    /// Last moment.
    pub end: DateTime,
}

/// What readers are asked to permit. Editing, annotating and signing are always declined: the document is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// Export to other formats.
    pub export: bool,
    /// Screenshots.
    pub print_screen: bool,
    /// Printing.
    pub print: bool,
    /// The period of use, if limited.
    pub valid_period: Option<ValidPeriod>,
}

/// What one document brings.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its identifier.
    pub doc_id: DocId,
    /// Title.
    pub title: String,
    /// Author: the issuing body.
    pub author: String,
    /// Subject, if any.
    pub subject: Option<String>,
    /// Day of creation.
    pub created: Date,
    /// Facts in plain text.
    pub custom_datas: Vec<CustomData>,
    /// Bytes of the layout's per-document fonts.
    pub fonts: Vec<(FontId, Part)>,
    /// Bytes of the layout's per-document images.
    pub images: Vec<(ImageId, Part)>,
    /// The pages.
    pub pages: Vec<Page>,
    /// Annotations.
    pub annotations: Vec<Annotation>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// The vocabulary for objects that name a field; needed if any does.
    pub tag_index: Option<TagIndex>,
    /// What readers are asked to permit.
    pub permissions: Option<Permissions>,
}

impl Content {
    /// A document with the four things none can do without, and nothing else.
    #[must_use]
    pub fn new(doc_id: DocId, title: impl Into<String>, author: impl Into<String>, created: Date) -> Self {
        Self {
            doc_id,
            title: title.into(),
            author: author.into(),
            subject: None,
            created,
            custom_datas: Vec::new(),
            fonts: Vec::new(),
            images: Vec::new(),
            pages: Vec::new(),
            annotations: Vec::new(),
            attachments: Vec::new(),
            tag_index: None,
            permissions: None,
        }
    }
}
