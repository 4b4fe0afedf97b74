//! What varies from document to document.

use jiff::Timestamp;

use crate::{content::Content, font::FontSubset, image::Image, metadata::Metadata};

/// Everything of a document that its [`Template`](crate::Template) does not hold.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// The XMP packet.
    pub metadata: Metadata<'a>,
    /// Drawn over the template's content, under the seal.
    pub content: &'a Content,
    /// One subset for each document font of the template, in their order; it may have no glyphs but `.notdef`.
    pub fonts: &'a [FontSubset<'a>],
    /// One image for each slot of the template, in their order.
    pub images: &'a [Image<'a>],
    /// The attached file, if and only if the template has an attachment slot.
    pub attachment: Option<&'a [u8]>,
    /// Shown by viewers beside the signature.
    pub signature: SignatureText<'a>,
    /// Must differ for every file, such as a digest of its identifier and version.
    pub file_id: [u8; 16],
}

/// Text entries of the signature dictionary. They are claims, signed but not proved.
#[derive(Debug, Clone, Copy)]
pub struct SignatureText<'a> {
    /// `/M`: the claimed time of signing.
    pub signed_at: Timestamp,
    /// `/Name`: who signs.
    pub name: &'a str,
    /// `/Reason`.
    pub reason: Option<&'a str>,
    /// `/Location`.
    pub location: Option<&'a str>,
    /// `/ContactInfo`: where to ask.
    pub contact: Option<&'a str>,
}
