//! Tables `registration.witness_memory` and `registration.witness_evidence`.

use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx};
use sqlx::query;
use tlog::{Hash, Memory, Note, Origin, Remembered};

const TABLE: &str = "registration.witness_memory";

/// What the witness knows of a log; [`Memory::Lost`] without a row.
pub(crate) async fn memory(tx: &mut Tx, origin: &Origin) -> Result<Memory, Error> {
    let row = query!(
        "SELECT state, size, root, note FROM registration.witness_memory WHERE origin = $1",
        origin.as_str(),
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(Memory::Lost) };
    let fault = |column| Error::inconsistent(TABLE, column, origin);
    match (row.state.as_str(), row.size, row.root, row.note) {
        ("ENROLLED", None, None, None) => Ok(Memory::Enrolled),
        ("LOST", None, None, None) => Ok(Memory::Lost),
        ("REMEMBERED", Some(size), Some(root), Some(note)) => {
            let root: [u8; 32] = root.try_into().map_err(|_| fault("root"))?;
            Ok(Memory::Remembered(Remembered {
                size: u64::try_from(size).map_err(|_| fault("size"))?,
                root: Hash::new(root),
                note: Note::parse(&note).map_err(|_| fault("note"))?,
            }))
        }
        _ => Err(fault("state")),
    }
}

/// Takes up a log. False if it was taken up before, whatever is left of that.
pub(crate) async fn enrol(tx: &mut Tx, origin: &Origin) -> Result<bool, Error> {
    let done = query!(
        "INSERT INTO registration.witness_memory (origin, state) VALUES ($1, 'ENROLLED')
         ON CONFLICT ON CONSTRAINT witness_memory_pkey DO NOTHING",
        origin.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a memory in the place of exactly the one that the decision was made on. False if that is not there any more.
pub(crate) async fn replace(
    tx: &mut Tx,
    origin: &Origin,
    old: &Memory,
    new: Option<&Remembered>,
) -> Result<bool, Error> {
    let (state, known) = match old {
        Memory::Lost => ("LOST", None),
        Memory::Enrolled => ("ENROLLED", None),
        Memory::Remembered(known) => ("REMEMBERED", Some(known)),
    };
    let size = |memory: &Remembered| i64::try_from(memory.size).unwrap_or(i64::MAX);
    let root = |memory: &Remembered| memory.root.as_bytes().to_vec();
    let done = query!(
        "UPDATE registration.witness_memory
         SET state = CASE WHEN $5::bigint IS NULL THEN 'LOST' ELSE 'REMEMBERED' END, size = $5, root = $6, note = $7,
             updated_by = shared.transaction_name()
         WHERE origin = $1 AND state = $2 AND size IS NOT DISTINCT FROM $3 AND root IS NOT DISTINCT FROM $4",
        origin.as_str(),
        state,
        known.map(size),
        known.map(root),
        new.map(size),
        new.map(root),
        new.map(|memory| memory.note.to_string()),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes room for an anchor where there is no row at all.
pub(crate) async fn note_loss(tx: &mut Tx, origin: &Origin) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.witness_memory (origin, state) VALUES ($1, 'LOST')
         ON CONFLICT ON CONSTRAINT witness_memory_pkey DO NOTHING",
        origin.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a log has shown that a witness does not cosign.
pub(crate) struct Evidence<'a> {
    /// Stable reason.
    pub(crate) reason: &'a str,
    pub(crate) remembered: Option<&'a Note>,
    pub(crate) offered: &'a str,
    /// SHA-256 over both.
    pub(crate) digest: [u8; 32],
}

/// Keeps evidence. False if the same was kept before.
pub(crate) async fn keep_evidence(
    tx: &mut Tx,
    origin: &Origin,
    found: &Evidence<'_>,
    at: Timestamp,
) -> Result<bool, Error> {
    let done = query!(
        "INSERT INTO registration.witness_evidence (origin, reason, remembered, offered, digest, found_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ON CONSTRAINT witness_evidence_once DO NOTHING",
        origin.as_str(),
        found.reason,
        found.remembered.map(Note::to_string),
        found.offered,
        found.digest.as_slice(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Evidence as it was kept.
pub(crate) struct Kept {
    /// Counts up.
    pub(crate) number: i64,
    pub(crate) reason: String,
    pub(crate) origin: String,
    pub(crate) remembered: Option<String>,
    pub(crate) offered: String,
    pub(crate) digest: Vec<u8>,
    pub(crate) found_at: Timestamp,
}

/// Evidence that was kept, the newest first.
pub(crate) async fn kept(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<Kept>, Error> {
    let rows = query!(
        r#"SELECT id, reason, origin, remembered, offered, digest, found_at AS "found_at: SqlTimestamp"
           FROM registration.witness_evidence WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2"#,
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        number: row.id,
        reason: row.reason,
        origin: row.origin,
        remembered: row.remembered,
        offered: row.offered,
        digest: row.digest,
        found_at: row.found_at.to_jiff(),
    });
    Ok(kept.collect())
}
