//! Numbers of identity documents: kinds, normalisation, checksums (domain §2.1–2.4).

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::province;
use crate::reason::reasons;
use crate::text::{digits, fold_code};

mod kind;
#[cfg(test)]
mod tests;

pub use kind::{DocumentKind, HolderCodeType};

/// Sex as recorded on the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sex {
    /// 男, code 1.
    Male,
    /// 女, code 2.
    Female,
}

impl Sex {
    /// The word on the certificate.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }

    /// The code of the national collection interface (domain §3.3).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
        }
    }
}

reasons! {
    /// Why a text is not the number of an identity document. No variant repeats the text.
    pub enum DocumentNumberError {
        /// Nothing is left after trimming.
        Empty => "DOCUMENT_NUMBER_EMPTY", "domain §2.4", "请输入证件号码。", "The document number is empty.";
        /// The length does not fit the kind.
        WrongLength { /** What the kind asks for. */ expected: &'static str }
            => "DOCUMENT_NUMBER_LENGTH", "domain §2.1",
            "证件号码位数不对，应为{expected}位。", "The document number must have {expected} characters.";
        /// A character does not belong at its place.
        IllegalCharacter { /** Position from 1. */ position: usize }
            => "DOCUMENT_NUMBER_CHARACTER", "domain §2.1",
            "证件号码第{position}位的字符无效。", "Character {position} of the document number is not allowed.";
        /// The first two digits name no province.
        UnknownAddress => "DOCUMENT_NUMBER_ADDRESS", "GB/T 2260; domain §2.1",
            "证件号码前两位不是有效的行政区划代码。", "The document number does not begin with a province code.";
        /// The number belongs to another kind of document.
        OtherKind { /** The kind it looks like. */ looks_like: DocumentKind }
            => "DOCUMENT_NUMBER_KIND", "domain §2.2–2.3",
            "该号码属于{looks_like}，请更正证件类型。", "The number is of another kind of document: {looks_like}.";
        /// The digits of the birth date are no date.
        ImpossibleBirthDate => "DOCUMENT_NUMBER_BIRTH_DATE", "GB 11643-1999; domain §2.1",
            "证件号码中的出生日期不存在。", "The birth date in the document number does not exist.";
        /// The birth date has not come yet.
        BirthDateInFuture => "DOCUMENT_NUMBER_BIRTH_DATE_IN_FUTURE", "GB 11643-1999; domain §2.1",
            "证件号码中的出生日期晚于今天。", "The birth date in the document number is in the future.";
        /// The last character does not follow from the others.
        CheckDigit => "DOCUMENT_NUMBER_CHECK_DIGIT", "ISO 7064 MOD 11-2; domain §2.1",
            "证件号码校验位不正确，请核对是否输错。", "The check digit of the document number is wrong.";
    }
}

/// A valid number of an identity document, in canonical form. Never printed: see [`Self::expose`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct DocumentNumber {
    kind: DocumentKind,
    number: String,
}

/// The stored form; reading checks everything except that the birth date has passed.
#[derive(Serialize, Deserialize)]
struct Stored {
    kind: DocumentKind,
    number: String,
}

impl DocumentNumber {
    /// Reads a number that a person typed, as of `today`.
    ///
    /// Case, width, spaces and dashes do not matter; a 15-digit citizen number becomes the 18-digit one.
    ///
    /// # Errors
    /// The number breaks a rule of its kind.
    pub fn parse(kind: DocumentKind, raw: &str, today: Date) -> Result<Self, DocumentNumberError> {
        let parsed = Self::parse_undated(kind, raw)?;
        if parsed.birth_date().is_some_and(|birth| birth > today) {
            return Err(DocumentNumberError::BirthDateInFuture);
        }
        Ok(parsed)
    }

    /// Reads a number whose kind was not stated, by its shape; for lookups.
    ///
    /// # Errors
    /// It fits none of the kinds that can be told by shape.
    pub fn parse_by_shape(raw: &str, today: Date) -> Result<Self, DocumentNumberError> {
        let number = fold_code(raw);
        Self::parse(DocumentKind::of_shape(&number), &number, today)
    }

    fn parse_undated(kind: DocumentKind, raw: &str) -> Result<Self, DocumentNumberError> {
        let number = fold_code(raw);
        if number.is_empty() {
            return Err(DocumentNumberError::Empty);
        }
        let number = match kind {
            DocumentKind::CitizenIdentityCard => citizen(number)?,
            DocumentKind::HongKongResidencePermit
            | DocumentKind::MacaoResidencePermit
            | DocumentKind::TaiwanResidencePermit
            | DocumentKind::ForeignPermanentResident2023 => eighteen(kind, number)?,
            DocumentKind::ForeignPermanentResident2017 => three_letters_twelve_digits(number)?,
            DocumentKind::MilitaryOfficer
            | DocumentKind::ArmedPoliceOfficer
            | DocumentKind::Soldier
            | DocumentKind::ArmedPoliceSoldier
            | DocumentKind::MilitaryCivilian
            | DocumentKind::ArmedPoliceCivilian
            | DocumentKind::DiplomaticPassport
            | DocumentKind::ServicePassport
            | DocumentKind::OfficialOrdinaryPassport
            | DocumentKind::OrdinaryPassport
            | DocumentKind::TaiwanTravelPermit
            | DocumentKind::HongKongMacaoTravelPermit
            | DocumentKind::Other => free_form(number)?,
        };
        Ok(Self { kind, number })
    }

