//! Whether a person's registration is suspended (暂扣), for whatever hands out files of its certificate.

use domain::ids::PersonId;
use domain::register::RegisterEntry;
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::clock::day_of;

use crate::error::{CERTIFICATE_SUSPENDED, Error, refusal_of};
use crate::sealing::{Sealing, open_json};
use crate::store::register::{column, entry};

/// Nothing is handed out while it is. Asked in the transaction that hands out, so that the register of that moment counts.
///
/// # Errors
/// It is suspended: with its last day, where one is stated.
pub(crate) async fn require_not_suspended(
    tx: &mut Tx,
    sealing: &Sealing,
    person: PersonId,
    scope: &Scope,
    at: Timestamp,
) -> Result<(), Error> {
    let Some(row) = entry::find(tx, person, scope).await? else {
        return Ok(());
    };
    let Some(wrapped) = row.wrapped_key else {
        return Ok(());
    };
    check(&sealing.key(person, wrapped)?, row.entry, at)
}

/// As [`require_not_suspended`], of an entry that was read.
///
/// # Errors
/// It is suspended: with its last day, where one is stated.
pub(crate) fn check(key: &DataKey, sealed: Vec<u8>, at: Timestamp) -> Result<(), Error> {
    let entry: RegisterEntry = open_json(key, column::ENTRY, sealed)?;
    entry.check_not_suspended(day_of(at)).map_err(|suspended| {
        let refusal = refusal_of(CERTIFICATE_SUSPENDED, &suspended);
        match suspended.until {
            Some(day) => refusal.metadata("suspended_until", day.to_string()).into(),
            None => refusal.into(),
        }
    })
}
