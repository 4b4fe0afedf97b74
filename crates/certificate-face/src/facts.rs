//! The facts that a face shows, ready to be set.
//!
//! [`Printed`] turns the facts record of a certificate version (`domain::certificate`) into the wording on paper.
//! Nothing is derived from a clock, nothing is looked up.

use std::fmt;

use domain::calendar::day_of;
use domain::certificate::{FactsError, FactsRecord, metadata};
use domain::document_number::DocumentKind;
use jiff::civil::Date;

use crate::layout::{DocumentNumberPolicy, Layout, Version};

/// A specialty with its own validity (domain §1.7).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SpecialtyFacts<'a> {
    /// The name on the certificate, as 水利水电工程.
    pub name: &'a str,
    /// The abbreviation on the practice seal, as 水利.
    pub abbreviation: &'a str,
    /// First valid day.
    pub from: Date,
    /// Last valid day.
    pub to: Date,
}

/// What makes a document a use copy (加注件, domain §1.10).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CopyFacts<'a> {
    /// Identifier of the copy.
    pub copy_id: &'a str,
    /// To whom it may be shown.
    pub recipient: &'a str,
    /// What for.
    pub purpose: &'a str,
    /// First day of use.
    pub made_on: Date,
    /// Last day of use.
    pub use_until: Date,
}

/// The facts of one certificate version, or of one use copy of it, as they are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FaceFacts<'a> {
    /// How they are drawn.
    pub layout: Layout,
    /// The holder's name, NFC.
    pub name: &'a str,
    /// 男 or 女.
    pub sex: &'a str,
    /// Date of birth.
    pub birth_date: Date,
    /// Whether the identity document is the citizen's card.
    pub citizen: bool,
    /// The number of the identity document, normalised.
    pub document_number: &'a str,
    /// 注册编号, current prefix and digits.
    pub registration_number: &'a str,
    /// The employer's name.
    pub employer: &'a str,
    /// The employer's credit code.
    pub employer_code: &'a str,
    /// The specialties in the order of the table; those of a use copy are alive when it is made.
    pub specialties: &'a [SpecialtyFacts<'a>],
    /// Check code of the practice seal: re-issues after loss.
    pub seal_check_code: u8,
    /// The end printed on the practice seal.
    pub seal_valid_to: Date,
    /// 电子证照标识 with root and dots (domain §2.7).
    pub licence_identifier: &'a str,
    /// Type code of the licence.
    pub type_code: &'a str,
    /// The issuing authority.
    pub issuer: &'a str,
    /// Its credit code.
    pub issuer_code: &'a str,
    /// 签发日期.
    pub issued_on: Date,
    /// Hex SM3 of the photo.
    pub photo_sm3: &'a str,
    /// Hex SM3 of the signature image.
    pub signature_image_sm3: &'a str,
    /// Whether it is made with keys that carry the specimen mark.
    pub specimen: bool,
    /// The text of the QR symbol.
    pub code: &'a str,
    /// Metadata in the keys of the catalogue (domain §3.2).
    pub metadata: &'a [(&'static str, String)],
    /// The facts record itself, RFC 8785 JSON: carried in the documents as it is.
    pub record: &'a str,
    /// What makes this a use copy; `None` for the original.
    pub copy: Option<CopyFacts<'a>>,
}

/// Nothing personal is shown.
impl fmt::Debug for FaceFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceFacts")
            .field("licence_identifier", &self.licence_identifier)
            .field("specialties", &self.specialties.len())
            .field("copy", &self.copy.is_some())
            .finish_non_exhaustive()
    }
}

/// A facts record cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// The record contradicts itself.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// The record names a layout that this program does not know.
    #[error("layout version {0} is unknown")]
    Layout(u32),
}

/// A facts record with the wording that its face and metadata carry.
pub struct Printed {
    layout: Layout,
    facts: FactsRecord,
    registration_number: String,
    licence_identifier: String,
    specialties: Vec<SpecialtyFacts<'static>>,
    metadata: Vec<(&'static str, String)>,
    record: String,
    code: String,
    copy_id: String,
    purpose: String,
}

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.facts, f)
    }
}

