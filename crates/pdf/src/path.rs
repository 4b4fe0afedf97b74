//! Paths in millimetres.

use crate::{
    geometry::{Point, Rect},
    syntax::{push_byte_str, push_decimal},
};

/// No coordinate or length may be larger, in millimetres (the PDF limit is 14 400 points).
const LARGEST: f64 = 5080.0;

pub(crate) fn in_range(number: f64) -> bool {
    number.abs() <= LARGEST
}

/// Which points are inside a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillRule {
    /// Non-zero winding number.
    NonZero,
    /// Odd number of crossings.
    EvenOdd,
}

/// Lines and curves in millimetres.
#[derive(Debug, Clone, Default)]
pub struct Path {
    operators: Vec<u8>,
    invalid: bool,
}

impl Path {
    pub(crate) fn is_invalid(&self) -> bool {
        self.invalid
    }

    pub(crate) fn operators(&self) -> &[u8] {
        &self.operators
    }

    /// An empty path.
    pub fn new() -> Self {
        Self::default()
    }

    fn operator(&mut self, numbers: &[f64], operator: &str) -> &mut Self {
        for &number in numbers {
            self.invalid |= !in_range(number);
            push_decimal(&mut self.operators, number);
            self.operators.push(b' ');
        }
        push_byte_str(&mut self.operators, operator);
        self
    }

    /// Begins a subpath.
    pub fn move_to(&mut self, to: Point) -> &mut Self {
        self.operator(&[to.x, to.y], "m\n")
    }

    /// A straight line.
    pub fn line_to(&mut self, to: Point) -> &mut Self {
        self.operator(&[to.x, to.y], "l\n")
    }

    /// A cubic Bézier curve.
    pub fn curve_to(&mut self, first: Point, second: Point, to: Point) -> &mut Self {
        self.operator(&[first.x, first.y, second.x, second.y, to.x, to.y], "c\n")
    }

    /// A closed rectangle.
    pub fn rectangle(&mut self, rect: Rect) -> &mut Self {
        self.operator(&[rect.x, rect.y, rect.width, rect.height], "re\n")
    }

    /// Closes the subpath.
    pub fn close(&mut self) -> &mut Self {
        self.operator(&[], "h\n")
    }
}
