//! The QR symbol. Version, level and mask follow from the length of the text alone, so that all documents of one kind
//! scan alike, and no time is spent on scoring masks.

pub mod payload;
mod sums;

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::geometry::Rect;

/// The text is longer than the symbol holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text of the QR symbol is {0} bytes long, {most} fit", most = MOST)]
pub struct TooLong(pub usize);

/// Version, level and what follows from them (ISO/IEC 18004 tables 7 and 9).
#[derive(Debug, PartialEq, Eq)]
struct Form {
    version: u8,
    level: QrCodeEcc,
    /// Bytes of text.
    holds: usize,
    blocks: usize,
    /// Codewords of error correction in each block.
    correction: usize,
}

const fn form(version: u8, level: QrCodeEcc, holds: usize, blocks: usize, correction: usize) -> Form {
    Form {
        version,
        level,
        holds,
        blocks,
        correction,
    }
}

const COUNT: usize = 14;

/// The forms used. The largest, of 97 modules, has modules of 0.40 mm on the current layout: small prints and worn
/// phones still read it. Only texts that level M has no room for there come down to L.
static FORMS: [Form; COUNT] = [
    form(5, QrCodeEcc::Medium, 84, 2, 24),
    form(6, QrCodeEcc::Medium, 106, 4, 16),
    form(8, QrCodeEcc::Medium, 152, 4, 22),
    form(10, QrCodeEcc::Medium, 213, 5, 26),
    form(11, QrCodeEcc::Medium, 251, 5, 30),
    form(12, QrCodeEcc::Medium, 287, 8, 22),
    form(13, QrCodeEcc::Medium, 331, 9, 22),
    form(14, QrCodeEcc::Medium, 362, 9, 24),
    form(15, QrCodeEcc::Medium, 412, 10, 24),
    form(16, QrCodeEcc::Medium, 450, 10, 28),
    form(18, QrCodeEcc::Medium, 560, 13, 26),
    form(19, QrCodeEcc::Medium, 624, 14, 26),
    form(20, QrCodeEcc::Medium, 666, 16, 26),
    form(20, QrCodeEcc::Low, MOST, 8, 28),
];
/// The most bytes that a symbol holds.
pub const MOST: usize = 858;

/// A QR symbol.
pub struct Code {
    side: u16,
    /// Dark modules, a bit each, row after row.
    modules: Vec<u64>,
}

impl Code {
    /// Encodes a text, as bytes, with mask 2.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let text = text.as_bytes();
        let form = FORMS.iter().find(|form| text.len() <= form.holds);
        let form = form.ok_or(TooLong(text.len()))?;
        match sums::plan(form) {
            Some(plan) => Ok(plan.encode(text)),
            None => draw(form, text),
        }
    }

    /// Modules in a row.
    pub fn side(&self) -> u16 {
        self.side
    }

    /// Whether the module at column and row is dark.
    pub fn dark(&self, column: u16, row: u16) -> bool {
        column < self.side && row < self.side && self.row(row) >> column & 1 == 1
    }

    /// The runs of dark modules, row after row: row, first column, column after the last.
    pub fn runs(&self) -> impl Iterator<Item = (u16, u16, u16)> + '_ {
        (0..self.side).flat_map(move |row| {
            // A bit for each column where a run begins or is over.
            let dark = self.row(row);
            let mut edges = dark ^ dark << 1;
            std::iter::from_fn(move || {
                let mut next = || {
                    let column = edges.trailing_zeros() as u16;
                    edges &= edges.checked_sub(1)?;
                    Some(column)
                };
                Some((row, next()?, next()?))
            })
        })
    }

    /// The modules of a row, the first column lowest. No symbol here has 128 columns.
    fn row(&self, row: u16) -> u128 {
        let at = usize::from(row) * usize::from(self.side);
        let word = |index: usize| u128::from(self.modules.get(at / 64 + index).copied().unwrap_or(0));
        let low = (word(0) | word(1) << 64) >> (at % 64);
        let high = word(2).checked_shl(128 - (at % 64) as u32).unwrap_or(0);
        (low | high) & !(u128::MAX << self.side)
    }

    /// The largest square of whole hundredths of a millimetre per module inside `room`, centred.
    pub fn place(&self, room: Rect) -> Rect {
        let side = f64::from(self.side());
        let width = (room.width / side * 100.0).floor() / 100.0 * side;
        Rect::new(
            room.x + (room.width - width) / 2.0,
            room.y + (room.height - width) / 2.0,
            width,
            width,
        )
    }
}

