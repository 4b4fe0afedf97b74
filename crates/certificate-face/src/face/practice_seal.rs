//! The practice seal (执业印章, domain §1.9): two concentric ellipses, 50 × 36 and 36 × 22 mm, dark blue; between
//! them the title above and the employer below, inside the holder's name, number, specialties and end.
//!
//! Two departures from the prescribed look, for want of better: the holder's name is set in Song, because no clerical
//! script (隶书) font is free to ship; the employer is smaller than 4 mm where the ring has no room for it.

use std::borrow::Cow;
use std::f64::consts::PI;
use std::sync::LazyLock;

use super::{Item, Role, Slot, TextLine, fit, ornament};
use crate::font::FontPack;
use crate::geometry::{Color, Point};

const BLUE: Color = Color(16, 42, 116);
const OUTER: (f64, f64) = (25.0, 18.0);
const INNER: (f64, f64) = (18.0, 11.0);
const OUTER_LINE: f64 = 0.8;
const INNER_LINE: f64 = 0.3;
const TITLE: &str = "中华人民共和国一级注册建造师执业印章";
const TITLE_SIZE: f64 = 4.0;
/// Between the feet of the title's characters. Eighteen characters of 4 mm stand upright on this ring only because they are
/// spaced evenly along their feet: by their middles, the feet would touch at the ends of the ellipse, where it bends most.
const TITLE_PITCH: f64 = 3.68;
/// From the middle of a character to its feet, as a part of its size.
const FEET: f64 = 0.45;
/// Length of the arc that the title leaves to the employer, on the ellipse through the middle of the ring.
const EMPLOYER_ROOM: f64 = 38.0;
/// Beyond its room and before the title's first character.
const ROOM_EDGE: f64 = EMPLOYER_ROOM / 2.0 + 0.6;
const EMPLOYER_SIZE: f64 = 4.0;
const STEPS: usize = 2048;

