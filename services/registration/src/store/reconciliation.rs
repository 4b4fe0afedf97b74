//! Tables `registration.reconciliation` and `reconciliation_row`.

use domain::four_eyes::FourEyes;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use register_tree::{Digest, Pair, Row};
use serde_json::Value;
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::{known, read, write};

const TABLE: &str = "registration.reconciliation";
const ROWS: &str = "registration.reconciliation_row";

/// Where a comparison stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    Equal,
    Different,
    Unsettled,
}

impl State {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Waiting, "WAITING"),
        (Self::Equal, "EQUAL"),
        (Self::Different, "DIFFERENT"),
        (Self::Unsettled, "UNSETTLED"),
    ];

    fn from_code(code: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == code);
        found.map(|(state, _)| *state)
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Equal => "EQUAL",
            Self::Different => "DIFFERENT",
            Self::Unsettled => "UNSETTLED",
        }
    }
}

/// Where the repair of a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    Open,
    Proposed,
    Repaired,
}

impl RowState {
    fn from_code(code: &str) -> Option<Self> {
        match code {
            "OPEN" => Some(Self::Open),
            "PROPOSED" => Some(Self::Proposed),
            "REPAIRED" => Some(Self::Repaired),
            _ => None,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Proposed => "PROPOSED",
            Self::Repaired => "REPAIRED",
        }
    }
}

/// One comparison.
#[derive(Debug, Clone)]
pub(crate) struct Reconciliation {
    pub(crate) id: Uuid,
    pub(crate) state: State,
    pub(crate) from_rows: bool,
    pub(crate) requested_at: Timestamp,
    pub(crate) compared_at: Option<Timestamp>,
    pub(crate) pair: Option<Pair>,
    pub(crate) root: Option<Vec<u8>>,
    pub(crate) receipt: Option<(Vec<u8>, Timestamp)>,
    pub(crate) more_rows: bool,
}

/// What came of one.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) state: State,
    pub(crate) stands: Option<(Pair, Digest)>,
    pub(crate) receipt: Option<(Vec<u8>, Timestamp)>,
    pub(crate) rows: Vec<Differing>,
    pub(crate) more_rows: bool,
}

/// A registration that the two sides hold differently.
#[derive(Debug, Clone)]
pub(crate) struct Differing {
    pub(crate) id: Uuid,
    pub(crate) state: RowState,
    pub(crate) here: Option<Row>,
    pub(crate) there: Option<Row>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) four_eyes: Option<FourEyes>,
}

/// Orders one. False where the day has its own already.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    scheduled_for: Option<Date>,
    from_rows: bool,
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO registration.reconciliation (id, state, scheduled_for, from_rows, requested_at)
         VALUES ($1, 'WAITING', $2, $3, $4) ON CONFLICT (scheduled_for) DO NOTHING",
        id,
        scheduled_for.to_sql() as _,
        from_rows,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

struct Stored {
    id: Uuid,
    state: String,
    from_rows: bool,
    requested_at: SqlTimestamp,
    compared_at: Option<SqlTimestamp>,
    sequence: Option<i64>,
    number: Option<i64>,
    root: Option<Vec<u8>>,
    receipt: Option<Vec<u8>>,
    receipted_at: Option<SqlTimestamp>,
    more_rows: bool,
}

impl TryFrom<Stored> for Reconciliation {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self, Error> {
        let natural = |number: i64| u64::try_from(number).unwrap_or_default();
        let pair = row.sequence.zip(row.number).map(|(sequence, number)| Pair {
            sequence: natural(sequence),
            number: natural(number),
        });
        Ok(Self {
            id: row.id,
            state: known(State::from_code(&row.state), TABLE, "state", row.id)?,
            from_rows: row.from_rows,
            requested_at: row.requested_at.to_jiff(),
            compared_at: row.compared_at.map(SqlTimestamp::to_jiff),
            pair,
            root: row.root,
            receipt: row.receipt.zip(row.receipted_at.map(SqlTimestamp::to_jiff)),
            more_rows: row.more_rows,
        })
    }
}

/// The one that has waited longest.
pub(crate) async fn waiting(tx: &mut Tx) -> Result<Option<Reconciliation>, Error> {
    let id = query_scalar!(
        "SELECT id FROM registration.reconciliation WHERE state = 'WAITING' ORDER BY id LIMIT 1"
    )
    .fetch_optional(tx.conn())
    .await?;
    match id {
        Some(id) => find(tx, id).await,
        None => Ok(None),
    }
}

