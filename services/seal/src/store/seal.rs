//! Table `seal.seal`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

use crate::keystore::KeptSeal;

/// Where a seal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealState {
    Active,
    Suspended,
    Destroyed,
}

/// Notes a seal that the keystore holds; one that is known keeps its state.
pub(crate) async fn register(tx: &mut Tx, kept: &KeptSeal, at: Timestamp) -> Result<(), Error> {
    let seal = kept.stamp.seal();
    let digest = gm::sm3::digest(seal.der());
    query!(
        "INSERT INTO seal.seal (name, es_id, digest, state, specimen, registered_at)
         VALUES ($1, $2, $3, 'active', $4, $5)
         ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, es_id = excluded.es_id,
             updated_by = shared.transaction_name()
         WHERE seal.seal.digest <> excluded.digest",
        kept.name,
        seal.es_id(),
        digest.as_slice(),
        kept.specimen,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The state of every seal.
pub(crate) async fn states(tx: &mut Tx) -> Result<BTreeMap<String, SealState>, Error> {
    let rows = query!("SELECT name, state FROM seal.seal")
        .fetch_all(tx.conn())
        .await?;
    let state = |state: &str| match state {
        "active" => SealState::Active,
        "suspended" => SealState::Suspended,
        _ => SealState::Destroyed,
    };
    Ok(rows
        .into_iter()
        .map(|row| (row.name, state(&row.state)))
        .collect())
}
