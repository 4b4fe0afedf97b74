//! Checks and reasons in words: Chinese first, English beside.

mod checks;
mod reasons;

use checks::CHECKS;
use reasons::REASONS;

/// A text in both languages.
pub(crate) type Words = (&'static str, &'static str);

fn look_up(table: &'static [(&'static str, &'static str, &'static str)], name: &str) -> Option<Words> {
    table
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, zh, en)| (*zh, *en))
}

/// A check in words.
pub(crate) fn check(name: &'static str) -> Words {
    look_up(CHECKS, name).unwrap_or((name, name))
}

/// A reason in words.
pub(crate) fn reason(name: &'static str) -> Words {
    look_up(REASONS, name).unwrap_or((name, name))
}