/// One of them.
pub(crate) async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<Reconciliation>, Error> {
    let row = sqlx::query_as!(
        Stored,
        r#"SELECT id, state, from_rows, requested_at, compared_at AS "compared_at: SqlTimestamp", sequence, number, root,
                  receipt, receipted_at AS "receipted_at: SqlTimestamp", more_rows
           FROM registration.reconciliation WHERE id = $1"#,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Reconciliation::try_from).transpose()
}

/// The latest first.
pub(crate) async fn list(
    tx: &mut Tx,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Reconciliation>, Error> {
    let rows = sqlx::query_as!(
        Stored,
        r#"SELECT id, state, from_rows, requested_at, compared_at AS "compared_at: SqlTimestamp", sequence, number, root,
                  receipt, receipted_at AS "receipted_at: SqlTimestamp", more_rows
           FROM registration.reconciliation WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2"#,
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Reconciliation::try_from).collect()
}

/// Notes what came of one.
pub(crate) async fn settle(tx: &mut Tx, id: Uuid, outcome: &Outcome, at: Timestamp) -> Result<(), Error> {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let result = query!(
        "UPDATE registration.reconciliation SET state = $2, compared_at = $3, sequence = $4, number = $5, root = $6,
             receipt = $7, receipted_at = $8, more_rows = $9, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'WAITING'",
        id,
        outcome.state.code(),
        at.to_sql(),
        outcome.stands.map(|(pair, _)| signed(pair.sequence)),
        outcome.stands.map(|(pair, _)| signed(pair.number)),
        outcome.stands.map(|(_, root)| root.to_vec()),
        outcome.receipt.as_ref().map(|(signature, _)| signature.clone()),
        outcome.receipt.as_ref().map(|(_, at)| *at).to_sql() as _,
        outcome.more_rows,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("settle a reconciliation", 1, &result)?;
    for row in &outcome.rows {
        query!(
            "INSERT INTO registration.reconciliation_row (id, reconciliation_id, state, here, there, since)
             VALUES ($1, $2, $3, $4, $5, $6)",
            row.id,
            id,
            row.state.code(),
            row.here.as_ref().map(write),
            row.there.as_ref().map(write),
            row.since.to_sql() as _,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// What was found to differ.
pub(crate) async fn rows(tx: &mut Tx, id: Uuid) -> Result<Vec<Differing>, Error> {
    let ids = query_scalar!(
        "SELECT id FROM registration.reconciliation_row WHERE reconciliation_id = $1 ORDER BY id",
        id
    )
    .fetch_all(tx.conn())
    .await?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(row(tx, id).await?);
    }
    Ok(rows)
}

/// One row.
pub(crate) async fn row(tx: &mut Tx, id: Uuid) -> Result<Option<Differing>, Error> {
    let row = query!(
        r#"SELECT state, here, there, since AS "since: SqlTimestamp", four_eyes FROM registration.reconciliation_row
           WHERE id = $1"#,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let side = |value: Option<Value>, column| value.map(|value| read(value, ROWS, column, id)).transpose();
    Ok(Some(Differing {
        id,
        state: known(RowState::from_code(&row.state), ROWS, "state", id)?,
        here: side(row.here, "here")?,
        there: side(row.there, "there")?,
        since: row.since.map(SqlTimestamp::to_jiff),
        four_eyes: row
            .four_eyes
            .map(|value| read(value, ROWS, "four_eyes", id))
            .transpose()?,
    }))
}

/// As [`row`], locked.
pub(crate) async fn lock_row(tx: &mut Tx, id: Uuid) -> Result<Option<Differing>, Error> {
    query_scalar!(
        "SELECT id FROM registration.reconciliation_row WHERE id = $1 FOR UPDATE",
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    row(tx, id).await
}

/// Notes an officer's step upon a row.
pub(crate) async fn save_row(
    tx: &mut Tx,
    id: Uuid,
    state: RowState,
    four_eyes: &FourEyes,
    statement: Option<&str>,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.reconciliation_row SET state = $2, four_eyes = $3, statement = coalesce($4, statement),
             updated_by = shared.transaction_name()
         WHERE id = $1",
        id,
        state.code(),
        write(four_eyes),
        statement,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("note a repair", 1, &result)
}
