//! What goes over the worker's streams: three numbers and the document in; a byte, the number of pages and a PNG out.

use crate::NoPreview;

/// No answer is longer: the budget's pixels, uncompressed.
pub(crate) const LARGEST_ANSWER: u64 = 64 << 20;
/// Bytes before the document.
pub(crate) const HEADER: usize = 12;

/// The first byte of an answer.
pub(crate) mod answer {
    pub(crate) const PNG: u8 = 0;
    pub(crate) const UNREADABLE: u8 = 1;
    pub(crate) const TOO_COSTLY: u8 = 2;
    pub(crate) const NO_SUCH_PAGE: u8 = 3;
}

/// What is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Counted from 1.
    pub page: u32,
    /// Dots per inch.
    pub dpi: u32,
}

impl Request {
    pub(crate) fn encode(self, length: usize) -> [u8; HEADER] {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mut out = [0; HEADER];
        let numbers = [self.page, self.dpi, length].map(u32::to_be_bytes);
        for (slot, byte) in out.iter_mut().zip(numbers.as_flattened()) {
            *slot = *byte;
        }
        out
    }

    /// The request and the length of the document.
    pub(crate) fn decode(header: [u8; HEADER]) -> (Self, usize) {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = header;
        let request = Self {
            page: u32::from_be_bytes([a, b, c, d]),
            dpi: u32::from_be_bytes([e, f, g, h]),
        };
        let length = u32::from_be_bytes([i, j, k, l]);
        (request, usize::try_from(length).unwrap_or(usize::MAX))
    }
}

/// The answer to a request that could be met.
pub(crate) fn drawn(pages: usize, png: &[u8]) -> Vec<u8> {
    let pages = u32::try_from(pages).unwrap_or(u32::MAX);
    [&[answer::PNG][..], &pages.to_be_bytes(), png].concat()
}

/// The PNG, and the number of pages.
pub(crate) fn decode(answer: &[u8]) -> Result<(Vec<u8>, u32), NoPreview> {
    match answer.split_first() {
        Some((&answer::PNG, rest)) => match rest.split_first_chunk() {
            Some((pages, png)) => Ok((png.to_vec(), u32::from_be_bytes(*pages))),
            None => Err(NoPreview::TooCostly),
        },
        Some((&answer::UNREADABLE, _)) => Err(NoPreview::Unreadable),
        Some((&answer::NO_SUCH_PAGE, _)) => Err(NoPreview::NoSuchPage),
        _ => Err(NoPreview::TooCostly),
    }
}
