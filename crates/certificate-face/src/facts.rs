//! The facts that a face shows, ready to be set.
//!
//! This is what the facts record of a certificate version (`domain::certificate`) becomes on paper: printed wording,
//! nothing derived from a clock, nothing looked up.

use std::fmt;

use jiff::civil::Date;

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
    /// Who had it made.
    pub maker: &'a str,
    /// First day of use.
    pub made_on: Date,
    /// Last day of use.
    pub use_until: Date,
}

/// The facts of one certificate version, or of one use copy of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FaceFacts<'a> {
    /// The holder's name, NFC.
    pub name: &'a str,
    /// 男 or 女.
    pub sex: &'a str,
    /// Date of birth.
    pub birth_date: Date,
    /// Kind of the identity document, as 身份证.
    pub document_kind: &'a str,
    /// Its code of GB/T 36903 annex A, as 111 (domain §2.4).
    pub document_code: &'a str,
    /// Its number, normalised.
    pub document_number: &'a str,
    /// 注册编号, current prefix and digits.
    pub registration_number: &'a str,
    /// The employer's name.
    pub employer: &'a str,
    /// The employer's credit code.
    pub employer_code: &'a str,
    /// Management number of the qualification certificate (资格证书管理号).
    pub qualification_number: &'a str,
    /// The specialties in the order of the table; those of a use copy are alive when it is made.
    pub specialties: &'a [SpecialtyFacts<'a>],
    /// Check code of the practice seal: re-issues after loss.
    pub seal_check_code: u8,
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
    /// The text of the QR symbol.
    pub code: &'a str,
    /// The facts record itself, RFC 8785 JSON: carried in the metadata as it is.
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

impl FaceFacts<'_> {
    /// The end printed on the practice seal: the earliest of all specialties (domain §1.9).
    pub fn seal_end(&self) -> Option<Date> {
        self.specialties.iter().map(|s| s.to).min()
    }

    /// The last day on which any specialty is valid.
    pub fn last_end(&self) -> Option<Date> {
        self.specialties.iter().map(|s| s.to).max()
    }

    /// The first day on which any specialty is valid.
    pub fn first_start(&self) -> Option<Date> {
        self.specialties.iter().map(|s| s.from).min()
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
