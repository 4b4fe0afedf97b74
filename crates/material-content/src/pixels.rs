//! Decoded pictures and the little arithmetic that they need.

use crate::container::Kind;
use crate::{Fault, jpeg, limit, png_file};

/// Pixels of eight bits in red, green and blue, on white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// Decodes a JPEG or PNG to its last pixel.
///
/// # Errors
/// It is neither, not whole, not single, too large, or does not decode.
pub fn decode(content: &[u8]) -> Result<Pixels, Fault> {
    match Kind::of(content) {
        Some(Kind::Jpeg) => jpeg::decode(content),
        Some(Kind::Png) => png_file::decode(content),
        Some(Kind::Pdf | Kind::Ofd) | None => Err(Fault::UnknownType),
    }
}

/// Whether a picture of this size is taken on.
pub(crate) fn check_size(width: u64, height: u64) -> Result<(u32, u32), Fault> {
    let side = |side: u64| {
        u32::try_from(side)
            .ok()
            .filter(|side| (1..=limit::SIDE).contains(side))
    };
    let (Some(width), Some(height)) = (side(width), side(height)) else {
        return Err(Fault::TooManyPixels);
    };
    if u64::from(width) * u64::from(height) > limit::PIXELS {
        return Err(Fault::TooManyPixels);
    }
    Ok((width, height))
}

impl Pixels {
    /// `rgb` holds width times height pixels.
    pub(crate) fn new(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, Fault> {
        let expected = u64::from(width) * u64::from(height) * 3;
        if rgb.len() as u64 != expected {
            return Err(Fault::Unreadable);
        }
        Ok(Self { width, height, rgb })
    }

    /// In pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// In pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Red, green and blue of each pixel, row by row.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The greatest size of the same proportions within a box.
    pub(crate) fn fitted(&self, width: u32, height: u32) -> (u32, u32) {
        let (own_width, own_height) = (u64::from(self.width), u64::from(self.height));
        let side = |value: u64| u32::try_from(value.max(1)).unwrap_or(u32::MAX);
        if own_width * u64::from(height) >= own_height * u64::from(width) {
            (width, side(own_height * u64::from(width) / own_width))
        } else {
            (side(own_width * u64::from(height) / own_height), height)
        }
    }

    /// The middle of the picture in the proportions of a box.
    pub(crate) fn cut_to(&self, width: u32, height: u32) -> Self {
        let (own_width, own_height) = (u64::from(self.width), u64::from(self.height));
        let (wide, high) = (u64::from(width), u64::from(height));
        let (cut_width, cut_height) = if own_width * high > own_height * wide {
            ((own_height * wide / high).max(1), own_height)
        } else {
            (own_width, (own_width * high / wide).max(1))
        };
        let (left, top) = ((own_width - cut_width) / 2, (own_height - cut_height) / 2);
        let (left, wide) = (bytes(left), bytes(cut_width));
        let rows = self.rows().skip(index(top)).take(index(cut_height));
        Self {
            width: u32::try_from(cut_width).unwrap_or(self.width),
            height: u32::try_from(cut_height).unwrap_or(self.height),
            rgb: rows
                .flat_map(|row| row.iter().skip(left).take(wide).copied())
                .collect(),
        }
    }

    /// Scaled by a triangle filter, first across, then down.
    pub(crate) fn scaled(&self, width: u32, height: u32) -> Self {
        let columns = weights(self.width, width);
        let mut across = Vec::with_capacity(index(u64::from(width) * u64::from(self.height) * 3));
        for row in self.rows() {
            for column in &columns {
                across.extend(mixed(column, |at| row.get(at * 3..at * 3 + 3)));
            }
        }
        let line = index(u64::from(width)) * 3;
        let mut rgb = Vec::with_capacity(line * index(u64::from(height)));
        for row in &weights(self.height, height) {
            for column in 0..index(u64::from(width)) {
                let start = column * 3;
                rgb.extend(mixed(row, |at| {
                    across.get(at * line + start..at * line + start + 3)
                }));
            }
        }
        Self { width, height, rgb }
    }

    /// In the middle of a white box that is at least as large.
    pub(crate) fn centred_on_white(&self, width: u32, height: u32) -> Self {
        let left = index(u64::from(width.saturating_sub(self.width) / 2)) * 3;
        let above = index(u64::from(height.saturating_sub(self.height) / 2));
        let line = index(u64::from(width)) * 3;
        let mut rgb = Vec::with_capacity(line * index(u64::from(height)));
        let mut inside = self.rows();
        for row in 0..index(u64::from(height)) {
            let mut whole = vec![255; line];
            if row >= above
                && let Some(own) = inside.next()
                && let Some(place) = whole.get_mut(left..left + own.len())
            {
                place.copy_from_slice(own);
            }
            rgb.extend(whole);
        }
        Self { width, height, rgb }
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.rgb.chunks_exact(index(u64::from(self.width)).max(1) * 3)
    }
}

fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn bytes(pixels: u64) -> usize {
    index(pixels).saturating_mul(3)
}

/// For every new place the old ones that it is made of, with their weights (which add up to one).
fn weights(from: u32, to: u32) -> Vec<Vec<(usize, f32)>> {
    let scale = f64::from(from) / f64::from(to);
    let reach = scale.max(1.0);
    let place = |new: u32| {
        let centre = (f64::from(new) + 0.5) * scale;
        let first = (centre - reach).floor().max(0.0) as u32;
        let last = ((centre + reach).ceil().max(1.0) as u32).min(from);
        let weight = |old: u32| 1.0 - ((f64::from(old) + 0.5 - centre) / reach).abs();
        let found: Vec<_> = (first..last).map(|old| (old, weight(old).max(0.0))).collect();
        let sum: f64 = found.iter().map(|(_, weight)| weight).sum();
        found
            .into_iter()
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(old, weight)| (index(old.into()), (weight / sum) as f32))
            .collect()
    };
    (0..to).map(place).collect()
}

fn mixed<'a>(weights: &[(usize, f32)], pixel: impl Fn(usize) -> Option<&'a [u8]>) -> [u8; 3] {
    let mut sum = [0.0_f32; 3];
    for (at, weight) in weights {
        let values = pixel(*at).unwrap_or(&[255, 255, 255]);
        for (total, value) in sum.iter_mut().zip(values) {
            *total += f32::from(*value) * weight;
        }
    }
    sum.map(|value| value.round().clamp(0.0, 255.0) as u8)
}