impl Printed {
    /// Checks a record against itself and words it; `code` is the text of its QR symbol.
    pub fn of(facts: FactsRecord, code: impl Into<String>) -> Result<Self, PrintError> {
        facts.check()?;
        let version =
            u16::try_from(facts.layout.version).map_err(|_| PrintError::Layout(facts.layout.version))?;
        let policy = match facts.layout.show_document_number {
            true => DocumentNumberPolicy::Shown,
            false => DocumentNumberPolicy::Hidden,
        };
        let layout = Layout::of(Version(version), policy).ok_or(PrintError::Layout(facts.layout.version))?;
        let record = String::from_utf8(facts.canonical_bytes()).expect("invariant: JSON is UTF-8");
        let specialties = facts.specialties.iter().map(|known| SpecialtyFacts {
            name: known.specialty.name(),
            abbreviation: known.specialty.seal_abbreviation(),
            from: known.valid_from,
            to: known.valid_to,
        });
        let copy = facts.use_copy.as_ref();
        let purpose = copy.map(|copy| match copy.purpose_reference.as_str() {
            "" => copy.purpose.name().to_owned(),
            reference => format!("{}（{reference}）", copy.purpose.name()),
        });
        Ok(Self {
            layout,
            registration_number: facts.number.to_string(),
            licence_identifier: facts.licence_identifier.to_string(),
            specialties: specialties.collect(),
            metadata: metadata::pairs(&facts),
            record,
            code: code.into(),
            copy_id: copy
                .map(|copy| copy.copy_id.as_uuid().to_string())
                .unwrap_or_default(),
            purpose: purpose.unwrap_or_default(),
            facts,
        })
    }

    /// The record.
    pub fn record(&self) -> &FactsRecord {
        &self.facts
    }

    /// The facts, to be rendered.
    pub fn facts(&self) -> FaceFacts<'_> {
        let facts = &self.facts;
        FaceFacts {
            layout: self.layout,
            name: facts.holder.name.expose(),
            sex: facts.holder.sex.name(),
            birth_date: facts.holder.birth_date,
            citizen: facts.holder.document.kind() == DocumentKind::CitizenIdentityCard,
            document_number: facts.holder.document.expose(),
            registration_number: &self.registration_number,
            employer: &facts.employer.name,
            employer_code: facts.employer.credit_code.as_str(),
            specialties: &self.specialties,
            seal_check_code: facts.practice_seal.check_code,
            seal_valid_to: facts.practice_seal.valid_to,
            licence_identifier: &self.licence_identifier,
            type_code: &facts.type_code,
            issuer: &facts.issuer.name,
            issuer_code: facts.issuer.credit_code.as_str(),
            issued_on: facts.issued_on,
            photo_sm3: &facts.photo_sm3,
            signature_image_sm3: &facts.signature_image_sm3,
            specimen: facts.specimen,
            code: &self.code,
            metadata: &self.metadata,
            record: &self.record,
            copy: facts.use_copy.as_ref().map(|copy| CopyFacts {
                copy_id: &self.copy_id,
                recipient: &copy.recipient,
                purpose: &self.purpose,
                made_on: day_of(copy.made_at),
                use_until: copy.use_until,
            }),
        }
    }
}

/// 2026年05月01日.
pub fn chinese_date(date: Date) -> String {
    let mut out = String::with_capacity(17);
    push_number(&mut out, i32::from(date.year()), 4);
    out.push('年');
    push_number(&mut out, i32::from(date.month()), 2);
    out.push('月');
    push_number(&mut out, i32::from(date.day()), 2);
    out.push('日');
    out
}

/// A date with a separator, as 2026-05-01 or 2026.05.01.
pub fn separated_date(date: Date, separator: char) -> String {
    let mut out = String::with_capacity(10);
    push_number(&mut out, i32::from(date.year()), 4);
    out.push(separator);
    push_number(&mut out, i32::from(date.month()), 2);
    out.push(separator);
    push_number(&mut out, i32::from(date.day()), 2);
    out
}

/// Decimal digits with leading zeros; `format!` costs ten times as much.
pub(crate) fn push_number(out: &mut String, value: i32, digits: u32) {
    let mut divisor = 10_i32.pow(digits - 1);
    while divisor > 0 {
        let digit = (value / divisor).rem_euclid(10) as u8;
        out.push(char::from(b'0' + digit));
        divisor /= 10;
    }
}
