//! Members of employers.

use domain::ids::{AccountId, EmployerId};
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx};
use service_runtime::Scope;
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::access;
use crate::employer::Member;

/// Makes an account a registrar; one that is already stays as it is.
pub(crate) async fn add(tx: &mut Tx, member: Member) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.membership (id, employer_id, account_id, role, since)
         VALUES ($1, $2, $3, 'registrar', $4)
         ON CONFLICT (employer_id, account_id) WHERE removed_at IS NULL DO NOTHING",
        Uuid::new_v4(),
        member.employer.as_uuid(),
        member.account.as_uuid(),
        member.since.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A member at present.
pub(crate) async fn find(
    tx: &mut Tx,
    employer: EmployerId,
    account: AccountId,
) -> Result<Option<Member>, Error> {
    let since = query_scalar!(
        "SELECT since FROM identity.membership
         WHERE employer_id = $1 AND account_id = $2 AND removed_at IS NULL",
        employer.as_uuid(),
        account.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(since.map(|since| Member {
        employer,
        account,
        since: since.to_jiff(),
    }))
}

/// Ends a membership. False if there is none.
pub(crate) async fn remove(
    tx: &mut Tx,
    employer: EmployerId,
    account: AccountId,
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "UPDATE identity.membership SET removed_at = $3, updated_by = shared.transaction_name()
         WHERE employer_id = $1 AND account_id = $2 AND removed_at IS NULL",
        employer.as_uuid(),
        account.as_uuid(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// For whom an account acts at present.
pub(crate) async fn employers_of(tx: &mut Tx, account: AccountId) -> Result<Vec<EmployerId>, Error> {
    let employers = query_scalar!(
        "SELECT employer_id FROM identity.membership
         WHERE account_id = $1 AND removed_at IS NULL ORDER BY since, id",
        account.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(employers.into_iter().map(EmployerId::from_uuid).collect())
}

/// Members of an employer within the caller's scope, by account.
pub(crate) async fn list(
    read: &ReadDatabase,
    scope: &Scope,
    employer: EmployerId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Member>, Error> {
    let rows = query!(
        "SELECT account_id, since FROM identity.membership
         WHERE employer_id = $1 AND removed_at IS NULL AND ($2 OR employer_id = ANY($3))
           AND ($4::uuid IS NULL OR account_id > $4)
         ORDER BY account_id LIMIT $5",
        employer.as_uuid(),
        access::administers(scope),
        &scope.rows().employers,
        after,
        i64::from(limit),
    )
    .fetch_all(read.pool())
    .await?;
    let member = |account, since| Member {
        employer,
        account: AccountId::from_uuid(account),
        since,
    };
    Ok(rows
        .into_iter()
        .map(|row| member(row.account_id, row.since.to_jiff()))
        .collect())
}
