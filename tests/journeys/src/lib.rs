//! Promises of the whole system in the trade's words.
//!
//! Each file of `tests/` is one story in a world of its own: a nation and two provinces as processes with a real
//! PostgreSQL. What the stories share beyond the actors of `testkit` is here.

pub mod agreement;
pub mod books;
pub mod callers;
pub mod certificates;
pub mod desk;
pub mod forgery;
pub mod importing;
pub mod impostor;
pub mod listing;
pub mod logged;
pub mod qr;
pub mod reconciling;

use testkit::actors::Answer;
use tonic::Status;
use tonic_types::StatusExt as _;

pub use testkit::actors::reason;

/// The refusal of a call that must not be carried out.
///
/// # Panics
/// If it was carried out.
pub fn refused<T>(answer: Answer<T>) -> Status {
    match answer {
        Ok(_) => panic!("it was carried out"),
        Err(status) => status,
    }
}

/// The reason of a call that must not be carried out.
///
/// # Panics
/// As [`refused`].
pub fn refusal<T>(answer: Answer<T>) -> String {
    let status = refused(answer);
    let reason = reason(&status);
    assert!(!reason.is_empty(), "a refusal without a reason: {status:?}");
    reason
}

/// Which fields broke which rules: `field: REASON` for each violation that names a rule, else `field`.
pub fn violations(status: &Status) -> Vec<String> {
    let found = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default();
    let said = |violation: tonic_types::FieldViolation| match violation.description.split_once(": ") {
        Some((reason, _))
            if reason
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') =>
        {
            format!("{}: {reason}", violation.field)
        }
        _ => violation.field,
    };
    found.into_iter().map(said).collect()
}

/// A particular of a refusal, such as the article it rests on.
pub fn particular(status: &Status, key: &str) -> String {
    let info = status.get_details_error_info();
    info.and_then(|info| info.metadata.get(key).cloned())
        .unwrap_or_default()
}
