//! The fixed part: ornament, wording, ruled lines, frames, the practice seal's ellipses, the specimen mark.

use std::borrow::Cow;

use super::{Item, Role, Slot, TextLine, ornament, practice_seal};
use crate::face::fit;
use crate::font::{Font, FontPack};
use crate::geometry::{Color, Point};
use crate::layout::{Align, Label, Layout};

const RULE: Color = Color(205, 186, 150);
const WRITING: Color = Color(120, 120, 120);
const SPECIMEN: Color = Color(250, 226, 222);
const QUIET: Color = Color(110, 110, 110);

/// What a template's documents are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The original: one per certificate version.
    Original,
    /// Use copies (加注件).
    UseCopy,
}

/// The fixed items, in drawing order.
pub fn fixed(pack: &FontPack, layout: &Layout, kind: Kind, specimen: bool) -> Vec<Item<'static>> {
    let mut out: Vec<Item<'static>> = Vec::new();
    out.extend(ornament::ornament(layout.page()).into_iter().map(Item::Figure));
    if specimen {
        out.extend(specimen_mark(pack));
    }
    for &(from, to, width) in layout.rules() {
        let color = if width > 0.19 { WRITING } else { RULE };
        out.push(Item::Figure(ornament::line(from, to, color, width)));
    }
    let frame = ornament::grown(layout.photo(), 0.35);
    out.push(Item::Figure(ornament::rectangle(frame, RULE, 0.2)));
    out.extend(layout.labels().map(|label| Item::Text(wording(pack, label))));
    if kind == Kind::Original {
        let note = Label {
            text: "本件为电子证照原件，对外使用请申请载明使用期限的加注件",
            at: Point { x: 105.0, y: 66.5 },
            size: 3.2,
            spacing: 0.0,
            bold: false,
            align: Align::Center,
            color: QUIET,
        };
        out.push(Item::Text(wording(pack, note)));
    }
    out.extend(practice_seal::fixed(layout.practice_seal()));
    out
}

fn wording(pack: &FontPack, label: Label) -> TextLine<'static> {
    let (slot, font) = if label.bold {
        (Slot::Title, Font::Bold)
    } else {
        (Slot::Fixed, Font::Song)
    };
    let ems: f64 = label.text.chars().map(|c| f64::from(pack.advance(font, c))).sum();
    let count = label.text.chars().count() as f64;
    let width = ems * label.size + label.spacing * (count - 1.0);
    let x = if label.align == Align::Center {
        label.at.x - width / 2.0
    } else {
        label.at.x
    };
    TextLine {
        role: Role::Fixed,
        slot,
        size: label.size,
        origin: Point { x, y: label.at.y },
        text: Cow::Borrowed(label.text),
        spacing: label.spacing,
        color: label.color,
        rotation: 0.0,
        opacity: 100,
    }
}

/// 样本 SPECIMEN across the page, pale and under the text, so large that no crop loses it.
fn specimen_mark(pack: &FontPack) -> Vec<Item<'static>> {
    let places = [(34.0, 139.6), (24.0, 240.0)];
    places
        .into_iter()
        .map(|(x, y)| Item::Text(slanted(pack, x, y)))
        .collect()
}

fn slanted(pack: &FontPack, x: f64, y: f64) -> TextLine<'static> {
    const TEXT: &str = "样本 SPECIMEN";
    let size = 150.0 / fit::width(pack, TEXT);
    TextLine {
        role: Role::Fixed,
        slot: Slot::Title,
        size,
        origin: Point { x, y },
        text: Cow::Borrowed(TEXT),
        spacing: 0.0,
        color: SPECIMEN,
        rotation: 24.0,
        opacity: 100,
    }
}
