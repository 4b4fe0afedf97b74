//! What a page draws, object by object in the order of drawing, as a renderer needs it.
//!
//! Values that make no sense are left out with their object and counted, so that the rest of a page can still be seen.

mod attributes;
mod parameters;

use super::finding::{Reason, Refusal};
use super::model::Document;
use super::package::Package;
use super::value::{Bounds, boolean, id};
use super::xml::{Element, Tree};
use attributes::{Inherited, color, matrix, numbers_of, real, segments};
use parameters::Parameters;

pub use attributes::Segment;

/// Objects of one page at most, those of its templates and annotations included.
const MOST_OBJECTS: usize = 50_000;
/// Composite parts within composite parts are followed so far.
const DEEPEST: u8 = 8;

/// A page as it is to be drawn.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// Its area in millimetres.
    pub area: Bounds,
    /// From the lowest to the highest.
    pub objects: Vec<Drawn>,
    /// Objects that could not be understood, or are of kinds that are not drawn.
    pub left_out: usize,
}

/// One object.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Its box on the page, from whose corner its coordinates count.
    pub boundary: Bounds,
    /// From its own coordinates to those of its box.
    pub matrix: [f64; 6],
    /// Opacity.
    pub alpha: u8,
    /// Each of them limits what is seen.
    pub clips: Vec<Clip>,
    /// What it is.
    pub kind: Kind,
}

/// The union of some areas.
#[derive(Debug, Clone)]
pub struct Clip {
    /// In coordinates of the object's box.
    pub areas: Vec<ClipArea>,
}

/// An area of a clip.
#[derive(Debug, Clone)]
pub struct ClipArea {
    /// Where the path lies.
    pub boundary: Bounds,
    /// From the path's coordinates to those of its box.
    pub matrix: [f64; 6],
    /// The path.
    pub segments: Vec<Segment>,
    /// Whether it is filled by the even-odd rule.
    pub even_odd: bool,
}

/// What an object is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Text.
    Text(Text),
    /// A path.
    Path(Path),
    /// An image, by its number, that fills the unit square.
    Image(u64),
}

/// A text object.
#[derive(Debug, Clone)]
pub struct Text {
    /// The number of its font.
    pub font: u64,
    /// Its size in millimetres.
    pub size: f64,
    /// Width of characters, 1 as they are.
    pub horizontal_scale: f64,
    /// By how many quarter turns each character is turned.
    pub turns: u8,
    /// How it is filled.
    pub fill: Option<Paint>,
    /// How its outline is drawn.
    pub stroke: Option<Stroke>,
    /// Its characters.
    pub codes: Vec<Code>,
    /// Glyphs that stand in for characters.
    pub glyphs: Vec<GlyphRun>,
}

/// One `TextCode`.
#[derive(Clone)]
pub struct Code {
    /// Where it starts; nothing continues where the one before ended.
    pub start: [Option<f64>; 2],
    /// The characters.
    pub text: String,
    /// Steps to the next character, to the right.
    pub right: Vec<f64>,
    /// Steps to the next character, downwards.
    pub down: Vec<f64>,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code")
            .field("characters", &self.text.chars().count())
            .finish_non_exhaustive()
    }
}

/// One `CGTransform`: characters of the object and the glyphs that are drawn for them.
#[derive(Debug, Clone)]
pub struct GlyphRun {
    /// The first of the characters, counted over the object.
    pub position: usize,
    /// How many characters.
    pub characters: usize,
    /// The glyphs.
    pub glyphs: Vec<u16>,
}

/// A path object.
#[derive(Debug, Clone)]
pub struct Path {
    /// Its segments.
    pub segments: Vec<Segment>,
    /// How it is filled.
    pub fill: Option<Paint>,
    /// Whether by the even-odd rule.
    pub even_odd: bool,
    /// How it is stroked.
    pub stroke: Option<Stroke>,
}

