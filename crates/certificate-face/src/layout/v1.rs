//! Layout version 1 (domain §3.6): A4 upright, after the face that the ministry is known to use, with the practice
//! seal that the guide asks for.

use super::{Align, Area, DocumentNumberPolicy, Field, Label, Note, Overprint};
use crate::geometry::{Color, Point, Rect};

pub(super) const PAGE: (f64, f64) = (210.0, 297.0);
pub(super) const SPECIALTIES: usize = 10;

const INK: Color = Color(20, 20, 20);
const LABEL: Color = Color(96, 78, 52);
const TITLE: Color = Color(150, 24, 24);
const QUIET: Color = Color(110, 110, 110);
const SEAL_BLUE: Color = Color(16, 42, 116);

pub(super) const PHOTO: Rect = Rect::new(155.0, 77.0, 25.0, 35.0);
pub(super) const SIGNATURE: Rect = Rect::new(131.0, 188.0, 38.0, 14.0);
pub(super) const CODE: Rect = Rect::new(31.0, 231.5, 32.0, 32.0);
pub(super) const SEAL: Rect = Rect::new(124.5, 226.0, 45.0, 45.0);
pub(super) const PRACTICE_SEAL: Point = at(56.0, 205.0);

pub(super) const RULES: [(Point, Point, f64); 4] = [
    (at(30.0, 141.5), at(180.0, 141.5), 0.15),
    (at(30.0, 183.5), at(180.0, 183.5), 0.15),
    (at(131.0, 212.0), at(176.0, 212.0), 0.2),
    (at(131.0, 221.5), at(176.0, 221.5), 0.2),
];

pub(super) const FIELDS: [Field; 14] = [
    Field::Name,
    Field::Sex,
    Field::BirthDate,
    Field::DocumentNumber,
    Field::RegistrationNumber,
    Field::Employer,
    Field::UsePeriod,
    Field::Issuer,
    Field::IssueDate,
    Field::LicenceIdentifier,
    Field::SealName,
    Field::SealNumber,
    Field::SealSpecialties,
    Field::SealValidity,
];

/// Beside the QR symbol.
pub(super) const CODE_WORDING: &str = "请扫描二维码查验";

/// Where the note of a use copy begins.
pub(super) const NOTE_PLACES: [Point; 6] = [
    at(26.0, 108.0),
    at(88.0, 140.0),
    at(26.0, 176.0),
    at(88.0, 200.0),
    at(26.0, 240.0),
    at(88.0, 264.0),
];

pub(super) const NOTE: Note = Note {
    places: &NOTE_PLACES,
    rotation: 22.0,
    width: 104.0,
    size: 4.2,
    wished: 1.6,
    least: 1.6,
    lines: 1,
};

pub(super) const OVERPRINT: Overprint = Overprint {
    photo: Rect::new(PHOTO.x + 1.0, PHOTO.y + 20.0, PHOTO.width - 2.0, 14.0),
    signature: Rect::new(SIGNATURE.x, SIGNATURE.y + 5.0, SIGNATURE.width, 9.0),
    size: 2.6,
    least: 0.6,
    repeated: false,
    opacity: 60,
};

const LABEL_X: f64 = 31.0;
const VALUE_X: f64 = 57.0;
const FIRST_ROW: f64 = 82.0;
const LAST_ROW: f64 = 134.0;
const TABLE_TOP: f64 = 147.5;
const TABLE_PITCH: f64 = 7.0;
pub(super) const TABLE_ROWS: u8 = 5;
const TABLE_COLUMN: f64 = 63.0;

const fn at(x: f64, y: f64) -> Point {
    Point { x, y }
}

/// The base line of the n-th row of the holder's data; without the document number the rows stand wider.
fn row(policy: DocumentNumberPolicy, index: u8) -> f64 {
    let rows = match policy {
        DocumentNumberPolicy::Shown => 5.0,
        DocumentNumberPolicy::Hidden => 4.0,
    };
    FIRST_ROW + (LAST_ROW - FIRST_ROW) * f64::from(index) / rows
}

/// The row of a field, counted without those that the policy hides.
fn row_of(policy: DocumentNumberPolicy, field: Field) -> Option<f64> {
    let shown = policy == DocumentNumberPolicy::Shown;
    let index = match field {
        Field::Name => 0,
        Field::Sex => 1,
        Field::BirthDate => 2,
        Field::DocumentNumber if shown => 3,
        Field::RegistrationNumber => 3 + u8::from(shown),
        Field::Employer => 4 + u8::from(shown),
        _ => return None,
    };
    Some(row(policy, index))
}

pub(super) fn document_label(policy: DocumentNumberPolicy) -> Option<Point> {
    row_of(policy, Field::DocumentNumber).map(|y| at(LABEL_X, y))
}

