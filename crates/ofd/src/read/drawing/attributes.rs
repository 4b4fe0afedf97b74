//! Attributes of drawn objects: matrices, path data, colours, lines.

use super::{Cap, Join, Paint, Stroke, pair};
use crate::read::finding::Reason;
use crate::read::value::{number, numbers};
use crate::read::xml::Element;

/// Width of a line that states none.
const LINE_WIDTH: f64 = 0.353;
/// Stops of one course of colours at most.
const MOST_STOPS: usize = 64;
/// Dashes of one pattern at most.
const MOST_DASHES: usize = 64;

/// A segment of a path, in the object's coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Starts a figure.
    Move([f64; 2]),
    /// A line.
    Line([f64; 2]),
    /// A quadratic curve: control, end.
    Quadratic([f64; 2], [f64; 2]),
    /// A cubic curve: two controls, end.
    Cubic([f64; 2], [f64; 2], [f64; 2]),
    /// An arc of an ellipse.
    Arc {
        /// Half axes.
        radii: [f64; 2],
        /// Turn of the ellipse in degrees.
        rotation: f64,
        /// The longer of both ways.
        large: bool,
        /// Clockwise.
        sweep: bool,
        /// Where it ends.
        end: [f64; 2],
    },
    /// Closes the figure.
    Close,
}

/// Abbreviated path data (GB/T 33190 §9.1).
pub(super) fn segments(data: &str) -> Result<Vec<Segment>, Reason> {
    let mut tokens = data
        .split(|c: char| c.is_ascii_whitespace() || c == ',')
        .filter(|token| !token.is_empty());
    let mut out = Vec::new();
    while let Some(operator) = tokens.next() {
        let mut take = || tokens.next().ok_or(Reason::Value).and_then(number);
        let mut point = || Ok::<_, Reason>([take()?, take()?]);
        out.push(match operator {
            "S" | "M" => Segment::Move(point()?),
            "L" => Segment::Line(point()?),
            "Q" => Segment::Quadratic(point()?, point()?),
            "B" => Segment::Cubic(point()?, point()?, point()?),
            "A" => {
                let radii = point()?;
                let [rotation, large] = point()?;
                let [sweep, x] = point()?;
                Segment::Arc {
                    radii,
                    rotation,
                    large: large != 0.0,
                    sweep: sweep != 0.0,
                    end: [x, take()?],
                }
            }
            "C" => Segment::Close,
            _ => return Err(Reason::Value),
        });
    }
    Ok(out)
}

/// A matrix of six numbers; the identity if there is none.
pub(super) fn matrix(text: Option<&str>) -> Result<[f64; 6], Reason> {
    match text {
        None => Ok([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        Some(text) => numbers(text)?.try_into().map_err(|_| Reason::Value),
    }
}

/// First `one`, then `other`.
pub(super) fn product(one: [f64; 6], other: [f64; 6]) -> [f64; 6] {
    let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (one, other);
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

/// At most `most` steps; `g n v` stands for n times v.
pub(super) fn steps(text: &str, most: usize) -> Result<Vec<f64>, Reason> {
    let mut tokens = text.split_ascii_whitespace();
    let mut out = Vec::new();
    while out.len() < most {
        match tokens.next() {
            None => break,
            Some("g") => {
                let count: usize = tokens.next().and_then(|t| t.parse().ok()).ok_or(Reason::Value)?;
                let value = number(tokens.next().ok_or(Reason::Value)?)?;
                let count = count.min(most - out.len());
                out.extend(std::iter::repeat_n(value, count));
            }
            Some(token) => out.push(number(token)?),
        }
    }
    Ok(out)
}

/// A number of an attribute.
pub(super) fn real(element: Element<'_, '_>, name: &str, default: f64) -> Result<f64, Reason> {
    element
        .attribute(name)
        .map_or(Ok(default), |text| number(text.trim()))
}

/// The numbers of an attribute.
pub(super) fn numbers_of(element: Element<'_, '_>, name: &str) -> Result<Vec<f64>, Reason> {
    element.attribute(name).map_or_else(|| Ok(Vec::new()), numbers)
}

/// The colour that an element states, or the inherited one, or black.
pub(super) fn color(
    element: Element<'_, '_>,
    name: &'static str,
    inherited: Option<&Paint>,
) -> Result<Paint, Reason> {
    match element.only(name)? {
        Some(stated) => paint(stated),
        None => Ok(inherited.cloned().unwrap_or(Paint::Solid([0, 0, 0, 255]))),
    }
}

fn paint(element: Element<'_, '_>) -> Result<Paint, Reason> {
    for name in ["AxialShd", "RadialShd"] {
        let Some(shading) = element.only(name)? else {
            continue;
        };
        let mut stops = Vec::new();
        let segments: Vec<_> = shading.all("Segment").take(MOST_STOPS).collect();
        for (index, segment) in segments.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "at most 64 stops")]
            let even = index as f64 / segments.len().saturating_sub(1).max(1) as f64;
            let color = segment.only("Color")?.ok_or(Reason::MissingElement)?;
            stops.push((real(*segment, "Position", even)?.clamp(0.0, 1.0), solid(color)?));
        }
        let first = stops
            .first()
            .map(|(_, color)| *color)
            .ok_or(Reason::MissingElement)?;
        // Radial courses are drawn in their first colour.
        return Ok(if name == "AxialShd" && stops.len() > 1 {
            Paint::Axial {
                start: pair(shading, "StartPoint")?,
                end: pair(shading, "EndPoint")?,
                stops,
            }
        } else {
            Paint::Solid(first)
        });
    }
    solid(element).map(Paint::Solid)
}