/// A colour or a course of colours.
#[derive(Debug, Clone, PartialEq)]
pub enum Paint {
    /// Red, green, blue, opacity.
    Solid([u8; 4]),
    /// From one point to another.
    Axial {
        /// Where the first colour is.
        start: [f64; 2],
        /// Where the last one is.
        end: [f64; 2],
        /// Position from 0 to 1, and colour.
        stops: Vec<(f64, [u8; 4])>,
    },
}

/// How a line is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub paint: Paint,
    /// Its width in millimetres.
    pub width: f64,
    /// Shape of its ends.
    pub cap: Cap,
    /// Shape of its corners.
    pub join: Join,
    /// From which length on a corner is cut off, in widths.
    pub miter_limit: f64,
    /// Lengths of dashes and gaps.
    pub dashes: Vec<f64>,
    /// Where in the pattern the line starts.
    pub offset: f64,
}

/// Shape of a line's ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cap {
    /// Cut off.
    #[default]
    Butt,
    /// Half a circle.
    Round,
    /// Half a square.
    Square,
}

/// Shape of a line's corners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Join {
    /// Pointed.
    #[default]
    Miter,
    /// Round.
    Round,
    /// Cut off.
    Bevel,
}

impl Package<'_> {
    /// What the page at `index` of `document` draws: templates in the background, its layers, templates in the
    /// foreground, its annotations.
    ///
    /// # Errors
    /// If the page, or a template or annotation file of it, cannot be read.
    pub fn drawing(&self, document: &Document, index: usize) -> Result<Drawing, Refusal> {
        let page = document
            .pages
            .get(index)
            .ok_or_else(|| Refusal::new(Reason::MissingElement))?;
        let mut ignored = Vec::new();
        let tree = self.tree(&page.path, "Page", &mut ignored)?;
        let refuse = |reason| Refusal::at(reason, &page.path);
        let own = tree.root().only("Area").map_err(refuse)?;
        let stated = own.and_then(|area| area.text_of("PhysicalBox").ok().flatten());
        let area = match stated.map(Bounds::parse) {
            Some(area) => area.map_err(refuse)?,
            None => document.page_area.unwrap_or_default(),
        };
        let parameters = Parameters::read(self, document);
        let mut collector = Collector::new(&parameters);
        let mut above = Vec::new();
        for used in tree.root().all("Template").take(self.limits().items) {
            let number = used.attribute("TemplateID").and_then(|text| id(text).ok());
            let Some(known) = document.templates.iter().find(|known| Some(known.id) == number) else {
                collector.drawing.left_out += 1;
                continue;
            };
            if used.attribute("ZOrder") == Some("Foreground") {
                above.push(known);
            } else {
                let template = self.tree(&known.path, "Page", &mut ignored)?;
                collector.layers(&template);
            }
        }
        collector.layers(&tree);
        for known in above {
            let template = self.tree(&known.path, "Page", &mut ignored)?;
            collector.layers(&template);
        }
        for file in document.annotations.iter().filter(|file| file.page == page.id) {
            let annotations = self.tree(&file.path, "PageAnnot", &mut ignored)?;
            collector.annotations(&annotations);
        }
        collector.drawing.area = area;
        Ok(collector.drawing)
    }
}

struct Collector<'p> {
    parameters: &'p Parameters,
    drawing: Drawing,
}

/// What an object gets from where it stands.
#[derive(Clone, Copy)]
struct Place<'i> {
    x: f64,
    y: f64,
    inherited: &'i Inherited,
    depth: u8,
}

impl<'p> Collector<'p> {
    fn new(parameters: &'p Parameters) -> Self {
        Self {
            parameters,
            drawing: Drawing::default(),
        }
    }

