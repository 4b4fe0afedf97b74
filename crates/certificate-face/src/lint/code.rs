//! Whether the QR symbol is drawn as it must be: the lines, stated here from its dark modules, against the document's.

use std::fmt::Write as _;

use memchr::memmem;

use crate::code::Code;
use crate::geometry::Rect;

/// Whether the first path of an OFD page stands in `room` and draws `code`.
pub(super) fn is_in_ofd(page: &[u8], room: Rect, code: &Code) -> bool {
    drawn_in_ofd(page, room, code).unwrap_or(false)
}

fn drawn_in_ofd(page: &[u8], room: Rect, code: &Code) -> Option<bool> {
    let object = after(page, b"<ofd:PathObject")?;
    let [x, y, width, height] = numbers::<4>(before(after(object, b"Boundary=\"")?, b'"')?)?;
    let stands = near(x, room.x) && near(y, room.y) && near(width, room.width) && near(height, room.height);
    let data = before(after(object, b"<ofd:AbbreviatedData>")?, b'<')?;
    let module = hundredths(room, code)?;
    let places = |count: u16, of: fn(u32, u32) -> u32| -> Vec<String> {
        (0..count)
            .map(|index| thousandths(of(index.into(), module)))
            .collect()
    };
    // A line runs through the middle of its row.
    let columns = places(code.side() + 1, |index, module| index * module * 10);
    let rows = places(code.side(), |index, module| (2 * index + 1) * module * 5);
    let mut expected = String::with_capacity(data.len() + 32);
    runs(code, |row, from, to| {
        let (row, [from, to]) = (rows.get(row)?, [columns.get(from)?, columns.get(to)?]);
        expected.push_str(if expected.is_empty() { "M " } else { " M " });
        for piece in [from, " ", row, " L ", to, " ", row] {
            expected.push_str(piece);
        }
        Some(())
    })?;
    Some(stands && data == expected.as_bytes())
}

/// Whether a PDF content stream draws `code`, in `room` and in black.
pub(super) fn is_in_pdf(content: &[u8], room: Rect, code: &Code) -> bool {
    drawn_in_pdf(content, room, code).unwrap_or(false)
}

fn drawn_in_pdf(content: &[u8], room: Rect, code: &Code) -> Option<bool> {
    const PEN: &[u8] = b"cm 1 w ";
    let at = memmem::find(content, PEN)?;
    let (matrix, drawing) = (content.get(..at)?, content.get(at + PEN.len()..)?);
    let matrix = matrix.get(memchr::memrchr(b'q', matrix)? + 1..)?;
    let [a, b, c, d, x, y] = numbers::<6>(matrix)?;
    let module = room.width / f64::from(code.side());
    let upright = near(b, 0.0) && near(c, 0.0) && near(a, module) && near(d, module);
    let stands = upright && near(x, room.x) && near(y, room.y + module / 2.0);
    let ink = memmem::find(drawing, b"RG")?;
    let black = numbers::<3>(drawing.get(..ink)?)? == [0.0; 3];
    let places: Vec<String> = (0..=code.side()).map(|index| index.to_string()).collect();
    let mut expected = String::with_capacity(8192);
    runs(code, |row, from, to| {
        let (row, [from, to]) = (places.get(row)?, [places.get(from)?, places.get(to)?]);
        for piece in [from, " ", row, " m\n", to, " ", row, " l\n"] {
            expected.push_str(piece);
        }
        Some(())
    })?;
    let lines = drawing.get(ink + 2..)?.trim_ascii_start();
    let end = lines
        .strip_prefix(expected.as_bytes())
        .map(<[u8]>::trim_ascii_start);
    let drawn = end.is_some_and(|end| matches!(end, [b'S', after, ..] if after.is_ascii_whitespace()));
    Some(stands && black && drawn)
}

/// Calls `line` with row, first column and column after the last of each run of dark modules.
fn runs(code: &Code, mut line: impl FnMut(usize, usize, usize) -> Option<()>) -> Option<()> {
    let side = code.side();
    for row in 0..side {
        let mut column = 0;
        while column < side {
            let start = column;
            while column < side && code.dark(column, row) {
                column += 1;
            }
            if column > start {
                line(row.into(), start.into(), column.into())?;
            }
            column += 1;
        }
    }
    Some(())
}

/// The width of a module in hundredths of a millimetre, of which it is a whole number.
fn hundredths(room: Rect, code: &Code) -> Option<u32> {
    let module = room.width / f64::from(code.side()) * 100.0;
    ((module - module.round()).abs() < 1e-6 && module < 10_000.0).then_some(module.round() as u32)
}

/// A number of thousandths as a decimal without trailing zeros.
fn thousandths(value: u32) -> String {
    let mut text = (value / 1000).to_string();
    if !value.is_multiple_of(1000) {
        let _ = write!(text, ".{:03}", value % 1000);
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.01
}

/// What follows the first `mark`.
fn after<'t>(text: &'t [u8], mark: &[u8]) -> Option<&'t [u8]> {
    text.get(memmem::find(text, mark)? + mark.len()..)
}

fn before(text: &[u8], end: u8) -> Option<&[u8]> {
    text.get(..memchr::memchr(end, text)?)
}

fn numbers<const N: usize>(text: &[u8]) -> Option<[f64; N]> {
    let values: Vec<f64> = std::str::from_utf8(text)
        .ok()?
        .split_ascii_whitespace()
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    values.try_into().ok()
}
