//! Layouts as versioned data: where each field stands, which wording is printed.
//!
//! A published version never changes, because stored documents promise to be re-rendered by it: a change of look is
//! a new version beside the old one.

mod v1;
mod v2;

use crate::geometry::{Color, Point, Rect};

/// The version of a layout, as written in the facts record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

/// A fact on the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 姓名.
    Name,
    /// 性别.
    Sex,
    /// 出生日期.
    BirthDate,
    /// 身份证号, or the number of another document.
    DocumentNumber,
    /// 注册编号.
    RegistrationNumber,
    /// 聘用企业.
    Employer,
    /// The name of the n-th specialty.
    Specialty(u8),
    /// The validity of the n-th specialty.
    SpecialtyValidity(u8),
    /// 使用有效期 of a use copy.
    UsePeriod,
    /// The issuing authority.
    Issuer,
    /// 签发日期.
    IssueDate,
    /// 电子证照标识.
    LicenceIdentifier,
    /// Name on the practice seal.
    SealName,
    /// Registration number and check code on the practice seal.
    SealNumber,
    /// Abbreviated specialties on the practice seal.
    SealSpecialties,
    /// End of validity on the practice seal.
    SealValidity,
}

impl Field {
    /// Whether the field stands on the practice seal.
    pub fn is_on_seal(self) -> bool {
        matches!(
            self,
            Self::SealName | Self::SealNumber | Self::SealSpecialties | Self::SealValidity
        )
    }
}

/// How a value stands in its area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// From the left edge.
    Left,
    /// In the middle.
    Center,
}

/// Where a value stands, and how large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// The box; base lines of the value lie inside, and those of no other field.
    pub bounds: Rect,
    /// Base line of a value on one line.
    pub baseline: f64,
    /// Size of the em square.
    pub size: f64,
    /// The smallest size to which a long value may shrink.
    pub least: f64,
    /// The most lines.
    pub lines: usize,
    /// Alignment.
    pub align: Align,
    /// Colour.
    pub color: Color,
}

/// Fixed wording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// The wording.
    pub text: &'static str,
    /// Start of the base line, or its middle for centred wording.
    pub at: Point,
    /// Size of the em square.
    pub size: f64,
    /// Extra space after each character.
    pub spacing: f64,
    /// Set bold.
    pub bold: bool,
    /// Alignment.
    pub align: Align,
    /// Colour.
    pub color: Color,
}

/// Whether the number of the identity document is printed (domain §7.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentNumberPolicy {
    /// In full, as the guide has it.
    Shown,
    /// Not at all.
    Hidden,
}

/// The note of a use copy across the page (使用对象, 用途, 有效期).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Starts of its first base line, one for each time it is written.
    pub places: &'static [Point],
    /// Turn in degrees, counter-clockwise.
    pub rotation: f64,
    /// The longest line.
    pub width: f64,
    /// The largest size.
    pub size: f64,
    /// On one line down to this size, on more below it.
    pub wished: f64,
    /// The smallest size.
    pub least: f64,
    /// The most lines.
    pub lines: usize,
}

/// The note of a use copy over photo and signature image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overprint {
    /// What it fills of the photo.
    pub photo: Rect,
    /// What it fills of the signature image.
    pub signature: Rect,
    /// The largest size.
    pub size: f64,
    /// The smallest size.
    pub least: f64,
    /// Written again and again until the picture is full, so that no part of it can be cut out without the note.
    pub repeated: bool,
    /// Opacity in percent.
    pub opacity: u8,
}

/// One version of the layout under one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout {
    version: Version,
    document_number: DocumentNumberPolicy,
    specialties: u8,
}

impl Layout {
    /// The current version.
    pub const CURRENT: Version = Version(2);
    /// All versions that documents were made by. None is ever dropped or changed.
    pub const VERSIONS: [Version; 2] = [Version(1), Version(2)];

    /// A layout by version, or `None` if this program does not know it.
    pub fn of(version: Version, document_number: DocumentNumberPolicy) -> Option<Self> {
        Self::VERSIONS.contains(&version).then_some(Self {
            version,
            document_number,
            specialties: 1,
        })
    }

    /// The same layout for a certificate with this many specialties: their table has one or two columns.
    pub fn with_specialties(self, count: usize) -> Self {
        Self {
            specialties: u8::try_from(count).unwrap_or(u8::MAX),
            ..self
        }
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.version
    }

    fn is_first(&self) -> bool {
        self.version == Version(1)
    }

    /// Whether the document number is printed.
    pub fn document_number(&self) -> DocumentNumberPolicy {
        self.document_number
    }

    /// Page width and height.
    pub fn page(&self) -> (f64, f64) {
        v1::PAGE
    }

    /// Fixed wording.
    pub fn labels(&self) -> impl Iterator<Item = Label> + use<> {
        let (first, second) = if self.is_first() {
            (Some(v1::labels(self.document_number)), None)
        } else {
            (None, Some(v2::labels(self.document_number)))
        };
        first.into_iter().flatten().chain(second.into_iter().flatten())
    }

    /// The area of a field; `None` where the policy hides it or the index is out of range.
    pub fn area(&self, field: Field) -> Option<Area> {
        if self.is_first() {
            v1::area(self.document_number, self.specialties, field)
        } else {
            v2::area(self.document_number, self.specialties, field)
        }
    }

    /// The fields that have an area, specialties included.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        v1::FIELDS
            .into_iter()
            .chain(v1::specialty_fields())
            .filter(|&field| self.area(field).is_some())
    }

    /// Where the label of the document number stands; its wording depends on the kind of document.
    pub fn document_label(&self) -> Option<Point> {
        v1::document_label(self.document_number)
    }

    /// The box of the holder's photo: one inch, 25 × 35 mm.
    pub fn photo(&self) -> Rect {
        v1::PHOTO
    }

    /// The box of the signature image.
    pub fn signature(&self) -> Rect {
        v1::SIGNATURE
    }

    /// The box of the QR symbol without its quiet zone.
    pub fn code(&self) -> Rect {
        if self.is_first() { v1::CODE } else { v2::CODE }
    }

    /// How the note of a use copy lies across the page.
    pub fn note(&self) -> &'static Note {
        if self.is_first() { &v1::NOTE } else { &v2::NOTE }
    }

    /// How the note of a use copy lies over the pictures.
    pub fn overprint(&self) -> &'static Overprint {
        if self.is_first() {
            &v1::OVERPRINT
        } else {
            &v2::OVERPRINT
        }
    }

    /// The box into which the issuing authority's seal is stamped.
    pub fn seal(&self) -> Rect {
        v1::SEAL
    }

    /// The middle of the practice seal (执业印章).
    pub fn practice_seal(&self) -> Point {
        v1::PRACTICE_SEAL
    }

    /// Lines that are ruled: separators and lines to write on.
    pub fn rules(&self) -> &'static [(Point, Point, f64)] {
        &v1::RULES
    }

    /// How many specialties fit.
    pub const fn specialties(&self) -> usize {
        v1::SPECIALTIES
    }
}
