//! The writer: layout → template → content → unsealed document → sealed package.

mod content;
mod document;
mod error;
mod files;
mod layout;
mod object;
mod part;
mod path;
mod signature;
mod template;
mod text;
mod xml;
mod zip;

pub use content::{
    Annotation, AnnotationKind, Attachment, Content, CustomData, DocId, Page, Permissions, TagIndex,
    ValidPeriod,
};
pub use error::WriteError;
pub use layout::{Creator, FontFile, FontId, ImageFile, ImageFormat, ImageId, Layout};
pub use object::{Color, Image, Object, Rect, Shape, Size, Stroke, Transform};
pub use part::Part;
pub use path::{Path, PathData};
pub use signature::{Provider, SignaturePlan, Stamp, Unsealed, Written};
pub use template::Template;
pub use text::Text;