    /// The precise kind of document.
    #[must_use]
    pub const fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The number in the clear. The only way to it: storing, sending and printing it on the certificate are choices.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.number
    }

    /// First and last character with stars between, the most that a public answer shows (design §5).
    #[must_use]
    pub fn masked(&self) -> String {
        let count = self.number.chars().count();
        let mut chars = self.number.chars();
        match (chars.next(), chars.next_back()) {
            (Some(first), Some(last)) if count > 4 => format!("{first}{}{last}", "*".repeat(count - 2)),
            _ => "*".repeat(count),
        }
    }

    /// The birth date, where the number carries one.
    #[must_use]
    pub fn birth_date(&self) -> Option<Date> {
        self.kind
            .checks_birth_date()
            .then(|| birth_date(&self.number))
            .flatten()
    }

    /// The sex, where the number carries it: the 17th digit of a citizen number or residence permit is odd for men.
    #[must_use]
    pub fn sex(&self) -> Option<Sex> {
        if self.kind == DocumentKind::ForeignPermanentResident2023 || !self.kind.checks_birth_date() {
            return None;
        }
        digits(&self.number, 16..17).map(|digit| if digit % 2 == 1 { Sex::Male } else { Sex::Female })
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentNumber({:?}, ***)", self.kind)
    }
}

impl TryFrom<Stored> for DocumentNumber {
    type Error = DocumentNumberError;

    fn try_from(stored: Stored) -> Result<Self, DocumentNumberError> {
        Self::parse_undated(stored.kind, &stored.number)
    }
}

impl From<DocumentNumber> for Stored {
    fn from(document: DocumentNumber) -> Self {
        Self {
            kind: document.kind,
            number: document.number,
        }
    }
}

/// A citizen number of 15 or 18 characters; the result has 18.
fn citizen(number: String) -> Result<String, DocumentNumberError> {
    if number.chars().count() == 15 && DocumentKind::of_shape(&number) == DocumentKind::CitizenIdentityCard {
        only_digits(&number, 15)?;
        let (address, rest) = number.split_at(6);
        let seventeen = format!("{address}19{rest}");
        let check = check_character(&seventeen).ok_or(DocumentNumberError::CheckDigit)?;
        return eighteen(DocumentKind::CitizenIdentityCard, format!("{seventeen}{check}"));
    }
    eighteen(DocumentKind::CitizenIdentityCard, number)
}

fn eighteen(kind: DocumentKind, number: String) -> Result<String, DocumentNumberError> {
    if number.chars().count() != 18 {
        let expected = if kind == DocumentKind::CitizenIdentityCard {
            "18 (15)"
        } else {
            "18"
        };
        return Err(DocumentNumberError::WrongLength { expected });
    }
    only_digits(&number, 17)?;
    if !number.ends_with(|c: char| c.is_ascii_digit() || c == 'X') {
        return Err(DocumentNumberError::IllegalCharacter { position: 18 });
    }
    let looks_like = DocumentKind::of_shape(&number);
    if looks_like != kind {
        return Err(DocumentNumberError::OtherKind { looks_like });
    }
    if kind == DocumentKind::CitizenIdentityCard && !province::is_address_code(&number[..2]) {
        return Err(DocumentNumberError::UnknownAddress);
    }
    if birth_date(&number).is_none() {
        return Err(DocumentNumberError::ImpossibleBirthDate);
    }
    if check_character(&number[..17]) != number.chars().last() {
        return Err(DocumentNumberError::CheckDigit);
    }
    Ok(number)
}

/// The 2017 permanent-resident card: three letters and twelve digits. Its inner layout is not published, so nothing
/// more is checked (domain §2.3).
fn three_letters_twelve_digits(number: String) -> Result<String, DocumentNumberError> {
    if number.chars().count() != 15 {
        return Err(DocumentNumberError::WrongLength { expected: "15" });
    }
    for (index, c) in number.chars().enumerate() {
        let fits = if index < 3 {
            c.is_ascii_uppercase()
        } else {
            c.is_ascii_digit()
        };
        if !fits {
            return Err(DocumentNumberError::IllegalCharacter { position: index + 1 });
        }
    }
    Ok(number)
}

/// Passports, permits and military cards: letters, digits and, on military cards, ideographs (字, 第, 号).
fn free_form(number: String) -> Result<String, DocumentNumberError> {
    if !(3..=30).contains(&number.chars().count()) {
        return Err(DocumentNumberError::WrongLength { expected: "3-30" });
    }
    match number
        .chars()
        .position(|c| !(c.is_alphanumeric() || matches!(c, '(' | ')' | '/')))
    {
        Some(index) => Err(DocumentNumberError::IllegalCharacter { position: index + 1 }),
        None => Ok(number),
    }
}

fn only_digits(number: &str, count: usize) -> Result<(), DocumentNumberError> {
    match number.chars().take(count).position(|c| !c.is_ascii_digit()) {
        Some(index) => Err(DocumentNumberError::IllegalCharacter { position: index + 1 }),
        None => Ok(()),
    }
}

fn birth_date(number: &str) -> Option<Date> {
    // Years from 1850 on: older ones are typing errors, and the standard began in 1984.
    let year = i16::try_from(digits(number, 6..10)?)
        .ok()
        .filter(|year| *year >= 1850)?;
    let month = i8::try_from(digits(number, 10..12)?).ok()?;
    let day = i8::try_from(digits(number, 12..14)?).ok()?;
    Date::new(year, month, day).ok()
}

/// ISO 7064 MOD 11-2 over 17 digits, with the weights of GB 11643-1999; nothing for other input.
#[must_use]
pub fn check_character(seventeen: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    if seventeen.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in seventeen.chars().zip(WEIGHTS) {
        sum += c.to_digit(10)? * weight;
    }
    CHECKS.get((sum % 11) as usize).copied()
}
