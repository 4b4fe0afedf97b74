//! Registration numbers (注册编号): digits that never change and a prefix that moves (domain §1.8).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::province::Province;
use crate::reason::reasons;
use crate::text::{digits, fold_code};

reasons! {
    /// Why a text is not a registration number, or digits cannot be allocated.
    pub enum RegistrationNumberError {
        /// Neither 13 nor 17 characters.
        WrongLength => "REGISTRATION_NUMBER_LENGTH", "domain §1.8",
            "注册编号应为1位汉字加16位数字（旧编号加12位数字）。",
            "A registration number is one character and 16 digits (12 in old numbers).";
        /// The first character stands for no district.
        UnknownPrefix => "REGISTRATION_NUMBER_PREFIX", "domain §1.8, §2.6",
            "注册编号首位汉字不是有效的注册地简称。", "The first character of the registration number is no district.";
        /// Something other than a digit after the prefix.
        IllegalCharacter { /** Position from 1. */ position: usize }
            => "REGISTRATION_NUMBER_CHARACTER", "domain §1.8",
            "注册编号第{position}位应为数字。", "Character {position} of the registration number must be a digit.";
        /// The level digit is not 1.
        OtherLevel => "REGISTRATION_NUMBER_LEVEL", "domain §1.8",
            "该编号不是一级建造师注册编号。", "The number is not of a Level-1 constructor.";
        /// The province of first registration does not exist.
        UnknownProvince => "REGISTRATION_NUMBER_PROVINCE", "domain §2.6",
            "注册编号中的省份代码无效。", "The province code in the registration number is unknown.";
        /// First registered before qualified, or a year outside 1980–2079 at allocation.
        ImpossibleYears => "REGISTRATION_NUMBER_YEARS", "domain §1.8",
            "资格取得年份晚于初始注册年份。", "The year of qualification is later than the year of first registration.";
        /// Serials run from 1 to 99999.
        SerialExhausted => "REGISTRATION_NUMBER_SERIAL", "domain §1.8",
            "该省该年度流水号已用完或无效。", "The serial is outside 1 to 99999.";
    }
}

/// The digits of a registration number: allocated once at first registration, unique, never changed.
///
/// Both generations of a number have the same digits; the 13-character form drops the centuries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegistrationDigits {
    province: Province,
    qualification_year: u16,
    registration_year: u16,
    serial: u32,
}

impl RegistrationDigits {
    /// Allocates digits for someone never registered before.
    ///
    /// # Errors
    /// The years contradict each other or the serial does not fit five digits.
    pub fn allocate(
        province: Province,
        qualification_year: u16,
        registration_year: u16,
        serial: u32,
    ) -> Result<Self, RegistrationNumberError> {
        let years = 1980..2080;
        if qualification_year > registration_year
            || !years.contains(&qualification_year)
            || !years.contains(&registration_year)
        {
            return Err(RegistrationNumberError::ImpossibleYears);
        }
        if !(1..=99_999).contains(&serial) {
            return Err(RegistrationNumberError::SerialExhausted);
        }
        Ok(Self {
            province,
            qualification_year,
            registration_year,
            serial,
        })
    }

    /// Reads 16 digits, or the 12 of an old number.
    ///
    /// # Errors
    /// Not digits, another level, an unknown province.
    pub fn parse(raw: &str) -> Result<Self, RegistrationNumberError> {
        parse_digits(&fold_code(raw), 0).map(|(digits, _)| digits)
    }

    /// The province of *first* registration, which a move does not change.
    #[must_use]
    pub const fn first_province(self) -> Province {
        self.province
    }

    /// The year of qualification.
    #[must_use]
    pub const fn qualification_year(self) -> u16 {
        self.qualification_year
    }

    /// The year of first registration.
    #[must_use]
    pub const fn registration_year(self) -> u16 {
        self.registration_year
    }

    /// The serial within the province of first registration.
    #[must_use]
    pub const fn serial(self) -> u32 {
        self.serial
    }

    /// The 12 digits of the old generation, an alias of the 16.
    #[must_use]
    pub fn short(self) -> String {
        format!(
            "1{}{:02}{:02}{:05}",
            self.province,
            self.qualification_year % 100,
            self.registration_year % 100,
            self.serial
        )
    }
}

