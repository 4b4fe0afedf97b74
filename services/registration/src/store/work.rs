//! Tables `registration.work_claim`, `conflict_of_interest`, `delegation`: officers at work.

use domain::authority::Authority;
use domain::ids::{ApplicationId, DelegationId, OfficerId};
use domain::work::{ConflictGround, Delegation};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_as};
use uuid::Uuid;

use super::{known, read, write};

/// Who has a file in hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkClaim {
    pub(crate) application: ApplicationId,
    pub(crate) authority: Authority,
    pub(crate) officer: OfficerId,
    pub(crate) assigned_by: Option<OfficerId>,
    pub(crate) claimed_at: Timestamp,
}

/// Takes a file in hand, or puts it into other hands. The application is locked.
pub(crate) async fn claim(tx: &mut Tx, claim: WorkClaim) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.work_claim (application_id, authority, officer_id, assigned_by, claimed_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (application_id, authority) DO UPDATE SET officer_id = excluded.officer_id,
             assigned_by = excluded.assigned_by, claimed_at = excluded.claimed_at, updated_by = shared.transaction_name()",
        claim.application.as_uuid(),
        claim.authority.to_string(),
        claim.officer.as_uuid(),
        claim.assigned_by.map(OfficerId::as_uuid),
        claim.claimed_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Who has a file of an authority in hand.
pub(crate) async fn claimed(
    tx: &mut Tx,
    application: ApplicationId,
    authority: Authority,
) -> Result<Option<WorkClaim>, Error> {
    let row = query!(
        r#"SELECT officer_id, assigned_by, claimed_at AS "claimed_at: SqlTimestamp" FROM registration.work_claim
         WHERE application_id = $1 AND authority = $2"#,
        application.as_uuid(),
        authority.to_string(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| WorkClaim {
        application,
        authority,
        officer: row.officer_id.into(),
        assigned_by: row.assigned_by.map(OfficerId::from_uuid),
        claimed_at: row.claimed_at.to_jiff(),
    }))
}

/// Nobody has it in hand any more: of one authority, or at all.
pub(crate) async fn release(
    tx: &mut Tx,
    application: ApplicationId,
    authority: Option<Authority>,
) -> Result<(), Error> {
    query!(
        "DELETE FROM registration.work_claim WHERE application_id = $1 AND ($2::text IS NULL OR authority = $2)",
        application.as_uuid(),
        authority.map(|authority| authority.to_string()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps that an officer stays away from a file. False if that is known.
pub(crate) async fn declare_conflict(
    tx: &mut Tx,
    application: ApplicationId,
    (officer, ground): (OfficerId, ConflictGround),
    by: OfficerId,
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO registration.conflict_of_interest (application_id, officer_id, ground, declared_by, declared_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        application.as_uuid(),
        officer.as_uuid(),
        ground.code(),
        by.as_uuid(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Who stays away from a file.
pub(crate) async fn conflicts(
    tx: &mut Tx,
    application: ApplicationId,
) -> Result<Vec<(OfficerId, ConflictGround)>, Error> {
    let id = application.as_uuid();
    let rows = query!(
        "SELECT officer_id, ground FROM registration.conflict_of_interest WHERE application_id = $1
         ORDER BY officer_id, ground",
        id,
    )
    .fetch_all(tx.conn())
    .await?;
    let read = rows.into_iter().map(|row| {
        let ground = ConflictGround::from_code(&row.ground);
        let ground = known(ground, "registration.conflict_of_interest", "ground", id)?;
        Ok((row.officer_id.into(), ground))
    });
    read.collect()
}

struct Row {
    id: Uuid,
    authority: String,
    delegator_id: Uuid,
    delegate_id: Uuid,
    from_day: SqlDate,
    to_day: SqlDate,
    relations: Value,
    delegated_at: SqlTimestamp,
    revoked_at: Option<SqlTimestamp>,
}

impl TryFrom<Row> for Delegation {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        const TABLE: &str = "registration.delegation";
        Ok(Self {
            id: row.id.into(),
            authority: known(row.authority.parse().ok(), TABLE, "authority", row.id)?,
            delegator: row.delegator_id.into(),
            delegate: row.delegate_id.into(),
            from: row.from_day.to_jiff(),
            to: row.to_day.to_jiff(),
            relations: read(row.relations, TABLE, "relations", row.id)?,
            at: row.delegated_at.to_jiff(),
            revoked_at: row.revoked_at.map(SqlTimestamp::to_jiff),
        })
    }
}

/// Keeps a delegation.
pub(crate) async fn delegate(tx: &mut Tx, delegation: &Delegation) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.delegation
             (id, authority, delegator_id, delegate_id, from_day, to_day, relations, delegated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        delegation.id.as_uuid(),
        delegation.authority.to_string(),
        delegation.delegator.as_uuid(),
        delegation.delegate.as_uuid(),
        delegation.from.to_sql(),
        delegation.to.to_sql(),
        write(&delegation.relations),
        delegation.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Delegations of an authority that may still hold on or after a day. With `lock`, nobody else gives one meanwhile.
pub(crate) async fn standing(
    tx: &mut Tx,
    authority: Authority,
    day: Date,
    lock: bool,
) -> Result<Vec<Delegation>, Error> {
    if lock {
        query!(
            "INSERT INTO registration.delegation_register AS held (authority, given) VALUES ($1, 1)
             ON CONFLICT (authority) DO UPDATE SET given = held.given + 1, updated_by = shared.transaction_name()",
            authority.to_string(),
        )
        .execute(tx.conn())
        .await?;
    }
    let rows = query_as!(
        Row,
        "SELECT id, authority, delegator_id, delegate_id, from_day, to_day, relations, delegated_at, revoked_at
         FROM registration.delegation WHERE authority = $1 AND to_day >= $2 AND revoked_at IS NULL ORDER BY id",
        authority.to_string(),
        day.to_sql(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Delegation::try_from).collect()
}

/// One delegation, locked.
pub(crate) async fn delegation(tx: &mut Tx, id: DelegationId) -> Result<Option<Delegation>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, authority, delegator_id, delegate_id, from_day, to_day, relations, delegated_at, revoked_at
         FROM registration.delegation WHERE id = $1 FOR UPDATE",
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Delegation::try_from).transpose()
}

/// Takes a delegation back.
pub(crate) async fn revoke(tx: &mut Tx, id: DelegationId, at: Timestamp) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.delegation SET revoked_at = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND revoked_at IS NULL",
        id.as_uuid(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("revoke a delegation", 1, &result)
}

/// Delegations of an authority, the newest first.
pub(crate) async fn delegations(
    tx: &mut Tx,
    authority: Authority,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Delegation>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, authority, delegator_id, delegate_id, from_day, to_day, relations, delegated_at, revoked_at
         FROM registration.delegation WHERE authority = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        authority.to_string(),
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Delegation::try_from).collect()
}
