//! Checks and reasons in words: Chinese first, English beside.

mod checks;
mod reasons;

use checks::CHECKS;
use reasons::{REASONS, Row};

/// A text in both languages.
pub(crate) type Words = (&'static str, &'static str);

fn look_up(table: impl IntoIterator<Item = &'static Row>, name: &str) -> Option<Words> {
    table
        .into_iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, zh, en)| (*zh, *en))
}

/// A check in words.
pub(crate) fn check(name: &'static str) -> Words {
    look_up(CHECKS, name).unwrap_or((name, name))
}

/// A reason in words.
pub(crate) fn reason(name: &'static str) -> Words {
    look_up(REASONS.iter().copied().flatten(), name).unwrap_or((name, name))
}

/// Every check that findings may name.
pub fn known_checks() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|(name, ..)| *name)
}

/// Every reason that findings may give.
pub fn known_reasons() -> impl Iterator<Item = &'static str> {
    REASONS.iter().copied().flatten().map(|(name, ..)| *name)
}
