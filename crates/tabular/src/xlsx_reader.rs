//! XLSX: the package is measured first, then its first sheet is read cell by cell.

use std::collections::HashSet;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use calamine::{DataRef, Reader as _, Xlsx};
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::references::References;
use crate::{Cell, Delivery, Limits, Row, TableError, date, unescaped};

/// Parts of one package.
const PARTS: usize = 2_000;
/// From here on a double does not hold every integer that a spreadsheet shows: it keeps fifteen digits.
const EXACT: f64 = 1e15;

pub(crate) fn read(
    package: &[u8],
    limits: &Limits,
    each: impl FnMut(Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    measure(package, limits)?;
    let mut book = Xlsx::new(Cursor::new(package)).map_err(|_| TableError::Unreadable)?;
    let sheet = book.sheet_names().into_iter().next().ok_or(TableError::Empty)?;
    let mut cells = book
        .worksheet_cells_reader(&sheet)
        .map_err(|_| TableError::Unreadable)?;
    let mut delivery = Delivery::new(limits, each);
    let mut row: (u32, Vec<Cell>) = (0, Vec::new());
    loop {
        let next = cells.next_cell().map_err(|_| TableError::Unreadable)?;
        let Some(next) = next else {
            let _ = delivery.row(row.0.saturating_add(1), row.1)?;
            return delivery.finish();
        };
        let (at, column) = next.get_position();
        if at < row.0 {
            return Err(TableError::Unreadable);
        }
        if at > row.0 {
            let done = std::mem::take(&mut row.1);
            if delivery.row(row.0.saturating_add(1), done)?.is_break() {
                return Ok(());
            }
            row.0 = at;
        }
        let value = cell(next.get_value());
        if value.is_empty() {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= limits.columns {
            return Err(TableError::TooManyColumns {
                row: at.saturating_add(1),
            });
        }
        if column >= row.1.len() {
            row.1.resize(column + 1, Cell::Text(String::new()));
        }
        if let Some(place) = row.1.get_mut(column) {
            *place = value;
        }
    }
}

/// Inflates every part into a counter. Sizes that the package declares are not believed: what is counted is what comes.
/// Positions that no sheet has are refused on the way.
fn measure(package: &[u8], limits: &Limits) -> Result<(), TableError> {
    if package.len() as u64 > limits.package_bytes {
        return Err(TableError::TooManyBytes);
    }
    let mut archive = ZipArchive::new(Cursor::new(package)).map_err(|_| TableError::Unreadable)?;
    if archive.len() > PARTS {
        return Err(TableError::TooManyBytes);
    }
    let mut names = HashSet::new();
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|_| TableError::Unreadable)?;
        // Two readers may each take another of two parts with one name.
        let name = part
            .name()
            .map_err(|_| TableError::Unreadable)?
            .to_ascii_lowercase();
        if part.encrypted() || !names.insert(name) {
            return Err(TableError::Unreadable);
        }
        let most = (limits.inflated_bytes - total)
            .min(part.compressed_size().saturating_mul(limits.inflation).max(4096));
        let count = match part.compression() {
            CompressionMethod::Stored => count(part, most)?,
            CompressionMethod::Deflated => count(DeflateDecoder::new(part), most)?,
            _ => return Err(TableError::Unreadable),
        };
        if count > most {
            return Err(TableError::TooManyBytes);
        }
        total += count;
    }
    Ok(())
}

/// Bytes that come, counted up to one more than `most`.
fn count(mut source: impl Read, most: u64) -> Result<u64, TableError> {
    let (mut buffer, mut total, mut references) = ([0; 8192], 0_u64, References::new());
    while total <= most {
        let read = source.read(&mut buffer).map_err(|_| TableError::Unreadable)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        if !references.read(bytes) {
            return Err(TableError::Unreadable);
        }
        total += read as u64;
    }
    Ok(total)
}

fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Text(String::new()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text_of(text),
        DataRef::SharedString(text) => text_of(text),
        DataRef::Int(number) if number.unsigned_abs() >= 1_000_000_000_000_000 => {
            Cell::Rounded(number.to_string())
        }
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) if number.abs() >= EXACT => Cell::Rounded(format!("{number:.0}")),
        DataRef::Float(number) if number.is_finite() => Cell::Text(number.to_string()),
        DataRef::Bool(is) => Cell::Text(if *is { "TRUE" } else { "FALSE" }.to_owned()),
        DataRef::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            let day = date::day(i64::from(year), i64::from(month), i64::from(day));
            day.map_or(Cell::Broken, |day| Cell::Text(day.to_string()))
        }
        DataRef::Float(_) | DataRef::Error(_) => Cell::Broken,
    }
}

fn text_of(text: &str) -> Cell {
    Cell::Text(unescaped(text.trim()).to_owned())
}
