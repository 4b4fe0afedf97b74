//! A page of an OFD document, on tiny-skia.

mod canvas;
mod fonts;
mod picture;
mod stamps;
mod text;

use ofd::drawing::{Drawing, Drawn, Kind};
use ofd::{Document, Limits, Package};
use tiny_skia::Transform;

use crate::budget::Spending;
use crate::{Fault, Options, Raster};
use canvas::{Canvas, outline};
use fonts::Fonts;
use picture::Pictures;

/// Page areas that make sense: from a stamp to a drawing sheet.
const SIDES: std::ops::RangeInclusive<f64> = 1.0..=5_000.0;
const MILLIMETRES_PER_INCH: f64 = 25.4;

pub(crate) fn render(file: &[u8], page: usize, options: &Options<'_>) -> Result<Raster, Fault> {
    let unreadable = |refusal: ofd::Refusal| Fault::Unreadable(refusal.to_string());
    let package = Package::open(file, &Limits::default()).map_err(unreadable)?;
    let documents = package.documents().map_err(unreadable)?;
    let pages = documents.iter().map(|document| document.pages.len()).sum();
    let mut index = page
        .checked_sub(1)
        .filter(|index| *index < pages)
        .ok_or(Fault::NoSuchPage { page, pages })?;
    for document in &documents {
        if index < document.pages.len() {
            return draw(&package, document, index, options).map(|raster| Raster { pages, ..raster });
        }
        index -= document.pages.len();
    }
    Err(Fault::NoSuchPage { page, pages })
}

fn draw(
    package: &Package<'_>,
    document: &Document,
    index: usize,
    options: &Options<'_>,
) -> Result<Raster, Fault> {
    let drawing = package
        .drawing(document, index)
        .map_err(|refusal| Fault::Unreadable(refusal.to_string()))?;
    let area = drawing.area;
    if !(SIDES.contains(&area.width) && SIDES.contains(&area.height)) {
        return Err(Fault::Size);
    }
    let scale = f64::from(options.dpi) / MILLIMETRES_PER_INCH;
    let [width, height] = [area.width, area.height].map(|side| pixels(side * scale));
    if u64::from(width) * u64::from(height) > options.budget.pixels {
        return Err(Fault::Size);
    }
    let scale = narrow(scale);
    let page = Transform::from_row(
        scale,
        0.0,
        0.0,
        scale,
        -narrow(area.x) * scale,
        -narrow(area.y) * scale,
    );
    let canvas = Canvas::new(width, height, page, Spending::new(&options.budget)).ok_or(Fault::Size)?;
    let mut painter = Painter {
        canvas,
        fonts: Fonts::new(package, document, options.fonts),
        pictures: Pictures::new(package, document),
        missing_glyphs: 0,
        left_out: drawing.left_out,
    };
    painter.page(&drawing);
    painter.stamps(package, document, index);
    let (left_out, missing_glyphs) = (painter.left_out, painter.missing_glyphs);
    Ok(Raster {
        width,
        height,
        rgb: painter.canvas.into_rgb(),
        left_out,
        missing_glyphs,
        pages: document.pages.len(),
    })
}

/// What draws one page.
struct Painter<'a> {
    canvas: Canvas,
    fonts: Fonts<'a>,
    pictures: Pictures<'a>,
    missing_glyphs: usize,
    left_out: usize,
}

impl Painter<'_> {
    fn page(&mut self, drawing: &Drawing) {
        for object in &drawing.objects {
            if !self.object(object) {
                self.left_out += 1;
            }
        }
    }

    /// Draws an object; false if it was left out.
    fn object(&mut self, object: &Drawn) -> bool {
        let place = Transform::from_translate(narrow(object.boundary.x), narrow(object.boundary.y));
        let own = matrix(&object.matrix).post_concat(place);
        if !self.canvas.clip(&object.clips, place) {
            return false;
        }
        match &object.kind {
            Kind::Text(text) => self.text(text, own, object.alpha),
            Kind::Path(path) => {
                let Some(outline) = outline(&path.segments) else {
                    return true;
                };
                let filled = path.fill.as_ref().is_none_or(|paint| {
                    self.canvas
                        .fill(&outline, paint, path.even_odd, own, object.alpha)
                });
                let stroked = path
                    .stroke
                    .as_ref()
                    .is_none_or(|stroke| self.canvas.stroke(&outline, stroke, own, object.alpha));
                filled && stroked
            }
            Kind::Image(number) => {
                let Some(picture) = self.pictures.get(*number, &mut self.canvas.spending) else {
                    return false;
                };
                self.canvas.picture(&picture, own, object.alpha)
            }
        }
    }
}

fn matrix(values: &[f64; 6]) -> Transform {
    let [a, b, c, d, e, f] = values.map(narrow);
    Transform::from_row(a, b, c, d, e, f)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "drawing needs no more than single precision; what is too large becomes infinite and is not drawn"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the side is positive and bounded by SIDES and the resolution; a cast saturates"
)]
fn pixels(side: f64) -> u32 {
    (side.round() as u32).max(1)
}
