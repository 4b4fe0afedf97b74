//! 注册名册: what one row of an existing register says.

use domain::calendar::start_of;
use domain::credit_code::CreditCode;
use domain::document_number::Sex;
use domain::import::{Column, RowFault};
use domain::paper_certificate_number::PaperCertificateNumber;
use domain::province::Province;
use domain::qualification::QualificationNumber;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use tabular::Row;

use super::Note;
use super::cells::{Cells, Named};
use super::heading::Heading;
use crate::sealing::Sealing;

/// Length of an old organisation code: characters 9 to 17 of the credit code (domain §2.5).
const ORGANISATION: usize = 9;

/// A row whose every cell can be read.
pub(crate) struct Line {
    pub(crate) row: u32,
    pub(crate) named: Named,
    pub(crate) sex: Sex,
    pub(crate) birth_date: Date,
    pub(crate) number: RegistrationNumber,
    pub(crate) number_as_given: String,
    /// None if the file has none.
    pub(crate) certificate_number: Option<PaperCertificateNumber>,
    /// Credit code, or old organisation code.
    pub(crate) employer: String,
    pub(crate) terms: Vec<(Specialty, Validity)>,
    /// As many as terms, or none: then those on record count.
    pub(crate) qualifications: Vec<QualificationNumber>,
    /// The legal moment: the day of the certificate, else the first day of the oldest term.
    pub(crate) registered_at: Timestamp,
    /// Every index of the document, the current first.
    pub(crate) indices: Vec<Vec<u8>>,
}

/// Reads a row.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn judge(
    (sealing, own): (&Sealing, Province),
    heading: &Heading,
    row: &Row,
    now: Timestamp,
) -> Result<Line, Vec<Note>> {
    let mut cells = Cells::new(heading, row, now);
    let named = cells.named();
    let who = named
        .as_ref()
        .and_then(|named| cells.sex_and_birth(&named.document));
    let number = number(&mut cells, own);
    let certificate_number = certificate_number(&mut cells);
    let employer = employer(&mut cells);
    let terms = terms(&mut cells);
    // How many there must be is known only once the terms are.
    let count = terms.as_ref().map(Vec::len);
    let qualifications = count.and_then(|count| qualifications(&mut cells, count));
    let issued_on = cells.optional_day(Column::IssuedOn);
    let began = issued_on.or_else(|| terms.iter().flatten().map(|(_, term)| term.from).min());
    if began.is_some_and(|day| day > cells.today()) {
        let column = issued_on.map_or(Column::ValidFrom, |_| Column::IssuedOn);
        let _: Option<()> = cells.fault(column, &RowFault::InFuture);
    }
    let read = || {
        let (named, (sex, birth_date), (number, number_as_given)) = (named?, who?, number?);
        Some(Line {
            row: row.number,
            indices: sealing.document_index(named.document.kind(), &named.document),
            named,
            sex,
            birth_date,
            number,
            number_as_given,
            certificate_number: certificate_number?,
            employer: employer?,
            terms: terms?,
            qualifications: qualifications?,
            registered_at: start_of(began?),
        })
    };
    let read = read();
    cells.finish(read)
}

/// The number as a value and as the file has it; its first character names this province (domain §1.8).
fn number(cells: &mut Cells<'_>, own: Province) -> Option<(RegistrationNumber, String)> {
    let column = Column::RegistrationNumber;
    let text = cells.required(column)?;
    let number = match RegistrationNumber::parse(text) {
        Ok(number) => number,
        Err(error) => return cells.fault(column, &error),
    };
    if number.prefix() != own {
        return cells.fault(column, &RowFault::OtherProvince);
    }
    Some((number, text.to_owned()))
}

/// The serial of the paper certificate, where the file has one.
fn certificate_number(cells: &mut Cells<'_>) -> Option<Option<PaperCertificateNumber>> {
    let column = Column::CertificateNumber;
    let Some(text) = cells.optional(column) else {
        return Some(None);
    };
    match PaperCertificateNumber::parse(text) {
        Ok(number) => Some(Some(number)),
        Err(error) => cells.fault(column, &error),
    }
}

fn employer(cells: &mut Cells<'_>) -> Option<String> {
    let text = cells.required(Column::CreditCode)?;
    let plain = text.replace('-', "");
    if plain.len() == ORGANISATION && plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Some(plain.to_ascii_uppercase());
    }
    match CreditCode::parse(text) {
        Ok(code) => Some(code.as_str().to_owned()),
        Err(error) => cells.fault(Column::CreditCode, &error),
    }
}

fn terms(cells: &mut Cells<'_>) -> Option<Vec<(Specialty, Validity)>> {
    let specialties = cells.specialties()?;
    let count = specialties.len();
    let from = cells.days(Column::ValidFrom, count);
    let to = cells.days(Column::ValidTo, count);
    let (from, to) = (from?, to?);
    let mut terms = Vec::with_capacity(count);
    for (specialty, (from, to)) in specialties.into_iter().zip(from.into_iter().zip(to)) {
        if to < from {
            return cells.fault(Column::ValidTo, &RowFault::Term);
        }
        terms.push((specialty, Validity { from, to }));
    }
    Some(terms)
}

fn qualifications(cells: &mut Cells<'_>, count: usize) -> Option<Vec<QualificationNumber>> {
    let column = Column::QualificationNumber;
    if cells.optional(column).is_none() {
        return Some(Vec::new());
    }
    let words = cells.values(column)?;
    let mut numbers = Vec::with_capacity(words.len());
    for word in words {
        match QualificationNumber::parse(word) {
            Ok(number) => numbers.push(number),
            Err(error) => return cells.fault(column, &error),
        }
    }
    cells.spread(column, numbers, count)
}
