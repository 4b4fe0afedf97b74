//! References to cells inside a package, judged as its bytes pass.
//!
//! The reader of workbooks computes positions without asking whether they fit: `A9999999999` is some other row to it, and a
//! range that ends before it begins is negative. What it would compute from is refused before it sees it.

/// Letters and digits in a row that still fit what they are computed in; a spreadsheet itself ends at `XFD1048576`.
const LETTERS: usize = 6;
const DIGITS: usize = 9;
/// Bytes of a range that is in order: two references and a colon.
const RANGE: usize = 2 * (LETTERS + DIGITS) + 1;

/// Where in the bytes of a part the next one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In what may become the name of an attribute.
    Name,
    /// Behind that name and an equals sign.
    Equals,
    /// In a value which that quotation mark ends.
    Value(u8),
}

/// Reads the bytes of one part, in whatever pieces they come, for attributes `r` and `ref`.
///
/// It does not follow the structure of the document, so that no comment or entity can hide an attribute from it, and a text that
/// says `r="12345678901"` is taken for one; bytes of zero are passed over, which makes UTF-16 of either order look like ASCII.
pub(crate) struct References {
    place: Place,
    /// The last bytes that may be a name, and whether a blank came behind them.
    name: Vec<u8>,
    blank: bool,
    value: Vec<u8>,
    letters: usize,
    digits: usize,
}

impl References {
    pub(crate) fn new() -> Self {
        Self {
            place: Place::Name,
            name: Vec::new(),
            blank: false,
            value: Vec::new(),
            letters: 0,
            digits: 0,
        }
    }

    /// Whether every reference so far can be computed.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> bool {
        bytes
            .iter()
            .filter(|&&byte| byte != 0)
            .all(|&byte| match self.place {
                Place::Name => {
                    self.name(byte);
                    true
                }
                Place::Equals => {
                    self.equals(byte);
                    true
                }
                Place::Value(end) if byte == end => {
                    self.place = Place::Name;
                    in_order(&self.value)
                }
                Place::Value(_) if byte.is_ascii_alphanumeric() || byte == b':' => self.value(byte),
                // Not a reference, which the reader finds by itself; or a text that began like one.
                Place::Value(_) => {
                    self.place = Place::Name;
                    self.name(byte);
                    true
                }
            })
    }

    fn name(&mut self, byte: u8) {
        match byte {
            b'=' if matches!(self.name.as_slice(), b"r" | b"ref") => self.place = Place::Equals,
            b'"' | b'\'' | b'<' | b'/' | b'=' => self.name.clear(),
            _ if byte.is_ascii_whitespace() => self.blank = true,
            _ => {
                if self.blank {
                    self.name.clear();
                }
                self.blank = false;
                // One byte more than the longest name that matters tells every longer one.
                if self.name.len() <= b"ref".len() {
                    self.name.push(byte);
                }
            }
        }
    }

    fn equals(&mut self, byte: u8) {
        if byte.is_ascii_whitespace() {
            return;
        }
        self.name.clear();
        self.value.clear();
        (self.letters, self.digits) = (0, 0);
        self.place = match byte {
            b'"' | b'\'' => Place::Value(byte),
            _ => Place::Name,
        };
    }

    fn value(&mut self, byte: u8) -> bool {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' => self.letters += 1,
            b'0'..=b'9' => self.digits += 1,
            _ => (self.letters, self.digits) = (0, 0),
        }
        if self.value.len() <= RANGE {
            self.value.push(byte);
        }
        self.letters <= LETTERS && self.digits <= DIGITS
    }
}

/// Whether a range does not end before it begins; anything that is no range is.
fn in_order(value: &[u8]) -> bool {
    let Some(colon) = value.iter().position(|&byte| byte == b':') else {
        return true;
    };
    let (start, end) = value.split_at(colon);
    match (position(start), position(end.get(1..).unwrap_or_default())) {
        (Some(start), Some(end)) => start.0 <= end.0 && start.1 <= end.1,
        _ => true,
    }
}

/// Column and row of `BC12`, both from one.
fn position(reference: &[u8]) -> Option<(u32, u32)> {
    let letters = reference
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let (column, row) = reference.split_at(letters);
    let column = column.iter().try_fold(0_u32, |column, letter| {
        let digit = u32::from(letter.to_ascii_uppercase().checked_sub(b'A')?) + 1;
        column.checked_mul(26)?.checked_add(digit)
    })?;
    let row = std::str::from_utf8(row).ok()?.parse().ok()?;
    Some((column, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(part: &str) -> bool {
        // In pieces of one byte, which is how unfavourable an archive can make it.
        let mut references = References::new();
        part.as_bytes().iter().all(|byte| references.read(&[*byte]))
    }

    #[test]
    fn references_that_fit_pass() {
        for part in [
            r#"<dimension ref="A1:XFD1048576"/><row r="1048576"><c r = 'XFD1048576' t="s"><v>99999999999999999999</v></c></row>"#,
            r#"<mergeCell ref="B2:B2"/><a:gd name="r" fmla="val 99999999999"/><x order="9999999999999" xr="ABCDEFGHIJ"/>"#,
            r#"<worksheet xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">r=12345678901</worksheet>"#,
            r#"<t>"r='</t></is></c></row></sheetData></worksheet>"#,
            r#"<a:fillToRect l="50000" r="-50000"/><hyperlink ref="" r:id="rId1234567890"/>"#,
        ] {
            assert!(read(part), "{part}");
        }
    }

    #[test]
    fn references_that_overflow_or_run_backwards_do_not() {
        for part in [
            r#"<row r="4294967297">"#,
            r#"<c t="s"r="A4294967297">"#,
            r#"<c r="ABCDEFGH1">"#,
            "<c r\n=\t'A9999999999-1'>",
            r#"<!-- " --><c r="A99999999999"/>"#,
            r#"<dimension ref="B1:A1"/>"#,
            r#"<dimension ref="A2:A1"/>"#,
            r#"<dimension ref="A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A99999999999"/>"#,
        ] {
            assert!(!read(part), "{part}");
        }
        let wide: Vec<u8> = r#"<row r="4294967297">"#.bytes().flat_map(|byte| [0, byte]).collect();
        assert!(!References::new().read(&wide));
    }
}
