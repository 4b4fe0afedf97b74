//! The QR symbol. Version, level and mask follow from the length of the text alone, so that all documents of one kind
//! scan alike, and no time is spent on scoring masks.

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::geometry::Rect;

/// The text is longer than the symbol holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text of the QR symbol is {0} bytes long, {most} fit", most = MOST)]
pub struct TooLong(pub usize);

/// Versions used and the bytes that each holds at level M (ISO/IEC 18004 table 7).
const VERSIONS: [(u8, usize); 5] = [(5, 84), (6, 106), (8, 152), (10, 213), (12, 287)];
const MOST: usize = 287;

/// A QR symbol.
pub struct Code(QrCode);

impl Code {
    /// Encodes a text, as bytes, at level M with mask 2.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let fitting = VERSIONS.iter().find(|(_, holds)| text.len() <= *holds);
        let &(version, _) = fitting.ok_or(TooLong(text.len()))?;
        let version = Version::new(version);
        let segments = [QrSegment::make_bytes(text.as_bytes())];
        QrCode::encode_segments_advanced(
            &segments,
            QrCodeEcc::Medium,
            version,
            version,
            Some(Mask::new(2)),
            false,
        )
        .map(Self)
        .map_err(|_| TooLong(text.len()))
    }

    /// Modules in a row.
    pub fn side(&self) -> u16 {
        u16::try_from(self.0.size()).expect("invariant: a QR symbol has at most 177 modules in a row")
    }

    /// Whether the module at column and row is dark.
    pub fn dark(&self, column: u16, row: u16) -> bool {
        self.0.get_module(column.into(), row.into())
    }

    /// The largest square of whole hundredths of a millimetre per module inside `room`, centred.
    pub(crate) fn place(&self, room: Rect) -> Rect {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_grows_with_the_text_and_then_refuses() {
        let side = |length: usize| Code::new(&"A".repeat(length)).map(|code| code.side());
        assert_eq!(side(84), Ok(37));
        assert_eq!(side(85), Ok(41));
        assert_eq!(side(287), Ok(65));
        assert_eq!(side(288), Err(TooLong(288)));
    }

    #[test]
    fn a_symbol_is_never_smaller_than_30_millimetres() {
        let room = Rect::new(31.0, 231.5, 32.0, 32.0);
        for length in [10, 100, 150, 200, 287] {
            let place = Code::new(&"A".repeat(length)).unwrap().place(room);
            assert!(
                place.width >= 30.0 && place.width <= 32.0,
                "{length}: {}",
                place.width
            );
            assert!((place.center().x - room.center().x).abs() < 1e-9);
        }
    }
}
