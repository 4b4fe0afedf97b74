//! The QR symbol. Version, level and mask follow from the length of the text alone, so that all documents of one kind
//! scan alike, and no time is spent on scoring masks.

mod affine;
pub mod payload;

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::geometry::Rect;

/// The text is longer than the symbol holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text of the QR symbol is {0} bytes long, {most} fit", most = MOST)]
pub struct TooLong(pub usize);

/// Versions used, their level, and the bytes that each holds (ISO/IEC 18004 table 7). The largest, of 97 modules, has
/// modules of 0.40 mm on the current layout: small prints and worn phones still read it. Only texts that level M has no
/// room for there come down to L.
const VERSIONS: [(u8, QrCodeEcc, usize); 14] = [
    (5, QrCodeEcc::Medium, 84),
    (6, QrCodeEcc::Medium, 106),
    (8, QrCodeEcc::Medium, 152),
    (10, QrCodeEcc::Medium, 213),
    (11, QrCodeEcc::Medium, 251),
    (12, QrCodeEcc::Medium, 287),
    (13, QrCodeEcc::Medium, 331),
    (14, QrCodeEcc::Medium, 362),
    (15, QrCodeEcc::Medium, 412),
    (16, QrCodeEcc::Medium, 450),
    (18, QrCodeEcc::Medium, 560),
    (19, QrCodeEcc::Medium, 624),
    (20, QrCodeEcc::Medium, 666),
    (20, QrCodeEcc::Low, MOST),
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
        match affine::table(text.len()) {
            Some(table) => Ok(table.encode(text.as_bytes())),
            None => encode(text.as_bytes()),
        }
    }

    /// Modules in a row.
    pub fn side(&self) -> u16 {
        self.side
    }

    /// Whether the module at column and row is dark.
    pub fn dark(&self, column: u16, row: u16) -> bool {
        let at = usize::from(row) * usize::from(self.side) + usize::from(column);
        let inside = column < self.side && row < self.side;
        inside
            && self
                .modules
                .get(at / 64)
                .is_some_and(|word| word >> (at % 64) & 1 == 1)
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
fn encode(text: &[u8]) -> Result<Code, TooLong> {
    let fitting = VERSIONS.iter().find(|(_, _, holds)| text.len() <= *holds);
    let &(version, level, _) = fitting.ok_or(TooLong(text.len()))?;
    let version = Version::new(version);
    let symbol = QrCode::encode_segments_advanced(
        &[QrSegment::make_bytes(text)],
        level,
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
    fn a_table_gives_what_the_library_gives() {
        for text in ["", "A", crate::specimen::CODE, &"\u{7ff}".repeat(53)] {
            let Some(table) = affine::Table::new(text.len()) else {
                panic!("{} bytes", text.len());
            };
            let (fast, right) = (table.encode(text.as_bytes()), encode(text.as_bytes()).unwrap());
            assert!(fast.side == right.side && fast.modules == right.modules, "{text}");
        }
    }

    #[test]
    fn a_length_used_often_goes_on_giving_the_same() {
        let symbols: Vec<_> = (0..200)
            .map(|_| Code::new("https://e.cn/1").unwrap().modules)
            .collect();
        assert!(symbols.iter().all(|symbol| *symbol == symbols[0]));
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
