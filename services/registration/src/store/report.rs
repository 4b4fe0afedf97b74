//! Tables `registration.report` and `report_sequence`.

use domain::ids::{PersonId, ReportId};
use domain::lapse::{Report, ReportKind, ReportState};
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{known, read, write};
use crate::sealing::SealedRow;

const TABLE: &str = "registration.report";

/// A report with its sealed words.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) report: Report,
    pub(crate) registration_number: String,
    pub(crate) text: SealedRow,
}

struct Row {
    id: Uuid,
    number: String,
    person_id: Uuid,
    registration_number: String,
    kind: String,
    progress: Value,
    wrapped_key: Vec<u8>,
    sealed_text: Vec<u8>,
    reported_at: SqlTimestamp,
}

impl TryFrom<Row> for Stored {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            report: Report {
                id: row.id.into(),
                number: row.number,
                person: row.person_id.into(),
                kind: known(ReportKind::from_code(&row.kind), TABLE, "kind", row.id)?,
                reported_at: row.reported_at.to_jiff(),
                state: read(row.progress, TABLE, "progress", row.id)?,
            },
            registration_number: row.registration_number,
            text: SealedRow {
                wrapped_key: row.wrapped_key,
                sealed: row.sealed_text,
            },
        })
    }
}

/// The next number of a year; held by the transaction that takes it.
pub(crate) async fn next_number(tx: &mut Tx, year: i32) -> Result<i32, Error> {
    let last = query_scalar!(
        "INSERT INTO registration.report_sequence AS held (year, last) VALUES ($1, 1)
         ON CONFLICT (year) DO UPDATE SET last = held.last + 1, updated_by = shared.transaction_name()
         RETURNING last",
        year,
    );
    Ok(last.fetch_one(tx.conn()).await?)
}

/// Keeps a report.
pub(crate) async fn insert(tx: &mut Tx, stored: &Stored, brought_by: &str) -> Result<(), Error> {
    let report = &stored.report;
    query!(
        "INSERT INTO registration.report (id, number, person_id, registration_number, kind, state, progress, wrapped_key,
             sealed_text, brought_by, reported_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        report.id.as_uuid(),
        report.number,
        report.person.as_uuid(),
        stored.registration_number,
        report.kind.code(),
        report.state.code(),
        write(&report.state),
        stored.text.wrapped_key,
        stored.text.sealed,
        brought_by,
        report.reported_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many reports somebody has brought since, and how many about a person are not settled.
pub(crate) async fn load(
    tx: &mut Tx,
    brought_by: &str,
    since: Timestamp,
    person: PersonId,
) -> Result<(i64, i64), Error> {
    let row = query!(
        r#"SELECT
             (SELECT count(*) FROM registration.report WHERE brought_by = $1 AND reported_at > $2) AS "brought!",
             (SELECT count(*) FROM registration.report WHERE person_id = $3 AND state IN ('OPEN', 'UNDER_WAY'))
                 AS "about!""#,
        brought_by,
        since.to_sql(),
        person.as_uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.brought, row.about))
}

/// One report.
pub(crate) async fn find(tx: &mut Tx, id: ReportId) -> Result<Option<Stored>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, number, person_id, registration_number, kind, progress, wrapped_key, sealed_text, reported_at
         FROM registration.report WHERE id = $1",
        id.as_uuid(),
    );
    row.fetch_optional(tx.conn())
        .await?
        .map(Stored::try_from)
        .transpose()
}

/// As [`find`], locked.
pub(crate) async fn lock(tx: &mut Tx, id: ReportId) -> Result<Option<Stored>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, number, person_id, registration_number, kind, progress, wrapped_key, sealed_text, reported_at
         FROM registration.report WHERE id = $1 FOR UPDATE",
        id.as_uuid(),
    );
    row.fetch_optional(tx.conn())
        .await?
        .map(Stored::try_from)
        .transpose()
}

/// Stores where a report that the same transaction has locked stands now.
pub(crate) async fn save(tx: &mut Tx, id: ReportId, state: &ReportState) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.report SET state = $2, progress = $3, updated_by = shared.transaction_name() WHERE id = $1",
        id.as_uuid(),
        state.code(),
        write(state),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("move a report", 1, &result)
}

/// Reports in their order, after one of them: all, or those that are not settled.
pub(crate) async fn list(
    tx: &mut Tx,
    open: bool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, number, person_id, registration_number, kind, progress, wrapped_key, sealed_text, reported_at
         FROM registration.report
         WHERE (NOT $1 OR state IN ('OPEN', 'UNDER_WAY')) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        open,
        after,
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