/// Encodes by the library.
fn draw(form: &Form, text: &[u8]) -> Result<Code, TooLong> {
    let version = Version::new(form.version);
    let symbol = QrCode::encode_segments_advanced(
        &[QrSegment::make_bytes(text)],
        form.level,
        version,
        version,
        Some(Mask::new(2)),
        false,
    )
    .map_err(|_| TooLong(text.len()))?;
    let side = u16::try_from(symbol.size()).map_err(|_| TooLong(text.len()))?;
    let mut modules = vec![0_u64; (usize::from(side) * usize::from(side)).div_ceil(64)];
    let places = (0..symbol.size()).flat_map(|row| (0..symbol.size()).map(move |column| (column, row)));
    for (at, (column, row)) in places.enumerate() {
        if let Some(word) = modules
            .get_mut(at / 64)
            .filter(|_| symbol.get_module(column, row))
        {
            *word |= 1 << (at % 64);
        }
    }
    Ok(Code { side, modules })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_grows_with_the_text_and_then_refuses() {
        let side = |length: usize| Code::new(&"A".repeat(length)).map(|code| code.side());
        assert_eq!(side(84), Ok(37));
        assert_eq!(side(85), Ok(41));
        assert_eq!(side(287), Ok(65));
        assert_eq!(side(666), Ok(97));
        assert_eq!(side(858), Ok(97));
        assert_eq!(side(859), Err(TooLong(859)));
    }

    #[test]
    fn every_form_has_a_plan_and_it_gives_what_the_library_gives() {
        for form in &FORMS {
            let plan = sums::plan(form).expect("a plan that proves itself");
            for length in [0, 1, form.holds / 2, form.holds - 1, form.holds] {
                let text = crate::specimen::CODE.as_bytes().repeat(10);
                let text: Vec<u8> = text.iter().rev().copied().take(length).collect();
                let (fast, right) = (plan.encode(&text), draw(form, &text).unwrap());
                assert!(
                    fast.side == right.side && fast.modules == right.modules,
                    "{form:?} {length}"
                );
            }
        }
    }

    #[test]
    fn runs_are_the_dark_modules() {
        for length in [10, 200, 858] {
            let code = Code::new("Az9".repeat(length).get(..length).unwrap()).unwrap();
            let mut drawn = vec![false; usize::from(code.side()) * usize::from(code.side())];
            let at =
                |column: u16, row: u16| usize::from(row) * usize::from(code.side()) + usize::from(column);
            for (row, from, to) in code.runs() {
                assert!(from < to && !code.dark(to, row) && (from == 0 || !code.dark(from - 1, row)));
                (from..to).for_each(|column| drawn[at(column, row)] = true);
            }
            for row in 0..code.side() {
                for column in 0..code.side() {
                    assert_eq!(drawn[at(column, row)], code.dark(column, row));
                }
            }
        }
    }

    #[test]
    fn a_symbol_fills_its_room_and_no_module_is_smaller_than_0_4_millimetres() {
        let layout = crate::layout::Layout::of(
            crate::layout::Layout::CURRENT,
            crate::layout::DocumentNumberPolicy::Shown,
        );
        let room = layout.unwrap().code();
        for length in [10, 100, 150, 200, 287, 500, 858] {
            let code = Code::new(&"A".repeat(length)).unwrap();
            let place = code.place(room);
            assert!(place.width > room.width - 1.0 && place.width <= room.width);
            let module = place.width / f64::from(code.side());
            assert!(module >= 0.4 - 1e-9, "{length}: {module}");
            assert!((place.center().x - room.center().x).abs() < 1e-9);
        }
    }
}
