//! The border: fine interlaced waves and a rosette in each corner, hard to copy by eye, cheap to draw.
//!
//! Nothing is drawn behind the text: readers exist that ignore stroke colours, and would draw it black.

use std::f64::consts::{PI, TAU};

use super::{Figure, Stroke};
use crate::geometry::{Color, Point, Rect};

const GOLD: Color = Color(178, 138, 74);
const ROSE: Color = Color(196, 120, 104);

/// The border of the page: two frames with waves between them.
pub(super) fn ornament(page: (f64, f64)) -> Vec<Figure> {
    let mut out = Vec::new();
    let band = Rect::new(13.0, 13.0, page.0 - 26.0, page.1 - 26.0);
    for (phase, color) in [(0.0, GOLD), (0.5, GOLD), (0.25, ROSE), (0.75, ROSE)] {
        out.push(wave(band, 2.1, phase, color));
    }
    for (inset, width) in [(10.2, 0.55), (11.0, 0.15), (15.0, 0.15), (15.8, 0.35)] {
        let frame = Rect::new(inset, inset, page.0 - 2.0 * inset, page.1 - 2.0 * inset);
        out.push(rectangle(frame, GOLD, width));
    }
    for (x, y) in [
        (18.6, 18.6),
        (page.0 - 18.6, 18.6),
        (18.6, page.1 - 18.6),
        (page.0 - 18.6, page.1 - 18.6),
    ] {
        out.push(rosette(Point { x, y }));
    }
    out
}

/// An outlined rectangle.
pub(super) fn rectangle(rect: Rect, color: Color, width: f64) -> Figure {
    let corner = |x, y| Point { x, y };
    Figure {
        path: vec![
            Stroke::Move(corner(rect.x, rect.y)),
            Stroke::Line(corner(rect.right(), rect.y)),
            Stroke::Line(corner(rect.right(), rect.bottom())),
            Stroke::Line(corner(rect.x, rect.bottom())),
            Stroke::Close,
        ],
        bounds: grown(rect, width / 2.0),
        stroke: Some((color, width)),
        fill: None,
    }
}

/// A straight line.
pub(super) fn line(from: Point, to: Point, color: Color, width: f64) -> Figure {
    let bounds = Rect::new(
        from.x.min(to.x),
        from.y.min(to.y),
        (to.x - from.x).abs(),
        (to.y - from.y).abs(),
    );
    Figure {
        path: vec![Stroke::Move(from), Stroke::Line(to)],
        bounds: grown(bounds, width / 2.0),
        stroke: Some((color, width)),
        fill: None,
    }
}

pub(super) fn grown(rect: Rect, by: f64) -> Rect {
    Rect::new(
        rect.x - by,
        rect.y - by,
        rect.width + 2.0 * by,
        rect.height + 2.0 * by,
    )
}

/// A sine wave that runs once around a rectangle; each side holds whole periods, so the corners meet.
fn wave(band: Rect, amplitude: f64, phase: f64, color: Color) -> Figure {
    let corners = [
        (band.x, band.y),
        (band.right(), band.y),
        (band.right(), band.bottom()),
        (band.x, band.bottom()),
        (band.x, band.y),
    ];
    let mut path = Vec::new();
    for pair in corners.windows(2) {
        let [(x0, y0), (x1, y1)] = *pair else { continue };
        let length = (x1 - x0).abs() + (y1 - y0).abs();
        let (ux, uy) = ((x1 - x0) / length, (y1 - y0) / length);
        let periods = (length / 8.0).round();
        let point = |t: f64, offset: f64| Point {
            x: x0 + ux * t - uy * offset,
            y: y0 + uy * t + ux * offset,
        };
        // One cubic for each half wave. From one zero to the next it bulges π/4 as far as a sine of the same slope.
        let step = length / periods / 2.0;
        let turn = |k: f64| TAU * (k / 2.0 + phase);
        let reach = if turn(0.0).sin().abs() < 0.5 {
            amplitude * 4.0 / PI
        } else {
            amplitude
        };
        let value = |k: f64| reach * turn(k).sin();
        let slope = |k: f64| reach * PI / step * turn(k).cos();
        path.push(Stroke::Move(hundredths(point(0.0, value(0.0)))));
        for k in 0..(periods * 2.0) as u32 {
            let (a, b) = (f64::from(k), f64::from(k + 1));
            path.push(hermite(
                &point,
                step,
                (a, value(a), slope(a)),
                (b, value(b), slope(b)),
            ));
        }
    }
    Figure {
        path,
        bounds: grown(band, amplitude + 0.2),
        stroke: Some((color, 0.12)),
        fill: None,
    }
}

