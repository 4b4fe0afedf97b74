//! The face: everything drawn on the page, as data both writers read.
//!
//! A face has a fixed part, equal in all documents of a template, and a variable part made from the facts of one
//! certificate. Neither knows OFD or PDF.

mod compose;
mod copy;
mod fit;
mod fixed;
mod ornament;
mod practice_seal;
mod slots;

pub use compose::{FaceError, compose};
pub use fit::{Fitted, Room, Unfit, fit, width};
pub use fixed::{Kind, fixed};
pub(crate) use practice_seal::SealArc;
pub use slots::Slots;

use std::borrow::Cow;

use crate::font::Font;
use crate::geometry::{Color, Point, Rect};
use crate::layout::Field;

/// What a line of text is for. Re-extraction and the tag index go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Wording and ornament without meaning for the facts.
    Fixed,
    /// The value of a fact.
    Value(Field),
    /// A character of the employer's name on the arc of the practice seal.
    SealArc,
    /// The note of a use copy across the page.
    Watermark,
    /// The note of a use copy over photo and signature image.
    Overprint,
}

/// Which font file of the document a line is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Fixed wording, digits, letters, specialties: the same file in every document of a template.
    Fixed,
    /// Bold fixed wording: the same file in every document of a template.
    Title,
    /// Characters of this document.
    Text,
    /// Rare characters of this document.
    Rare,
}

impl Slot {
    /// All slots, in the order in which documents declare their fonts.
    pub const ALL: [Self; 4] = [Self::Fixed, Self::Title, Self::Text, Self::Rare];

    /// The font of the pack whose outlines the slot holds.
    pub const fn font(self) -> Font {
        match self {
            Self::Fixed | Self::Text => Font::Song,
            Self::Title => Font::Bold,
            Self::Rare => Font::Fallback,
        }
    }

    /// The name of the font file's family inside documents.
    pub const fn family(self) -> &'static str {
        match self {
            Self::Fixed => "JianzhengFixed",
            Self::Title => "JianzhengTitle",
            Self::Text => "JianzhengText",
            Self::Rare => "JianzhengRare",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// One line of text in one font.
#[derive(Debug, Clone, PartialEq)]
pub struct TextLine<'a> {
    /// What it is for.
    pub role: Role,
    /// The font file.
    pub slot: Slot,
    /// Size of the em square.
    pub size: f64,
    /// Start of the base line.
    pub origin: Point,
    /// The characters.
    pub text: Cow<'a, str>,
    /// Extra space after each character.
    pub spacing: f64,
    /// Fill colour.
    pub color: Color,
    /// Turn around the origin in degrees, counter-clockwise.
    pub rotation: f64,
    /// Opacity in percent.
    pub opacity: u8,
}

/// Lines and curves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stroke {
    /// Begins a figure.
    Move(Point),
    /// A straight line.
    Line(Point),
    /// A cubic curve: two control points and the end.
    Curve(Point, Point, Point),
    /// Closes the figure.
    Close,
}

/// A drawn figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The pieces.
    pub path: Vec<Stroke>,
    /// A box around all of it.
    pub bounds: Rect,
    /// Pen colour and width.
    pub stroke: Option<(Color, f64)>,
    /// Fill colour.
    pub fill: Option<Color>,
}

/// A picture that a document brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Picture {
    /// The holder's photo.
    Photo,
    /// The image of the holder's handwritten signature.
    Signature,
}

/// One thing on the page; things are drawn in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'a> {
    /// Text.
    Text(TextLine<'a>),
    /// A figure.
    Figure(Figure),
    /// A picture filling its box.
    Picture(Picture, Rect),
    /// The QR symbol, without its quiet zone.
    Code(Rect),
}

/// The variable part of one certificate's face.
#[derive(Debug, Clone, PartialEq)]
pub struct Face<'a> {
    /// Everything, in drawing order.
    pub items: Vec<Item<'a>>,
}

impl Face<'_> {
    /// The lines of text.
    pub fn lines(&self) -> impl Iterator<Item = &TextLine<'_>> {
        self.items.iter().filter_map(|item| match item {
            Item::Text(line) => Some(line),
            Item::Figure(_) | Item::Picture(..) | Item::Code(_) => None,
        })
    }
}

#[cfg(test)]
mod tests;
