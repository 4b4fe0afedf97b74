//! Table `registration.termination_notice`.

use domain::employment::{NoticeState, TerminationNotice};
use domain::ids::{ApplicationId, EmployerId};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{Within, read, write};

const TABLE: &str = "registration.termination_notice";

/// A notice with what is kept beside it.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) application: ApplicationId,
    /// Who was told.
    pub(crate) employer: EmployerId,
    pub(crate) notice: TerminationNotice,
    /// Grounds of the old employer, sealed under the person's key.
    pub(crate) sealed_grounds: Option<Vec<u8>>,
    /// Grounds of the officer.
    pub(crate) resolution: Option<String>,
    pub(crate) settled_at: Option<Timestamp>,
}

struct Row {
    application_id: Uuid,
    employer_id: Uuid,
    facts: Value,
    sealed_grounds: Option<Vec<u8>>,
    resolution: Option<String>,
    settled_at: Option<SqlTimestamp>,
}

impl TryFrom<Row> for Notice {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            application: row.application_id.into(),
            employer: row.employer_id.into(),
            notice: read(row.facts, TABLE, "facts", row.application_id)?,
            sealed_grounds: row.sealed_grounds,
            resolution: row.resolution,
            settled_at: row.settled_at.map(SqlTimestamp::to_jiff),
        })
    }
}

/// Keeps a notice. False if the application has given one.
pub(crate) async fn insert(tx: &mut Tx, notice: &Notice) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO registration.termination_notice (application_id, employer_id, state, facts, objections_until,
             notified_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (application_id) DO NOTHING",
        notice.application.as_uuid(),
        notice.employer.as_uuid(),
        notice.notice.state().code(),
        write(&notice.notice),
        notice.notice.objections_until.day.to_sql() as _,
        notice.notice.notified_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Stores what has become of a notice that the same transaction has locked.
pub(crate) async fn save(tx: &mut Tx, notice: &Notice) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.termination_notice SET state = $2, facts = $3, sealed_grounds = $4, resolution = $5,
             settled_at = $6, updated_by = shared.transaction_name()
         WHERE application_id = $1",
        notice.application.as_uuid(),
        notice.notice.state().code(),
        write(&notice.notice),
        notice.sealed_grounds,
        notice.resolution,
        notice.settled_at.to_sql() as _,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("save a notice of termination", 1, &result)
}

/// The notice of an application that the caller may see; lock the application first.
pub(crate) async fn find(tx: &mut Tx, application: ApplicationId) -> Result<Option<Notice>, Error> {
    let row = query_as!(
        Row,
        "SELECT application_id, employer_id, facts, sealed_grounds, resolution, settled_at
         FROM registration.termination_notice WHERE application_id = $1",
        application.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Notice::try_from).transpose()
}

/// Those with an objection to resolve, oldest first; for whoever may see every row.
pub(crate) async fn objected(
    tx: &mut Tx,
    within: &Within,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Notice>, Error> {
    let rows = query_as!(
        Row,
        "SELECT application_id, employer_id, facts, sealed_grounds, resolution, settled_at
         FROM registration.termination_notice AS notice
         WHERE $1 AND state = 'OBJECTED' AND ($2::uuid IS NULL OR (notified_at, application_id) >
             (SELECT b.notified_at, b.application_id FROM registration.termination_notice AS b WHERE b.application_id = $2))
         ORDER BY notified_at, application_id LIMIT $3",
        within.all,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Notice::try_from).collect()
}

/// Applications whose old employer has kept silent past its last day.
pub(crate) async fn silent(tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT application_id FROM registration.termination_notice
         WHERE state = 'OPEN' AND objections_until < $1 ORDER BY objections_until, application_id LIMIT $2",
        today.to_sql() as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Settles a notice that something else has overtaken; none, or a settled one, stays as it is.
pub(crate) async fn overtake(tx: &mut Tx, application: ApplicationId, at: Timestamp) -> Result<(), Error> {
    let Some(mut notice) = find(tx, application).await? else {
        return Ok(());
    };
    if notice.notice.state().is_pending() {
        notice.notice = notice.notice.overtaken(at);
        debug_assert!(matches!(notice.notice.state(), NoticeState::Overtaken { .. }));
        notice.settled_at = Some(at);
        save(tx, &notice).await?;
    }
    Ok(())
}
