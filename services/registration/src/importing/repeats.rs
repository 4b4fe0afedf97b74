//! Rows that say again what an earlier row of the same file says. They are found while the file arrives, across all of it:
//! a piece is later worked on without knowledge of the others. What is kept of a row until then is a digest.

use std::collections::HashSet;

use domain::import::{Column, ImportKind};
use domain::registration_number::RegistrationNumber;
use jiff::Timestamp;
use tabular::Row;

use super::cells::Cells;
use super::heading::Heading;

/// Enough of a digest that no two documents of a nation have it in common.
type Key = [u8; 16];

/// What the rows of a file so far say.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    people: HashSet<Key>,
    numbers: HashSet<Key>,
}

impl Seen {
    /// Reads the next rows of the file; those that repeat an earlier one, with the column that says so. A cell that cannot be
    /// read repeats nothing: its row fails by itself.
    pub(crate) fn repeats(
        &mut self,
        (kind, heading): (ImportKind, &Heading),
        rows: &[Row],
        now: Timestamp,
    ) -> Vec<(u32, Column)> {
        let repeat = |row: &Row| {
            let mut cells = Cells::new(heading, row, now);
            let person = self.is_new_person(kind, &mut cells);
            let number = self.is_new_number(kind, &mut cells);
            let column = match (person, number) {
                (false, _) => Column::DocumentNumber,
                (true, false) => Column::RegistrationNumber,
                (true, true) => return None,
            };
            Some((row.number, column))
        };
        rows.iter().filter_map(repeat).collect()
    }

    /// One row a person in a register, one a person and specialty among qualifications; facts and employers may be many.
    fn is_new_person(&mut self, kind: ImportKind, cells: &mut Cells<'_>) -> bool {
        let of = match kind {
            ImportKind::Register => String::new(),
            ImportKind::Qualifications => match cells.specialties().as_deref() {
                Some([one]) => one.code().to_owned(),
                _ => return true,
            },
            ImportKind::Employers | ImportKind::Facts => return true,
        };
        let Some(document) = cells.document() else {
            return true;
        };
        let text = format!("{} {} {of}", document.kind().code(), document.expose());
        self.people.insert(key(&text))
    }

    fn is_new_number(&mut self, kind: ImportKind, cells: &mut Cells<'_>) -> bool {
        if kind != ImportKind::Register {
            return true;
        }
        let number = cells.optional(Column::RegistrationNumber);
        match number.and_then(|text| RegistrationNumber::parse(text).ok()) {
            Some(number) => self.numbers.insert(key(&number.digits().to_string())),
            None => true,
        }
    }
}

fn key(text: &str) -> Key {
    let digest = postgres::hash::sha256(text.as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    key
}
