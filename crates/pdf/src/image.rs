//! Images as PDF/A can hold them: JPEG as it is, raw RGB with optional transparency, one colour under a mask.

use std::{borrow::Cow, io::Write as _};

use crate::{
    error::WriteError,
    geometry::Rgb,
    sfnt::be16,
    syntax::{push_byte_str, push_reference, push_uint},
};

/// An image slot of one template, filled anew by every document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageRef(pub(crate) u8);

/// An image ready to be embedded. Prepare it once (at upload, at start) and use it in many documents.
#[derive(Clone)]
pub struct Image<'a> {
    base: Samples<'a>,
    mask: Option<Samples<'a>>,
}

/// No pixels in the output: they may be somebody's face.
impl std::fmt::Debug for Image<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("width", &self.base.width)
            .field("height", &self.base.height)
            .field("masked", &self.mask.is_some())
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Samples<'a> {
    width: u16,
    height: u16,
    color_space: &'static str,
    bits: u8,
    filter: Option<&'static str>,
    data: Cow<'a, [u8]>,
}

impl<'a> Image<'a> {
    /// A baseline, extended or progressive JPEG of 8 bits with one (grey) or three components. CMYK would need
    /// another output intent and is refused.
    pub fn jpeg(file: &'a [u8]) -> Result<Self, WriteError> {
        let frame = jpeg_frame(file).ok_or(WriteError::Image("not a JPEG with a frame header"))?;
        if frame.precision != 8 {
            return Err(WriteError::Image("JPEG precision is not 8 bits"));
        }
        let color_space = match frame.components {
            1 => "/DeviceGray",
            3 => "/DeviceRGB",
            _ => return Err(WriteError::Image("JPEG has neither one nor three components")),
        };
        let base = Samples {
            width: frame.width,
            height: frame.height,
            color_space,
            bits: 8,
            filter: Some("/DCTDecode"),
            data: Cow::Borrowed(file),
        };
        base.check_size()?;
        Ok(Self { base, mask: None })
    }

    /// Raw RGB pixels row by row, with an alpha byte for each pixel if `alpha` is given.
    pub fn rgb(
        width: u16,
        height: u16,
        pixels: &'a [u8],
        alpha: Option<&'a [u8]>,
    ) -> Result<Self, WriteError> {
        let area = usize::from(width) * usize::from(height);
        if pixels.len() != area * 3 || alpha.is_some_and(|alpha| alpha.len() != area) {
            return Err(WriteError::Image("pixels do not fill width times height"));
        }
        let raw = |color_space, data| Samples {
            width,
            height,
            color_space,
            bits: 8,
            filter: None,
            data: Cow::Borrowed(data),
        };
        let base = raw("/DeviceRGB", pixels);
        base.check_size()?;
        Ok(Self {
            base,
            mask: alpha.map(|alpha| raw("/DeviceGray", alpha)),
        })
    }