/// Grey, red-green-blue or cyan-magenta-yellow-black by the number of its components, decimal or `#` hexadecimal.
fn solid(element: Element<'_, '_>) -> Result<[u8; 4], Reason> {
    let alpha = match element.attribute("Alpha") {
        None => 255,
        Some(text) => text.trim().parse().map_err(|_| Reason::Value)?,
    };
    let value = element.attribute("Value").unwrap_or("0 0 0");
    let mut components = Vec::with_capacity(4);
    for token in value.split_ascii_whitespace().take(5) {
        components.push(match token.strip_prefix('#') {
            Some(hex) => u8::from_str_radix(hex, 16).map_err(|_| Reason::Value)?,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the range of a byte"
            )]
            None => number(token)?.round().clamp(0.0, 255.0) as u8,
        });
    }
    match components[..] {
        [grey] => Ok([grey, grey, grey, alpha]),
        [red, green, blue] => Ok([red, green, blue, alpha]),
        [cyan, magenta, yellow, black] => {
            let mixed = |ink: u8| {
                let light = (255 - u32::from(ink)) * (255 - u32::from(black)) / 255;
                u8::try_from(light).unwrap_or(u8::MAX)
            };
            Ok([mixed(cyan), mixed(magenta), mixed(yellow), alpha])
        }
        _ => Err(Reason::Value),
    }
}

/// What drawing parameters say about the objects that name them.
#[derive(Debug, Clone, Default)]
pub(super) struct Inherited {
    pub(super) fill: Option<Paint>,
    stroke: Option<Paint>,
    width: Option<f64>,
    cap: Option<Cap>,
    join: Option<Join>,
    miter_limit: Option<f64>,
    dashes: Option<Vec<f64>>,
    offset: Option<f64>,
}

impl Inherited {
    /// What `element` states, and this where it states nothing.
    pub(super) fn overridden_by(&self, element: Element<'_, '_>) -> Self {
        let stated = |name| {
            element
                .only(name)
                .ok()
                .flatten()
                .and_then(|stated| paint(stated).ok())
        };
        let value = |name| element.attribute(name).and_then(|text| number(text.trim()).ok());
        Self {
            fill: stated("FillColor").or_else(|| self.fill.clone()),
            stroke: stated("StrokeColor").or_else(|| self.stroke.clone()),
            width: value("LineWidth").or(self.width),
            cap: element.attribute("Cap").map(cap).or(self.cap),
            join: element.attribute("Join").map(join).or(self.join),
            miter_limit: value("MiterLimit").or(self.miter_limit),
            dashes: element
                .attribute("DashPattern")
                .and_then(|text| numbers(text).ok())
                .or_else(|| self.dashes.clone()),
            offset: value("DashOffset").or(self.offset),
        }
    }

    /// The line that an object draws.
    pub(super) fn stroke(&self, element: Element<'_, '_>) -> Result<Stroke, Reason> {
        let all = self.overridden_by(element);
        Ok(Stroke {
            paint: color(element, "StrokeColor", self.stroke.as_ref())?,
            width: all.width.unwrap_or(LINE_WIDTH),
            cap: all.cap.unwrap_or_default(),
            join: all.join.unwrap_or_default(),
            miter_limit: all.miter_limit.unwrap_or(4.234),
            dashes: all
                .dashes
                .filter(|dashes| dashes.len() <= MOST_DASHES)
                .unwrap_or_default(),
            offset: all.offset.unwrap_or(0.0),
        })
    }
}

fn cap(text: &str) -> Cap {
    match text {
        "Round" => Cap::Round,
        "Square" => Cap::Square,
        _ => Cap::Butt,
    }
}

fn join(text: &str) -> Join {
    match text {
        "Round" => Join::Round,
        "Bevel" => Join::Bevel,
        _ => Join::Miter,
    }
}
