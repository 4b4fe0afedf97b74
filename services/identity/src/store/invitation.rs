//! Invitations to become an employer's registrar, by the hash of their code.

use domain::ids::{AccountId, EmployerId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};

use crate::random::SecretHash;

/// Keeps an invitation.
pub(crate) async fn insert(
    tx: &mut Tx,
    code_hash: &SecretHash,
    employer: EmployerId,
    invited_by: &str,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.invitation (code_hash, employer_id, invited_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        &code_hash[..],
        employer.as_uuid(),
        invited_by,
        created_at.to_sql(),
        expires_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Uses an invitation up and tells whose it was; none if it is unknown, used or expired.
pub(crate) async fn accept(
    tx: &mut Tx,
    code_hash: &SecretHash,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<EmployerId>, Error> {
    let employer = query_scalar!(
        "UPDATE identity.invitation
         SET accepted_at = $2, accepted_by = $3, updated_by = shared.transaction_name()
         WHERE code_hash = $1 AND accepted_at IS NULL AND expires_at > $2 RETURNING employer_id",
        &code_hash[..],
        now.to_sql(),
        account.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(employer.map(EmployerId::from_uuid))
}
