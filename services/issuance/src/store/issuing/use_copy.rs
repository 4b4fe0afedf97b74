//! Table `issuing.use_copy`.

use domain::ids::PersonId;
use domain::use_copy::MadeToday;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use service_runtime::Scope;
use sqlx::{query, query_as};
use uuid::Uuid;

/// A copy as stored.
#[derive(Debug, Clone)]
pub(crate) struct CopyRow {
    pub(crate) id: Uuid,
    pub(crate) version: Uuid,
    pub(crate) made_at: Timestamp,
    pub(crate) use_until: Date,
    /// Canonical facts record with the copy's own part, sealed.
    pub(crate) facts: Vec<u8>,
    pub(crate) ready_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    /// What the holder said then; sealed, column [`super::column::revocation_reason`].
    pub(crate) revocation_reason: Option<Vec<u8>>,
    /// By which consent an employer had it made; none: the holder's own.
    pub(crate) consent: Option<Uuid>,
    /// The change that made it, or that revoked it.
    pub(crate) change: i64,
    /// Whether its set has the PDF signed with SM2.
    pub(crate) pdf_sm2: bool,
}

/// A copy to store.
#[derive(Debug, Clone)]
pub(crate) struct NewCopy {
    pub(crate) id: Uuid,
    pub(crate) version: Uuid,
    pub(crate) person: PersonId,
    pub(crate) made_on: Date,
    pub(crate) use_until: Date,
    pub(crate) facts: Vec<u8>,
    /// By which consent; none: the holder's own.
    pub(crate) consent: Option<Uuid>,
    pub(crate) change: i64,
}

pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) version: Uuid,
    pub(super) made_at: SqlTimestamp,
    pub(super) use_until: SqlDate,
    pub(super) facts: Vec<u8>,
    pub(super) ready_at: Option<SqlTimestamp>,
    pub(super) revoked_at: Option<SqlTimestamp>,
    pub(super) revocation_reason: Option<Vec<u8>>,
    pub(super) consent: Option<Uuid>,
    pub(super) change: i64,
    pub(super) pdf_sm2: bool,
}

impl From<Row> for CopyRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            version: row.version,
            made_at: row.made_at.to_jiff(),
            use_until: row.use_until.to_jiff(),
            facts: row.facts,
            ready_at: row.ready_at.map(SqlTimestamp::to_jiff),
            revoked_at: row.revoked_at.map(SqlTimestamp::to_jiff),
            revocation_reason: row.revocation_reason,
            consent: row.consent,
            change: row.change,
            pdf_sm2: row.pdf_sm2,
        }
    }
}

