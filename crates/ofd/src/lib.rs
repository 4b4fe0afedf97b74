//! Writing and reading of OFD packages (GB/T 33190-2016).
//!
//! The crate knows the container, its XML and its digests. It knows nothing of the facts on a certificate, nor of
//! the ASN.1 inside `Seal.esl` and `SignedValue.dat`: those are bytes that a caller hands in or takes out.
//!
//! # Writing
//!
//! A [`Layout`] declares what every document of one kind shares: page size, fonts, images, fixed wording. It is
//! compiled once to a [`Template`], which keeps those files' bytes with their SM3, CRC-32 and deflated form. For
//! each document a [`Content`] brings the rest, and [`Template::prepare`] returns an [`Unsealed`] document:
//! complete but for the signature value, with the digest that a seal signs. [`Unsealed::seal`] closes it.
//!
//! The writer is conservative, because readers differ: children in the order of the schema, OIDs for methods, no
//! patterns, a `CGTransform` for characters outside the BMP only, every file covered by the references of the
//! signature and `Signatures.xml` among them, so that a document is closed to further signatures. Locations have the
//! form that all known readers resolve: absolute where a signature is concerned, relative in `Document.xml` and in
//! resource files. Text of annotations is drawn in a system font by one reader and not at all by another: put what
//! must be seen, a use note for instance, on the page itself.
//!
//! Its output depends on its arguments alone: identifiers and dates are arguments, object numbers are allotted in
//! order, archive times are fixed.
//!
//! # Fonts
//!
//! A font arrives as finished TrueType bytes. What readers need to accept it is listed at [`FontFile`].
//!
//! # Reading
//!
//! [`Package::open`] takes hostile bytes under [`Limits`]. What makes a package ambiguous or dangerous is a
//! [`Refusal`]; what is merely odd is a [`Finding`]. Nothing is located by convention except `OFD.xml`. Whoever opens
//! many packages keeps their common files in [`KnownFiles`] or a [`FileMemory`].
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod digest;
mod known;
mod read;
mod write;

pub use digest::{Digest, sm3};
pub use known::{FileMemory, KnownFiles};
pub use read::drawing;
pub use read::{
    AnnotationFile, AttachedFile, Bounds, CheckMethod, Coverage, CustomTag, DateValue, DocInfo, Document,
    Entry, EntryFault, Finding, FindingKind, Font, FontFault, FontResource, GlyphState, GlyphTransform,
    ImageResource, IntegrityList, IntegrityReport, Limits, Overlay, Package, PageContent, PageRef,
    PermissionsRead, PlacedImage, Reason, Reference, ReferenceCheck, ReferenceOutcome, Refusal,
    SignatureFile, SignatureKind, SignatureRef, StampRead, TaggedField, TemplateRef, TextRun, TextSource,
    Uncovered,
};
pub use write::{
    Annotation, AnnotationKind, Attachment, Color, Content, Creator, CustomData, DocId, FontFile, FontId,
    Image, ImageFile, ImageFormat, ImageId, Layout, Object, Page, Part, Path, PathData, Permissions,
    Provider, Rect, Shape, SignaturePlan, Size, Stamp, Stroke, TagIndex, Template, Text, Transform, Unsealed,
    ValidPeriod, WriteError, Written,
};
