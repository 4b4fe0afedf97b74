//! The cells of one row, read one after the other; every fault is noted, so that a row is corrected once.

use domain::calendar::day_of;
use domain::document_number::{DocumentKind, DocumentNumber, Sex};
use domain::import::{Column, RowFault};
use domain::name::PersonName;
use domain::reason::Reason;
use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::Date;
use tabular::{Cell, Row, read_day};

use super::Note;
use super::heading::Heading;

/// Most specialties of a row, and values of a list.
const VALUES: usize = 10;

/// A row with what was found wrong so far.
pub(crate) struct Cells<'a> {
    heading: &'a Heading,
    row: &'a Row,
    today: Date,
    notes: Vec<Note>,
}

/// Somebody as a row names them.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) name: PersonName,
    pub(crate) document: DocumentNumber,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(heading: &'a Heading, row: &'a Row, now: Timestamp) -> Self {
        Self {
            heading,
            row,
            today: day_of(now),
            notes: Vec::new(),
        }
    }

    pub(crate) fn today(&self) -> Date {
        self.today
    }

    /// Notes a fault; `None` so that reading goes on.
    pub(crate) fn fault<T>(&mut self, column: Column, fault: &impl Reason) -> Option<T> {
        self.notes.push(Note::new(self.row.number, Some(column), fault));
        None
    }

    /// What was read, unless anything was wrong.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<Note>> {
        match read {
            Some(read) if self.notes.is_empty() => Ok(read),
            None if self.notes.is_empty() => Err(vec![Note::new(self.row.number, None, &RowFault::Missing)]),
            _ => Err(self.notes),
        }
    }

    /// The text of a cell that may be empty.
    pub(crate) fn optional(&mut self, column: Column) -> Option<&'a str> {
        match self.heading.cell(&self.row.cells, column)? {
            Cell::Text(text) => Some(text),
            Cell::Rounded(_) => self.fault(column, &RowFault::Rounded),
            Cell::Broken => self.fault(column, &RowFault::Broken),
        }
    }

    /// The text of a cell that must be filled.
    pub(crate) fn required(&mut self, column: Column) -> Option<&'a str> {
        if self.heading.cell(&self.row.cells, column).is_none() {
            return self.fault(column, &RowFault::Missing);
        }
        self.optional(column)
    }

    /// A plain text of bounded length, without control characters.
    pub(crate) fn text(&mut self, column: Column, most: usize) -> Option<String> {
        let text = self.required(column)?;
        self.plain(column, text, most)
    }

    fn plain(&mut self, column: Column, text: &str, most: usize) -> Option<String> {
        if text.chars().count() > most || text.chars().any(char::is_control) {
            return self.fault(column, &RowFault::Text);
        }
        Some(text.to_owned())
    }

    /// Name and document.
    pub(crate) fn named(&mut self) -> Option<Named> {
        let name = self
            .required(Column::FullName)
            .and_then(|text| match PersonName::parse(text) {
                Ok(name) => Some(name),
                Err(error) => self.fault(Column::FullName, &error),
            });
        let document = self.document();
        Some(Named {
            name: name?,
            document: document?,
        })
    }

    /// The document, of the kind that the row names, else an identity card.
    pub(crate) fn document(&mut self) -> Option<DocumentNumber> {
        let kind = match self.optional(Column::DocumentKind) {
            None => Some(DocumentKind::CitizenIdentityCard),
            Some(word) => document_kind(word).or_else(|| self.fault(Column::DocumentKind, &RowFault::Word)),
        };
        let text = self.required(Column::DocumentNumber);
        match (kind, text) {
            (Some(kind), Some(text)) => match DocumentNumber::parse(kind, text, self.today) {
                Ok(document) => Some(document),
                Err(error) => self.fault(Column::DocumentNumber, &error),
            },
            _ => None,
        }
    }

    /// Sex and birth date: what the document says, or the row where it does not; never two answers.
    pub(crate) fn sex_and_birth(&mut self, document: &DocumentNumber) -> Option<(Sex, Date)> {
        let stated = match self.optional(Column::Sex) {
            None => None,
            Some(word) => match sex(word) {
                None => return self.fault(Column::Sex, &RowFault::Word),
                known => known,
            },
        };
        let told = document.sex();
        if let (Some(told), Some(stated)) = (told, stated)
            && told != stated
        {
            return self.fault(Column::Sex, &RowFault::DocumentDiffers);
        }
        let sex = told
            .or(stated)
            .or_else(|| self.fault(Column::Sex, &RowFault::DocumentDiffers));
        let stated = self.optional_day(Column::BirthDate);
        let told = document.birth_date();
        if let (Some(told), Some(stated)) = (told, stated)
            && told != stated
        {
            return self.fault(Column::BirthDate, &RowFault::DocumentDiffers);
        }
        let birth = told.or(stated);
        let birth = birth.or_else(|| self.fault(Column::BirthDate, &RowFault::DocumentDiffers));
        Some((sex?, birth?))
    }

    /// A day that may be empty.
    pub(crate) fn optional_day(&mut self, column: Column) -> Option<Date> {
        let text = self.optional(column)?;
        self.read_day(column, text)
    }

    /// A day that lies behind.
    pub(crate) fn past_day(&mut self, column: Column) -> Option<Date> {
        let text = self.required(column)?;
        let day = self.read_day(column, text)?;
        if day > self.today {
            return self.fault(column, &RowFault::InFuture);
        }
        Some(day)
    }

    fn read_day(&mut self, column: Column, text: &str) -> Option<Date> {
        read_day(text).or_else(|| self.fault(column, &RowFault::Day))
    }

    /// A small number; nothing is none.
    pub(crate) fn figure(&mut self, column: Column) -> Option<u16> {
        let Some(text) = self.optional(column) else {
            return Some(0);
        };
        text.parse()
            .ok()
            .or_else(|| self.fault(column, &RowFault::Figure))
    }

    /// Values divided by semicolons.
    pub(crate) fn values(&mut self, column: Column) -> Option<Vec<&'a str>> {
        let text = self.required(column)?;
        let values = divided(text);
        if values.is_empty() || values.len() > VALUES {
            return self.fault(column, &RowFault::Text);
        }
        Some(values)
    }

    /// Specialties, each once.
    pub(crate) fn specialties(&mut self) -> Option<Vec<Specialty>> {
        let words = self.values(Column::Specialties)?;
        let mut specialties = Vec::with_capacity(words.len());
        for word in words {
            let known = Specialty::from_text(word);
            let specialty = known.or_else(|| self.fault(Column::Specialties, &RowFault::Word))?;
            if specialties.contains(&specialty) {
                return self.fault(Column::Specialties, &RowFault::SpecialtyTwice);
            }
            specialties.push(specialty);
        }
        Some(specialties)
    }

    /// One day for each of `count`: as many as there are, or one for all.
    pub(crate) fn days(&mut self, column: Column, count: usize) -> Option<Vec<Date>> {
        let words = self.values(column)?;
        let mut days = Vec::with_capacity(count);
        for word in words {
            days.push(self.read_day(column, word)?);
        }
        self.spread(column, days, count)
    }

    /// As many values as there are specialties, or one for all.
    pub(crate) fn spread<T: Clone>(
        &mut self,
        column: Column,
        values: Vec<T>,
        count: usize,
    ) -> Option<Vec<T>> {
        match (values.len(), values.first()) {
            (1, Some(one)) => Some(vec![one.clone(); count]),
            (found, _) if found == count => Some(values),
            _ => self.fault(column, &RowFault::Count),
        }
    }
}

/// Values divided by semicolons, enumeration commas or line breaks; empty ones are left out.
pub(crate) fn divided(text: &str) -> Vec<&str> {
    let parts = text.split([';', '；', '、', '\n', '|']).map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

/// A kind of document by its name, its code, or the codes of the legacy exchange (domain §2.4).
pub(crate) fn document_kind(word: &str) -> Option<DocumentKind> {
    match word {
        "身份证" | "居民身份证" | "10" | "111" => Some(DocumentKind::CitizenIdentityCard),
        _ => DocumentKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.name() == word || kind.code() == word),
    }
}

fn sex(word: &str) -> Option<Sex> {
    match word {
        "男" | "1" | "M" | "MALE" => Some(Sex::Male),
        "女" | "2" | "F" | "FEMALE" => Some(Sex::Female),
        _ => None,
    }
}