pub(super) fn labels(policy: DocumentNumberPolicy) -> impl Iterator<Item = Label> {
    let base = Label {
        text: "",
        at: at(LABEL_X, 0.0),
        size: 4.6,
        spacing: 0.0,
        bold: false,
        align: Align::Left,
        color: LABEL,
    };
    let holder = [
        ("姓　　名", Field::Name),
        ("性　　别", Field::Sex),
        ("出生日期", Field::BirthDate),
        ("注册编号", Field::RegistrationNumber),
        ("聘用企业", Field::Employer),
    ];
    let holder = holder.into_iter().filter_map(move |(text, field)| {
        row_of(policy, field).map(|y| Label {
            text,
            at: at(LABEL_X, y),
            ..base
        })
    });
    let centred = Label {
        align: Align::Center,
        ..base
    };
    let fixed = [
        Label {
            text: "中华人民共和国",
            at: at(105.0, 40.5),
            size: 8.0,
            spacing: 2.2,
            bold: true,
            color: TITLE,
            ..centred
        },
        Label {
            text: "一级建造师注册证书",
            at: at(105.0, 55.5),
            size: 11.5,
            spacing: 1.6,
            bold: true,
            color: TITLE,
            ..centred
        },
        Label {
            text: "注册专业",
            at: at(LABEL_X, TABLE_TOP),
            ..base
        },
        Label {
            text: "个人签名",
            at: at(108.0, 196.5),
            ..base
        },
        Label {
            text: "手写签名",
            at: at(108.0, 210.5),
            ..base
        },
        Label {
            text: "签名日期",
            at: at(108.0, 220.0),
            ..base
        },
        Label {
            text: CODE_WORDING,
            at: at(47.0, 269.6),
            size: 3.2,
            color: QUIET,
            ..centred
        },
        Label {
            text: "签发日期",
            at: at(117.0, 259.0),
            size: 4.4,
            ..base
        },
        Label {
            text: "电子证照标识",
            at: at(31.0, 277.0),
            size: 2.7,
            color: QUIET,
            ..base
        },
    ];
    fixed.into_iter().chain(holder)
}

pub(super) fn specialty_fields() -> impl Iterator<Item = Field> {
    (0..SPECIALTIES as u8).flat_map(|index| [Field::Specialty(index), Field::SpecialtyValidity(index)])
}

pub(super) fn area(policy: DocumentNumberPolicy, specialties: u8, field: Field) -> Option<Area> {
    let value = |x: f64, width: f64, baseline: f64| Area {
        bounds: Rect::new(x, baseline - 6.2, width, 10.0),
        baseline,
        size: 5.0,
        least: 2.6,
        lines: 1,
        align: Align::Left,
        color: INK,
    };
    if let Some(baseline) = row_of(policy, field) {
        let base = value(VALUE_X, 94.0, baseline);
        return Some(match field {
            Field::Name => Area {
                size: 6.0,
                lines: 2,
                ..base
            },
            Field::Employer => Area {
                bounds: Rect::new(VALUE_X, baseline - 6.2, 123.0, 10.0),
                lines: 2,
                ..base
            },
            _ => base,
        });
    }
    // Band from the middle of the seal, base line, width, sizes, lines.
    let seal = |band: (f64, f64), dy: f64, width: f64, (size, least): (f64, f64), lines: usize| {
        let middle = PRACTICE_SEAL;
        Area {
            bounds: Rect::new(middle.x - width / 2.0, middle.y + band.0, width, band.1 - band.0),
            baseline: middle.y + dy,
            size,
            least,
            lines,
            align: Align::Center,
            color: SEAL_BLUE,
        }
    };
    match field {
        Field::Specialty(index) => cell(specialties, index, false),
        Field::SpecialtyValidity(index) => cell(specialties, index, true),
        Field::UsePeriod => Some(Area {
            bounds: Rect::new(35.0, 62.0, 140.0, 7.0),
            size: 4.6,
            align: Align::Center,
            color: TITLE,
            ..value(0.0, 0.0, 67.0)
        }),
        Field::Issuer => Some(Area {
            bounds: Rect::new(102.0, 243.0, 90.0, 8.0),
            size: 5.2,
            align: Align::Center,
            ..value(0.0, 0.0, 249.0)
        }),
        Field::IssueDate => Some(Area {
            size: 4.6,
            ..value(137.5, 45.0, 259.0)
        }),
        Field::LicenceIdentifier => Some(Area {
            bounds: Rect::new(49.0, 273.8, 132.0, 4.2),
            size: 2.7,
            least: 1.8,
            color: QUIET,
            ..value(0.0, 0.0, 277.0)
        }),
        Field::SealName => Some(seal((-10.4, -4.4), -5.6, 27.0, (4.0, 1.0), 2)),
        Field::SealNumber => Some(seal((-4.3, -0.6), -1.0, 32.5, (3.5, 2.2), 1)),
        Field::SealSpecialties => Some(seal((-0.5, 5.9), 4.0, 28.0, (3.0, 1.5), 2)),
        Field::SealValidity => Some(seal((6.0, 8.8), 8.2, 24.0, (2.5, 2.0), 1)),
        _ => None,
    }
}

/// A cell of the table of specialties: one roomy column for up to five, two narrow ones beyond.
fn cell(specialties: u8, index: u8, validity: bool) -> Option<Area> {
    if index >= specialties || usize::from(specialties) > SPECIALTIES {
        return None;
    }
    let narrow = specialties > TABLE_ROWS;
    let baseline = TABLE_TOP + TABLE_PITCH * f64::from(index % TABLE_ROWS);
    let left = VALUE_X + TABLE_COLUMN * f64::from(index / TABLE_ROWS);
    let (offset, width, size) = match (narrow, validity) {
        (true, false) => (0.0, 25.5, 3.8),
        (true, true) => (26.0, 36.5, 3.1),
        (false, false) => (0.0, 42.0, 5.0),
        (false, true) => (43.0, 80.0, 4.4),
    };
    Some(Area {
        bounds: Rect::new(left + offset, baseline - 5.0, width, 6.4),
        baseline,
        size,
        least: 2.4,
        lines: 1,
        align: Align::Left,
        color: INK,
    })
}
