//! The variable part: the facts of one certificate, set into their areas.

use std::borrow::Cow;

use super::fit::{Room, fit, line, width};
use super::slots::Slots;
use super::{Face, Item, Picture, Role, Slot, TextLine, practice_seal};
use crate::facts::{FaceFacts, chinese_date, push_number, separated_date};
use crate::font::{FontPack, MissingCharacters};
use crate::geometry::{Color, Point};
use crate::layout::{Align, Area, Field, Layout};

/// Why facts cannot be set. Nothing has been built when this is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaceError {
    /// A text holds characters that no font draws.
    #[error(transparent)]
    Missing(#[from] MissingCharacters),
    /// A text is too long for its area even at the smallest readable size.
    #[error("{0:?} does not fit its area")]
    TooLong(Field),
    /// Recipient and purpose of a use copy are too long for the note that they make.
    #[error("the note of the use copy does not fit even at the smallest readable size")]
    NoteTooLong,
    /// The layout has no room for this many specialties.
    #[error("{0} specialties: the face holds one to ten")]
    Specialties(usize),
}

/// Sets the facts. Checks every character first.
pub fn compose<'a>(layout: &Layout, slots: &Slots<'_>, facts: &FaceFacts<'a>) -> Result<Face<'a>, FaceError> {
    let count = facts.specialties.len();
    if count == 0 || count > layout.specialties() {
        return Err(FaceError::Specialties(count));
    }
    check_characters(slots.pack, facts)?;
    let layout = layout.with_specialties(count);
    let mut page = Page {
        layout,
        slots,
        items: Vec::with_capacity(64),
    };
    page.items.push(Item::Picture(Picture::Photo, layout.photo()));
    page.items
        .push(Item::Picture(Picture::Signature, layout.signature()));
    page.items.push(Item::Code(layout.code()));
    page.holder(facts)?;
    page.specialties(facts)?;
    page.practice_seal(facts)?;
    page.issue(facts)?;
    if let Some(copy) = &facts.copy {
        page.copy(copy)?;
    }
    Ok(Face { items: page.items })
}

fn check_characters(pack: &FontPack, facts: &FaceFacts<'_>) -> Result<(), MissingCharacters> {
    let copy = facts.copy.as_ref();
    let texts = [
        facts.name,
        facts.document_number,
        facts.registration_number,
        facts.employer,
        facts.issuer,
        facts.licence_identifier,
        copy.map_or("", |c| c.recipient),
        copy.map_or("", |c| c.purpose),
    ];
    let mut missing: Vec<char> = Vec::new();
    for text in texts {
        missing.extend(
            pack.missing(text)
                .into_iter()
                .filter(|c| !missing.contains(c))
                .collect::<Vec<_>>(),
        );
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MissingCharacters(missing))
    }
}

pub(super) struct Page<'l, 'a> {
    pub(super) layout: Layout,
    pub(super) slots: &'l Slots<'l>,
    pub(super) items: Vec<Item<'a>>,
}

const LABEL: Color = Color(96, 78, 52);

