//! Licence identifiers in twenty bytes instead of seventy and a heap.

/// What all versions of a certificate have in common: type and issuer by number, and the serial, at most 24 digits and
/// capital letters, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Serial {
    pub(super) issue: u16,
    /// A leading 1 and the characters, in base 36; big endian, so that the record needs no padding.
    pub(super) packed: [u8; 16],
}

/// One version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Licence {
    pub(crate) serial: Serial,
    pub(crate) version: u16,
}

const RADIX: u32 = 36;
const MOST: usize = 24;

impl Serial {
    /// None for a serial longer than those we draw.
    pub(super) fn pack(issue: u16, serial: &str) -> Option<Self> {
        if serial.len() > MOST {
            return None;
        }
        let packed = serial.chars().try_fold(1_u128, |number, character| {
            let digit = character
                .to_digit(RADIX)
                .filter(|_| !character.is_ascii_lowercase())?;
            number.checked_mul(RADIX.into())?.checked_add(digit.into())
        })?;
        Some(Self {
            issue,
            packed: packed.to_be_bytes(),
        })
    }

    pub(super) fn issue(self) -> u16 {
        self.issue
    }

    pub(super) fn text(self) -> String {
        let mut number = u128::from_be_bytes(self.packed);
        let mut characters = Vec::with_capacity(MOST);
        while number > 1 {
            let digit = u32::try_from(number % u128::from(RADIX)).expect("invariant: a remainder of 36 fits");
            let character = char::from_digit(digit, RADIX).expect("invariant: a remainder of 36 is a digit");
            characters.push(character.to_ascii_uppercase());
            number /= u128::from(RADIX);
        }
        characters.iter().rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_serial_of_ours_survives(serial in "[0-9A-Z]{1,24}", issue: u16) {
            let packed = Serial::pack(issue, &serial).expect("it fits");
            prop_assert_eq!(packed.text(), serial);
            prop_assert_eq!(packed.issue(), issue);
        }
    }

    #[test]
    fn leading_zeros_count_and_foreign_serials_are_none() {
        assert_ne!(Serial::pack(0, "0A"), Serial::pack(0, "A"));
        assert_ne!(Serial::pack(0, "A"), Serial::pack(1, "A"));
        assert_eq!(Serial::pack(0, "a"), None);
        assert_eq!(Serial::pack(0, &"A".repeat(25)), None);
    }
}
