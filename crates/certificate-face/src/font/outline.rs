//! Outlines as paths, for drawing glyphs outside a document (seal pictures).

use super::typeface::{Fields, Typeface};

/// A piece of an outline, in font units, y upwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Starts a contour.
    Move(f32, f32),
    /// A straight line.
    Line(f32, f32),
    /// A quadratic curve: control point, end point.
    Curve(f32, f32, f32, f32),
    /// Ends a contour.
    Close,
}

/// The path of one glyph.
pub type Outline = Vec<Segment>;

impl Typeface {
    /// The path of a glyph; empty for a blank, a composite or a malformed one (the pack holds no composites).
    pub fn outline(&self, glyph: u16) -> Outline {
        simple(self.outline_bytes(glyph)).unwrap_or_default()
    }
}

const ON_CURVE: u8 = 0x01;
const X_SHORT: u8 = 0x02;
const Y_SHORT: u8 = 0x04;
const REPEAT: u8 = 0x08;
const X_SAME: u8 = 0x10;
const Y_SAME: u8 = 0x20;

fn simple(bytes: &[u8]) -> Option<Outline> {
    let fields = Fields::new(bytes, "glyf");
    let contours = usize::try_from(fields.i16(0).ok()?).ok()?;
    let ends: Vec<usize> = (0..contours)
        .map(|i| fields.u16(10 + i * 2).ok().map(usize::from))
        .collect::<Option<_>>()?;
    let points = ends.last()? + 1;
    let mut at = 10 + contours * 2;
    at += 2 + usize::from(fields.u16(at).ok()?);
    let mut flags = Vec::with_capacity(points);
    while flags.len() < points {
        let flag = *bytes.get(at)?;
        at += 1;
        flags.push(flag);
        if flag & REPEAT != 0 {
            let times = usize::from(*bytes.get(at)?);
            at += 1;
            flags.extend(std::iter::repeat_n(flag, times));
        }
    }
    let xs = coordinates(bytes, &mut at, &flags, X_SHORT, X_SAME)?;
    let ys = coordinates(bytes, &mut at, &flags, Y_SHORT, Y_SAME)?;
    let mut out = Vec::with_capacity(points * 2);
    let mut start = 0;
    for end in ends {
        let contour: Vec<(f32, f32, bool)> = (start..=end)
            .map(|i| Some((*xs.get(i)?, *ys.get(i)?, flags.get(i)? & ON_CURVE != 0)))
            .collect::<Option<_>>()?;
        trace(&contour, &mut out);
        start = end + 1;
    }
    Some(out)
}

fn coordinates(bytes: &[u8], at: &mut usize, flags: &[u8], short: u8, same: u8) -> Option<Vec<f32>> {
    let mut value = 0_i32;
    flags
        .iter()
        .map(|flag| {
            match (flag & short != 0, flag & same != 0) {
                (true, positive) => {
                    let step = i32::from(*bytes.get(*at)?);
                    *at += 1;
                    value += if positive { step } else { -step };
                }
                (false, true) => {}
                (false, false) => {
                    value += i32::from(Fields::new(bytes, "glyf").i16(*at).ok()?);
                    *at += 2;
                }
            }
            Some(value as f32)
        })
        .collect()
}

/// Turns points with implied on-curve points between two off-curve ones into segments.
fn trace(points: &[(f32, f32, bool)], out: &mut Outline) {
    let middle = |a: (f32, f32, bool), b: (f32, f32, bool)| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
        return;
    };
    let start = match (first.2, last.2) {
        (true, _) => (first.0, first.1),
        (false, true) => (last.0, last.1),
        (false, false) => middle(first, last),
    };
    out.push(Segment::Move(start.0, start.1));
    let mut control: Option<(f32, f32, bool)> = None;
    for &point in points.iter().skip(usize::from(first.2)) {
        match (control, point.2) {
            (None, true) => out.push(Segment::Line(point.0, point.1)),
            (None, false) => control = Some(point),
            (Some(c), true) => {
                out.push(Segment::Curve(c.0, c.1, point.0, point.1));
                control = None;
            }
            (Some(c), false) => {
                let (x, y) = middle(c, point);
                out.push(Segment::Curve(c.0, c.1, x, y));
                control = Some(point);
            }
        }
    }
    if let Some(c) = control {
        out.push(Segment::Curve(c.0, c.1, start.0, start.1));
    }
    out.push(Segment::Close);
}