impl<'a> Page<'_, 'a> {
    fn holder(&mut self, facts: &FaceFacts<'a>) -> Result<(), FaceError> {
        self.value(Field::Name, facts.name.into())?;
        self.value(Field::Sex, facts.sex.into())?;
        self.value(Field::BirthDate, chinese_date(facts.birth_date).into())?;
        if let Some(at) = self.layout.document_label() {
            let label = if facts.citizen {
                "身份证号"
            } else {
                "证件号码"
            };
            self.runs(Role::Fixed, label, 4.6, at, LABEL, 0.0, 100);
            self.value(Field::DocumentNumber, facts.document_number.into())?;
        }
        self.value(Field::RegistrationNumber, facts.registration_number.into())?;
        self.value(Field::Employer, facts.employer.into())
    }

    fn specialties(&mut self, facts: &FaceFacts<'a>) -> Result<(), FaceError> {
        let narrow = facts.specialties.len() > 5;
        for (index, specialty) in (0_u8..).zip(facts.specialties) {
            self.value(Field::Specialty(index), specialty.name.into())?;
            let mut text = String::with_capacity(48);
            if narrow {
                text.push_str(&separated_date(specialty.from, '.'));
                text.push('至');
                text.push_str(&separated_date(specialty.to, '.'));
            } else {
                text.push_str(&chinese_date(specialty.from));
                text.push('至');
                text.push_str(&chinese_date(specialty.to));
            }
            self.value(Field::SpecialtyValidity(index), text.into())?;
        }
        Ok(())
    }

    fn practice_seal(&mut self, facts: &FaceFacts<'a>) -> Result<(), FaceError> {
        self.value(Field::SealName, facts.name.into())?;
        let mut number = String::with_capacity(32);
        number.push_str(facts.registration_number);
        number.push('(');
        push_number(&mut number, i32::from(facts.seal_check_code), 2);
        number.push(')');
        self.value(Field::SealNumber, number.into())?;
        let mut abbreviations = String::with_capacity(72);
        for (index, specialty) in facts.specialties.iter().enumerate() {
            abbreviations.push_str(if index > 0 { " " } else { "" });
            abbreviations.push_str(specialty.abbreviation);
        }
        self.value(Field::SealSpecialties, abbreviations.into())?;
        self.value(
            Field::SealValidity,
            separated_date(facts.seal_valid_to, '.').into(),
        )?;
        let slots = self.slots;
        let all_fixed = facts.employer.chars().all(slots.fixed);
        let slot = |c: char| if all_fixed { Slot::Fixed } else { slots.own(c) };
        self.items.extend(practice_seal::employer(
            slots.pack,
            slot,
            self.layout.practice_seal(),
            facts.employer,
        ));
        Ok(())
    }

    fn issue(&mut self, facts: &FaceFacts<'a>) -> Result<(), FaceError> {
        self.value(Field::Issuer, facts.issuer.into())?;
        self.value(Field::IssueDate, chinese_date(facts.issued_on).into())?;
        self.value(Field::LicenceIdentifier, facts.licence_identifier.into())
    }

    /// Sets a value into its area, shrunk or wrapped as the area allows.
    pub(super) fn value(&mut self, field: Field, text: Cow<'a, str>) -> Result<(), FaceError> {
        let Some(area) = self.layout.area(field) else {
            return Ok(());
        };
        let room = area.bounds.width;
        let tallest = |lines: usize| tallest(&area, lines);
        let box_of = Room {
            width: room,
            size: area.size,
            least: area.least,
            lines: area.lines,
            tallest: &tallest,
        };
        let fitted = fit(self.slots.pack, &text, &box_of).map_err(|_| FaceError::TooLong(field))?;
        let count = fitted.lines.len();
        let pitch = fitted.size * PITCH;
        let first = first_baseline(&area, pitch, count);
        let parts: Vec<Cow<'a, str>> = match text {
            whole if count == 1 => vec![whole],
            Cow::Borrowed(text) => fitted
                .lines
                .iter()
                .map(|range| line(text, range).into())
                .collect(),
            Cow::Owned(text) => fitted
                .lines
                .iter()
                .map(|range| line(&text, range).to_owned().into())
                .collect(),
        };
        for (index, part) in parts.into_iter().enumerate() {
            let free = room - width(self.slots.pack, &part) * fitted.size;
            let x = if area.align == Align::Center {
                area.bounds.x + free / 2.0
            } else {
                area.bounds.x
            };
            let at = Point {
                x,
                y: first + pitch * index as f64,
            };
            self.line(Role::Value(field), part, fitted.size, at, area.color);
        }
        Ok(())
    }

    /// One upright line; whole if one font draws it.
    fn line(&mut self, role: Role, text: Cow<'a, str>, size: f64, at: Point, color: Color) {
        let runs = self.slots.runs(&text);
        if let [(slot, _)] = runs.as_slice() {
            let slot = *slot;
            drop(runs);
            self.push(role, slot, text, size, at, color, 0.0, 100);
        } else {
            let runs: Vec<(Slot, String)> = runs
                .into_iter()
                .map(|(slot, run)| (slot, run.to_owned()))
                .collect();
            let mut x = at.x;
            for (slot, run) in runs {
                let advance = width(self.slots.pack, &run) * size;
                self.push(
                    role,
                    slot,
                    run.into(),
                    size,
                    Point { x, y: at.y },
                    color,
                    0.0,
                    100,
                );
                x += advance;
            }
        }
    }

    /// A line of which a copy is kept, possibly turned.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site per note; a struct would only rename them"
    )]
    pub(super) fn runs(
        &mut self,
        role: Role,
        text: &str,
        size: f64,
        at: Point,
        color: Color,
        rotation: f64,
        opacity: u8,
    ) {
        let (sin, cos) = rotation.to_radians().sin_cos();
        let mut along = 0.0;
        for (slot, run) in self.slots.runs(text) {
            let place = Point {
                x: at.x + along * cos,
                y: at.y - along * sin,
            };
            along += width(self.slots.pack, run) * size;
            self.push(
                role,
                slot,
                run.to_owned().into(),
                size,
                place,
                color,
                rotation,
                opacity,
            );
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a line in order")]
    fn push(
        &mut self,
        role: Role,
        slot: Slot,
        text: Cow<'a, str>,
        size: f64,
        origin: Point,
        color: Color,
        rotation: f64,
        opacity: u8,
    ) {
        self.items.push(Item::Text(TextLine {
            role,
            slot,
            size,
            origin,
            text,
            spacing: 0.0,
            color,
            rotation,
            opacity,
        }));
    }
}

/// A value on one line stands on its base line; on more lines it is centred around the middle of that line's letters.
fn first_baseline(area: &Area, pitch: f64, count: usize) -> f64 {
    area.baseline - pitch * (count as f64 - 1.0) / 2.0
}

/// Base line to base line, in sizes.
const PITCH: f64 = 1.2;

/// The largest size at which so many lines stay inside the area: feet of the last one, heads of the first.
fn tallest(area: &Area, lines: usize) -> f64 {
    if lines < 2 {
        return area.size;
    }
    let half = PITCH * (lines as f64 - 1.0) / 2.0;
    let below = (area.bounds.bottom() - area.baseline) / half;
    let above = (area.baseline - area.bounds.y) / (half + 0.8);
    below.min(above)
}
