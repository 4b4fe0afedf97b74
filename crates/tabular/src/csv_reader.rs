//! CSV.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::ControlFlow;

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use crate::decode::{Decoded, TooLong, WrongEncoding};
use crate::{Cell, Delivery, Limits, Row, TableError, unescaped};

pub(crate) fn read(
    source: impl Read,
    limits: &Limits,
    each: impl FnMut(Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    // The longest row that is still one: without this a quote that is never closed would swallow the file.
    let longest = limits.columns as u64 * (limits.cell as u64 * 4 + 4);
    let bounded = Bounded {
        source: Decoded::new(source, limits.csv_bytes),
        since: 0,
        longest,
        read: 0,
        lines: VecDeque::new(),
        passed: 0,
    };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bounded);
    let mut delivery = Delivery::new(limits, each);
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return delivery.finish(),
            Err(error) => return Err(fault(&error, delivery.delivered + 1)),
        }
        let end = reader.position().byte();
        let within = record.as_slice().matches('\n').count() as u64;
        let number = reader.get_mut().line_of(end, within)?;
        if record.len() > limits.columns
            && record
                .iter()
                .skip(limits.columns)
                .any(|cell| !cell.trim().is_empty())
        {
            return Err(TableError::TooManyColumns { row: number });
        }
        let cells = record.iter().take(limits.columns).map(cell).collect();
        if delivery.row(number, cells)?.is_break() {
            return Ok(());
        }
    }
}

fn cell(text: &str) -> Cell {
    let text = unescaped(text.trim());
    // What a spreadsheet saves of a long number: 3.20205E+17.
    if is_scientific(text) {
        Cell::Rounded(text.to_owned())
    } else {
        Cell::Text(text.to_owned())
    }
}

fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa = mantissa
        .split_once('.')
        .map_or_else(|| digits(mantissa), |(whole, rest)| digits(whole) && digits(rest));
    mantissa && exponent.strip_prefix('+').is_some_and(digits)
}

fn fault(error: &csv::Error, row: u32) -> TableError {
    let ErrorKind::Io(error) = error.kind() else {
        return TableError::Encoding;
    };
    let inner = error.get_ref();
    let is = |wanted: fn(&(dyn std::error::Error + Send + Sync + 'static)) -> bool| inner.is_some_and(wanted);
    if is(|inner| inner.is::<WrongEncoding>()) {
        TableError::Encoding
    } else if is(|inner| inner.is::<TooLong>()) {
        TableError::TooManyBytes
    } else if is(|inner| inner.is::<RowTooLong>()) {
        TableError::CellTooLong { row }
    } else {
        TableError::Unreadable
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a row is too long")]
struct RowTooLong;

/// Stops a row that does not end, and knows on which line one stood.
struct Bounded<R> {
    source: R,
    since: u64,
    longest: u64,
    read: u64,
    /// Where lines end that no row has passed yet.
    lines: VecDeque<u64>,
    passed: u64,
}

impl<R> Bounded<R> {
    /// The line on which a record begins that ends before the byte `end` and has `within` line breaks in its cells.
    fn line_of(&mut self, end: u64, within: u64) -> Result<u32, TableError> {
        self.since = 0;
        let mut own = 0;
        while self.lines.front().is_some_and(|at| *at < end) {
            own = u64::from(self.lines.pop_front() == Some(end - 1));
            self.passed += 1;
        }
        let line = (1 + self.passed).saturating_sub(own + within);
        u32::try_from(line).map_err(|_| TableError::TooManyRows)
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.since > self.longest {
            return Err(io::Error::other(RowTooLong));
        }
        let read = self.source.read(into)?;
        for (at, byte) in (self.read..).zip(into.iter().take(read)) {
            if *byte == b'\n' {
                self.lines.push_back(at);
            }
        }
        self.since += read as u64;
        self.read += read as u64;
        Ok(read)
    }
}
