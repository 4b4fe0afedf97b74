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
    let decimals: Vec<String> = (0..=code.side())
        .map(|index| decimal(u32::from(index) * module))
        .collect();
    let words = |word: fn(&str) -> String| -> Option<Vec<Word>> {
        decimals.iter().map(|number| Word::new(&word(number))).collect()
    };
    let starts = words(|x| format!(" M {x} "))?;
    let lines = words(|y| format!("{y} L "))?;
    let ends = words(|x| format!("{x} "))?;
    let rows = words(str::to_owned)?;
    // No space before the first command.
    let spaced = [b" ", data].concat();
    let mut rest = spaced.as_slice();
    let mut drawn = true;
    code.runs().for_each(|(row, from, to)| {
        let (row, from, to) = (usize::from(row) + 1, usize::from(from), usize::from(to));
        for word in [starts.get(from), lines.get(row), ends.get(to), rows.get(row)] {
            drawn &= word.is_some_and(|word| word.take(&mut rest));
        }
    });
    Some(stands && drawn && rest.is_empty())
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

/// A short piece of text, compared in one go.
struct Word {
    bytes: [u8; Self::LONGEST],
    length: usize,
    /// The bits that count, the first byte lowest.
    mask: u128,
}

impl Word {
    const LONGEST: usize = 16;

    /// None if the text is longer.
    fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::LONGEST];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let unused = 8 * (Self::LONGEST - text.len()) as u32;
        let mask = u128::MAX.checked_shr(unused).unwrap_or(0);
        Some(Self {
            bytes,
            length: text.len(),
            mask,
        })
    }

    /// Takes the word from the start of `rest`; whether it stood there.
    fn take(&self, rest: &mut &[u8]) -> bool {
        let Some((first, after)) = rest.split_at_checked(self.length) else {
            return false;
        };
        let found = match rest.first_chunk() {
            Some(chunk) => u128::from_le_bytes(*chunk) & self.mask,
            None => {
                let mut chunk = [0; Self::LONGEST];
                chunk.iter_mut().zip(first).for_each(|(to, from)| *to = *from);
                u128::from_le_bytes(chunk)
            }
        };
        *rest = after;
        found == u128::from_le_bytes(self.bytes)
    }
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
