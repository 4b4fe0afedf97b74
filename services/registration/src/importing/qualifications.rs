//! 资格证书.

use std::collections::HashMap;

use domain::import::{Column, RowFault};
use domain::qualification::QualificationNumber;
use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;
use tabular::Row;
use uuid::Uuid;

use super::cells::{Cells, Named};
use super::heading::Heading;
use super::{Note, Work, sorted};
use crate::error::Error;
use crate::sealing::{QualificationFacts, Sealing};
use crate::store::import::qualifications as store;
use crate::store::qualification::Stored;

/// A row whose every cell can be read.
pub(crate) struct Line {
    row: u32,
    named: Named,
    number: QualificationNumber,
    specialty: Specialty,
    issued_on: Date,
    /// Every index of the document, the current first.
    indices: Vec<Vec<u8>>,
}

/// The rows that are to be written, sealed.
pub(crate) type Plan = Vec<(Stored, Vec<u8>)>;

fn judge(sealing: &Sealing, heading: &Heading, row: &Row, now: Timestamp) -> Result<Line, Vec<Note>> {
    let mut cells = Cells::new(heading, row, now);
    let named = cells.named();
    let text = cells.required(Column::QualificationNumber);
    let number = text.and_then(|text| match QualificationNumber::parse(text) {
        Ok(number) => Some(number),
        Err(error) => cells.fault(Column::QualificationNumber, &error),
    });
    let specialties = cells.specialties();
    let specialty = specialties.and_then(|all| match all[..] {
        [one] => Some(one),
        _ => cells.fault(Column::Specialties, &RowFault::Count),
    });
    let issued_on = cells.past_day(Column::IssuedOn);
    let read = || {
        let named = named?;
        Some(Line {
            row: row.number,
            indices: sealing.document_index(named.document.kind(), &named.document),
            named,
            number: number?,
            specialty: specialty?,
            issued_on: issued_on?,
        })
    };
    let read = read();
    cells.finish(read)
}

/// What is to be written of a piece, and what is said of the rest.
pub(crate) async fn prepare(
    work: Work<'_>,
    heading: Heading,
    rows: Vec<Row>,
) -> Result<(Plan, Vec<Note>), Error> {
    let (sealing, now) = (work.deps.sealing.clone(), work.now);
    let mut sorted = sorted(rows, move |row| judge(&sealing, &heading, row, now)).await?;
    sorted.keep(|line| line.row, |line| work.repeated(line.row));
    let indices: Vec<Vec<u8>> = sorted.good.iter().flat_map(|line| line.indices.clone()).collect();
    let read = async |tx: &mut Tx| Ok::<_, Error>(store::known(tx, &indices).await?);
    let mut known = HashMap::new();
    for (index, stored) in work.deps.reader.snapshot("known qualifications", read).await? {
        known.insert((index, stored.specialty), stored);
    }
    let mut plan = Vec::with_capacity(sorted.good.len());
    for line in std::mem::take(&mut sorted.good) {
        let found = line
            .indices
            .iter()
            .find_map(|index| known.get(&(index.clone(), line.specialty)));
        match found {
            Some(found) => sorted.notes.push(compared(work, &line, found)?),
            None => plan.push(sealed(work, line)),
        }
    }
    Ok((plan, sorted.notes))
}

fn compared(work: Work<'_>, line: &Line, found: &Stored) -> Result<Note, Error> {
    let known = work
        .deps
        .sealing
        .open_qualification(found.id, found.sealed.clone())?;
    let same = known.name.matching_key() == line.named.name.matching_key()
        && known.number == line.number.as_str()
        && found.issued_on == line.issued_on;
    let fault = if same {
        RowFault::AlreadyRecorded
    } else {
        RowFault::RecordedDifferently
    };
    Ok(Note::new(line.row, Some(Column::QualificationNumber), &fault))
}

fn sealed(work: Work<'_>, line: Line) -> (Stored, Vec<u8>) {
    let id = Uuid::now_v7();
    let facts = QualificationFacts {
        name: line.named.name,
        document: line.named.document,
        number: line.number.as_str().to_owned(),
    };
    let stored = Stored {
        id,
        specialty: line.specialty,
        issued_on: line.issued_on,
        sealed: work.deps.sealing.seal_qualification(id, &facts),
    };
    (stored, line.indices.into_iter().next().unwrap_or_default())
}
