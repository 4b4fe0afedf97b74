//! PNG: its chunks are looked at before anything is unpacked; written anew with the critical chunks alone.

use std::io::Cursor;

use crate::pixels::{Pixels, check_size};
use crate::{Fault, Picture, limit};

/// Signature, then IHDR with width and height (ISO/IEC 15948 §5.2, §11.2.2).
const HEAD: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// Size before decoding, ratio before unpacking, and nothing behind IEND. Pixels that shine through lie on white.
pub(crate) fn decode(content: &[u8]) -> Result<Pixels, Fault> {
    let end = end(content).ok_or(Fault::Truncated)?;
    if end != content.len() {
        return Err(Fault::TrailingBytes);
    }
    let size = content.strip_prefix(HEAD).ok_or(Fault::Unreadable)?;
    let side = |at: usize| {
        let bytes: [u8; 4] = size.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(bytes)))
    };
    let (width, height) = side(0).zip(side(4)).ok_or(Fault::Truncated)?;
    let (width, height) = check_size(width, height)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels / 8 > (content.len() as u64).saturating_mul(limit::PNG_RATIO) {
        return Err(Fault::DecompressionRatio);
    }
    let most = usize::try_from(limit::PIXELS * 8).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(content), png::Limits { bytes: most });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| Fault::Unreadable)?;
    if reader.info().is_animated() {
        return Err(Fault::Unreadable);
    }
    let size = reader.output_buffer_size().ok_or(Fault::TooManyPixels)?;
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(|_| Fault::Unreadable)?;
    reader.finish().map_err(|_| Fault::Unreadable)?;
    buffer.truncate(frame.buffer_size());
    let on_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255)
    };
    let pixel = |samples: &[u8]| match *samples {
        [grey] => [grey; 3],
        [grey, alpha] => [on_white(grey, alpha); 3],
        [red, green, blue] => [red, green, blue],
        [red, green, blue, alpha] => [
            on_white(red, alpha),
            on_white(green, alpha),
            on_white(blue, alpha),
        ],
        _ => [255; 3],
    };
    let rgb = buffer.chunks_exact(frame.color_type.samples()).flat_map(pixel);
    Pixels::new(width, height, rgb.collect())
}

/// Where the picture ends: behind the chunk IEND.
fn end(content: &[u8]) -> Option<usize> {
    let mut at = 8_usize;
    loop {
        let length: [u8; 4] = content.get(at..at + 4)?.try_into().ok()?;
        let kind = content.get(at + 4..at + 8)?;
        let next = at
            .checked_add(12)?
            .checked_add(usize::try_from(u32::from_be_bytes(length)).ok()?)?;
        if next > content.len() {
            return None;
        }
        if kind == b"IEND" {
            return Some(next);
        }
        at = next;
    }
}

/// Grey of eight bits; IHDR, IDAT and IEND.
pub(crate) fn encode_grey(pixels: &Pixels) -> Result<Picture, Fault> {
    let grey: Vec<u8> = pixels.rgb().chunks_exact(3).map(luminance).collect();
    let mut content = Vec::new();
    let mut encoder = png::Encoder::new(&mut content, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(|_| Fault::Unreadable)?;
    writer.write_image_data(&grey).map_err(|_| Fault::Unreadable)?;
    writer.finish().map_err(|_| Fault::Unreadable)?;
    Ok(Picture {
        media_type: "image/png",
        content,
        width: pixels.width(),
        height: pixels.height(),
    })
}

fn luminance(rgb: &[u8]) -> u8 {
    let [red, green, blue] = *rgb else { return 255 };
    let sum = u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114;
    u8::try_from((sum + 500) / 1000).unwrap_or(255)
}
