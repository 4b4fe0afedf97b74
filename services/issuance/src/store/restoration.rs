//! Room `restoration`: how far what stands outside the database reaches, and restorations with what they found.

pub(crate) mod counterfoil;
pub(crate) mod finding;
pub(crate) mod paper;
pub(crate) mod regrown;
pub(crate) mod target;
pub(crate) mod told;
pub(crate) mod witness;

use domain::restoration::RestorationStep;
use jiff::{SignedDuration, Timestamp};
use postgres::{Error, ReadDatabase, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::{natural, signed};

/// One restoration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Restoration {
    pub(crate) id: Uuid,
    pub(crate) cause: String,
    pub(crate) begun_by: String,
    pub(crate) begun_at: Timestamp,
    pub(crate) from_position: u64,
    pub(crate) from_size: u64,
    /// Register time of the last thing that the restored database knew.
    known_until: Timestamp,
    pub(crate) step: RestorationStep,
    pub(crate) first_officer: Option<Uuid>,
    pub(crate) opened_at: Option<Timestamp>,
}

/// No transaction lasts longer than this, so whatever was under way at the moment of the backup was asked for after
/// `known_until` less this. What is read twice changes nothing.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(10);

impl Restoration {
    /// From when on the database may lack what it was asked.
    pub(crate) fn asked_since(&self) -> Timestamp {
        let since = self.known_until.checked_sub(UNDER_WAY);
        since.unwrap_or(self.known_until)
    }
}

/// Begins one where none is under way, from where the database stands; false if one was under way. What an earlier one read is
/// forgotten.
pub(crate) async fn begin(
    tx: &mut Tx,
    id: Uuid,
    (cause, by): (&str, &str),
    at: Timestamp,
) -> Result<bool, Error> {
    let done = query!(
        "INSERT INTO restoration.restoration (id, cause, begun_by, begun_at, from_position, from_size, known_until, step)
         SELECT $1, $2, $3, $4, position, size,
             coalesce(greatest((SELECT max(recorded_at) FROM log.change), (SELECT max(claimed_at) FROM exchange.claim),
                 (SELECT max(ended_at) FROM exchange.claim), (SELECT max(cleared_at) FROM exchange.clearance)),
                 'epoch'::timestamptz),
             'LOAD' FROM log.head
         ON CONFLICT ((true)) WHERE step <> 'OPENED' DO NOTHING",
        id,
        cause,
        by,
        at.to_sql(),
    );
    if done.execute(tx.conn()).await?.rows_affected() == 0 {
        return Ok(false);
    }
    query!("DELETE FROM restoration.told_change")
        .execute(tx.conn())
        .await?;
    query!("DELETE FROM restoration.paper").execute(tx.conn()).await?;
    query!("DELETE FROM restoration.target")
        .execute(tx.conn())
        .await?;
    query!("DELETE FROM restoration.root").execute(tx.conn()).await?;
    query!("DELETE FROM restoration.witness")
        .execute(tx.conn())
        .await?;
    Ok(true)
}

/// The step of the restoration under way.
pub(crate) async fn step(read: &ReadDatabase) -> Result<Option<RestorationStep>, Error> {
    let step = query_scalar!("SELECT step FROM restoration.restoration WHERE step <> 'OPENED'");
    let step = step.fetch_optional(read.pool()).await?;
    step.map(|code| read_step(&code, "under way")).transpose()
}

/// As [`latest`], and the restoration under way is locked until the end of the transaction.
pub(crate) async fn lock_latest(tx: &mut Tx) -> Result<Option<Restoration>, Error> {
    query!("SELECT id FROM restoration.restoration WHERE step <> 'OPENED' FOR UPDATE")
        .fetch_optional(tx.conn())
        .await?;
    latest(tx).await
}

