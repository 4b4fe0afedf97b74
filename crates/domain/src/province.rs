//! Provinces with their codes and the characters that open a registration number (domain §2.6).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A registration district: a province, the Xinjiang corps (兵团) or the military.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Province(u8);

struct Row {
    code: u8,
    text: &'static str,
    prefix: char,
    /// Other characters in use for the same district, accepted on input only.
    variants: &'static [char],
    name: &'static str,
}

const fn row(
    code: u8,
    text: &'static str,
    prefix: char,
    variants: &'static [char],
    name: &'static str,
) -> Row {
    Row {
        code,
        text,
        prefix,
        variants,
        name,
    }
}

/// GB/T 2260 with 66 for the corps and 99 for the military, as registration numbers use them.
const ROWS: [Row; 33] = [
    row(11, "11", '京', &[], "北京市"),
    row(12, "12", '津', &[], "天津市"),
    row(13, "13", '冀', &[], "河北省"),
    row(14, "14", '晋', &[], "山西省"),
    row(15, "15", '蒙', &[], "内蒙古自治区"),
    row(21, "21", '辽', &[], "辽宁省"),
    row(22, "22", '吉', &[], "吉林省"),
    row(23, "23", '黑', &[], "黑龙江省"),
    row(31, "31", '沪', &['申'], "上海市"),
    row(32, "32", '苏', &[], "江苏省"),
    row(33, "33", '浙', &[], "浙江省"),
    row(34, "34", '皖', &[], "安徽省"),
    row(35, "35", '闽', &[], "福建省"),
    row(36, "36", '赣', &[], "江西省"),
    row(37, "37", '鲁', &[], "山东省"),
    row(41, "41", '豫', &[], "河南省"),
    row(42, "42", '鄂', &[], "湖北省"),
    row(43, "43", '湘', &[], "湖南省"),
    row(44, "44", '粤', &[], "广东省"),
    row(45, "45", '桂', &[], "广西壮族自治区"),
    row(46, "46", '琼', &[], "海南省"),
    row(50, "50", '渝', &[], "重庆市"),
    row(51, "51", '川', &['蜀'], "四川省"),
    row(52, "52", '贵', &['黔'], "贵州省"),
    row(53, "53", '云', &['滇'], "云南省"),
    row(54, "54", '藏', &[], "西藏自治区"),
    row(61, "61", '陕', &['秦'], "陕西省"),
    row(62, "62", '甘', &['陇'], "甘肃省"),
    row(63, "63", '青', &[], "青海省"),
    row(64, "64", '宁', &[], "宁夏回族自治区"),
    row(65, "65", '新', &[], "新疆维吾尔自治区"),
    row(66, "66", '兵', &[], "新疆生产建设兵团"),
    row(99, "99", '军', &[], "军队"),
];

/// A text is not the code of a registration district.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown province code")]
pub struct UnknownProvince;

impl Province {
    /// The district with a two-digit code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.text == code).map(|row| Self(row.code))
    }

    /// The district that a first character stands for; variants such as 滇 or 黔 are canonicalised.
    #[must_use]
    pub fn from_prefix(prefix: char) -> Option<Self> {
        ROWS.iter()
            .find(|row| row.prefix == prefix || row.variants.contains(&prefix))
            .map(|row| Self(row.code))
    }

    /// Every district, in the order of the codes.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| Self(row.code))
    }

    /// Two digits, as in `32`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().text
    }

    /// The character printed before the digits of a registration number, as in 苏.
    #[must_use]
    pub fn prefix(self) -> char {
        self.row().prefix
    }

    /// The full name, as in 江苏省.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    fn row(self) -> &'static Row {
        ROWS.iter()
            .find(|row| row.code == self.0)
            .expect("invariant: a Province is built from a row")
    }
}

impl fmt::Debug for Province {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Province({})", self.code())
    }
}

impl fmt::Display for Province {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Province {
    type Error = UnknownProvince;

    fn try_from(code: String) -> Result<Self, UnknownProvince> {
        Self::from_code(&code).ok_or(UnknownProvince)
    }
}

impl From<Province> for String {
    fn from(province: Province) -> Self {
        province.code().to_owned()
    }
}

/// Whose deployment holds a file: a province, or the nation itself (code 00) as intake of `ministry-direct`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Jurisdiction {
    /// The ministry.
    Nation,
    /// One province.
    Province(Province),
}

impl Jurisdiction {
    /// `00` for the nation, else the province's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Nation => "00",
            Self::Province(province) => province.code(),
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        if code == "00" {
            Some(Self::Nation)
        } else {
            Province::from_code(code).map(Self::Province)
        }
    }
}

impl TryFrom<String> for Jurisdiction {
    type Error = UnknownProvince;

    fn try_from(code: String) -> Result<Self, UnknownProvince> {
        Self::from_code(&code).ok_or(UnknownProvince)
    }
}

impl From<Jurisdiction> for String {
    fn from(jurisdiction: Jurisdiction) -> Self {
        jurisdiction.code().to_owned()
    }
}

/// Whether the first two digits of a citizen number name a province of GB/T 2260, or 81, 82, 83 (domain §2.2).
pub(crate) fn is_address_code(code: &str) -> bool {
    matches!(code, "71" | "81" | "82" | "83")
        || Province::from_code(code).is_some_and(|province| !matches!(province.0, 66 | 99))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_accepted_and_canonicalised() {
        for (variant, canonical) in [
            ('滇', '云'),
            ('黔', '贵'),
            ('秦', '陕'),
            ('陇', '甘'),
            ('蜀', '川'),
        ] {
            assert_eq!(
                Province::from_prefix(variant).map(Province::prefix),
                Some(canonical)
            );
        }
        assert_eq!(Province::from_prefix('台'), None);
    }

    #[test]
    fn code_and_prefix_name_the_same_district() {
        for province in Province::all() {
            assert_eq!(Province::from_code(province.code()), Some(province));
            assert_eq!(Province::from_prefix(province.prefix()), Some(province));
        }
        assert_eq!(Province::from_prefix('兵').map(Province::code), Some("66"));
        assert_eq!(Province::from_prefix('军').map(Province::code), Some("99"));
        assert!(!is_address_code("66") && is_address_code("83") && !is_address_code("00"));
    }
}
