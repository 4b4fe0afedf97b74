//! Items of a face as PDF page content.

use pdf::{Advance, Content, FillRule, FontRef, ImageRef, OpacityRef, Path, Point, Rgb, Text};

use crate::code::Code;
use crate::face::{Figure, Item, Picture, Slot, Stroke, TextLine};
use crate::geometry;

/// What drawing needs to know of a template.
pub(crate) struct Fonts<'a> {
    pub(crate) references: &'a [FontRef],
    pub(crate) images: &'a [ImageRef; 2],
    pub(crate) veil: OpacityRef,
    /// The glyph of a character in a slot's font file.
    pub(crate) glyph: &'a dyn Fn(Slot, char) -> Option<u16>,
}

/// A character that its font file lacks: an error of the caller that gathered the characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DrawError(pub(crate) char);

/// Draws an item; `code` is what an [`Item::Code`] draws.
pub(crate) fn draw(
    content: &mut Content,
    item: &Item<'_>,
    fonts: &Fonts<'_>,
    code: Option<&Code>,
) -> Result<(), DrawError> {
    match item {
        Item::Text(line) => return text(content, line, fonts),
        Item::Figure(figure) => shape(content, figure),
        Item::Picture(picture, rect) => {
            let [photo, signature] = *fonts.images;
            let image = if *picture == Picture::Photo {
                photo
            } else {
                signature
            };
            content.image(image, rectangle(*rect));
        }
        Item::Code(rect) => {
            if let Some(code) = code {
                let rect = code.place(*rect);
                let module = rect.width / f64::from(code.side());
                content.modules(point(rect.x, rect.y), module, Rgb::BLACK, code.runs());
            }
        }
    }
    Ok(())
}

fn text(content: &mut Content, line: &TextLine<'_>, fonts: &Fonts<'_>) -> Result<(), DrawError> {
    let mut glyphs = Vec::with_capacity(line.text.len() / 2);
    for character in line.text.chars() {
        glyphs.push((fonts.glyph)(line.slot, character).ok_or(DrawError(character))?);
    }
    let font = fonts.references.get(line.slot.index()).copied();
    let advance = if line.spacing == 0.0 {
        Advance::Natural
    } else {
        Advance::Spaced(line.spacing)
    };
    if line.opacity < 100 {
        content.opacity(fonts.veil);
    }
    content.text(
        &Text {
            font: font.expect("invariant: a template declares every slot that its faces use"),
            size: line.size,
            origin: point(line.origin.x, line.origin.y),
            color: color(line.color),
            rotation: line.rotation,
            advance,
        },
        &glyphs,
    );
    if line.opacity < 100 {
        content.opacity(OpacityRef::FULL);
    }
    Ok(())
}

fn shape(content: &mut Content, figure: &Figure) {
    let mut path = Path::new();
    for piece in &figure.path {
        match *piece {
            Stroke::Move(p) => path.move_to(point(p.x, p.y)),
            Stroke::Line(p) => path.line_to(point(p.x, p.y)),
            Stroke::Curve(a, b, c) => path.curve_to(point(a.x, a.y), point(b.x, b.y), point(c.x, c.y)),
            Stroke::Close => path.close(),
        };
    }
    if let Some(fill) = figure.fill {
        content.fill(&path, color(fill), FillRule::NonZero);
    }
    if let Some((ink, width)) = figure.stroke {
        content.stroke(&path, color(ink), width);
    }
}

fn point(x: f64, y: f64) -> Point {
    Point { x, y }
}

fn rectangle(rect: geometry::Rect) -> pdf::Rect {
    pdf::Rect {
        x: rect.x,
        y: rect.y,
        width: rect.width,
        height: rect.height,
    }
}

fn color(color: geometry::Color) -> Rgb {
    Rgb(color.0, color.1, color.2)
}
