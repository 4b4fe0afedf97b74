//! What the real-name record says of a number and a name together.

use crate::deps::Deps;
use crate::error::{Error, REAL_NAME_MISMATCH};
use crate::sealing::{self, Index, PersonFacts};
use crate::store::real_name::RealNameRecord;

/// The record with its sex and birth date, if number and name belong together. An absent and a mismatched record are
/// refused alike and cost the same.
///
/// # Errors
/// `REAL_NAME_MISMATCH`.
pub(super) fn matched(
    deps: &Deps,
    record: Option<RealNameRecord>,
    name: &Index,
) -> Result<(RealNameRecord, PersonFacts), Error> {
    let stored = record
        .as_ref()
        .map_or(&[0; 34][..], |record| record.name_index.as_slice());
    let matches = name.matches(stored);
    let Some(mut record) = record.filter(|_| matches) else {
        return Err(Error::from(REAL_NAME_MISMATCH));
    };
    let wrapped = record
        .wrapped_key
        .take()
        .ok_or_else(|| Error::internal("a real-name record without a key"))?;
    let sealed = std::mem::take(&mut record.facts);
    let facts = sealing::open_record_facts(&deps.sealing.open_key(record.id, wrapped)?, sealed)?;
    Ok((record, facts))
}
