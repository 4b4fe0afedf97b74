//! The order in which assistive software reads a PDF: the lines as they stand on the page, each label with its value.
//!
//! The elements are the same in all documents of a template. What varies in number, such as specialties, is one piece.

use pdf::{Content, Element, ElementKind, Mark, TemplateBuilder};

use crate::face::{Item, Kind, Picture, Role, Slot, TextLine};
use crate::geometry::Point;
use crate::layout::{Field, Layout};

const PHOTO: &str = "持证人照片";
const SIGNATURE: &str = "持证人手写签名图像";
const CODE: &str = "二维码，内容为查验本证书的网址";

/// What belongs together in a document's own content; all documents of a template have the same groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Photo,
    Signature,
    Code,
    Note,
    Value(Field),
    Specialties,
    PracticeSeal,
}

impl Group {
    /// The group of an item; none for what only decorates, or says again over a picture what the note says.
    fn of(item: &Item<'_>) -> Option<Self> {
        let line = match item {
            Item::Picture(Picture::Photo, _) => return Some(Self::Photo),
            Item::Picture(Picture::Signature, _) => return Some(Self::Signature),
            Item::Code(_) => return Some(Self::Code),
            Item::Figure(_) => return None,
            Item::Text(line) => line,
        };
        match line.role {
            Role::Overprint => None,
            Role::Watermark => Some(Self::Note),
            Role::SealArc => Some(Self::PracticeSeal),
            // The one label whose wording depends on the holder.
            Role::Fixed => Some(Self::Value(Field::DocumentNumber)),
            Role::Value(Field::Specialty(_) | Field::SpecialtyValidity(_)) => Some(Self::Specialties),
            Role::Value(field) if field.is_on_seal() => Some(Self::PracticeSeal),
            Role::Value(field) => Some(Self::Value(field)),
        }
    }

    fn kind(self) -> ElementKind {
        match self {
            Self::Photo | Self::Signature | Self::Code => ElementKind::Figure,
            Self::Note | Self::Value(_) | Self::Specialties | Self::PracticeSeal => ElementKind::Paragraph,
        }
    }

    /// All groups of a template's documents, each with the place that decides when it is read.
    fn all(layout: &Layout, kind: Kind) -> Vec<(Self, Point)> {
        let (photo, signature, code) = (layout.photo(), layout.signature(), layout.code());
        let at = |x, y| Point { x, y };
        let mut out = vec![
            (Self::Photo, at(photo.x, photo.y)),
            (Self::Signature, at(signature.x, signature.bottom())),
            (Self::Code, at(code.x, code.bottom())),
            (Self::PracticeSeal, layout.practice_seal()),
        ];
        for field in layout.fields() {
            let Some(area) = layout.area(field) else { continue };
            let place = at(area.bounds.x, area.baseline);
            match field {
                Field::Specialty(0) => out.push((Self::Specialties, place)),
                Field::Specialty(_) | Field::SpecialtyValidity(_) => {}
                Field::UsePeriod if kind == Kind::Original => {}
                Field::UsePeriod => out.extend([(Self::Value(field), place), (Self::Note, place)]),
                field if field.is_on_seal() => {}
                field => out.push((Self::Value(field), place)),
            }
        }
        out
    }
}

/// The marks of a template.
pub(crate) struct Structure {
    /// Of each fixed item; none for what only decorates.
    fixed: Vec<Option<(ElementKind, Mark)>>,
    groups: Vec<(Group, Mark)>,
    /// How often the note of a use copy is written: it is read once.
    notes: usize,
}

/// The fixed wording: the mark of each item, what is read of it where, and what stands on the practice seal's ring.
struct Wording {
    marks: Vec<Option<(ElementKind, Mark)>>,
    pieces: Vec<(Point, Piece)>,
    ring: Option<Mark>,
}

impl Wording {
    fn declare(builder: &mut TemplateBuilder<'_>, items: &[Item<'_>]) -> Self {
        let mut out = Self {
            marks: Vec::with_capacity(items.len()),
            pieces: Vec::new(),
            ring: None,
        };
        let mut specimen = false;
        for item in items {
            let mark = match item {
                Item::Text(line) if is_on_ring(line) => {
                    let mark = *out.ring.get_or_insert_with(|| builder.mark());
                    Some((ElementKind::Paragraph, mark))
                }
                // The mark of a specimen stands several times and is read once, before everything.
                Item::Text(line) if line.rotation != 0.0 => {
                    let first = !std::mem::replace(&mut specimen, true);
                    first.then(|| out.piece(builder.mark(), Point { x: 0.0, y: 0.0 }, false))
                }
                Item::Text(line) => Some(out.piece(builder.mark(), line.origin, line.slot == Slot::Title)),
                Item::Figure(_) | Item::Picture(..) | Item::Code(_) => None,
            };
            out.marks.push(mark);
        }
        out
    }

    fn piece(&mut self, mark: Mark, place: Point, heading: bool) -> (ElementKind, Mark) {
        let (kind, piece) = if heading {
            (ElementKind::Heading, Piece::Heading(mark))
        } else {
            (ElementKind::Paragraph, Piece::Label(mark))
        };
        self.pieces.push((place, piece));
        (kind, mark)
    }
}

