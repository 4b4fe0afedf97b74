//! Items of a face as OFD objects.

use ofd::{Color, FontId, Image, ImageId, Object, Path, PathData, Rect, Stroke, Text, Transform};

use crate::code::Code;
use crate::face::{Figure, Item, Picture, Role, Stroke as Piece, TextLine};
use crate::font::FontPack;
use crate::metadata;

/// The object that draws an item; `code` is what an [`Item::Code`] draws.
pub(crate) fn ofd_object(
    item: &Item<'_>,
    pack: &FontPack,
    fonts: &[FontId],
    images: &[ImageId; 2],
    code: Option<&Code>,
) -> Object {
    match item {
        Item::Text(line) => text(line, pack, fonts),
        Item::Figure(figure) => path(figure).into(),
        Item::Picture(picture, rect) => {
            let [photo, signature] = *images;
            let image = if *picture == Picture::Photo {
                photo
            } else {
                signature
            };
            Image::new(image, box_of(*rect)).into()
        }
        Item::Code(rect) => match code {
            Some(code) => Path::runs(box_of(code.place(*rect)), code.side(), code.runs()).into(),
            None => Path::runs(box_of(*rect), 0, []).into(),
        },
    }
}

fn text(line: &TextLine<'_>, pack: &FontPack, fonts: &[FontId]) -> Object {
    let font = line.slot.font();
    let mut advances: Vec<f64> = line
        .text
        .chars()
        .map(|c| f64::from(pack.advance(font, c)) * line.size + line.spacing)
        .collect();
    let last = advances.pop().unwrap_or(0.0);
    let id = fonts.get(line.slot.index()).copied();
    let id = id.expect("invariant: a template declares every slot that its faces use");
    let mut text = Text::new(
        id,
        line.size,
        line.origin.x,
        line.origin.y,
        line.text.as_ref(),
        advances,
    );
    text.color = color(line.color);
    text.alpha = (u16::from(line.opacity) * 255 / 100) as u8;
    if line.rotation != 0.0 {
        let width = text.advances.iter().sum::<f64>() + last;
        text.transform = Some(turned(line, width));
        (text.x, text.baseline) = (0.0, line.size);
    }
    let object = Object::from(text);
    match line.role {
        Role::Value(field) => object.showing(metadata::tag(field)),
        Role::Fixed | Role::SealArc | Role::Watermark | Role::Overprint => object,
    }
}

/// Turns a line around the start of its base line, which stands one em below the top of the object's own space.
fn turned(line: &TextLine<'_>, width: f64) -> Transform {
    let (sin, cos) = (-line.rotation).to_radians().sin_cos();
    let size = line.size;
    let place = |x: f64, y: f64| (x * cos - (y - size) * sin, x * sin + (y - size) * cos);
    let corners = [
        place(0.0, 0.0),
        place(width, 0.0),
        place(0.0, size * 1.3),
        place(width, size * 1.3),
    ];
    let edge = |value: fn(&(f64, f64)) -> f64, pick: fn(f64, f64) -> f64| {
        corners.iter().map(value).reduce(pick).unwrap_or(0.0)
    };
    let (left, right) = (edge(|c| c.0, f64::min), edge(|c| c.0, f64::max));
    let (top, bottom) = (edge(|c| c.1, f64::min), edge(|c| c.1, f64::max));
    let (x, y) = (line.origin.x + left, line.origin.y + top);
    // page = boundary's corner + matrix × point, and the point (0, size) must come to the origin.
    Transform {
        boundary: Rect::new(x, y, right - left, bottom - top),
        matrix: [cos, sin, -sin, cos, size * sin - left, -size * cos - top],
    }
}

fn path(figure: &Figure) -> Path {
    let bounds = figure.bounds;
    let mut data = PathData::new();
    let (dx, dy) = (bounds.x, bounds.y);
    for piece in &figure.path {
        match *piece {
            Piece::Move(p) => data.move_to(p.x - dx, p.y - dy),
            Piece::Line(p) => data.line_to(p.x - dx, p.y - dy),
            Piece::Curve(a, b, c) => {
                data.curve_to(a.x - dx, a.y - dy, b.x - dx, b.y - dy, c.x - dx, c.y - dy)
            }
            Piece::Close => data.close(),
        };
    }
    Path {
        boundary: box_of(bounds),
        data,
        stroke: figure.stroke.map(|(ink, width)| Stroke {
            color: color(ink),
            width,
        }),
        fill: figure.fill.map(color),
        alpha: 255,
    }
}

fn box_of(rect: crate::geometry::Rect) -> Rect {
    Rect::new(rect.x, rect.y, rect.width, rect.height)
}

fn color(color: crate::geometry::Color) -> Color {
    Color(color.0, color.1, color.2)
}
