//! What a document holds and where, as read.

use std::fmt;

use super::custom_tag::CustomTag;
use super::finding::Finding;
use super::location::folder;
use super::value::{Bounds, DateValue};
use crate::write::CustomData;

/// `DocInfo` of a document.
#[derive(Clone, Default)]
pub struct DocInfo {
    /// The identifier as written.
    pub doc_id: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Author.
    pub author: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// Day of creation.
    pub creation_date: Option<DateValue>,
    /// Day of the last change.
    pub modification_date: Option<DateValue>,
    /// The program that wrote it.
    pub creator: Option<String>,
    /// That program's version.
    pub creator_version: Option<String>,
    /// Facts in plain text, in order.
    pub custom_datas: Vec<CustomData>,
}

impl DocInfo {
    /// The first value of the custom data `name`.
    #[must_use]
    pub fn custom_data(&self, name: &str) -> Option<&str> {
        self.custom_datas
            .iter()
            .find(|data| data.name == name)
            .map(|data| data.value.as_str())
    }
}

impl fmt::Debug for DocInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocInfo")
            .field("creator", &self.creator)
            .field("creator_version", &self.creator_version)
            .field("custom_datas", &self.custom_datas)
            .finish_non_exhaustive()
    }
}

/// A page of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRef {
    /// Its number.
    pub id: u64,
    /// The file with its content.
    pub path: String,
}

/// A template page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRef {
    /// Its number.
    pub id: u64,
    /// The file with its content.
    pub path: String,
}

/// A font that the document declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FontResource {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its file; nothing means a reader takes a font of its own.
    pub path: Option<String>,
}

/// An image or other medium that the document declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageResource {
    /// Its number.
    pub id: u64,
    /// Its kind, as `Image`.
    pub kind: String,
    /// Its format as declared.
    pub format: Option<String>,
    /// Its file.
    pub path: String,
}

/// An attachment.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// The name a reader shows.
    pub name: String,
    /// Format as declared.
    pub format: Option<String>,
    /// Use as declared, as `metadata`.
    pub usage: Option<String>,
    /// Whether readers list it.
    pub visible: bool,
    /// Its file.
    pub path: String,
}

impl fmt::Debug for AttachedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachedFile")
            .field("path", &self.path)
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}

/// The annotations of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationFile {
    /// The number of the page.
    pub page: u64,
    /// The file.
    pub path: String,
}

/// What the document asks of readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PermissionsRead {
    /// Whether further signatures are asked for or declined.
    pub signature: Option<bool>,
    /// Whether printing is asked for or declined.
    pub print: Option<bool>,
    /// First moment of use.
    pub valid_from: Option<DateValue>,
    /// Last moment of use.
    pub valid_until: Option<DateValue>,
}

/// A document of a package.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its `Document.xml`.
    pub path: String,
    /// `DocInfo`.
    pub info: DocInfo,
    /// The page area all pages share unless they say otherwise.
    pub page_area: Option<Bounds>,
    /// Pages in order.
    pub pages: Vec<PageRef>,
    /// Template pages.
    pub templates: Vec<TemplateRef>,
    /// Fonts.
    pub fonts: Vec<FontResource>,
    /// Images and other media.
    pub images: Vec<ImageResource>,
    /// Attachments.
    pub attachments: Vec<AttachedFile>,
    /// Indices from elements to objects.
    pub custom_tags: Vec<CustomTag>,
    /// Files with annotations.
    pub annotations: Vec<AnnotationFile>,
    /// Permissions, if stated.
    pub permissions: Option<PermissionsRead>,
    /// The list of signatures, if there is one.
    pub signatures: Option<String>,
    /// What is odd about this document.
    pub findings: Vec<Finding>,
}

impl Document {
    /// The folder of `Document.xml`, from which many producers count.
    pub(super) fn folder(&self) -> &str {
        folder(&self.path)
    }

    /// A page by its number.
    #[must_use]
    pub fn page(&self, id: u64) -> Option<&PageRef> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// A font by its number.
    #[must_use]
    pub fn font(&self, id: u64) -> Option<&FontResource> {
        self.fonts.iter().find(|font| font.id == id)
    }
}
