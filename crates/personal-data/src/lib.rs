//! Personal data at rest: shown to nobody by accident, readable only with a person's own key, found without
//! being read, and erased by destroying one key.
//!
//! * [`Personal`] wraps a value in memory: Debug and Display hide it, drop wipes it, serde does not know it.
//! * [`Vault`] makes and unwraps a [`DataKey`] per person under a versioned [`Keyring`]; the data key seals values
//!   into an [`Envelope`] that opens only for the same person and column.
//! * [`BlindIndexer`] turns a value into a [`BlindIndex`] by which its row is found.
//! * [`FileKeys`] seal large files of what was indexed.
//!
//! # Erasure
//! Every envelope of a person opens only with that person's data key, and the key is stored nowhere but in its
//! wrapped form. Deleting that row (and letting backups expire) therefore erases the person from events, audit and
//! outbox at once, without touching a byte that a chain covers. Blind indices are not erased by this: who holds the
//! deployment's index key can still test a guess against them, so erasing deletes the indexed rows as well, or
//! overwrites the index.
//!
//! # Rotation
//! A new key file with a higher version becomes current on the next start. Old versions stay until
//! [`Vault::rewrap`] has moved every data key (values are not touched). Index keys rotate by writing the new version
//! beside the old one: look up with [`BlindIndexer::candidates`] until every row has the current version.
//!
//! No I/O but reading and making key files; no clock; randomness is an argument.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod blind_index;
mod cipher;
mod data_key;
mod keyring;
mod masked;
mod random;
mod sealed_file;

pub use blind_index::{BlindIndex, BlindIndexer, ColumnIndexer};
pub use cipher::Cipher;
pub use data_key::{DataKey, Envelope, OpenError, Vault, WrappedDataKey};
pub use keyring::{KeyKind, Keyring, KeyringError, create_key_file};
pub use masked::{Personal, masked_document_number, masked_name};
pub use random::OsRandom;
pub use sealed_file::{FileKeys, SealedFileError, SealedReader, SealedWriter};
