//! Unified social credit codes of organisations, GB 32100-2015 (domain §2.5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::reason::reasons;
use crate::text::fold_code;

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

reasons! {
    /// Why a text is not a unified social credit code.
    pub enum CreditCodeError {
        /// Not 18 characters.
        WrongLength => "CREDIT_CODE_LENGTH", "GB 32100-2015; domain §2.5",
            "统一社会信用代码应为18位。", "A unified social credit code has 18 characters.";
        /// A character outside the alphabet (I, O, S, V, Z are not in it), or no digit where one is due.
        IllegalCharacter { /** Position from 1. */ position: usize }
            => "CREDIT_CODE_CHARACTER", "GB 32100-2015; domain §2.5",
            "统一社会信用代码第{position}位的字符无效。", "Character {position} of the credit code is not allowed.";
        /// The last character does not follow from the others.
        CheckDigit => "CREDIT_CODE_CHECK_DIGIT", "GB 32100-2015; domain §2.5",
            "统一社会信用代码校验位不正确，请核对是否输错。", "The check character of the credit code is wrong.";
    }
}

/// A valid unified social credit code (统一社会信用代码).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

impl CreditCode {
    /// The fictitious authority of specimens; no organisation has this code (domain §2.7).
    pub const SPECIMEN_AUTHORITY: &'static str = "11990000000000000D";

    /// Reads a code as typed; case, width and spaces do not matter.
    ///
    /// # Errors
    /// Wrong length, a character outside the alphabet, a wrong check character.
    pub fn parse(raw: &str) -> Result<Self, CreditCodeError> {
        let code = fold_code(raw);
        if code.chars().count() != 18 {
            return Err(CreditCodeError::WrongLength);
        }
        for (index, c) in code.chars().enumerate() {
            let area = (2..8).contains(&index);
            let fits = c.is_ascii() && value(c).is_some() && (!area || c.is_ascii_digit());
            if !fits {
                return Err(CreditCodeError::IllegalCharacter { position: index + 1 });
            }
        }
        if check_character(&code[..17]) != code.chars().last() {
            return Err(CreditCodeError::CheckDigit);
        }
        Ok(Self(code))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The former organisation code (主体标识码), by which legacy exports match enterprises.
    #[must_use]
    pub fn organization_code(&self) -> &str {
        &self.0[8..17]
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(raw: &str) -> Result<Self, CreditCodeError> {
        Self::parse(raw)
    }
}

impl TryFrom<String> for CreditCode {
    type Error = CreditCodeError;

    fn try_from(raw: String) -> Result<Self, CreditCodeError> {
        Self::parse(&raw)
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

fn value(c: char) -> Option<u32> {
    let at = ALPHABET.iter().position(|known| char::from(*known) == c)?;
    u32::try_from(at).ok()
}

/// The check character over the first 17; nothing for other input.
#[must_use]
pub fn check_character(seventeen: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    if seventeen.chars().count() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in seventeen.chars().zip(WEIGHTS) {
        sum += value(c)? * weight;
    }
    ALPHABET
        .get(((31 - sum % 31) % 31) as usize)
        .map(|byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_codes_are_accepted() {
        for code in [
            "11100000000013338W",
            "11110000000021135M",
            "12110000400777687U",
            "11430000006122244L",
            "11320482014138860P",
            "113700000045046442",
            "11370800MB28559184",
            "91320000MA00000016",
            CreditCode::SPECIMEN_AUTHORITY,
        ] {
            assert_eq!(CreditCode::parse(code).expect(code).as_str(), code);
        }
        assert_eq!(
            CreditCode::parse(" 91320000ma00000016")
                .expect("folded")
                .organization_code(),
            "MA0000001"
        );
    }

    #[test]
    fn each_fault_has_its_reason() {
        assert_eq!(
            CreditCode::parse("91320000608950987Q"),
            Err(CreditCodeError::CheckDigit)
        );
        assert_eq!(CreditCode::parse("9132"), Err(CreditCodeError::WrongLength));
        assert_eq!(
            CreditCode::parse("91320000MAO0000016"),
            Err(CreditCodeError::IllegalCharacter { position: 11 })
        );
    }

    proptest! {
        #[test]
        fn any_single_wrong_character_is_noticed(
            body in "9132[0-9]{4}[0-9A-HJ-NP-RTUW-Y]{9}", at in 0usize..18, shift in 1usize..31,
        ) {
            let code = format!("{body}{}", check_character(&body).expect("seventeen characters"));
            prop_assert!(CreditCode::parse(&code).is_ok());
            let mut chars: Vec<char> = code.chars().collect();
            let old = value(chars[at]).expect("in the alphabet") as usize;
            chars[at] = char::from(ALPHABET[(old + shift) % 31]);
            prop_assert!(CreditCode::parse(&chars.into_iter().collect::<String>()).is_err());
        }
    }
}
