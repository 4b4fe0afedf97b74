//! What an uploaded material is, by its bytes and not by its name (domain §1.10, §5).
//!
//! - [`examine`] finds the type by magic bytes and reads the whole file under [limits](limit): a picture is decoded to its
//!   last pixel, an OFD package is opened, a PDF is looked at from both ends. A file that is two things at once
//!   (something after the end of a picture, an archive behind a PDF) is refused.
//! - [`photo`] and [`signature_image`] make the two pictures of a certificate anew from the pixels: fixed size, fixed
//!   format, and nothing of EXIF, ICC, comments or text chunks left.
//! - [`preview`] gives a reviewer a raster of a picture.
//!
//! No I/O, no clock. Memory is bounded by [`limit::PIXELS`]; whoever calls this from async code does so on a thread for it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod container;
mod jpeg;
mod pixels;
mod png_file;
#[cfg(test)]
mod tests;

pub use container::{Kind, examine};
pub use pixels::{Pixels, decode};

/// What is taken on at most.
pub mod limit {
    /// Pixels of a picture, after its header and before anything is decoded.
    pub const PIXELS: u64 = 40_000_000;
    /// Pixels of one side.
    pub const SIDE: u32 = 16_000;
    /// Scans of a progressive JPEG: each goes over the whole picture again.
    pub const SCANS: usize = 64;
    /// Decoded bytes per byte of a PNG: a picture of one colour has about a thousand.
    pub const PNG_RATIO: u64 = 1200;
}

/// Fixed width and height of a photo: one inch at 300 dpi.
pub const PHOTO: (u32, u32) = (295, 413);
/// Fixed width and height of a signature image.
pub const SIGNATURE: (u32, u32) = (456, 168);
/// Longest side of a preview.
pub const PREVIEW: u32 = 1600;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No type that is taken.
    #[error("UNKNOWN_TYPE")]
    UnknownType,
    /// It ends before its end.
    #[error("TRUNCATED")]
    Truncated,
    /// Something follows its end: it may be another file as well.
    #[error("TRAILING_BYTES")]
    TrailingBytes,
    /// More pixels, sides or scans than are taken on.
    #[error("TOO_MANY_PIXELS")]
    TooManyPixels,
    /// It unpacks to far more than it is.
    #[error("DECOMPRESSION_RATIO")]
    DecompressionRatio,
    /// It does not decode.
    #[error("UNREADABLE")]
    Unreadable,
}

/// A picture made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg` or `image/png`.
    pub media_type: &'static str,
    /// The file.
    pub content: Vec<u8>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// The photo of a certificate: cut to the proportions of one inch from the middle, scaled to [`PHOTO`], on white, as a
/// JPEG of three components.
///
/// # Errors
/// It is no picture, or does not decode.
pub fn photo(content: &[u8]) -> Result<Picture, Fault> {
    let pixels = decode(content)?;
    let (width, height) = PHOTO;
    let made = pixels.cut_to(width, height).scaled(width, height);
    jpeg::encode(&made, 90)
}

/// The signature image of a certificate: fitted into [`SIGNATURE`] on white, as a grey PNG.
///
/// # Errors
/// It is no picture, or does not decode.
pub fn signature_image(content: &[u8]) -> Result<Picture, Fault> {
    let pixels = decode(content)?;
    let (width, height) = SIGNATURE;
    let (fitted_width, fitted_height) = pixels.fitted(width, height);
    let made = pixels
        .scaled(fitted_width, fitted_height)
        .centred_on_white(width, height);
    png_file::encode_grey(&made)
}

/// A raster of a picture for whoever reviews it: scaled down, made anew. Documents are drawn by `document-preview`.
///
/// # Errors
/// It is no picture, or does not decode.
pub fn preview(content: &[u8]) -> Result<Picture, Fault> {
    let pixels = decode(content)?;
    let (width, height) = pixels.fitted(PREVIEW, PREVIEW);
    let smaller = width < pixels.width();
    let made = if smaller {
        pixels.scaled(width, height)
    } else {
        pixels
    };
    jpeg::encode(&made, 80)
}
