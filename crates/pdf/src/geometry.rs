//! Millimetres from the top left corner of the page.

use crate::syntax::{push_byte_str, push_decimal};

/// Points of 1/72 inch in a millimetre.
pub(crate) const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// Size of the page in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSize {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl PageSize {
    /// ISO 216 A4, upright.
    pub const A4: Self = Self {
        width: 210.0,
        height: 297.0,
    };
}

/// A position in millimetres, y downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
}

/// A rectangle in millimetres given by its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// As a PDF rectangle `[left bottom right top]` in points.
    pub(crate) fn push_points(self, page: PageSize, out: &mut Vec<u8>) {
        out.push(b'[');
        let bottom = page.height - self.y - self.height;
        for value in [self.x, bottom, self.x + self.width, bottom + self.height] {
            push_decimal(out, value * POINTS_PER_MM);
            out.push(b' ');
        }
        push_byte_str(out, "]");
    }
}

/// A colour of the sRGB output intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Black.
    pub const BLACK: Self = Self(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self(255, 255, 255);
    /// The red of Chinese official seals.
    pub const SEAL_RED: Self = Self(230, 0, 18);

    pub(crate) fn push_components(self, out: &mut Vec<u8>) {
        for component in [self.0, self.1, self.2] {
            push_decimal(out, f64::from(component) / 255.0);
            out.push(b' ');
        }
    }
}
