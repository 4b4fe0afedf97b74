//! Values that do not show themselves.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A personal value. Debug and Display hide it, comparison takes the same time for every content of a length,
/// memory is wiped on drop. It has no serde implementation: whoever writes it out does so by [`Personal::expose`].
#[derive(Clone)]
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Hides a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, where it is meant to be seen.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Personal(***)")
    }
}

impl<T: Zeroize> fmt::Display for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Personal<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Personal<T> {}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A document number as public answers may show it: first and last character, everything between hidden behind
/// one mark per character. Shorter than three characters shows nothing.
#[must_use]
pub fn masked_document_number(number: &str) -> String {
    let count = number.chars().count();
    let (Some(first), Some(last)) = (number.chars().next(), number.chars().last()) else {
        return String::new();
    };
    if count < 3 {
        return "*".repeat(count);
    }
    format!("{first}{}{last}", "*".repeat(count - 2))
}

/// A name as public answers may show it: its first character, the rest hidden. A single character is hidden, too.
#[must_use]
pub fn masked_name(name: &str) -> String {
    let mut characters = name.chars();
    match (characters.next(), characters.count()) {
        (None, _) => String::new(),
        (Some(_), 0) => "*".to_owned(),
        (Some(first), rest) => format!("{first}{}", "*".repeat(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_value_never_prints_itself() {
        let name = Personal::new("欧阳娜娜".to_owned());
        let nested = Some(vec![name.clone()]);
        for printed in [
            format!("{name:?}"),
            format!("{name}"),
            format!("{nested:#?}"),
            format!("{name:>20}"),
        ] {
            assert!(!printed.contains("欧阳") && !printed.contains("娜"), "{printed}");
        }
        assert_eq!(name.expose(), "欧阳娜娜");
    }

    #[test]
    fn personal_values_compare_by_content() {
        assert_eq!(Personal::new(b"a".to_vec()), Personal::new(b"a".to_vec()));
        assert_ne!(Personal::new(b"a".to_vec()), Personal::new(b"ab".to_vec()));
    }

    #[test]
    fn public_answers_show_the_ends_of_a_number_and_the_first_character_of_a_name() {
        assert_eq!(masked_document_number("11010119900307002X"), "1****************X");
        assert_eq!(masked_document_number("12"), "**");
        assert_eq!(masked_document_number(""), "");
        assert_eq!(masked_name("欧阳娜娜"), "欧***");
        assert_eq!(masked_name("𠮷田"), "𠮷*");
        assert_eq!(masked_name("王"), "*");
        assert_eq!(masked_name(""), "");
    }
}
