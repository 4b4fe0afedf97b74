//! The practice seal (执业印章, domain §1.9): two concentric ellipses, 50 × 36 and 36 × 22 mm, dark blue; between
//! them the title above and the employer below, inside the holder's name, number, specialties and end.
//!
//! Two departures from the prescribed look, for want of better: the holder's name is set in Song, because no clerical
//! script (隶书) font is free to ship; title and employer are smaller than 4 mm where the ring has no room for them.

use std::borrow::Cow;
use std::f64::consts::PI;
use std::sync::LazyLock;

use super::{Item, Role, Slot, TextLine, fit, ornament};
use crate::font::FontPack;
use crate::geometry::{Color, Point};

const BLUE: Color = Color(16, 42, 116);
const OUTER: (f64, f64) = (25.0, 18.0);
const INNER: (f64, f64) = (18.0, 11.0);
const TITLE: &str = "中华人民共和国一级注册建造师执业印章";
/// Eighteen characters of the prescribed 4 mm do not stand upright on this ring: at its ends their feet would touch.
const TITLE_SIZE: f64 = 3.6;
/// Length of the arc that the title leaves to the employer, on the ellipse through the middle of the ring.
const EMPLOYER_ROOM: f64 = 41.0;
const EMPLOYER_SIZE: f64 = 4.0;
const STEPS: usize = 2048;

/// Ellipses and title.
pub(super) fn fixed(center: Point) -> Vec<Item<'static>> {
    let ring = |(a, b): (f64, f64), width| Item::Figure(ornament::ellipse(center, a, b, BLUE, width));
    let mut out = vec![ring((OUTER.0 - 0.4, OUTER.1 - 0.4), 0.8), ring(INNER, 0.3)];
    let arc = SealArc::around(center);
    let characters: Vec<char> = TITLE.chars().collect();
    let first = -(characters.len() as f64 - 1.0) / 2.0 * TITLE_SIZE;
    for (index, character) in characters.into_iter().enumerate() {
        let place = arc.above(first + TITLE_SIZE * index as f64, TITLE_SIZE);
        out.push(Item::Text(glyph(
            character,
            Slot::Fixed,
            Role::Fixed,
            place,
            TITLE_SIZE,
        )));
    }
    out
}

/// The employer's name on the lower arc, shrunk to its room.
pub(super) fn employer<'a>(
    pack: &FontPack,
    slots: impl Fn(char) -> Slot,
    center: Point,
    name: &str,
) -> Vec<Item<'a>> {
    let ems = fit::width(pack, name);
    let size = EMPLOYER_SIZE.min(EMPLOYER_ROOM / ems.max(1.0));
    let arc = SealArc::around(center);
    let mut position = -ems * size / 2.0;
    name.chars()
        .map(|character| {
            let advance = fit::advance(pack, character) * size;
            let place = arc.below(position + advance / 2.0, size, advance);
            position += advance;
            Item::Text(glyph(character, slots(character), Role::SealArc, place, size))
        })
        .collect()
}

fn glyph<'a>(character: char, slot: Slot, role: Role, place: (Point, f64), size: f64) -> TextLine<'a> {
    TextLine {
        role,
        slot,
        size,
        origin: place.0,
        text: Cow::Owned(character.to_string()),
        spacing: 0.0,
        color: BLUE,
        rotation: place.1,
        opacity: 100,
    }
}

/// The ellipse through the middle of the ring, measured along its length.
pub(crate) struct SealArc {
    center: Point,
    /// Length from the top (or bottom) to angle `k · π / STEPS`.
    lengths: &'static [f64],
}

const A: f64 = (OUTER.0 + INNER.0) / 2.0;
const B: f64 = (OUTER.1 + INNER.1) / 2.0;

static LENGTHS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let turn = PI / STEPS as f64;
    let mut sum = 0.0;
    (0..=STEPS)
        .map(|k| {
            let angle = (k as f64 + 0.5) * turn;
            let here = sum;
            sum += (A * angle.cos()).hypot(B * angle.sin()) * turn;
            here
        })
        .collect()
});

impl SealArc {
    /// The ring of a seal with this middle.
    pub(crate) fn around(center: Point) -> Self {
        Self {
            center,
            lengths: &LENGTHS,
        }
    }

    /// Whether a character that starts at `point` belongs to the employer's name.
    pub(crate) fn holds(&self, point: Point) -> bool {
        let (x, y) = (point.x - self.center.x, point.y - self.center.y);
        let inside = |(a, b): (f64, f64)| (x / a).hypot(y / b) <= 1.0;
        let angle = (x / A).atan2(y / B).abs();
        let index = (angle / PI * STEPS as f64) as usize;
        let length = self.lengths.get(index).copied().unwrap_or(f64::MAX);
        inside(OUTER) && !inside(INNER) && length <= EMPLOYER_ROOM / 2.0 + 2.0
    }

    /// Whether a point lies inside the inner ellipse, where the seal's own lines stand.
    pub(crate) fn encloses(&self, point: Point) -> bool {
        ((point.x - self.center.x) / INNER.0).hypot((point.y - self.center.y) / INNER.1) <= 1.0
    }

    /// The angle from the vertical at a signed length from the middle.
    fn angle(&self, length: f64) -> f64 {
        let index = self.lengths.partition_point(|&l| l < length.abs());
        (PI * index as f64 / STEPS as f64).copysign(length)
    }

    /// A character of the upper arc, head outwards: start of its base line and turn.
    fn above(&self, length: f64, size: f64) -> (Point, f64) {
        let angle = self.angle(length);
        let on = Point {
            x: self.center.x + A * angle.sin(),
            y: self.center.y - B * angle.cos(),
        };
        let tangent = (B * angle.sin()).atan2(A * angle.cos());
        // The middle of an ideograph is 0.38 em above the base line.
        (
            offset(on, tangent, -size / 2.0, size * 0.38),
            -tangent.to_degrees(),
        )
    }

    /// A character of the lower arc, head inwards.
    fn below(&self, length: f64, size: f64, advance: f64) -> (Point, f64) {
        let angle = self.angle(length);
        let on = Point {
            x: self.center.x + A * angle.sin(),
            y: self.center.y + B * angle.cos(),
        };
        let tangent = -(B * angle.sin()).atan2(A * angle.cos());
        (
            offset(on, tangent, -advance / 2.0, size * 0.38),
            -tangent.to_degrees(),
        )
    }
}

/// A point moved along a turned base line and down from it.
fn offset(point: Point, turn: f64, along: f64, down: f64) -> Point {
    let (sin, cos) = turn.sin_cos();
    Point {
        x: point.x + along * cos - down * sin,
        y: point.y + along * sin + down * cos,
    }
}
