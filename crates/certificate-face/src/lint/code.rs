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
    let module = hundredths(room, code)?;
    // A line runs through the middle of its row: from half a module above the symbol, whole modules down.
    let above = room.width / f64::from(code.side()) / 2.0;
    let stands = near(x, room.x)
        && near(y + above, room.y)
        && near(width, room.width)
        && near(height - above, room.height);
    let data = before(after(object, b"<ofd:AbbreviatedData>")?, b'<')?;
    let places: Vec<String> = (0..=code.side())
        .map(|index| decimal(u32::from(index) * module))
        .collect();
    let mut expected = String::with_capacity(data.len() + 32);
    for (row, from, to) in code.runs() {
        let place = |index: u16| places.get(usize::from(index));
        let (row, from, to) = (place(row + 1)?, place(from)?, place(to)?);
        expected.push_str(if expected.is_empty() { "M " } else { " M " });
        for piece in [from, " ", row, " L ", to, " ", row] {
            expected.push_str(piece);
        }
    }
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
    for (row, from, to) in code.runs() {
        let place = |index: u16| places.get(usize::from(index));
        let (row, from, to) = (place(row)?, place(from)?, place(to)?);
        for piece in [from, " ", row, " m\n", to, " ", row, " l\n"] {
            expected.push_str(piece);
        }
    }
    let lines = drawing.get(ink + 2..)?.trim_ascii_start();
    let end = lines
        .strip_prefix(expected.as_bytes())
        .map(<[u8]>::trim_ascii_start);
    let drawn = end.is_some_and(|end| matches!(end, [b'S', after, ..] if after.is_ascii_whitespace()));
    Some(stands && black && drawn)
}

/// The width of a module in hundredths of a millimetre, of which it is a whole number.
fn hundredths(room: Rect, code: &Code) -> Option<u32> {
    let module = room.width / f64::from(code.side()) * 100.0;
    ((module - module.round()).abs() < 1e-6 && module < 10_000.0).then_some(module.round() as u32)
}

/// A number of hundredths as a decimal without trailing zeros.
fn decimal(hundredths: u32) -> String {
    let mut text = (hundredths / 100).to_string();
    if !hundredths.is_multiple_of(100) {
        let _ = write!(text, ".{:02}", hundredths % 100);
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
