//! Roles granted to accounts.

use domain::ids::AccountId;
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use super::known;
use crate::access::{Authority, Grant, Role};

/// Adds a grant; `role_grant_current` refuses one that the account has at present.
pub(crate) async fn insert(tx: &mut Tx, grant: &Grant, granted_by: &str) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.role_grant (id, account_id, role, authority, granted_at, granted_by)
         VALUES ($1, $2, $3, $4, $5, $6)",
        grant.id,
        grant.account.as_uuid(),
        grant.role.code(),
        grant.authority.name(),
        grant.granted_at.to_sql(),
        granted_by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A grant, locked.
pub(crate) async fn lock(tx: &mut Tx, grant: Uuid) -> Result<Option<Grant>, Error> {
    let row = query!(
        "SELECT id, account_id, role, authority, granted_at, revoked_at
         FROM identity.role_grant WHERE id = $1 FOR UPDATE",
        grant,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let revoked_at = row.revoked_at.map(Timestamp::from);
        from_row(
            row.id,
            row.account_id,
            &row.role,
            &row.authority,
            row.granted_at.to_jiff(),
            revoked_at,
        )
    })
    .transpose()
}

/// Ends a grant.
pub(crate) async fn revoke(tx: &mut Tx, grant: Uuid, revoked_by: &str, at: Timestamp) -> Result<(), Error> {
    let result = query!(
        "UPDATE identity.role_grant SET revoked_at = $2, revoked_by = $3, updated_by = shared.transaction_name()
         WHERE id = $1 AND revoked_at IS NULL",
        grant,
        at.to_sql(),
        revoked_by,
    )
    .execute(tx.conn())
    .await?;
    postgres::ensure_affected("revoke a grant", 1, &result)
}

/// The roles an account has at present.
pub(crate) async fn current(tx: &mut Tx, account: AccountId) -> Result<Vec<Grant>, Error> {
    let rows = query!(
        "SELECT id, account_id, role, authority, granted_at FROM identity.role_grant
         WHERE account_id = $1 AND revoked_at IS NULL ORDER BY granted_at, id",
        account.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            from_row(
                row.id,
                row.account_id,
                &row.role,
                &row.authority,
                row.granted_at.to_jiff(),
                None,
            )
        })
        .collect()
}

/// Where a page of grants starts: after this one.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(crate) struct GrantCursor {
    /// When the last grant of the page before was given.
    pub(crate) granted_at: Timestamp,
    /// Its id.
    pub(crate) id: Uuid,
}

/// Grants, ended ones too, oldest first; of one account or of all.
pub(crate) async fn list(
    read: &ReadDatabase,
    account: Option<AccountId>,
    after: Option<GrantCursor>,
    limit: u32,
) -> Result<Vec<Grant>, Error> {
    let rows = query!(
        "SELECT id, account_id, role, authority, granted_at, revoked_at FROM identity.role_grant
         WHERE ($1::uuid IS NULL OR account_id = $1)
           AND ($2::timestamptz IS NULL OR (granted_at, id) > ($2, $3))
         ORDER BY granted_at, id LIMIT $4",
        account.map(AccountId::as_uuid),
        after.map(|cursor| cursor.granted_at).to_sql() as _,
        after.map(|cursor| cursor.id),
        i64::from(limit),
    )
    .fetch_all(read.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let revoked_at = row.revoked_at.map(Timestamp::from);
            from_row(
                row.id,
                row.account_id,
                &row.role,
                &row.authority,
                row.granted_at.to_jiff(),
                revoked_at,
            )
        })
        .collect()
}

fn from_row(
    id: Uuid,
    account: Uuid,
    role: &str,
    authority: &str,
    granted_at: Timestamp,
    revoked_at: Option<Timestamp>,
) -> Result<Grant, Error> {
    Ok(Grant {
        id,
        account: AccountId::from_uuid(account),
        role: known(Role::from_code(role), "role_grant", "role", id)?,
        authority: known(Authority::parse(authority), "role_grant", "authority", id)?,
        granted_at,
        revoked_at,
    })
}
