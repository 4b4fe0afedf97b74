//! Electronic licence identifiers (电子证照标识, ZZBS), GB/T 36904-2018 (domain §2.7).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::credit_code::CreditCode;
use crate::reason::reasons;

const ROOT: &str = "1.2.156.3005.2";
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

reasons! {
    /// Why a text is not a licence identifier, or one cannot be built.
    pub enum LicenceIdentifierError {
        /// Not the root and five parts.
        Shape => "LICENCE_IDENTIFIER_SHAPE", "GB/T 36904-2018; domain §2.7",
            "电子证照标识格式不正确。", "The licence identifier does not have the required shape.";
        /// A part has other characters than digits and upper-case letters, or a length outside its bounds.
        Part { /** Which part. */ part: &'static str }
            => "LICENCE_IDENTIFIER_PART", "GB/T 36904-2018; domain §2.7",
            "电子证照标识中的{part}无效。", "A part of the licence identifier is not valid: {part}.";
        /// The version is not three digits from 001.
        Version => "LICENCE_IDENTIFIER_VERSION", "GB/T 36904-2018; domain §2.7",
            "电子证照标识版本号应为001至999。", "The version of a licence identifier runs from 001 to 999.";
        /// The check character does not follow from the others.
        CheckCharacter => "LICENCE_IDENTIFIER_CHECK", "ISO/IEC 7064 MOD 37,36; domain §2.7",
            "电子证照标识校验位不正确。", "The check character of the licence identifier is wrong.";
    }
}

/// The identifier of one version of one electronic licence, the same in its original and its use copies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LicenceIdentifier {
    type_code: String,
    issuer: String,
    serial: String,
    version: u16,
}

impl LicenceIdentifier {
    /// Characters of the serials we draw (random, so that identifiers cannot be walked through).
    pub const SERIAL_LENGTH: usize = 20;

    /// The type code of specimens: it belongs to the fictitious authority and exists nowhere.
    pub const SPECIMEN_TYPE_CODE: &'static str = "11990000000000000D000";

    /// Builds an identifier.
    ///
    /// # Errors
    /// A part has wrong characters or length, or the version is outside 1 to 999.
    pub fn new(
        type_code: &str,
        issuer: &CreditCode,
        serial: &str,
        version: u16,
    ) -> Result<Self, LicenceIdentifierError> {
        if type_code.len() != 21 {
            return Err(LicenceIdentifierError::Part {
                part: "证照类型代码"
            });
        }
        Self::from_parts(type_code, issuer.as_str(), serial, version)
    }

    /// Reads an identifier. Inbound issuers need not be credit codes: old records carry area codes.
    ///
    /// # Errors
    /// Wrong shape, characters, version or check character.
    pub fn parse(raw: &str) -> Result<Self, LicenceIdentifierError> {
        let text = crate::text::fold_code(raw);
        let text = text
            .strip_suffix(".OFD")
            .or_else(|| text.strip_suffix(".PDF"))
            .unwrap_or(&text);
        let rest = text
            .strip_prefix(ROOT)
            .and_then(|rest| rest.strip_prefix('.'))
            .ok_or(LicenceIdentifierError::Shape)?;
        let parts: Vec<&str> = rest.split('.').collect();
        let [type_code, issuer, serial, version, check] = parts[..] else {
            return Err(LicenceIdentifierError::Shape);
        };
        if version.len() != 3 || !version.bytes().all(|b| b.is_ascii_digit()) {
            return Err(LicenceIdentifierError::Version);
        }
        let number = version.parse().map_err(|_| LicenceIdentifierError::Version)?;
        let identifier = Self::from_parts(type_code, issuer, serial, number)?;
        if check.len() != 1 || !check.starts_with(identifier.check_character()) {
            return Err(LicenceIdentifierError::CheckCharacter);
        }
        Ok(identifier)
    }

    fn from_parts(
        type_code: &str,
        issuer: &str,
        serial: &str,
        version: u16,
    ) -> Result<Self, LicenceIdentifierError> {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| value(b).is_some());
        for (part, text, most) in [
            ("证照类型代码", type_code, 21),
            ("颁发机构代码", issuer, 18),
            ("流水号", serial, 32),
        ] {
            if !plain(text) || text.len() > most {
                return Err(LicenceIdentifierError::Part { part });
            }
        }
        if !(1..=999).contains(&version) {
            return Err(LicenceIdentifierError::Version);
        }
        Ok(Self {
            type_code: type_code.to_owned(),
            issuer: issuer.to_owned(),
            serial: serial.to_owned(),
            version,
        })
    }

    /// The identifier of the next version: renewal, change and correction keep the serial.
    ///
    /// # Errors
    /// Version 999 is the last; a new serial must be drawn.
    pub fn next_version(&self) -> Result<Self, LicenceIdentifierError> {
        Self::from_parts(&self.type_code, &self.issuer, &self.serial, self.version + 1)
    }

    /// 证照类型代码.
    #[must_use]
    pub fn type_code(&self) -> &str {
        &self.type_code
    }

    /// 证照颁发机构代码.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// 流水号.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// 版本号.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// Whether the identifier names the fictitious authority.
    #[must_use]
    pub fn is_specimen(&self) -> bool {
        self.issuer == CreditCode::SPECIMEN_AUTHORITY
            || self.type_code.starts_with(CreditCode::SPECIMEN_AUTHORITY)
    }

    fn check_character(&self) -> char {
        check_character(&format!(
            "{}{}{}{:03}",
            self.type_code, self.issuer, self.serial, self.version
        ))
        .expect("invariant: every part was checked against the alphabet")
    }
}

