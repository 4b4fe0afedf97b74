//! Announcements as signed lists: how a line becomes a row of `announcement-list`, and the key that signs.

use std::sync::Arc;

use announcement_list::{CorrectionMark, ListSigner as _, Row, Salt, Statement, key_id};
use domain::name::PersonName;
use domain::province::Province;
use gm::{PrivateKey, Signer as _};
use jiff::Timestamp;
use personal_data::OsRandom;
use rand_core::{Rng as _, UnwrapErr};

use crate::error::Error;
use crate::store::announcement::Line;

/// The province's announcement key: it signs lists and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct ListKey(Arc<PrivateKey>);

impl ListKey {
    pub(crate) fn new(key: PrivateKey) -> Self {
        Self(Arc::new(key))
    }

    /// SM3 of the public key's SubjectPublicKeyInfo.
    pub(crate) fn id(&self) -> [u8; 32] {
        key_id(self.0.public_key())
    }

    /// SubjectPublicKeyInfo of the public key.
    pub(crate) fn spki(&self) -> Vec<u8> {
        self.0.public_key().to_spki()
    }

    /// DER signature over a statement.
    pub(crate) fn sign(&self, statement: &Statement) -> Result<Vec<u8>, Error> {
        self.0
            .sign_list(statement, &mut UnwrapErr(OsRandom))
            .map_err(Error::internal)
    }
}

/// A salt for one row.
pub(crate) fn new_salt() -> Salt {
    let mut salt = [0; announcement_list::SALT];
    UnwrapErr(OsRandom).fill_bytes(&mut salt);
    Salt(salt)
}

/// A line in the words in which it is announced; `ordinal` from 1.
pub(crate) fn row(ordinal: u32, name: &PersonName, line: &Line, salt: Salt) -> Row {
    Row {
        ordinal,
        name: name.expose().to_owned(),
        registration_number: line.registration_number.clone(),
        employer: line.employer_title.clone(),
        specialties: line.specialties.iter().map(|one| one.name().to_owned()).collect(),
        kind: line.kind.name().to_owned(),
        correction: line.correction.map(|(fault, row)| CorrectionMark {
            kind: fault.name().to_owned(),
            row,
        }),
        salt,
    }
}

/// What a statement names beside its rows.
pub(crate) struct Head<'a> {
    pub(crate) number: &'a str,
    pub(crate) announced_by: &'a str,
    pub(crate) announced_at: Timestamp,
    /// Number of the announcement that is corrected.
    pub(crate) corrects: Option<&'a str>,
}

/// The statement over so many rows with this root; instants in microseconds, as they are stored.
pub(crate) fn statement(province: Province, head: &Head<'_>, size: usize, root: [u8; 32]) -> Statement {
    let at = head.announced_at.as_microsecond();
    Statement {
        number: head.number.to_owned(),
        province: province.code().to_owned(),
        announced_by: head.announced_by.to_owned(),
        announced_at: Timestamp::from_microsecond(at).unwrap_or(head.announced_at),
        corrects: head.corrects.map(str::to_owned),
        size: u32::try_from(size).unwrap_or(u32::MAX),
        root,
    }
}
