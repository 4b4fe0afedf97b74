//! 证书编号 of the time of paper: the serial by which certificates were printed for the whole nation (全国注册证书印制流水号;
//! domain §1.8). It names a sheet of paper; the registration number (注册编号) names the registration.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::reason::reasons;
use crate::text::fold_code;

/// Longest number that is taken.
const LONGEST: usize = 40;

reasons! {
    /// Why a text is not the number of a paper certificate.
    pub enum PaperCertificateNumberError {
        /// Empty, too long, or something other than letters and digits.
        Form => "PAPER_CERTIFICATE_NUMBER_FORM", "domain §1.8",
            "证书编号应为纸质证书的印制流水号，由数字或者字母组成。",
            "The number of a paper certificate is the serial that is printed on it: digits or letters.";
        /// It is a registration number.
        IsRegistrationNumber => "PAPER_CERTIFICATE_NUMBER_IS_REGISTRATION", "domain §1.8",
            "证书编号与注册编号是两个不同的编号，此处填写的是注册编号。",
            "The number of the paper certificate is not the registration number; this is a registration number.";
    }
}

/// The serial of a printed certificate. Eight digits are seen, the form is in no text, so words and other lengths are
/// taken; never a registration number, with which it is mixed up most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PaperCertificateNumber(String);

impl PaperCertificateNumber {
    /// Reads a number as people write it: full-width digits are folded, spaces and dashes go, leading zeros stay.
    ///
    /// # Errors
    /// Not such a number, or a registration number.
    pub fn parse(raw: &str) -> Result<Self, PaperCertificateNumberError> {
        let text = fold_code(raw);
        if crate::registration_number::RegistrationNumber::parse(&text).is_ok() {
            return Err(PaperCertificateNumberError::IsRegistrationNumber);
        }
        let plain = text.chars().all(char::is_alphanumeric);
        if text.is_empty() || text.chars().count() > LONGEST || !plain {
            return Err(PaperCertificateNumberError::Form);
        }
        Ok(Self(text))
    }

    /// As it is printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaperCertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PaperCertificateNumber {
    type Err = PaperCertificateNumberError;

    fn from_str(raw: &str) -> Result<Self, PaperCertificateNumberError> {
        Self::parse(raw)
    }
}

impl TryFrom<String> for PaperCertificateNumber {
    type Error = PaperCertificateNumberError;

    fn try_from(raw: String) -> Result<Self, PaperCertificateNumberError> {
        Self::parse(&raw)
    }
}

impl From<PaperCertificateNumber> for String {
    fn from(number: PaperCertificateNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_serial_is_kept_as_printed_and_a_registration_number_is_none() {
        for (written, printed) in [
            ("00234634", "00234634"),
            (" ００234634 ", "00234634"),
            ("a-12", "A12"),
        ] {
            assert_eq!(
                PaperCertificateNumber::parse(written).map(String::from),
                Ok(printed.to_owned())
            );
        }
        for wrong in ["", " ", "0023，4634", &"1".repeat(41), "12_34"] {
            assert_eq!(
                PaperCertificateNumber::parse(wrong),
                Err(PaperCertificateNumberError::Form),
                "{wrong}"
            );
        }
        for other in ["苏1322018201901234", "京111050700001"] {
            assert_eq!(
                PaperCertificateNumber::parse(other),
                Err(PaperCertificateNumberError::IsRegistrationNumber)
            );
        }
    }
}
