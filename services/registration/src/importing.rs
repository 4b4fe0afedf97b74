//! Files of an import: their rows in pieces, what each kind of row must say, and what is said about a row.

pub(crate) mod cells;
pub(crate) mod employers;
pub(crate) mod facts;
pub(crate) mod heading;
pub(crate) mod qualifications;
pub(crate) mod register;
pub(crate) mod register_lookup;
pub(crate) mod repeats;
pub(crate) mod upload;

use domain::ids::ImportId;
use domain::import::{Column, RowFault};
use domain::reason::{BilingualText, Reason};
use jiff::Timestamp;
use tabular::Row;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;

/// Rows of one piece: of one transaction, and of one call to another service.
pub(crate) const PIECE: usize = 1_000;

/// What is said of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Failed,
    /// On record already.
    Unchanged,
}

/// One thing said about one row. Never what stands there.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) row: u32,
    pub(crate) outcome: Outcome,
    pub(crate) column: Option<Column>,
    pub(crate) reason: String,
    pub(crate) text: BilingualText,
}

impl Note {
    /// A fault of a row, or that it changes nothing.
    pub(crate) fn new(row: u32, column: Option<Column>, fault: &impl Reason) -> Self {
        let reason = fault.reason();
        let unchanged = reason == RowFault::AlreadyRecorded.reason();
        Self {
            row,
            outcome: if unchanged {
                Outcome::Unchanged
            } else {
                Outcome::Failed
            },
            column,
            reason: reason.to_owned(),
            text: fault.text(),
        }
    }
}

/// What the rows of a piece come to: good ones, and what is said of the others.
pub(crate) struct Sorted<T> {
    pub(crate) good: Vec<T>,
    pub(crate) notes: Vec<Note>,
}

impl<T> Sorted<T> {
    /// Keeps the good rows that `judge` finds nothing against.
    pub(crate) fn keep(
        &mut self,
        row: impl Fn(&T) -> u32,
        mut judge: impl FnMut(&T) -> Option<(Column, RowFault)>,
    ) {
        let notes = &mut self.notes;
        self.good.retain(|one| match judge(one) {
            None => true,
            Some((column, fault)) => {
                notes.push(Note::new(row(one), Some(column), &fault));
                false
            }
        });
    }
}

/// Where a piece is worked on.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) import: ImportId,
    /// Register time.
    pub(crate) now: Timestamp,
    /// Whether rows are written, or only judged.
    pub(crate) writes: bool,
    /// Rows of the piece that say what an earlier row of the file says.
    pub(crate) repeats: &'a [(u32, Column)],
}

impl Work<'_> {
    /// That a row says what an earlier row of the file says, wherever that one stands.
    pub(crate) fn repeated(&self, row: u32) -> Option<(Column, RowFault)> {
        let found = self.repeats.iter().find(|(repeat, _)| *repeat == row);
        found.map(|(_, column)| (*column, RowFault::TwiceInFile))
    }

    /// For the access logs of others.
    pub(crate) fn purpose(&self) -> String {
        self.deps.import_name(self.import)
    }

    /// The same id for the same row, whenever it is worked on.
    pub(crate) fn row_id(&self, row: u32) -> Uuid {
        let mut text = self.import.as_uuid().as_bytes().to_vec();
        text.extend_from_slice(&row.to_be_bytes());
        let digest = postgres::hash::sha256(&text);
        let mut id = [0; 16];
        id.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
        uuid::Builder::from_custom_bytes(id).into_uuid()
    }
}

/// Judges rows on two threads: checksums, names and sealed indices are the work of a processor.
pub(crate) async fn sorted<T: Send + 'static>(
    rows: Vec<Row>,
    judge: impl Fn(&Row) -> Result<T, Vec<Note>> + Send + Sync + 'static,
) -> Result<Sorted<T>, Error> {
    let work = move || {
        let (first, second) = rows.split_at(rows.len() / 2);
        let half = |rows: &[Row]| rows.iter().map(&judge).collect::<Vec<_>>();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| half(second));
            let mut judged = half(first);
            judged.extend(other.join().ok()?);
            Some(judged)
        })
    };
    let judged = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    let judged = judged.ok_or_else(|| Error::internal("judging rows of an import broke off"))?;
    let mut sorted = Sorted {
        good: Vec::with_capacity(judged.len()),
        notes: Vec::new(),
    };
    for one in judged {
        match one {
            Ok(good) => sorted.good.push(good),
            Err(notes) => sorted.notes.extend(notes),
        }
    }
    Ok(sorted)
}
