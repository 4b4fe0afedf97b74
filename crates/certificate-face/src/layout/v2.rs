//! Layout version 2: the QR symbol grew for the payload that it carries, long employers take three lines, ten
//! specialties stand wider apart, and the note of a use copy lies over the whole of both pictures.
//!
//! What is not said here stands as in version 1.

use super::v1;
use super::{Align, Area, DocumentNumberPolicy, Field, Label, Note, Overprint};
use crate::geometry::{Point, Rect};

/// 39 mm: a module of the largest symbol (version 20, 97 modules) is 0.40 mm wide, of a usual one (version 11) 0.63 mm.
pub(super) const CODE: Rect = Rect::new(31.0, 226.2, 39.0, 39.0);

/// What scans needs its quiet zone: the wording stands four modules of a usual symbol below it.
const CODE_LABEL: Point = Point { x: 50.5, y: 270.9 };

pub(super) const NOTE: Note = Note {
    places: &v1::NOTE_PLACES,
    rotation: 22.0,
    width: 104.0,
    size: 4.2,
    wished: 2.4,
    least: 1.5,
    lines: 5,
};

pub(super) const OVERPRINT: Overprint = Overprint {
    photo: Rect::new(
        v1::PHOTO.x + 1.0,
        v1::PHOTO.y + 0.6,
        v1::PHOTO.width - 2.0,
        v1::PHOTO.height - 1.2,
    ),
    signature: Rect::new(
        v1::SIGNATURE.x,
        v1::SIGNATURE.y + 0.4,
        v1::SIGNATURE.width,
        v1::SIGNATURE.height - 0.8,
    ),
    size: 2.4,
    least: 1.4,
    repeated: true,
    opacity: 48,
};

pub(super) fn labels(policy: DocumentNumberPolicy) -> impl Iterator<Item = Label> {
    v1::labels(policy).map(|label| {
        if label.text == v1::CODE_WORDING {
            Label {
                at: CODE_LABEL,
                ..label
            }
        } else {
            label
        }
    })
}

pub(super) fn area(policy: DocumentNumberPolicy, specialties: u8, field: Field) -> Option<Area> {
    let area = v1::area(policy, specialties, field)?;
    let narrow = specialties > v1::TABLE_ROWS;
    Some(match field {
        Field::Employer => Area { lines: 3, ..area },
        // Two lines keep clear of the end of validity below them.
        Field::SealSpecialties => Area {
            bounds: Rect {
                height: area.bounds.height - 0.3,
                ..area.bounds
            },
            ..area
        },
        Field::Specialty(_) if narrow => Area {
            bounds: Rect {
                width: 25.0,
                ..area.bounds
            },
            size: 3.5,
            ..area
        },
        Field::SpecialtyValidity(_) if narrow => Area {
            bounds: Rect {
                x: area.bounds.x + 0.5,
                width: 35.5,
                ..area.bounds
            },
            size: 3.0,
            align: Align::Left,
            ..area
        },
        _ => area,
    })
}
