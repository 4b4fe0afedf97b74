//! What stands on a page, in millimetres from the top left corner: shapes common to all objects, and images.

use super::error::WriteError;
use super::layout::{FontId, ImageId};
use super::path::Path;
use super::template::Ids;
use super::text::Text;
use super::xml::Xml;

/// A page size in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Size {
    /// A4, upright.
    pub const A4: Self = Self {
        width: 210.0,
        height: 297.0,
    };
}

/// A rectangle in millimetres (`ST_Box`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// The rectangle at (`x`, `y`).
    #[must_use]
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    fn values(&self) -> [f64; 4] {
        [self.x, self.y, self.width, self.height]
    }

    pub(super) fn attribute(&self, xml: &mut Xml, name: &str) -> Result<(), WriteError> {
        xml.numbers(name, &self.values()).map(|_| ())
    }
}

/// An RGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// Black.
    pub const BLACK: Self = Self(0, 0, 0);

    pub(super) fn element(self, xml: &mut Xml, name: &str) {
        xml.raw("<ofd:").raw(name).raw(" Value=\"");
        xml.integer(self.0.into())
            .raw(" ")
            .integer(self.1.into())
            .raw(" ")
            .integer(self.2.into())
            .raw("\"/>");
    }
}

/// A line's look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub color: Color,
    /// Width in millimetres.
    pub width: f64,
}

/// A placement that is not upright, for watermarks. Coordinates inside the object are then in its own space:
/// page = boundary's corner + `matrix` × point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transform {
    /// The box on the page that holds the transformed object.
    pub boundary: Rect,
    /// `a b c d e f` as in the standard's `CTM`.
    pub matrix: [f64; 6],
}

/// A picture, stretched into its box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Image {
    /// The picture.
    pub image: ImageId,
    /// Where it stands.
    pub boundary: Rect,
    /// Opacity, 255 is opaque.
    pub alpha: u8,
}

impl Image {
    /// An opaque picture.
    #[must_use]
    pub const fn new(image: ImageId, boundary: Rect) -> Self {
        Self {
            image,
            boundary,
            alpha: 255,
        }
    }

    fn write(&self, xml: &mut Xml, id: u64, resource: u64) -> Result<(), WriteError> {
        xml.raw("<ofd:ImageObject").whole("ID", id);
        self.boundary.attribute(xml, "Boundary")?;
        xml.numbers(
            "CTM",
            &[self.boundary.width, 0.0, 0.0, self.boundary.height, 0.0, 0.0],
        )?;
        alpha(xml, self.alpha);
        xml.whole("ResourceID", resource).raw("/>");
        Ok(())
    }
}

pub(super) fn alpha(xml: &mut Xml, value: u8) {
    if value < 255 {
        xml.whole("Alpha", value.into());
    }
}

/// The three kinds of objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Text.
    Text(Text),
    /// Lines and areas.
    Path(Path),
    /// A picture.
    Image(Image),
}

/// An object, with the name of the face field that it shows, if any.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// What is drawn.
    pub shape: Shape,
    /// The element of the tag index that refers to this object, as `CZZT`. A text with characters outside the BMP
    /// becomes several objects, all referred to in order.
    pub field: Option<String>,
}

impl Object {
    /// The same object, indexed under `field`.
    #[must_use]
    pub fn showing(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The length of its path, which may be that of a whole page.
    pub(super) fn data_length(&self) -> usize {
        match &self.shape {
            Shape::Path(path) => path.data.length(),
            Shape::Text(_) | Shape::Image(_) => 0,
        }
    }

    /// Writes the object, taking one number, or more if its text makes several runs; `resources` finds the number
    /// of the font or image used.
    pub(super) fn write(
        &self,
        xml: &mut Xml,
        ids: &mut Ids,
        resources: &dyn Resources,
    ) -> Result<(), WriteError> {
        match &self.shape {
            Shape::Text(text) => text.write(xml, ids, resources.font(text.font)?),
            Shape::Path(path) => path.write(xml, ids.take()),
            Shape::Image(image) => image.write(xml, ids.take(), resources.image(image.image)?),
        }
    }
}

impl From<Text> for Object {
    fn from(text: Text) -> Self {
        Self {
            shape: Shape::Text(text),
            field: None,
        }
    }
}

impl From<Path> for Object {
    fn from(path: Path) -> Self {
        Self {
            shape: Shape::Path(path),
            field: None,
        }
    }
}

impl From<Image> for Object {
    fn from(image: Image) -> Self {
        Self {
            shape: Shape::Image(image),
            field: None,
        }
    }
}

/// Finds the numbers of resources, and refuses those without bytes in this document.
pub(super) trait Resources {
    fn font(&self, font: FontId) -> Result<u64, WriteError>;
    fn image(&self, image: ImageId) -> Result<u64, WriteError>;
}
