//! Synthetic people and firms: numbers pass their checksums, and belong to nobody on purpose.

/// Weights of GB 11643 (ISO 7064 MOD 11-2).
const CITIZEN_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters of GB 11643 by the sum modulo 11.
const CITIZEN_CHECKS: &[u8; 11] = b"10X98765432";
/// Alphabet of GB 32100: no I, O, S, V, Z.
const CREDIT_CODE_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

const FAMILY_NAMES: [&str; 12] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "欧阳", "徐",
];
const GIVEN_NAMES: [&str; 12] = [
    "伟民", "秀英", "建国", "晓彤", "志远", "梓涵", "海燕", "德昌", "文博", "雨桐", "立新", "静怡",
];

/// Somebody who does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name as on the identity card.
    pub full_name: String,
    /// Citizen identity number with a right check character.
    pub document_number: String,
    /// A password that the account accepts.
    pub password: String,
}

impl Person {
    /// The `ordinal`-th synthetic person of a story; the same ordinal is always the same person.
    pub fn synthetic(ordinal: u32) -> Self {
        let index = |list: usize, salt: u32| ((ordinal.wrapping_mul(7).wrapping_add(salt)) as usize) % list;
        let family = FAMILY_NAMES[index(FAMILY_NAMES.len(), 0)];
        let given = GIVEN_NAMES[((ordinal / 3 + ordinal * 5) as usize) % GIVEN_NAMES.len()];
        let birth = (1975 + ordinal % 20, 1 + ordinal % 12, 1 + (ordinal * 11) % 28);
        Self::named(&format!("{family}{given}"), birth, ordinal)
    }

    /// The `ordinal`-th of a crowd of six million, each with a document number of their own.
    pub fn of_crowd(ordinal: u32) -> Self {
        let Self { full_name, .. } = Self::synthetic(ordinal % 100_000);
        let (rest, day) = (ordinal / 900, 1 + ordinal / 900 % 28);
        let (month, year) = (1 + rest / 28 % 12, 1975 + rest / 28 / 12 % 20);
        Self::named(&full_name, (year, month, day), ordinal)
    }

    /// A synthetic person with a chosen name and birth date (year, month, day).
    pub fn named(full_name: &str, (year, month, day): (u32, u32, u32), ordinal: u32) -> Self {
        let sequence = 100 + ordinal % 900;
        let body = format!("320205{year:04}{month:02}{day:02}{sequence:03}");
        Self {
            full_name: full_name.to_owned(),
            document_number: with_citizen_check(&body),
            password: format!("correct-horse-{ordinal:04}"),
        }
    }
}

/// A firm that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firm {
    /// Registered name.
    pub title: String,
    /// Unified social credit code with a right check character.
    pub credit_code: String,
    /// Two digits of the province of registration.
    pub province: String,
}

impl Firm {
    /// A synthetic firm of a province, told apart by its ordinal.
    pub fn synthetic(title: &str, province: &str, ordinal: u32) -> Self {
        let body = format!("91{province}0200MA{ordinal:07}");
        Self {
            title: title.to_owned(),
            credit_code: with_credit_check(&body),
            province: province.to_owned(),
        }
    }
}

/// Appends the check character of GB 11643 to 17 digits.
fn with_citizen_check(body: &str) -> String {
    let sum: u32 = body
        .bytes()
        .zip(CITIZEN_WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{body}{}", char::from(CITIZEN_CHECKS[(sum % 11) as usize]))
}

/// Appends the check character of GB 32100 to 17 characters.
fn with_credit_check(body: &str) -> String {
    let mut weight = 1_usize;
    let mut sum = 0;
    for character in body.bytes() {
        let value = CREDIT_CODE_ALPHABET.iter().position(|known| *known == character);
        sum += value.expect("the body is written in the alphabet of GB 32100") * weight;
        weight = weight * 3 % 31;
    }
    format!("{body}{}", char::from(CREDIT_CODE_ALPHABET[(31 - sum % 31) % 31]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_in_a_crowd_has_the_number_of_another() {
        let people = 0..200_000_u32;
        let numbers: std::collections::HashSet<String> = people
            .clone()
            .map(|ordinal| Person::of_crowd(ordinal * 30).document_number)
            .collect();
        assert_eq!(numbers.len(), people.len());
    }

    #[test]
    fn published_vectors_come_out() {
        assert_eq!(with_citizen_check("11010519491231002"), "11010519491231002X");
        assert_eq!(with_citizen_check("44052418800101001"), "440524188001010014");
        assert_eq!(with_credit_check("11100000000013338"), "11100000000013338W");
    }
}
