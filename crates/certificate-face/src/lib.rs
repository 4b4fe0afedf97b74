//! From the facts of a certificate to its face in millimetres, and from one face to OFD and PDF.

pub mod code;
pub mod extract;
pub mod face;
pub mod facts;
pub mod font;
pub mod geometry;
pub mod layout;
pub mod lint;
pub mod metadata;
pub mod picture;
pub mod render;
pub mod seal_picture;
#[cfg(any(test, feature = "specimen"))]
pub mod specimen;
pub mod template;
mod wording;