    /// The layers of a page: those of the background first, those of the foreground last.
    fn layers(&mut self, tree: &Tree<'_>) {
        let Ok(Some(content)) = tree.root().only("Content") else {
            return;
        };
        let rank = |layer: &Element<'_, '_>| match layer.attribute("Type") {
            Some("Background") => 0,
            Some("Foreground") => 2,
            _ => 1,
        };
        let mut layers: Vec<_> = content.all("Layer").collect();
        layers.sort_by_key(rank);
        for layer in layers {
            let inherited = self.parameters.of(layer, &Inherited::default());
            let place = Place {
                x: 0.0,
                y: 0.0,
                inherited: &inherited,
                depth: 0,
            };
            self.objects(layer, place);
        }
    }

    fn annotations(&mut self, tree: &Tree<'_>) {
        for annotation in tree.root().all("Annot") {
            let hidden = annotation.attribute("Visible").and_then(boolean) == Some(false);
            let Ok(Some(appearance)) = annotation.only("Appearance") else {
                continue;
            };
            let bounds = appearance.attribute("Boundary").map(Bounds::parse);
            let (false, Ok(bounds)) = (hidden, bounds.unwrap_or_else(|| Ok(Bounds::default()))) else {
                continue;
            };
            let inherited = Inherited::default();
            let place = Place {
                x: bounds.x,
                y: bounds.y,
                inherited: &inherited,
                depth: 0,
            };
            self.objects(appearance, place);
        }
    }

    fn objects(&mut self, parent: Element<'_, '_>, place: Place<'_>) {
        for element in parent.children() {
            if self.drawing.objects.len() >= MOST_OBJECTS {
                self.drawing.left_out += 1;
                return;
            }
            match element.name() {
                "PageBlock" if place.depth < DEEPEST => {
                    let deeper = Place {
                        depth: place.depth + 1,
                        ..place
                    };
                    self.objects(element, deeper);
                }
                "TextObject" | "PathObject" | "ImageObject" => match drawn(element, place, self.parameters) {
                    Ok(Some(drawn)) => self.drawing.objects.push(drawn),
                    Ok(None) => {}
                    Err(_) => self.drawing.left_out += 1,
                },
                "PageBlock" | "CompositeObject" | "VideoObject" => self.drawing.left_out += 1,
                _ => {}
            }
        }
    }
}

/// One object; nothing if it is not to be seen.
fn drawn(
    element: Element<'_, '_>,
    place: Place<'_>,
    parameters: &Parameters,
) -> Result<Option<Drawn>, Reason> {
    if element.attribute("Visible").and_then(boolean) == Some(false) {
        return Ok(None);
    }
    let own = Bounds::parse(element.attribute("Boundary").ok_or(Reason::MissingElement)?)?;
    let boundary = Bounds {
        x: own.x + place.x,
        y: own.y + place.y,
        ..own
    };
    let inherited = parameters.of(element, place.inherited);
    let kind = match element.name() {
        "TextObject" => Kind::Text(text(element, &inherited)?),
        "PathObject" => Kind::Path(path(element, &inherited)?),
        _ => Kind::Image(id(element
            .attribute("ResourceID")
            .ok_or(Reason::MissingElement)?)?),
    };
    let alpha = match element.attribute("Alpha") {
        None => 255,
        Some(text) => text.trim().parse().map_err(|_| Reason::Value)?,
    };
    Ok(Some(Drawn {
        boundary,
        matrix: matrix(element.attribute("CTM"))?,
        alpha,
        clips: clips(element)?,
        kind,
    }))
}

fn path(element: Element<'_, '_>, inherited: &Inherited) -> Result<Path, Reason> {
    let flag = |name, default| element.attribute(name).and_then(boolean).unwrap_or(default);
    Ok(Path {
        segments: segments(element.text_of("AbbreviatedData")?.unwrap_or_default())?,
        fill: flag("Fill", false)
            .then(|| color(element, "FillColor", inherited.fill.as_ref()))
            .transpose()?,
        even_odd: element.attribute("Rule") == Some("Even-Odd"),
        stroke: flag("Stroke", true)
            .then(|| inherited.stroke(element))
            .transpose()?,
    })
}

