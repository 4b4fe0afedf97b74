//! Tables in files: CSV (UTF-8 or GB18030) and XLSX come in as the same stream of rows, CSV goes out.
//!
//! Every byte is hostile. A file is measured before it is believed: bytes, rows, columns and characters of a cell have
//! [`Limits`], and an XLSX package is inflated once into a counter before anything of it is kept. Numbers stay the text
//! that the file had; one that a spreadsheet has rounded is [`Cell::Rounded`] and never a number. CSV is read in memory
//! that does not grow with the file; an XLSX package is bounded by [`Limits::package_bytes`].
//!
//! What is written opens in a spreadsheet without becoming a formula (OWASP, CSV injection), and reads back as it was.

mod csv_reader;
mod date;
mod decode;
mod escape;
mod references;
mod xlsx_reader;

use std::io::Read;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

pub use date::read_day;
pub use escape::{escaped, unescaped, write};

/// What a file may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a CSV file.
    pub csv_bytes: u64,
    /// Bytes of an XLSX package as uploaded: it is held in memory.
    pub package_bytes: u64,
    /// Bytes of everything in the package once inflated.
    pub inflated_bytes: u64,
    /// How much larger a part of the package may become than it is packed.
    pub inflation: u64,
    /// Rows, the heading aside.
    pub rows: u32,
    /// Columns of any row.
    pub columns: usize,
    /// Characters of a cell.
    pub cell: usize,
}

impl Limits {
    /// What an import takes.
    pub const IMPORT: Self = Self {
        csv_bytes: 256 << 20,
        package_bytes: 16 << 20,
        inflated_bytes: 192 << 20,
        inflation: 200,
        rows: 1_000_000,
        columns: 64,
        cell: 1_000,
    };
}

/// How a file is written, by its first bytes and not by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// An Office Open XML package.
    Xlsx,
}

impl Format {
    /// Tells the formats apart by how a file begins.
    #[must_use]
    pub fn of(beginning: &[u8]) -> Self {
        if beginning.starts_with(b"PK\x03\x04") {
            Self::Xlsx
        } else {
            Self::Csv
        }
    }
}

/// What stands in one cell.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// As the file has it, without surrounding blanks; a date of a spreadsheet as `YYYY-MM-DD`.
    Text(String),
    /// A number of more than fifteen digits: a spreadsheet keeps no more, so that these are not the digits that were typed.
    Rounded(String),
    /// An error value of a spreadsheet, such as `#REF!`.
    Broken,
}

/// Hides what it holds: cells are personal data.
impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(***)",
            Self::Rounded(_) => "Rounded(***)",
            Self::Broken => "Broken",
        })
    }
}

impl Cell {
    /// The text as shown.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(text) | Self::Rounded(text) => text,
            Self::Broken => "",
        }
    }

    /// Whether nothing stands there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

/// One row that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number as a spreadsheet counts: the heading is row 1.
    pub number: u32,
    /// Its cells from the first column on; empty ones at the end are left out.
    pub cells: Vec<Cell>,
}

/// Why a file is no table, or one that is too large. No text repeats what a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It cannot be read at all.
    #[error("the file cannot be read")]
    Unreadable,
    /// More bytes than allowed, or a package that inflates out of proportion.
    #[error("the file has too many bytes")]
    TooManyBytes,
    /// More rows than allowed.
    #[error("the file has too many rows")]
    TooManyRows,
    /// More columns than allowed.
    #[error("row {row} has too many columns")]
    TooManyColumns {
        /// Which row.
        row: u32,
    },
    /// A cell longer than allowed.
    #[error("a cell of row {row} is too long")]
    CellTooLong {
        /// Which row.
        row: u32,
    },
    /// Bytes that are neither UTF-8 nor GB18030.
    #[error("the text is neither UTF-8 nor GB18030")]
    Encoding,
    /// No heading, or nothing below it.
    #[error("the file has no rows below a heading")]
    Empty,
}

/// Reads a CSV file as it arrives: `each` gets the heading first (row 1 if nothing stands above it), then every row that is
/// not empty, until it breaks off.
///
/// # Errors
/// What is wrong with the file; rows before it were delivered.
pub fn read_csv(
    source: impl Read,
    limits: &Limits,
    each: impl FnMut(Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    csv_reader::read(source, limits, each)
}

/// Reads the first sheet of an XLSX package, as [`read_csv`] reads a file.
///
/// # Errors
/// As [`read_csv`].
pub fn read_xlsx(
    package: &[u8],
    limits: &Limits,
    each: impl FnMut(Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    xlsx_reader::read(package, limits, each)
}

/// Delivers rows within the limits and counts them.
struct Delivery<'a, F> {
    limits: &'a Limits,
    each: F,
    /// With the heading.
    delivered: u32,
}

impl<'a, F: FnMut(Row) -> ControlFlow<()>> Delivery<'a, F> {
    const fn new(limits: &'a Limits, each: F) -> Self {
        Self {
            limits,
            each,
            delivered: 0,
        }
    }

    fn row(&mut self, number: u32, mut cells: Vec<Cell>) -> Result<ControlFlow<()>, TableError> {
        while cells.last().is_some_and(Cell::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        if cells.len() > self.limits.columns {
            return Err(TableError::TooManyColumns { row: number });
        }
        let too_long = |cell: &Cell| cell.shown().chars().count() > self.limits.cell;
        if cells.iter().any(too_long) {
            return Err(TableError::CellTooLong { row: number });
        }
        if self.delivered > self.limits.rows {
            return Err(TableError::TooManyRows);
        }
        self.delivered += 1;
        Ok((self.each)(Row { number, cells }))
    }

    /// A table has a heading and something below it.
    fn finish(self) -> Result<(), TableError> {
        if self.delivered < 2 {
            Err(TableError::Empty)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
