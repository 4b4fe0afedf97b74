//! Signed lists of announcements (公告名单), as docs/announcements.md describes them for outsiders.
//!
//! A province commits to every row under a salt of its own, makes a Merkle tree of the commitments (RFC 9162 §2.1, SHA-256)
//! and signs a [`Statement`] over its root with SM2. Whoever has the public key can check
//!
//! - a whole [`SignedList`]: that nobody added, dropped or changed a row; and
//! - one row with its [`RowProof`]: that it stands on the list, without being shown any other.
//!
//! Rows are text as announced: a list can be checked without knowing the codes of any version of this program. A row whose
//! person was erased is withheld: its commitment stays, its text and salt are gone, and the list still verifies.
//!
//! No I/O, no clock; randomness is the caller's.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod csv;
mod document;
mod encode;
mod merkle;
mod row;
mod statement;
#[cfg(test)]
mod tests;

pub use csv::{cell, csv};
pub use document::{Fault, ListedRow, Proved, RowProof, SignedList, Verified, is_list, is_proof};
pub use merkle::{Hash, Tree};
pub use row::{CorrectionMark, Row, SALT, Salt, Withheld};
pub use statement::{ListSignature, ListSigner, Statement, key_id};