fn text(element: Element<'_, '_>, inherited: &Inherited) -> Result<Text, Reason> {
    let flag = |name, default| element.attribute(name).and_then(boolean).unwrap_or(default);
    let turned = real(element, "CharDirection", 0.0)?.rem_euclid(360.0);
    Ok(Text {
        font: id(element.attribute("Font").ok_or(Reason::MissingElement)?)?,
        size: real(element, "Size", f64::NAN).and_then(|size| {
            let sound = size.is_finite();
            sound.then_some(size).ok_or(Reason::MissingElement)
        })?,
        horizontal_scale: real(element, "HScale", 1.0)?,
        turns: match turned {
            t if t < 45.0 => 0,
            t if t < 135.0 => 1,
            t if t < 225.0 => 2,
            t if t < 315.0 => 3,
            _ => 0,
        },
        fill: flag("Fill", true)
            .then(|| color(element, "FillColor", inherited.fill.as_ref()))
            .transpose()?,
        stroke: flag("Stroke", false)
            .then(|| inherited.stroke(element))
            .transpose()?,
        codes: element.all("TextCode").map(code).collect::<Result<_, _>>()?,
        glyphs: element
            .all("CGTransform")
            .map(glyph_run)
            .collect::<Result<_, _>>()?,
    })
}

fn code(element: Element<'_, '_>) -> Result<Code, Reason> {
    let coordinate = |name| {
        let text: Option<&str> = element.attribute(name);
        text.map(|text| super::value::number(text.trim())).transpose()
    };
    let text = element.verbatim().trim_matches(['\n', '\r', '\t']).to_owned();
    let steps = text.chars().count().saturating_sub(1);
    Ok(Code {
        start: [coordinate("X")?, coordinate("Y")?],
        right: attributes::steps(element.attribute("DeltaX").unwrap_or_default(), steps)?,
        down: attributes::steps(element.attribute("DeltaY").unwrap_or_default(), steps)?,
        text,
    })
}

fn glyph_run(element: Element<'_, '_>) -> Result<GlyphRun, Reason> {
    let count = |name, default| match element.attribute(name) {
        None => Ok(default),
        Some(text) => text.trim().parse::<usize>().map_err(|_| Reason::Value),
    };
    let glyphs = element.text_of("Glyphs")?.unwrap_or_default();
    Ok(GlyphRun {
        position: count("CodePosition", 0)?,
        characters: count("CodeCount", 1)?,
        glyphs: glyphs
            .split_ascii_whitespace()
            .map(|glyph| glyph.parse().map_err(|_| Reason::Value))
            .collect::<Result<_, _>>()?,
    })
}

fn clips(element: Element<'_, '_>) -> Result<Vec<Clip>, Reason> {
    let all = element.all("Clips").flat_map(|clips| clips.all("Clip"));
    all.map(|clip| {
        let areas = clip.all("Area").map(area).collect::<Result<Vec<_>, _>>()?;
        Ok(Clip { areas })
    })
    .collect()
}

fn area(element: Element<'_, '_>) -> Result<ClipArea, Reason> {
    // A clip by text shapes is not drawn; its box stands in for it.
    let path = match element.only("Path")? {
        Some(path) => path,
        None => element.only("Text")?.ok_or(Reason::MissingElement)?,
    };
    let boundary = path.attribute("Boundary").map(Bounds::parse).transpose()?;
    Ok(ClipArea {
        boundary: boundary.unwrap_or_default(),
        matrix: attributes::product(matrix(path.attribute("CTM"))?, matrix(element.attribute("CTM"))?),
        segments: segments(path.text_of("AbbreviatedData")?.unwrap_or_default())?,
        even_odd: path.attribute("Rule") == Some("Even-Odd"),
    })
}

/// Several finite numbers of an attribute.
fn pair(element: Element<'_, '_>, name: &str) -> Result<[f64; 2], Reason> {
    numbers_of(element, name)?.try_into().map_err(|_| Reason::Value)
}