impl fmt::Display for RegistrationDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "1{}{:04}{:04}{:05}",
            self.province, self.qualification_year, self.registration_year, self.serial
        )
    }
}

impl fmt::Debug for RegistrationDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistrationDigits({self})")
    }
}

/// Which generation a number was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Generation {
    /// 13 characters, years of two digits.
    Short,
    /// 17 characters, years of four digits.
    Long,
}

/// A registration number: the prefix of the present district and the digits.
///
/// Two numbers are equal when prefix and digits are, whatever generation they were written in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegistrationNumber {
    prefix: Province,
    digits: RegistrationDigits,
}

impl RegistrationNumber {
    /// The number of someone now registered in `prefix`.
    #[must_use]
    pub const fn new(prefix: Province, digits: RegistrationDigits) -> Self {
        Self { prefix, digits }
    }

    /// Reads a number of either generation; prefix variants such as 滇 are canonicalised.
    ///
    /// # Errors
    /// It is no registration number of a Level-1 constructor.
    pub fn parse(raw: &str) -> Result<Self, RegistrationNumberError> {
        Self::parse_generation(raw).map(|(number, _)| number)
    }

    /// As [`Self::parse`], with the generation it was written in.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_generation(raw: &str) -> Result<(Self, Generation), RegistrationNumberError> {
        let text = fold_code(raw);
        let prefix = text.chars().next().ok_or(RegistrationNumberError::WrongLength)?;
        let rest = &text[prefix.len_utf8()..];
        if !matches!(rest.chars().count(), 12 | 16) {
            return Err(RegistrationNumberError::WrongLength);
        }
        let prefix = Province::from_prefix(prefix).ok_or(RegistrationNumberError::UnknownPrefix)?;
        let (digits, generation) = parse_digits(rest, 1)?;
        Ok((Self { prefix, digits }, generation))
    }

    /// The district that the prefix names: where the person is (or was, if the number is old) registered.
    #[must_use]
    pub const fn prefix(self) -> Province {
        self.prefix
    }

    /// The digits, which identify the registration.
    #[must_use]
    pub const fn digits(self) -> RegistrationDigits {
        self.digits
    }

    /// The same digits under the prefix of another district (延续、变更、重新注册).
    #[must_use]
    pub const fn moved_to(self, prefix: Province) -> Self {
        Self {
            prefix,
            digits: self.digits,
        }
    }

    /// The 13-character alias.
    #[must_use]
    pub fn short(self) -> String {
        format!("{}{}", self.prefix.prefix(), self.digits.short())
    }
}

impl fmt::Display for RegistrationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix.prefix(), self.digits)
    }
}

impl fmt::Debug for RegistrationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistrationNumber({self})")
    }
}

fn parse_digits(
    rest: &str,
    offset: usize,
) -> Result<(RegistrationDigits, Generation), RegistrationNumberError> {
    use RegistrationNumberError as Fault;

    if let Some(at) = rest.chars().position(|c| !c.is_ascii_digit()) {
        return Err(Fault::IllegalCharacter {
            position: at + 1 + offset,
        });
    }
    let generation = match rest.len() {
        12 => Generation::Short,
        16 => Generation::Long,
        _ => return Err(Fault::WrongLength),
    };
    if !rest.starts_with('1') {
        return Err(Fault::OtherLevel);
    }
    let province = rest
        .get(1..3)
        .and_then(Province::from_code)
        .ok_or(Fault::UnknownProvince)?;
    let (qualified, registered) = match generation {
        Generation::Short => (digits(rest, 3..5).map(century), digits(rest, 5..7).map(century)),
        Generation::Long => (digits(rest, 3..7), digits(rest, 7..11)),
    };
    let year = |year: Option<u32>| {
        year.and_then(|year| u16::try_from(year).ok())
            .ok_or(Fault::WrongLength)
    };
    let serial = digits(rest, rest.len() - 5..rest.len()).ok_or(Fault::WrongLength)?;
    let digits = RegistrationDigits::allocate(province, year(qualified)?, year(registered)?, serial)?;
    Ok((digits, generation))
}

