//! Second factors: the sealed secret and the newest step used.

use domain::ids::AccountId;
use postgres::{Error, Tx};
use sqlx::{query, query_scalar};

/// Keeps the sealed secret of an account, in place of one that was never confirmed.
pub(crate) async fn replace(tx: &mut Tx, account: AccountId, sealed_secret: &[u8]) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.second_factor (account_id, sealed_secret) VALUES ($1, $2)
         ON CONFLICT (account_id) DO UPDATE
         SET sealed_secret = excluded.sealed_secret, last_step = 0, updated_by = shared.transaction_name()",
        account.as_uuid(),
        sealed_secret,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The sealed secret of an account.
pub(crate) async fn sealed_secret(tx: &mut Tx, account: AccountId) -> Result<Option<Vec<u8>>, Error> {
    Ok(query_scalar!(
        "SELECT sealed_secret FROM identity.second_factor WHERE account_id = $1",
        account.as_uuid()
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Uses a step up. False if it, or a newer one, was used before; two transactions cannot both use one.
pub(crate) async fn use_step(tx: &mut Tx, account: AccountId, step: i64) -> Result<bool, Error> {
    let result = query!(
        "UPDATE identity.second_factor SET last_step = $2, updated_by = shared.transaction_name()
         WHERE account_id = $1 AND last_step < $2",
        account.as_uuid(),
        step,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}