    /// One colour laid on through 8-bit coverage, kept at 16 levels: the cheapest form for a seal or handwriting.
    pub fn tinted(
        color: Rgb,
        width: u16,
        height: u16,
        coverage: &[u8],
    ) -> Result<Image<'static>, WriteError> {
        let columns = usize::from(width);
        if coverage.len() != columns * usize::from(height) {
            return Err(WriteError::Image("coverage does not fill width times height"));
        }
        let level = |value: u8| ((u16::from(value) * 15 + 127) / 255) as u8;
        let packed = coverage
            .chunks(columns.max(1))
            .flat_map(|row| row.chunks(2))
            .map(|pair| match *pair {
                [high, low] => level(high) << 4 | level(low),
                [high] => level(high) << 4,
                _ => 0,
            })
            .collect();
        let mask = Samples {
            width,
            height,
            color_space: "/DeviceGray",
            bits: 4,
            filter: None,
            data: Cow::Owned(packed),
        };
        mask.check_size()?;
        let base = Samples {
            width: 1,
            height: 1,
            color_space: "/DeviceRGB",
            bits: 8,
            filter: None,
            data: Cow::Owned(vec![color.0, color.1, color.2]),
        };
        Ok(Image {
            base,
            mask: Some(mask),
        })
    }

    /// The same image with raw samples compressed as well as can be: for what goes into many documents.
    pub fn deflated(self) -> Image<'static> {
        self.compressed(flate2::Compression::best())
    }

    /// The same image with raw samples compressed in passing: for what goes into few documents.
    pub fn deflated_in_passing(self) -> Image<'static> {
        self.compressed(flate2::Compression::fast())
    }

    fn compressed(self, level: flate2::Compression) -> Image<'static> {
        Image {
            base: self.base.deflated(level),
            mask: self.mask.map(|mask| mask.deflated(level)),
        }
    }

    /// The data of its mask as a file holds them.
    pub fn mask_data(&self) -> Option<&[u8]> {
        self.mask.as_ref().map(|mask| mask.data.as_ref())
    }

    pub(crate) fn mask_count(&self) -> u32 {
        u32::from(self.mask.is_some())
    }

    /// The image's object; `mask_number` is where [`Self::push_mask`] goes.
    pub(crate) fn push_base(&self, out: &mut Vec<u8>, mask_number: u32) {
        self.base.push(out, self.mask.as_ref().map(|_| mask_number));
    }

    /// Whether there was a mask to write.
    pub(crate) fn push_mask(&self, out: &mut Vec<u8>) -> bool {
        self.mask.as_ref().inspect(|mask| mask.push(out, None)).is_some()
    }

    pub(crate) fn byte_length(&self) -> usize {
        self.base.data.len() + self.mask.as_ref().map_or(0, |mask| mask.data.len())
    }
}

impl Samples<'_> {
    fn check_size(&self) -> Result<(), WriteError> {
        if self.width == 0 || self.height == 0 {
            return Err(WriteError::Image("width or height is zero"));
        }
        Ok(())
    }

    fn deflated(self, level: flate2::Compression) -> Samples<'static> {
        let (filter, data) = match self.filter {
            None => (Some("/FlateDecode"), zlib(&self.data, level)),
            other => (other, self.data.into_owned()),
        };
        Samples {
            width: self.width,
            height: self.height,
            color_space: self.color_space,
            bits: self.bits,
            filter,
            data: Cow::Owned(data),
        }
    }

    fn push(&self, out: &mut Vec<u8>, mask: Option<u32>) {
        push_byte_str(out, "<</Type/XObject/Subtype/Image/ColorSpace");
        push_byte_str(out, self.color_space);
        for (key, value) in [
            ("/Width ", usize::from(self.width)),
            ("/Height ", usize::from(self.height)),
            ("/BitsPerComponent ", usize::from(self.bits)),
            ("/Length ", self.data.len()),
        ] {
            push_byte_str(out, key);
            push_uint(out, value as u64);
        }
        if let Some(filter) = self.filter {
            push_byte_str(out, "/Filter");
            push_byte_str(out, filter);
        }
        if let Some(mask) = mask {
            push_byte_str(out, "/SMask ");
            push_reference(out, mask);
        }
        push_byte_str(out, ">>stream\n");
        out.extend_from_slice(&self.data);
        push_byte_str(out, "\nendstream");
    }
}

/// Zlib at the best level.
pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    zlib(data, flate2::Compression::best())
}

fn zlib(data: &[u8], level: flate2::Compression) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
    encoder.write_all(data).expect("writing to a vector cannot fail");
    encoder.finish().expect("writing to a vector cannot fail")
}

struct JpegFrame {
    precision: u8,
    width: u16,
    height: u16,
    components: u8,
}

/// The first frame header of the file.
fn jpeg_frame(file: &[u8]) -> Option<JpegFrame> {
    let mut rest = file.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let [0xFF, marker, after @ ..] = rest else {
            return None;
        };
        match marker {
            0xFF => rest = rest.get(1..)?,
            0xC0..=0xC2 => {
                return Some(JpegFrame {
                    precision: *after.get(2)?,
                    height: be16(after, 3)?,
                    width: be16(after, 5)?,
                    components: *after.get(7)?,
                });
            }
            // Parameterless markers, other frame types (lossless, arithmetic), or scan data before a frame.
            0x00..=0x01 | 0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xDA => return None,
            _ => rest = after.get(usize::from(be16(after, 0)?).max(2)..)?,
        }
    }
}

#[cfg(test)]
mod tests;