/// A cubic through two points of a curve with given slopes.
fn hermite(
    point: &impl Fn(f64, f64) -> Point,
    step: f64,
    from: (f64, f64, f64),
    to: (f64, f64, f64),
) -> Stroke {
    let third = step / 3.0;
    Stroke::Curve(
        hundredths(point(from.0 * step + third, from.1 + from.2 * third)),
        hundredths(point(to.0 * step - third, to.1 - to.2 * third)),
        hundredths(point(to.0 * step, to.1)),
    )
}

/// Interlaced closed waves around a point.
fn rosette(center: Point) -> Figure {
    let mut path = Vec::new();
    for (radius, depth, lobes, phase) in [(1.5, 0.7, 8, 0.0), (1.5, 0.7, 8, 0.5), (0.6, 0.4, 8, 0.25)] {
        closed_wave(&mut path, center, radius, depth, lobes, phase);
    }
    let bounds = Rect::new(center.x - 2.5, center.y - 2.5, 5.0, 5.0);
    Figure {
        path,
        bounds,
        stroke: Some((GOLD, 0.1)),
        fill: None,
    }
}

fn closed_wave(path: &mut Vec<Stroke>, center: Point, radius: f64, depth: f64, lobes: u32, phase: f64) {
    let count = lobes * 4;
    let turn = TAU / f64::from(count);
    let at = |k: f64| {
        let angle = k * turn;
        let wave = f64::from(lobes) * angle + phase * TAU;
        let r = radius + depth * wave.sin();
        let dr = depth * f64::from(lobes) * wave.cos();
        let (sin, cos) = angle.sin_cos();
        let position = Point {
            x: center.x + r * cos,
            y: center.y + r * sin,
        };
        let tangent = Point {
            x: dr * cos - r * sin,
            y: dr * sin + r * cos,
        };
        (position, tangent)
    };
    path.push(Stroke::Move(hundredths(at(0.0).0)));
    for k in 0..count {
        let ((a, ta), (b, tb)) = (at(f64::from(k)), at(f64::from(k + 1)));
        let third = turn / 3.0;
        path.push(Stroke::Curve(
            hundredths(Point {
                x: a.x + ta.x * third,
                y: a.y + ta.y * third,
            }),
            hundredths(Point {
                x: b.x - tb.x * third,
                y: b.y - tb.y * third,
            }),
            hundredths(b),
        ));
    }
    path.push(Stroke::Close);
}

/// Finer than any printer, and half the bytes of a full number.
fn hundredths(point: Point) -> Point {
    Point {
        x: (point.x * 100.0).round() / 100.0,
        y: (point.y * 100.0).round() / 100.0,
    }
}

/// An ellipse as four cubics.
pub(super) fn ellipse(center: Point, a: f64, b: f64, color: Color, width: f64) -> Figure {
    let k = 4.0 / 3.0 * (PI / 8.0).tan();
    let p = |x: f64, y: f64| Point {
        x: center.x + a * x,
        y: center.y + b * y,
    };
    Figure {
        path: vec![
            Stroke::Move(p(1.0, 0.0)),
            Stroke::Curve(p(1.0, k), p(k, 1.0), p(0.0, 1.0)),
            Stroke::Curve(p(-k, 1.0), p(-1.0, k), p(-1.0, 0.0)),
            Stroke::Curve(p(-1.0, -k), p(-k, -1.0), p(0.0, -1.0)),
            Stroke::Curve(p(k, -1.0), p(1.0, -k), p(1.0, 0.0)),
            Stroke::Close,
        ],
        bounds: grown(
            Rect::new(center.x - a, center.y - b, 2.0 * a, 2.0 * b),
            width / 2.0,
        ),
        stroke: Some((color, width)),
        fill: None,
    }
}
