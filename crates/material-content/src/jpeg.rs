//! JPEG: decoded whole, written anew without a single application segment but JFIF.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::pixels::{Pixels, check_size};
use crate::{Fault, Picture, limit};

/// Strictly: a broken scan is a fault, and nothing may follow the end.
pub(crate) fn decode(content: &[u8]) -> Result<Pixels, Fault> {
    let end = end(content).ok_or(Fault::Truncated)?;
    if end != content.len() {
        return Err(Fault::TrailingBytes);
    }
    let side = usize::try_from(limit::SIDE).unwrap_or(usize::MAX);
    let options = DecoderOptions::default()
        .set_max_width(side)
        .set_max_height(side)
        .set_strict_mode(true)
        .jpeg_set_max_scans(limit::SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(content), options);
    decoder.decode_headers().map_err(|_| Fault::Unreadable)?;
    let info = decoder.info().ok_or(Fault::Unreadable)?;
    let (width, height) = check_size(info.width.into(), info.height.into())?;
    let rgb = decoder.decode().map_err(|_| Fault::Unreadable)?;
    Pixels::new(width, height, rgb)
}

/// Where the picture ends: behind EOI (ITU-T T.81 B.1). Segments are stepped over by their length, entropy-coded data by
/// looking for the next marker; so an EOI inside a thumbnail does not count.
fn end(content: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let marker = *content.get(at + 1)?;
        if *content.get(at)? != 0xff {
            return None;
        }
        match marker {
            0xff => at += 1,
            0xd9 => return Some(at + 2),
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => {
                let length = u16::from_be_bytes([*content.get(at + 2)?, *content.get(at + 3)?]);
                at += 2 + usize::from(length).max(2);
                if marker == 0xda {
                    at = behind_scan(content, at)?;
                }
            }
        }
    }
}

/// The next marker that is neither stuffing nor a restart.
fn behind_scan(content: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match (content.get(at)?, content.get(at + 1)?) {
            (0xff, 0x00 | 0xd0..=0xd7) => at += 2,
            (0xff, 0xff) => at += 1,
            (0xff, _) => return Some(at),
            _ => at += 1,
        }
    }
}

/// Three components, no subsampling, no metadata.
pub(crate) fn encode(pixels: &Pixels, quality: u8) -> Result<Picture, Fault> {
    let side = |side: u32| u16::try_from(side).map_err(|_| Fault::TooManyPixels);
    let mut content = Vec::new();
    let mut encoder = Encoder::new(&mut content, quality);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder
        .encode(
            pixels.rgb(),
            side(pixels.width())?,
            side(pixels.height())?,
            ColorType::Rgb,
        )
        .map_err(|_| Fault::Unreadable)?;
    Ok(Picture {
        media_type: "image/jpeg",
        content,
        width: pixels.width(),
        height: pixels.height(),
    })
}
