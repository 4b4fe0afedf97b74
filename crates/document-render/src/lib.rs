//! Pages of OFD and PDF documents as rasters, for people without a reader and for previews.
//!
//! Every byte is hostile. A [`Budget`] bounds pixels, glyphs, path segments and the area painted, so that a page costs at
//! most what the budget says; what exceeds it is left out and [`Raster::left_out`] says so. Nothing is judged: a picture
//! of a document proves nothing about it. No I/O, no clock, no host fonts: fonts that a document does not embed are
//! replaced by those that the caller gives.
//!
//! OFD is drawn here, on `tiny-skia`, with outlines from `ttf-parser`. PDF is drawn by `hayro` (feature `pdf`), which has no
//! budget of its own: untrusted PDF files belong in a process with limits (`jianzheng render-worker`).
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod budget;
mod ofd_page;
mod paper;
#[cfg(feature = "pdf")]
mod pdf_page;
mod raster;

pub use budget::Budget;
pub use paper::raster_pdf;
pub use raster::Raster;

/// How a page is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Dots per inch.
    pub dpi: f32,
    /// What a page may cost.
    pub budget: Budget,
    /// TrueType or OpenType fonts for characters whose font is not embedded, by preference.
    pub fonts: &'a [&'a [u8]],
}

/// Why there is no raster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Neither OFD nor PDF.
    #[error("既不是 OFD 也不是 PDF neither OFD nor PDF")]
    UnknownType,
    /// It cannot be read.
    #[error("无法读取文件 the file cannot be read: {0}")]
    Unreadable(String),
    /// There is no such page.
    #[error("没有第 {page} 页，共 {pages} 页 no page {page} of {pages}")]
    NoSuchPage {
        /// Counted from 1.
        page: usize,
        /// How many there are.
        pages: usize,
    },
    /// More pixels than the budget allows, or no area at all.
    #[error("页面尺寸超出限制 the page is too large, or has no area")]
    Size,
}

/// Draws one page, counted from 1.
///
/// # Errors
/// Why there is no raster.
pub fn render(file: &[u8], page: usize, options: &Options<'_>) -> Result<Raster, Fault> {
    if file.starts_with(b"PK") {
        return ofd_page::render(file, page, options);
    }
    #[cfg(feature = "pdf")]
    if file
        .get(..file.len().min(1024))
        .is_some_and(|head| head.windows(5).any(|window| window == b"%PDF-"))
    {
        return pdf_page::render(file, page, options);
    }
    Err(Fault::UnknownType)
}