/// Ellipses and title.
pub(super) fn fixed(center: Point) -> Vec<Item<'static>> {
    let ring = |(a, b): (f64, f64), width| Item::Figure(ornament::ellipse(center, a, b, BLUE, width));
    // The ellipses' outer edges are what is prescribed.
    let inset = |(a, b): (f64, f64), width: f64| ring((a - width / 2.0, b - width / 2.0), width);
    let mut out = vec![inset(OUTER, OUTER_LINE), inset(INNER, INNER_LINE)];
    let arc = SealArc::around(center);
    let characters: Vec<char> = TITLE.chars().collect();
    let middle = (characters.len() as f64 - 1.0) / 2.0;
    for (index, character) in characters.into_iter().enumerate() {
        let place = arc.above((index as f64 - middle) * TITLE_PITCH, TITLE_SIZE);
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

/// The same, along the feet of the title: a piece of the ellipse of radius of curvature ρ is shorter there by feet / ρ.
static TITLE_FEET: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let turn = PI / STEPS as f64;
    let mut sum = 0.0;
    (0..=STEPS)
        .map(|k| {
            let angle = (k as f64 + 0.5) * turn;
            let here = sum;
            let piece = (A * angle.cos()).hypot(B * angle.sin());
            let curvature = A * B / piece.powi(3);
            sum += piece * (1.0 - FEET * TITLE_SIZE * curvature) * turn;
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
        inside(OUTER) && !inside(INNER) && length <= ROOM_EDGE
    }

    /// Whether a point lies inside the inner ellipse, where the seal's own lines stand.
    pub(crate) fn encloses(&self, point: Point) -> bool {
        ((point.x - self.center.x) / INNER.0).hypot((point.y - self.center.y) / INNER.1) <= 1.0
    }

    /// A character of the upper arc, head outwards, at a signed length along the feet: start of its base line and turn.
    fn above(&self, length: f64, size: f64) -> (Point, f64) {
        let angle = angle(&TITLE_FEET, length);
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
        let angle = angle(self.lengths, length);
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

/// The angle from the vertical at a signed length from the middle.
fn angle(lengths: &[f64], length: f64) -> f64 {
    let index = lengths.partition_point(|&l| l < length.abs());
    (PI * index as f64 / STEPS as f64).copysign(length)
}

/// A point moved along a turned base line and down from it.
fn offset(point: Point, turn: f64, along: f64, down: f64) -> Point {
    let (sin, cos) = turn.sin_cos();
    Point {
        x: point.x + along * cos - down * sin,
        y: point.y + along * sin + down * cos,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTER: Point = Point { x: 100.0, y: 100.0 };

    /// The four corners of a character's ink: an ideograph fills its em but for a twentieth on each side.
    fn corners(line: &TextLine<'_>) -> [(f64, f64); 4] {
        let (sin, cos) = (-line.rotation).to_radians().sin_cos();
        let place = |along: f64, down: f64| {
            (
                line.origin.x + (along * cos - down * sin) * line.size,
                line.origin.y + (along * sin + down * cos) * line.size,
            )
        };
        [
            place(0.05, 0.07),
            place(0.95, 0.07),
            place(0.95, -0.83),
            place(0.05, -0.83),
        ]
    }

    /// Whether two turned boxes have a point in common (separating axes).
    fn touch(a: &[(f64, f64); 4], b: &[(f64, f64); 4]) -> bool {
        let span = |corners: &[(f64, f64); 4], (x, y): (f64, f64)| {
            let along = corners.iter().map(|corner| corner.0 * x + corner.1 * y);
            along.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        let axes = [a, b].into_iter().flat_map(|corners| {
            [(0, 1), (1, 2)].map(|(i, k)| (corners[k].0 - corners[i].0, corners[k].1 - corners[i].1))
        });
        let mut axes = axes.map(|axis| (span(a, axis), span(b, axis)));
        axes.all(|(a, b)| a.0 <= b.1 && b.0 <= a.1)
    }

    fn lines<'a>(items: &'a [Item<'a>]) -> Vec<&'a TextLine<'a>> {
        let text = |item: &'a Item<'a>| match item {
            Item::Text(line) => Some(line),
            _ => None,
        };
        items.iter().filter_map(text).collect()
    }

    #[test]
    fn the_ellipses_measure_what_is_prescribed() {
        let items = fixed(CENTER);
        let bounds = items.iter().filter_map(|item| match item {
            Item::Figure(figure) => Some((figure.bounds.width, figure.bounds.height)),
            _ => None,
        });
        let near = |(a, b): (f64, f64), (c, d): (f64, f64)| (a - c).abs() < 1e-9 && (b - d).abs() < 1e-9;
        let measured: Vec<(f64, f64)> = bounds.collect();
        assert_eq!(measured.len(), 2);
        assert!(
            near(measured[0], (50.0, 36.0)) && near(measured[1], (36.0, 22.0)),
            "{measured:?}"
        );
    }

    #[test]
    fn what_is_read_as_the_employer_is_the_employer() {
        let arc = SealArc::around(CENTER);
        let title = fixed(CENTER);
        assert!(lines(&title).iter().all(|line| !arc.holds(line.origin)));
        for count in 2..=60 {
            let items = employer(FontPack::shared(), |_| Slot::Fixed, CENTER, &"国".repeat(count));
            assert!(
                lines(&items).iter().all(|line| arc.holds(line.origin)),
                "{count} characters"
            );
        }
    }

    #[test]
    fn nothing_on_the_ring_touches_or_leaves_it() {
        let pack = FontPack::shared();
        for count in 8..=30 {
            let name: String = "建证市政工程集团有限公司".chars().cycle().take(count).collect();
            let mut items = fixed(CENTER);
            items.extend(employer(pack, |_| Slot::Fixed, CENTER, &name));
            let characters = lines(&items);
            assert_eq!(characters.len(), TITLE.chars().count() + count);
            let boxes: Vec<_> = characters.iter().map(|line| corners(line)).collect();
            for (index, one) in boxes.iter().enumerate() {
                for (other, two) in boxes.iter().enumerate().skip(index + 1) {
                    let (a, b) = (&characters[index].text, &characters[other].text);
                    assert!(
                        !touch(one, two),
                        "{a} and {b} touch, with {count} characters of employer"
                    );
                }
                for &(x, y) in one {
                    let ratio = |(a, b): (f64, f64)| ((x - CENTER.x) / a).hypot((y - CENTER.y) / b);
                    let text = &characters[index].text;
                    assert!(
                        ratio((OUTER.0 - OUTER_LINE, OUTER.1 - OUTER_LINE)) < 1.0,
                        "{text} in the outer line"
                    );
                    assert!(ratio(INNER) > 1.0, "{text} in the inner line");
                }
            }
        }
    }
}