/// What comes in the order of reading.
enum Piece {
    Heading(Mark),
    Label(Mark),
    Group(Group, Mark),
    Seal,
}

impl Structure {
    /// Declares the elements of a template.
    pub(crate) fn declare(
        builder: &mut TemplateBuilder<'_>,
        layout: &Layout,
        kind: Kind,
        items: &[Item<'_>],
        issuer: &str,
    ) -> Self {
        let Wording {
            marks: fixed,
            mut pieces,
            ring,
        } = Wording::declare(builder, items);
        let mut groups = Vec::new();
        for (group, place) in Group::all(layout, kind) {
            let mark = builder.mark();
            groups.push((group, mark));
            pieces.push((place, Piece::Group(group, mark)));
        }
        let seal = layout.seal();
        pieces.push((
            Point {
                x: seal.x,
                y: seal.bottom(),
            },
            Piece::Seal,
        ));
        // Lines from the top, each from the left. What stands on one line may differ by what a pen does.
        let tenth = |value: f64| (value * 10.0).round() as i64;
        pieces.sort_by_key(|(place, _)| (tenth(place.y), tenth(place.x)));
        elements(pieces.into_iter().map(|(_, piece)| piece), ring, issuer)
            .into_iter()
            .for_each(|element| builder.element(element));
        Self {
            fixed,
            groups,
            notes: layout.note().places.len(),
        }
    }

    /// Draws the fixed items by `draw`, each within its mark.
    pub(crate) fn fixed<'i, E>(
        &self,
        content: &mut Content,
        items: &'i [Item<'i>],
        draw: impl FnMut(&mut Content, &'i Item<'i>) -> Result<(), E>,
    ) -> Result<(), E> {
        marked(content, items.iter().zip(self.fixed.iter().copied()), draw)
    }

    /// Draws a document's own items by `draw`, each within the mark of its group.
    pub(crate) fn own<'i, E>(
        &self,
        content: &mut Content,
        items: &'i [Item<'i>],
        draw: impl FnMut(&mut Content, &'i Item<'i>) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_note = |item: &&Item<'_>| Group::of(item) == Some(Group::Note);
        let mut unread = items.iter().filter(is_note).count() / self.notes.max(1);
        let mut mark = |item: &Item<'_>| {
            let group = Group::of(item)?;
            if group == Group::Note {
                unread = unread.checked_sub(1)?;
            }
            let (_, mark) = self.groups.iter().find(|(known, _)| *known == group)?;
            Some((group.kind(), *mark))
        };
        marked(content, items.iter().map(|item| (item, mark(item))), draw)
    }
}

/// A single character turned to its place: the wording on the ring of the practice seal.
fn is_on_ring(line: &TextLine<'_>) -> bool {
    line.text.chars().nth(1).is_none()
}

/// Labels are read with the value that follows; what stands on the ring of the practice seal before what is within.
fn elements(pieces: impl Iterator<Item = Piece>, ring: Option<Mark>, issuer: &str) -> Vec<Element> {
    let mut out: Vec<Element> = Vec::new();
    let mut label: Option<Mark> = None;
    let paragraph = |marks| Element {
        kind: ElementKind::Paragraph,
        alternative: None,
        marks,
    };
    for piece in pieces {
        let is_text = matches!(piece, Piece::Group(group, _) if group.kind() == ElementKind::Paragraph);
        let with = if is_text { label.take() } else { None };
        out.extend(label.take().map(|alone| paragraph(vec![alone])));
        match piece {
            Piece::Label(mark) => label = Some(mark),
            Piece::Heading(mark) => out.push(Element {
                kind: ElementKind::Heading,
                ..paragraph(vec![mark])
            }),
            Piece::Group(group, mark) => {
                let ring = ring.filter(|_| group == Group::PracticeSeal);
                out.push(Element {
                    kind: group.kind(),
                    alternative: words(group).map(str::to_owned),
                    marks: with.into_iter().chain(ring).chain([mark]).collect(),
                });
            }
            Piece::Seal => out.push(Element {
                kind: ElementKind::Seal,
                alternative: Some(format!("电子印章：{issuer}")),
                marks: Vec::new(),
            }),
        }
    }
    out.extend(label.map(|alone| paragraph(vec![alone])));
    out
}

fn words(group: Group) -> Option<&'static str> {
    match group {
        Group::Photo => Some(PHOTO),
        Group::Signature => Some(SIGNATURE),
        Group::Code => Some(CODE),
        Group::Note | Group::Value(_) | Group::Specialties | Group::PracticeSeal => None,
    }
}

/// Draws items, with marked content around those that follow each other under one mark.
fn marked<'i, E>(
    content: &mut Content,
    items: impl Iterator<Item = (&'i Item<'i>, Option<(ElementKind, Mark)>)>,
    mut draw: impl FnMut(&mut Content, &'i Item<'i>) -> Result<(), E>,
) -> Result<(), E> {
    let (mut begun, mut last) = (false, None);
    for (item, mark) in items {
        if !begun || last != mark {
            if begun {
                content.end();
            }
            match mark {
                Some((kind, mark)) => content.begin(kind, mark),
                None => content.begin_artifact(),
            }
            (begun, last) = (true, mark);
        }
        draw(content, item)?;
    }
    if begun {
        content.end();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