impl fmt::Display for LicenceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            type_code,
            issuer,
            serial,
            version,
        } = self;
        write!(
            f,
            "{ROOT}.{type_code}.{issuer}.{serial}.{version:03}.{}",
            self.check_character()
        )
    }
}

impl FromStr for LicenceIdentifier {
    type Err = LicenceIdentifierError;

    fn from_str(raw: &str) -> Result<Self, LicenceIdentifierError> {
        Self::parse(raw)
    }
}

impl TryFrom<String> for LicenceIdentifier {
    type Error = LicenceIdentifierError;

    fn try_from(raw: String) -> Result<Self, LicenceIdentifierError> {
        Self::parse(&raw)
    }
}

impl From<LicenceIdentifier> for String {
    fn from(identifier: LicenceIdentifier) -> Self {
        identifier.to_string()
    }
}

/// ISO/IEC 7064 MOD 37,36 (GB/T 17710-2008) over digits and upper-case letters; nothing for other input.
#[must_use]
pub fn check_character(text: &str) -> Option<char> {
    let mut p = 36;
    for byte in text.bytes() {
        p = (p + value(byte)?) % 36;
        if p == 0 {
            p = 36;
        }
        p = (p * 2) % 37;
    }
    ALPHABET.get((37 - p) % 36).map(|byte| char::from(*byte))
}

/// The place of a character in [`ALPHABET`].
fn value(byte: u8) -> Option<usize> {
    match byte {
        b'0'..=b'9' => Some(usize::from(byte - b'0')),
        b'A'..=b'Z' => Some(usize::from(byte - b'A') + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_identifiers_check() {
        for text in [
            "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
            "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
            "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
            "1.2.156.3005.2.11100000000013338W087.11370800MB28559184.37080001202411010001.001.3",
            "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
        ] {
            assert_eq!(LicenceIdentifier::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn specimens_are_built_and_recognised() {
        let authority = CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY).expect("synthetic code");
        let first = LicenceIdentifier::new(
            LicenceIdentifier::SPECIMEN_TYPE_CODE,
            &authority,
            "JS2026000000012345",
            1,
        )
        .expect("specimen");
        assert_eq!(
            first.to_string(),
            "1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.001.H"
        );
        let second = first.next_version().expect("second");
        assert!(second.to_string().ends_with(".002.F"));
        assert!(second.is_specimen() && second.serial() == first.serial());
    }

    #[test]
    fn each_fault_has_its_reason() {
        use LicenceIdentifierError as Fault;
        let good = "1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.001.H";
        assert!(LicenceIdentifier::parse(&format!("{good}.OFD")).is_ok());
        for (text, fault) in [
            (good.replace("001.H", "001.D"), Fault::CheckCharacter),
            (good.replace("001.H", "000.H"), Fault::Version),
            (good.replace("001.H", "1.H"), Fault::Version),
            (good.replace("JS", "中S"), Fault::Part { part: "流水号" }),
            (good.replace("1.2.156", "1.2.157"), Fault::Shape),
            (format!("{good}.X"), Fault::Shape),
        ] {
            assert_eq!(LicenceIdentifier::parse(&text).expect_err(&text), fault);
        }
    }

    proptest! {
        #[test]
        fn any_single_wrong_character_is_noticed(serial in "[0-9A-Z]{20}", at in 0usize..20, shift in 1usize..36) {
            let check = check_character(&serial).expect("in the alphabet");
            let mut bytes = serial.into_bytes();
            let old = ALPHABET.iter().position(|known| *known == bytes[at]).expect("in the alphabet");
            bytes[at] = ALPHABET[(old + shift) % 36];
            prop_assert_ne!(check_character(std::str::from_utf8(&bytes).expect("ascii")), Some(check));
        }

        #[test]
        fn no_input_makes_the_parser_panic(tail in "\\PC{0,40}") {
            let _ = LicenceIdentifier::parse(&format!("{ROOT}.{tail}"));
        }
    }
}
