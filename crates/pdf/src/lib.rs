//! Writing and reading of PDF/A documents signed with PAdES.
//!
//! The crate knows pages, fonts, images and signature fields; it knows nothing of certificates, facts or keys.
//!
//! **Writing.** A [`Template`] is the constant part of every document of one layout and one seal: it is compiled
//! once and its SHA-256 state is kept. [`Template::assemble`] appends what varies and gives an [`Unsigned`]
//! document, whose [`Unsigned::byte_range_sha256`] goes into a CMS made elsewhere; [`Unsigned::sign`] puts that
//! CMS in place. Bytes are a function of the arguments: no clock, no randomness. Positions are millimetres from
//! the top left corner of the page, y downwards.
//!
//! The result is PDF/A-2u (ISO 19005-2 level U, which includes level B), or PDF/A-3u when the template has an
//! attachment, with one certifying signature field of SubFilter `ETSI.CAdES.detached`.
//!
//! A template may state the logical structure of its page ([`Element`]): its documents are tagged then, with words for
//! pictures and an order of reading. They still claim level U, which says less than they do.
//!
//! **Reading.** [`Pdf::open`] reads a file from anybody under [`Limits`], never repairs, never panics;
//! [`verify::examine`] reports on its signature fields, their byte ranges and what was appended after signing.

#![deny(clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::indexing_slicing, reason = "a test may fail by panicking")
)]

mod append;
mod content;
mod document;
mod error;
mod font;
mod geometry;
mod icc;
mod image;
mod metadata;
mod path;
mod read;
mod sfnt;
mod structure;
mod syntax;
mod template;
mod unsigned;
mod validation;

pub mod verify;

pub use append::{TimeStampRevision, append_time_stamp};
pub use content::{Advance, Content, Text};
pub use document::{Document, SignatureText};
pub use error::WriteError;
pub use font::{FontFace, FontRef, FontSubset, Glyph};
pub use geometry::{PageSize, Point, Rect, Rgb};
pub use image::{Image, ImageRef};
pub use metadata::Metadata;
pub use path::{FillRule, Path};
pub use read::{
    Dictionary, KnownPrefix, Limits, Object, ObjectNumber, Page, Pdf, PdfString, ReadError, Revision, Stream,
    Xmp, archival, text,
};
pub use structure::{Element, ElementKind, Mark};
pub use template::{AttachmentSlot, OpacityRef, Permission, SealField, Template, TemplateBuilder};
pub use unsigned::{ContentsTooSmall, Unsigned};
pub use validation::ValidationData;
