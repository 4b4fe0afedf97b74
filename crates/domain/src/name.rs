//! Names of persons: one canonical spelling, one key to match them by, and what the public may see (domain §5).

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::reason::reasons;
use crate::text::is_invisible;

mod family;
mod private_use;

/// Most characters a name may have; a longer one does not fit the face of the certificate.
pub const MAX_CHARACTERS: usize = 50;

/// The dot between the parts of a minority or transliterated name.
pub const MIDDLE_DOT: char = '\u{00B7}';

reasons! {
    /// Why a text is not a name. The text itself is never repeated, only the code point that is refused.
    pub enum NameError {
        /// Nothing is left after trimming.
        Empty => "NAME_EMPTY", "domain §5", "请输入姓名。", "The name is empty.";
        /// More than fifty characters.
        TooLong => "NAME_TOO_LONG", "domain §5", "姓名超过50个字符。", "The name has more than 50 characters.";
        /// A character that no name contains.
        IllegalCharacter { /** As in `U+0007`. */ code_point: String }
            => "NAME_CHARACTER", "domain §5",
            "姓名中含有无效字符（{code_point}）。", "The name contains a character that is not allowed ({code_point}).";
        /// A private-use character that no table resolves.
        PrivateUse { /** As in `U+E000`. */ code_point: String }
            => "NAME_PRIVATE_USE_CHARACTER", "GB 18030-2022; domain §5",
            "姓名中含有无法识别的自造字（{code_point}），请改用国家标准编码的汉字。",
            "The name contains a private-use character without a standard code point ({code_point}).";
    }
}

/// A person's name in canonical spelling. Never printed: see [`Self::expose`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    /// Reads a name as typed: NFC, full-width letters narrowed, one middle dot, no spaces between ideographs, single
    /// spaces between Latin words, old private-use ideographs moved to their standard code points.
    ///
    /// # Errors
    /// Empty, too long, or with a character that no name contains.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        let mut spelled = String::with_capacity(raw.len());
        for c in raw
            .chars()
            .map(narrow)
            .map(private_use::fold)
            .nfc()
            .filter(|c| !is_invisible(*c))
        {
            if c.is_whitespace() {
                spelled.push(' ');
            } else if is_middle_dot(c) || (c == '.' && spelled.ends_with(is_ideograph)) {
                spelled.push(MIDDLE_DOT);
            } else if is_private_use(c) {
                return Err(NameError::PrivateUse {
                    code_point: code_point(c),
                });
            } else if is_name_character(c) {
                spelled.push(c);
            } else {
                return Err(NameError::IllegalCharacter {
                    code_point: code_point(c),
                });
            }
        }
        let name = join_words(&spelled);
        let name = name.trim_matches(MIDDLE_DOT);
        match name.chars().count() {
            0 => Err(NameError::Empty),
            count if count > MAX_CHARACTERS => Err(NameError::TooLong),
            _ => Ok(Self(name.to_owned())),
        }
    }

    /// The name in the clear.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What two spellings of one name have in common; names are compared by it and by nothing looser.
    #[must_use]
    pub fn matching_key(&self) -> MatchingKey {
        let key = self
            .0
            .nfkc()
            .filter(|c| !is_variation_selector(*c) && *c != ' ')
            .flat_map(char::to_uppercase)
            .collect();
        MatchingKey(key)
    }

    /// Whether another spelling is the same name.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.matching_key() == other.matching_key()
    }

    /// The part of the name that a public answer may show (design §5): the surname of a Chinese name, compound
    /// surnames whole; of a name with middle dots or of several Latin words the last part, which is the family's or
    /// the father's.
    #[must_use]
    pub fn family_name(&self) -> &str {
        family::of(&self.0)
    }
}

/// A folded name to compare and to index by (keyed: the index is blind).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MatchingKey(String);

impl MatchingKey {
    /// The folded text, as input of a keyed digest.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MatchingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MatchingKey(***)")
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(***)")
    }
}

impl TryFrom<String> for PersonName {
    type Error = NameError;

    fn try_from(raw: String) -> Result<Self, NameError> {
        Self::parse(&raw)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

/// Drops spaces that touch an ideograph or a dot, keeps one between other words.
fn join_words(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let tight = |c: char| is_ideograph(c) || c == MIDDLE_DOT;
        let before = joined.chars().next_back();
        if before.is_some_and(|c| !tight(c)) && !word.starts_with(tight) {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

fn narrow(c: char) -> char {
    match c {
        '\u{FF0E}' => c,
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// The dots seen for U+00B7: bullets, katakana dots, dot operators, and the full stop in its wide form.
fn is_middle_dot(c: char) -> bool {
    matches!(
        c,
        '\u{00B7}'
            | '\u{0387}'
            | '\u{2022}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{2024}'
            | '\u{25CF}'
            | '\u{2E31}'
            | '\u{2E33}'
            | '\u{30FB}'
            | '\u{FF65}'
            | '\u{FF0E}'
            | '\u{FE52}'
            | '\u{3002}'
    )
}

pub(crate) fn is_ideograph(c: char) -> bool {
    matches!(
        c,
        '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}'
    )
}

fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_name_character(c: char) -> bool {
    is_ideograph(c)
        || is_variation_selector(c)
        || c.is_alphabetic()
        || unicode_normalization::char::is_combining_mark(c)
        || matches!(c, '-' | '\'' | '\u{2019}' | '.' | ',')
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests;
