//! Object identifiers with arcs of any size.

use std::fmt;

/// The longest encoding held. A UUID arc (2.25.x) takes 20 bytes; nothing longer occurs.
const CAPACITY: usize = 39;

/// An object identifier in its DER content encoding. Unlike `const_oid`, arcs may be as large as a UUID, which
/// identifiers under 2.25 need.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid {
    length: u8,
    bytes: [u8; CAPACITY],
}

impl Oid {
    /// Parses the dotted form. Meant for constants: panics on anything else than a well-formed identifier.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated at compile time, where `get` is not available"
    )]
    pub const fn dotted(text: &str) -> Self {
        let text = text.as_bytes();
        let mut oid = Self {
            length: 0,
            bytes: [0; CAPACITY],
        };
        let (mut arc, mut first, mut index, mut position) = (0u128, 0u128, 0usize, 0usize);
        loop {
            if position < text.len() && text[position] != b'.' {
                assert!(
                    text[position].is_ascii_digit(),
                    "an object identifier has digits and dots"
                );
                arc = arc * 10 + (text[position] - b'0') as u128;
            } else {
                match index {
                    0 => first = arc,
                    1 => oid = oid.with_arc(first * 40 + arc),
                    _ => oid = oid.with_arc(arc),
                }
                index += 1;
                arc = 0;
            }
            if position == text.len() {
                break;
            }
            position += 1;
        }
        assert!(index >= 2, "an object identifier has at least two arcs");
        oid
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated at compile time, where `get` is not available"
    )]
    const fn with_arc(mut self, arc: u128) -> Self {
        let mut groups = 1;
        while groups < 19 && arc >> (7 * groups) != 0 {
            groups += 1;
        }
        while groups > 0 {
            groups -= 1;
            let more = if groups == 0 { 0 } else { 0x80 };
            self.bytes[self.length as usize] = ((arc >> (7 * groups)) & 0x7f) as u8 | more;
            self.length += 1;
        }
        self
    }

    /// Takes the content bytes of an OBJECT IDENTIFIER; `None` if they are not one, or longer than any in use.
    #[must_use]
    pub fn from_content(content: &[u8]) -> Option<Self> {
        let (last, _) = content.split_last()?;
        if last & 0x80 != 0 {
            return None;
        }
        let mut bytes = [0; CAPACITY];
        bytes.get_mut(..content.len())?.copy_from_slice(content);
        Some(Self {
            length: u8::try_from(content.len()).ok()?,
            bytes,
        })
    }

    /// The content bytes, without tag and length.
    #[must_use]
    pub fn as_content(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut arc, mut first) = (0u128, true);
        for byte in self.as_content() {
            arc = (arc << 7) | u128::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                continue;
            }
            if first {
                let root = (arc / 40).min(2);
                write!(f, "{root}.{}", arc - root * 40)?;
                first = false;
            } else {
                write!(f, ".{arc}")?;
            }
            arc = 0;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}
