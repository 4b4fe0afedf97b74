//! Folding of typed identifiers before they are compared (domain §5: users fail lookups on case, width and spaces).

use unicode_normalization::UnicodeNormalization;

/// NFKC, upper case, without white space, zero-width marks and the dashes and dots people put between groups.
///
/// For codes of digits and Latin letters only: names have rules of their own.
pub(crate) fn fold_code(raw: &str) -> String {
    raw.nfkc()
        .filter(|c| {
            !c.is_whitespace()
                && !is_invisible(*c)
                && !matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        })
        .flat_map(char::to_uppercase)
        .collect()
}

/// Marks that change nothing a reader sees: zero-width spaces and joiners, byte-order mark, soft hyphen, directions.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{00AD}')
}

/// The ASCII digits at `at` as a number; anything else is none.
pub(crate) fn digits(text: &str, at: std::ops::Range<usize>) -> Option<u32> {
    let part = text.get(at)?;
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    part.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_spaces_and_dashes_do_not_matter() {
        assert_eq!(
            fold_code(" １１０１０５-19491231 002ｘ\u{200b} "),
            "11010519491231002X"
        );
    }
}
