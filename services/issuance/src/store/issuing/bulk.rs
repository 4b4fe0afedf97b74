//! Table `issuing.bulk`: documents of many certificates as one act; its rows are those of `issuing.job` that name it.

use domain::bulk_issue::{BulkPurpose, BulkSelection, BulkState};
use jiff::Timestamp;
use postgres::{Database, Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use service_runtime::Scope;
use sqlx::query;
use uuid::Uuid;

const TABLE: &str = "issuing.bulk";

/// A bulk as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BulkRow {
    pub(crate) id: Uuid,
    pub(crate) purpose: BulkPurpose,
    /// Kind and target, as [`BulkSelection`] names them.
    pub(crate) selection: String,
    pub(crate) target: String,
    pub(crate) ground: String,
    pub(crate) state: BulkState,
    pub(crate) rows: i64,
    pub(crate) started_at: Timestamp,
    pub(crate) done_at: Option<Timestamp>,
}

/// How many of its rows stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) waiting: i64,
    pub(crate) issued: i64,
    pub(crate) stopped: i64,
    /// Rows with a result since an instant.
    pub(crate) recent: i64,
}

/// A bulk to store, before it is known how many rows it has.
#[derive(Debug)]
pub(crate) struct NewBulk<'a> {
    pub(crate) id: Uuid,
    pub(crate) purpose: BulkPurpose,
    pub(crate) selection: &'a BulkSelection,
    pub(crate) ground: &'a str,
    pub(crate) started_by: &'a str,
}

/// Stores a bulk with no rows yet.
pub(crate) async fn insert(tx: &mut Tx, new: &NewBulk<'_>, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.bulk (id, purpose, selection, target, ground, state, rows, started_by, started_at)
         VALUES ($1, $2, $3, $4, $5, 'running', 0, $6, $7)",
        new.id,
        new.purpose.code(),
        new.selection.kind(),
        new.selection.target(),
        new.ground,
        new.started_by,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many of these licence identifiers are of current versions.
pub(crate) async fn known(tx: &mut Tx, list: &[String]) -> Result<i64, Error> {
    let known = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM issuing.certificate_version WHERE current AND licence_identifier = ANY($1)"#,
        list,
    );
    Ok(known.fetch_one(tx.conn()).await?)
}

/// Chooses the rows of a bulk: takes open originals that are nobody's (where documents are to be issued), and begins a new
/// generation where documents are there (to be issued anew) or the last attempt was stopped. `present` is the digest of
/// the present making of the seal, where documents are made anew. `now` is the system clock's, `at` the register's. Returns how many.
pub(crate) async fn choose(
    tx: &mut Tx,
    new: &NewBulk<'_>,
    present: Option<[u8; 32]>,
    (now, at): (Timestamp, Timestamp),
) -> Result<i64, Error> {
    let (province, import, seal, list) = match new.selection {
        BulkSelection::Province(province) => (Some(province.code()), None, None, None),
        BulkSelection::Import(import) => (None, Some(*import), None, None),
        BulkSelection::Seal(seal) => (None, None, Some(seal.as_str()), None),
        BulkSelection::List(list) => (None, None, None, Some(list.as_slice())),
    };
    let rows = query!(
        r#"WITH chosen AS (
             SELECT version.id AS version, newest.id AS job, newest.state, newest.bulk, newest.generation
             FROM issuing.certificate_version AS version
             CROSS JOIN LATERAL (
                 SELECT job.id, job.state, job.bulk, job.generation FROM issuing.job AS job
                 WHERE job.version = version.id AND job.copy IS NULL ORDER BY job.generation DESC LIMIT 1) AS newest
             WHERE version.current
               AND ($2::text IS NULL OR version.province = $2)
               AND ($3::uuid IS NULL OR EXISTS (
                   SELECT FROM exchange.migration AS migrated
                   WHERE migrated.person = version.person AND migrated.import = $3 AND migrated.state = 'used'))
               AND ($4::text IS NULL OR EXISTS (
                   SELECT FROM issuing.document_set AS document_set
                   JOIN issuing.seal AS seal ON seal.digest = document_set.seal
                   WHERE document_set.version = version.id AND document_set.copy IS NULL
                     AND document_set.generation = newest.generation AND seal.name = $4 AND seal.digest <> $5
                     AND NOT EXISTS (SELECT FROM issuing.voided_set WHERE voided_set.document_set = document_set.id)))
               AND ($6::text[] IS NULL OR version.licence_identifier = ANY($6))),
         joined AS (
             UPDATE issuing.job AS job SET bulk = $1, updated_by = shared.transaction_name()
             FROM chosen WHERE job.id = chosen.job AND job.state IN ('waiting', 'intended') AND job.bulk IS NULL AND NOT $7
             RETURNING job.id),
         begun AS (
             INSERT INTO issuing.job (id, version, state, due_at, created_at, updated_at, bulk, generation)
             SELECT gen_random_uuid(), chosen.version, 'waiting', $8, $9, $9, $1, chosen.generation + 1 FROM chosen
             WHERE chosen.state = 'stopped' OR (chosen.state = 'issued' AND $7)
             ON CONFLICT DO NOTHING
             RETURNING id),
         counted AS (SELECT (SELECT count(*) FROM joined) + (SELECT count(*) FROM begun) AS rows)
         SELECT rows AS "rows!" FROM counted"#,
        new.id,
        province,
        import,
        seal,
        present.as_ref().map(<[u8; 32]>::as_slice),
        list,
        new.purpose == BulkPurpose::Reissue,
        now.to_sql(),
        at.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?
    .rows;
    query!(
        "UPDATE issuing.bulk SET rows = $2, updated_by = shared.transaction_name() WHERE id = $1",
        new.id,
        rows
    )
    .execute(tx.conn())
    .await?;
    Ok(rows)
}