/// Two-digit years: the register began in 2007, qualifications by assessment reach back into the last century.
const fn century(year: u32) -> u32 {
    if year >= 80 { 1900 + year } else { 2000 + year }
}

macro_rules! text_serde {
    ($name:ident) => {
        impl FromStr for $name {
            type Err = RegistrationNumberError;

            fn from_str(raw: &str) -> Result<Self, RegistrationNumberError> {
                Self::parse(raw)
            }
        }

        impl TryFrom<String> for $name {
            type Error = RegistrationNumberError;

            fn try_from(raw: String) -> Result<Self, RegistrationNumberError> {
                Self::parse(&raw)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}
text_serde!(RegistrationDigits);
text_serde!(RegistrationNumber);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_generations_name_the_same_registration() {
        let (old, generation) = RegistrationNumber::parse_generation("京111050700001").expect("old");
        assert_eq!(generation, Generation::Short);
        assert_eq!(old.to_string(), "京1112005200700001");
        assert_eq!(RegistrationNumber::parse("京1112005200700001"), Ok(old));
        assert_eq!(old.short(), "京111050700001");
        assert_eq!(old.digits().qualification_year(), 2005);
    }

    #[test]
    fn the_guides_number_is_read() {
        let number = RegistrationNumber::parse(" 苏 １322018201901234").expect("number");
        assert_eq!(number.prefix().code(), "32");
        assert_eq!(number.digits().serial(), 1234);
        let moved = number.moved_to(Province::from_code("31").expect("Shanghai"));
        assert_eq!(moved.to_string(), "沪1322018201901234");
        assert_eq!(moved.digits(), number.digits());
    }

    #[test]
    fn each_fault_has_its_reason() {
        use RegistrationNumberError as Fault;
        for (raw, fault) in [
            ("", Fault::WrongLength),
            ("苏132201820190123", Fault::WrongLength),
            ("台1322018201901234", Fault::UnknownPrefix),
            ("苏1322018A01901234", Fault::IllegalCharacter { position: 9 }),
            ("苏2322018201901234", Fault::OtherLevel),
            ("苏1982018201901234", Fault::UnknownProvince),
            ("苏1322019201801234", Fault::ImpossibleYears),
            ("苏1322018201900000", Fault::SerialExhausted),
        ] {
            assert_eq!(RegistrationNumber::parse(raw).expect_err(raw), fault);
        }
    }

    proptest! {
        #[test]
        fn allocated_numbers_round_trip_in_both_generations(
            province in 0usize..33, qualified in 1980u16..2079, wait in 0u16..20, serial in 1u32..=99_999,
        ) {
            let province = Province::all().nth(province).expect("33 districts");
            let registered = (qualified + wait).min(2079);
            let digits = RegistrationDigits::allocate(province, qualified, registered, serial).expect("valid");
            let number = RegistrationNumber::new(province, digits);
            prop_assert_eq!(RegistrationNumber::parse(&number.to_string()), Ok(number));
            prop_assert_eq!(RegistrationNumber::parse(&number.short()), Ok(number));
        }

        /// The key is province of first registration, both years and serial (domain §1.8): two of them never give the same
        /// digits, in either form.
        #[test]
        fn no_two_allocations_share_digits(
            one in (0usize..33, 1980u16..2070, 0u16..9, 1u32..=40), other in (0usize..33, 1980u16..2070, 0u16..9, 1u32..=40),
        ) {
            let allocate = |(province, qualified, wait, serial): (usize, u16, u16, u32)| {
                let province = Province::all().nth(province).expect("33 districts");
                RegistrationDigits::allocate(province, qualified, qualified + wait, serial).expect("valid")
            };
            let (first, second) = (allocate(one), allocate(other));
            prop_assert_eq!(first == second, one == other);
            prop_assert_eq!(first.to_string() == second.to_string(), one == other);
            prop_assert_eq!(first.short() == second.short(), one == other);
        }

        #[test]
        fn no_input_makes_the_parser_panic(raw in "\\PC{0,20}") {
            let _ = RegistrationNumber::parse(&raw);
            let _ = RegistrationDigits::parse(&raw);
        }
    }
}
