//! Qualification certificates (资格证书): what entitles a person to register in a specialty.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, QualificationId};
use crate::reason::reasons;
use crate::specialty::Specialty;
use crate::text::fold_code;

reasons! {
    /// Why a qualification cannot be recorded.
    pub enum QualificationError {
        /// The management number is empty, too long or has characters it cannot have.
        Number => "QUALIFICATION_NUMBER", "domain §1.8",
            "资格证书管理号无效。", "The management number of the qualification certificate is not valid.";
        /// Issued after the day it is recorded.
        IssuedInFuture => "QUALIFICATION_ISSUED_IN_FUTURE", "domain §1.3",
            "资格证书签发日期晚于今天。", "The qualification certificate is dated in the future.";
    }
}

/// The management number of a qualification certificate (资格证书管理号), a third number beside registration and
/// certificate number (domain §1.8).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QualificationNumber(String);

impl QualificationNumber {
    /// Reads a number as typed: 4 to 40 letters and digits.
    ///
    /// # Errors
    /// It is empty, too long, or has other characters.
    pub fn parse(raw: &str) -> Result<Self, QualificationError> {
        let number = fold_code(raw);
        let fits = (4..=40).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits {
            Ok(Self(number))
        } else {
            Err(QualificationError::Number)
        }
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for QualificationNumber {
    type Error = QualificationError;

    fn try_from(raw: String) -> Result<Self, QualificationError> {
        Self::parse(&raw)
    }
}

impl From<QualificationNumber> for String {
    fn from(number: QualificationNumber) -> Self {
        number.0
    }
}

/// A qualification on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qualification {
    /// Its id.
    pub id: QualificationId,
    /// Whose it is.
    pub person: PersonId,
    /// For which specialty.
    pub specialty: Specialty,
    /// Its management number.
    pub number: QualificationNumber,
    /// The day it was issued, from which the three years of initial registration run (domain §1.3).
    pub issued_on: Date,
}

impl Qualification {
    /// Records a qualification as of `today`.
    ///
    /// # Errors
    /// It is dated in the future.
    pub fn record(
        id: QualificationId,
        person: PersonId,
        specialty: Specialty,
        number: QualificationNumber,
        issued_on: Date,
        today: Date,
    ) -> Result<Self, QualificationError> {
        if issued_on > today {
            return Err(QualificationError::IssuedInFuture);
        }
        Ok(Self {
            id,
            person,
            specialty,
            number,
            issued_on,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn management_numbers_are_folded_and_bounded() {
        let number = QualificationNumber::parse(" 2018034320340000004320００1 ").expect("a number");
        assert_eq!(number.as_str(), "2018034320340000004320001");
        for bad in ["", "12", "2018/0343", &"1".repeat(41)] {
            assert_eq!(QualificationNumber::parse(bad), Err(QualificationError::Number));
        }
    }
}
