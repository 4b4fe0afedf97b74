//! Old private-use code points of ideographs and their standard ones (domain §5).

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    include_str!("../../data/private_use.csv")
        .lines()
        .filter_map(pair)
        .collect()
});

fn pair(line: &str) -> Option<(char, char)> {
    let (old, standard) = line.split_once(',')?;
    let read = |hex: &str| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
    Some((read(old)?, read(standard)?))
}

/// The standard code point of a character; every other character is itself.
pub(super) fn fold(c: char) -> char {
    if matches!(c, '\u{E000}'..='\u{F8FF}') {
        TABLE.get(&c).copied().unwrap_or(c)
    } else {
        c
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_leads_out_of_the_private_area() {
        assert_eq!(TABLE.len(), 80);
        assert!(TABLE.values().all(|c| !matches!(c, '\u{E000}'..='\u{F8FF}')));
        assert_eq!(fold('\u{E863}'), '䶮');
        assert_eq!(fold('\u{E81E}'), '\u{9FB4}');
    }
}