/// A copy, if it is within the scope.
pub(crate) async fn find(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<CopyRow>, Error> {
    let rows = scope.rows();
    let row = query_as!(
        Row,
        r#"SELECT id, version, made_at, use_until, facts, ready_at, revoked_at, revocation_reason, consent, change,
                EXISTS (SELECT FROM issuing.document_set AS made
                        WHERE made.version = use_copy.version AND made.copy = use_copy.id AND made.pdf_sm2) AS "pdf_sm2!"
         FROM issuing.use_copy
         WHERE id = $1 AND ($2 OR person = $3)"#,
        id,
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(CopyRow::from))
}

/// Locks a copy, if it is within the scope.
pub(crate) async fn lock(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<CopyRow>, Error> {
    let rows = scope.rows();
    let row = query_as!(
        Row,
        r#"SELECT id, version, made_at, use_until, facts, ready_at, revoked_at, revocation_reason, consent, change,
                EXISTS (SELECT FROM issuing.document_set AS made
                        WHERE made.version = use_copy.version AND made.copy = use_copy.id AND made.pdf_sm2) AS "pdf_sm2!"
         FROM issuing.use_copy
         WHERE id = $1 AND ($2 OR person = $3) FOR UPDATE"#,
        id,
        rows.all,
        rows.person,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(CopyRow::from))
}

/// Copies of a version within the scope, the newest first, before a copy.
pub(crate) async fn list(
    tx: &mut Tx,
    version: Uuid,
    scope: &Scope,
    (made_before, before): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<CopyRow>, Error> {
    let rows = scope.rows();
    let found = query_as!(
        Row,
        r#"SELECT id, version, made_at, use_until, facts, ready_at, revoked_at, revocation_reason, consent, change,
                EXISTS (SELECT FROM issuing.document_set AS made
                        WHERE made.version = use_copy.version AND made.copy = use_copy.id AND made.pdf_sm2) AS "pdf_sm2!"
         FROM issuing.use_copy
         WHERE version = $1 AND ($2 OR person = $3) AND (made_at, id) < ($4, $5)
         ORDER BY made_at DESC, id DESC LIMIT $6"#,
        version,
        rows.all,
        rows.person,
        made_before.to_sql(),
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(CopyRow::from).collect())
}

/// Copies of a version made on a day, revoked ones among them. The caller has found the version within its scope.
pub(crate) async fn made_on(tx: &mut Tx, version: Uuid, day: Date) -> Result<Vec<CopyRow>, Error> {
    let found = query_as!(
        Row,
        r#"SELECT id, version, made_at, use_until, facts, ready_at, revoked_at, revocation_reason, consent, change,
                EXISTS (SELECT FROM issuing.document_set AS made
                        WHERE made.version = use_copy.version AND made.copy = use_copy.id AND made.pdf_sm2) AS "pdf_sm2!"
         FROM issuing.use_copy WHERE version = $1 AND made_on = $2 ORDER BY made_at, id"#,
        version,
        day.to_sql(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(CopyRow::from).collect())
}

/// Stores a copy.
pub(crate) async fn insert(tx: &mut Tx, new: &NewCopy, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.use_copy (id, version, person, made_at, made_on, use_until, facts, consent, change)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.version,
        new.person.as_uuid(),
        at.to_sql(),
        new.made_on.to_sql(),
        new.use_until.to_sql(),
        new.facts,
        new.consent,
        new.change,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Copies of the scope's person made on a day, revoked ones among them. The version is locked by the caller: no other
/// version of the person can be copied meanwhile.
pub(crate) async fn made_today(
    tx: &mut Tx,
    (version, person): (Uuid, PersonId),
    day: Date,
) -> Result<MadeToday, Error> {
    let counted = query!(
        r#"SELECT count(*) FILTER (WHERE version = $1 AND consent IS NULL) AS "of_version!",
                count(*) FILTER (WHERE consent IS NULL) AS "of_holder!",
                count(*) FILTER (WHERE consent IS NOT NULL) AS "by_consent!"
           FROM issuing.use_copy WHERE person = $2 AND made_on = $3"#,
        version,
        person.as_uuid(),
        day.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?;
    let small = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(MadeToday {
        of_version: small(counted.of_version),
        of_holder: small(counted.of_holder),
        by_consent: small(counted.by_consent),
    })
}

/// Marks a copy revoked by a change, with the sealed reason.
pub(crate) async fn revoke(
    tx: &mut Tx,
    id: Uuid,
    (change, reason): (i64, &[u8]),
    at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE issuing.use_copy SET revoked_at = $2, change = $3, revocation_reason = $4, updated_by = shared.transaction_name()
         WHERE id = $1 AND revoked_at IS NULL",
        id,
        at.to_sql(),
        change,
        reason,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("revoke a copy", 1, &result)
}

/// Marks that copies' documents are there.
pub(crate) async fn ready_all(tx: &mut Tx, ids: &[Uuid], at: Timestamp) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let result = query!(
        "UPDATE issuing.use_copy SET ready_at = $2, updated_by = shared.transaction_name()
         WHERE id = ANY($1) AND ready_at IS NULL",
        ids,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("mark copies ready", ids.len() as u64, &result)
}