/// Locks a bulk for whom the scope lets see it.
pub(crate) async fn lock(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<BulkRow>, Error> {
    let held = query!("SELECT id FROM issuing.bulk WHERE id = $1 FOR UPDATE", id)
        .fetch_optional(tx.conn())
        .await?;
    match held {
        Some(_) => find(tx, id, scope).await,
        None => Ok(None),
    }
}

/// A bulk, for whom the scope lets see it.
pub(crate) async fn find(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<BulkRow>, Error> {
    let rows = scope.rows();
    let row = query!(
        "SELECT id, purpose, selection, target, ground, state, rows, started_at, done_at FROM issuing.bulk
         WHERE id = $1 AND ($2 OR $3)",
        id,
        rows.all,
        rows.every_province,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let fault = |column| Error::inconsistent(TABLE, column, row.id);
        Ok(BulkRow {
            id: row.id,
            purpose: BulkPurpose::from_code(&row.purpose).ok_or_else(|| fault("purpose"))?,
            selection: row.selection,
            target: row.target,
            ground: row.ground,
            state: BulkState::from_code(&row.state).ok_or_else(|| fault("state"))?,
            rows: row.rows,
            started_at: row.started_at.to_jiff(),
            done_at: row.done_at.map(SqlTimestamp::to_jiff),
        })
    })
    .transpose()
}

/// Counts its rows; recent are those with a result since `since`.
pub(crate) async fn counts(tx: &mut Tx, id: Uuid, since: Timestamp) -> Result<Counts, Error> {
    let row = query!(
        r#"SELECT count(*) FILTER (WHERE state IN ('waiting', 'intended')) AS "waiting!",
                  count(*) FILTER (WHERE state = 'issued') AS "issued!",
                  count(*) FILTER (WHERE state = 'stopped') AS "stopped!",
                  count(*) FILTER (WHERE state IN ('issued', 'stopped') AND updated_at > $2) AS "recent!"
           FROM issuing.job WHERE bulk = $1"#,
        id,
        since.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Counts {
        waiting: row.waiting,
        issued: row.issued,
        stopped: row.stopped,
        recent: row.recent,
    })
}

/// Moves a locked bulk.
pub(crate) async fn mark(tx: &mut Tx, id: Uuid, state: BulkState) -> Result<(), Error> {
    let result = query!(
        "UPDATE issuing.bulk SET state = $2, updated_by = shared.transaction_name() WHERE id = $1 AND state <> 'done'",
        id,
        state.code(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("move a bulk", 1, &result)
}

/// Notes which running bulks have no open row any more.
pub(crate) async fn settle(database: &Database, at: Timestamp) -> Result<(), Error> {
    database
        .run_tx("settle bulks", async |tx: &mut Tx| {
            query!(
                "UPDATE issuing.bulk AS bulk SET state = 'done', done_at = $1, updated_by = shared.transaction_name()
                 WHERE bulk.state = 'running' AND NOT EXISTS (
                     SELECT FROM issuing.job AS job
                     WHERE job.bulk = bulk.id AND job.state IN ('waiting', 'intended'))",
                at.to_sql(),
            )
            .execute(tx.conn())
            .await?;
            Ok(())
        })
        .await
}