/// The restoration under way; else the last one.
pub(crate) async fn latest(tx: &mut Tx) -> Result<Option<Restoration>, Error> {
    let row = query!(
        r#"SELECT id, cause, begun_by, begun_at AS "begun_at: SqlTimestamp", from_position, from_size,
             known_until AS "known_until: SqlTimestamp", step, first_officer, opened_at AS "opened_at: SqlTimestamp"
           FROM restoration.restoration ORDER BY step = 'OPENED', begun_at DESC LIMIT 1"#
    );
    let row = row.fetch_optional(tx.conn()).await?;
    row.map(|row| {
        Ok(Restoration {
            id: row.id,
            step: read_step(&row.step, row.id)?,
            cause: row.cause,
            begun_by: row.begun_by,
            begun_at: row.begun_at.to_jiff(),
            from_position: natural(row.from_position, "restoration.restoration", "from_position")?,
            from_size: natural(row.from_size, "restoration.restoration", "from_size")?,
            known_until: row.known_until.to_jiff(),
            first_officer: row.first_officer,
            opened_at: row.opened_at.map(SqlTimestamp::to_jiff),
        })
    })
    .transpose()
}

/// Goes on from a step to the next; false if another process did.
pub(crate) async fn advance(
    tx: &mut Tx,
    id: Uuid,
    (from, to): (RestorationStep, RestorationStep),
) -> Result<bool, Error> {
    let done = query!(
        "UPDATE restoration.restoration SET step = $3, updated_by = shared.transaction_name() WHERE id = $1 AND step = $2",
        id,
        from.code(),
        to.code(),
    );
    Ok(done.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Keeps the first of two officers' words.
pub(crate) async fn first_word(tx: &mut Tx, id: Uuid, officer: Uuid, grounds: &str) -> Result<(), Error> {
    let done = query!(
        "UPDATE restoration.restoration SET first_officer = $2, grounds = $3, updated_by = shared.transaction_name()
         WHERE id = $1 AND first_officer IS NULL",
        id,
        officer,
        grounds,
    );
    ensure_affected("keep an officer's word", 1, &done.execute(tx.conn()).await?)
}

/// The nation works again: news to provinces go on above what they have been told, and counterfoils where the log stands.
pub(crate) async fn open(tx: &mut Tx, id: Uuid, second: Option<Uuid>, at: Timestamp) -> Result<(), Error> {
    let done = query!(
        "UPDATE restoration.restoration SET step = 'OPENED', second_officer = $2, opened_at = $3,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND step = 'COMPARE'",
        id,
        second,
        at.to_sql(),
    );
    ensure_affected("open the nation", 1, &done.execute(tx.conn()).await?)?;
    query!(
        "INSERT INTO exchange.downstream_head AS head (province, number)
         SELECT province, number FROM restoration.target WHERE number > 0
         ON CONFLICT (province) DO UPDATE SET number = greatest(head.number, excluded.number),
             updated_by = shared.transaction_name()"
    )
    .execute(tx.conn())
    .await?;
    query!(
        "UPDATE restoration.kept_head SET position = log.head.position, updated_by = shared.transaction_name() FROM log.head"
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether a restoration is under way, as the transaction sees it.
pub(crate) async fn is_under_way(tx: &mut Tx) -> Result<bool, Error> {
    let under_way = query_scalar!(
        r#"SELECT EXISTS (SELECT FROM restoration.restoration WHERE step <> 'OPENED') AS "under_way!""#
    );
    Ok(under_way.fetch_one(tx.conn()).await?)
}

/// Position and size of the log.
pub(crate) async fn standing(tx: &mut Tx) -> Result<(u64, u64), Error> {
    let row = query!("SELECT position, size FROM log.head")
        .fetch_one(tx.conn())
        .await?;
    Ok((
        natural(row.position, "log.head", "position")?,
        natural(row.size, "log.head", "size")?,
    ))
}

/// Notes how far counterfoils are kept.
pub(crate) async fn kept_through(tx: &mut Tx, position: u64) -> Result<(), Error> {
    let done = query!(
        "UPDATE restoration.kept_head SET position = $1, updated_by = shared.transaction_name()",
        signed(position),
    );
    ensure_affected("note the last counterfoil", 1, &done.execute(tx.conn()).await?)
}

fn read_step(code: &str, row: impl std::fmt::Display) -> Result<RestorationStep, Error> {
    RestorationStep::from_code(code)
        .ok_or_else(|| Error::inconsistent("restoration.restoration", "step", row))
}
