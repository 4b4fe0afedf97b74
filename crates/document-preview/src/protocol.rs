//! What goes over the worker's streams: three numbers and the document in, a byte and a PNG out.

use crate::{NoPreview, Preview};

/// No answer is longer: the budget's pixels, uncompressed.
pub(crate) const LARGEST_ANSWER: u64 = 64 << 20;
/// Bytes before the document.
pub(crate) const HEADER: usize = 12;

/// The first byte of an answer.
pub(crate) mod answer {
    pub(crate) const PNG: u8 = 0;
    pub(crate) const UNREADABLE: u8 = 1;
    pub(crate) const TOO_COSTLY: u8 = 2;
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

pub(crate) fn decode(mut bytes: Vec<u8>) -> Result<Preview, NoPreview> {
    match bytes.first() {
        Some(&answer::PNG) if bytes.len() > 1 => Ok(Preview {
            png: bytes.split_off(1),
        }),
        Some(&answer::UNREADABLE) => Err(NoPreview::Unreadable),
        _ => Err(NoPreview::TooCostly),
    }
}
