//! The reader: hostile bytes → package → documents, signatures, text.

mod archive;
mod custom_tag;
mod document;
pub mod drawing;
mod finding;
mod font;
mod inflate;
mod integrity;
mod limits;
mod location;
mod model;
mod package;
mod page;
mod references;
mod signature;
mod value;
mod xml;

pub use custom_tag::{CustomTag, TaggedField};
pub use finding::{Finding, FindingKind, Reason, Refusal};
pub use font::{Font, FontFault, GlyphState};
pub use integrity::IntegrityList;
pub use limits::Limits;
pub use model::{
    AnnotationFile, AttachedFile, DocInfo, Document, FontResource, ImageResource, PageRef, PermissionsRead,
    TemplateRef,
};
pub use package::{Entry, EntryFault, Package};
pub use page::{GlyphTransform, Overlay, PageContent, PlacedImage, TextRun, TextSource};
pub use references::{Coverage, IntegrityReport, ReferenceCheck, ReferenceOutcome, Uncovered};
pub use signature::{CheckMethod, Reference, SignatureFile, SignatureKind, SignatureRef, StampRead};
pub use value::{Bounds, DateValue};

pub(crate) use inflate::inflate;
