//! Rows put back as they were told, and the log as it grows again.

use postgres::{Error, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_scalar};
use tlog::Hash;
use uuid::Uuid;

use super::told::ToldRow;
use crate::store::log::leaf;
use crate::store::{natural, signed};

/// Puts a change back at its position, as it was told; returns its id.
pub(crate) async fn put_back(tx: &mut Tx, told: &ToldRow) -> Result<i64, Error> {
    let id = query_scalar!(
        "INSERT INTO log.change (kind, person, version, sealed, recorded_at, leaf, position) VALUES ($1, $2, $3, $4, $5, $6, $7)
         RETURNING id",
        told.kind,
        told.person.as_uuid(),
        told.version,
        told.sealed,
        told.recorded_at.to_sql(),
        told.leaf,
        signed(told.position),
    );
    Ok(id.fetch_one(tx.conn()).await?)
}

/// The day that a change told, with it.
pub(crate) async fn transition(tx: &mut Tx, row: &Value, change: i64) -> Result<(), Error> {
    query!(
        "INSERT INTO register.transition
         SELECT * FROM jsonb_populate_record(NULL::register.transition, $1::jsonb || jsonb_build_object('change', $2::bigint))
         ON CONFLICT DO NOTHING",
        row,
        change,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A use copy with its place in the status list and its job, or what became of it. False where what it refers to is not there.
pub(crate) async fn copy(tx: &mut Tx, rows: &Value, change: i64) -> Result<bool, Error> {
    let done = query!(
        "INSERT INTO issuing.use_copy
         SELECT again.* FROM jsonb_populate_record(NULL::issuing.use_copy,
             ($1::jsonb -> 'copy') || jsonb_build_object('change', $2::bigint)) AS again
         WHERE EXISTS (SELECT FROM issuing.certificate_version WHERE id = again.version)
           AND (again.consent IS NULL OR EXISTS (SELECT FROM issuing.standing_consent WHERE id = again.consent))
         ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at, revocation_reason = excluded.revocation_reason,
             ready_at = excluded.ready_at, change = excluded.change, updated_by = shared.transaction_name()",
        rows,
        change,
    );
    if done.execute(tx.conn()).await?.rows_affected() == 0 {
        return Ok(false);
    }
    query!(
        "INSERT INTO issuing.status_index
         SELECT again.* FROM jsonb_populate_record(NULL::issuing.status_index, nullif($1::jsonb -> 'place', 'null')) AS again
         WHERE again.shard IS NOT NULL AND EXISTS (SELECT FROM issuing.status_shard WHERE number = again.shard)
         ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    job(tx, &rows["job"]).await?;
    Ok(true)
}

/// A job as it stood, held by nobody; one that stands further stays so.
async fn job(tx: &mut Tx, row: &Value) -> Result<(), Error> {
    if !row.is_object() {
        return Ok(());
    }
    query!(
        "INSERT INTO issuing.job
         SELECT again.* FROM jsonb_populate_record(NULL::issuing.job,
             $1::jsonb || '{\"holder\": null, \"expires_at\": null, \"bulk\": null}') AS again
         WHERE again.id IS NOT NULL ON CONFLICT DO NOTHING",
        row,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sets with their intents, and what they refer to beside: the seals and validation data whose digests are not known.
pub(crate) async fn intent_rows(tx: &mut Tx, sets: &[Uuid], known: &[Vec<u8>]) -> Result<Value, Error> {
    let rows = query_scalar!(
        r#"WITH prepared AS (SELECT * FROM issuing.document_set WHERE id = ANY($1))
           SELECT jsonb_build_object(
             'sets', (SELECT coalesce(jsonb_agg(jsonb_build_object('set', to_jsonb(prepared), 'intent', to_jsonb(intent))), '[]')
                      FROM prepared JOIN issuing.intent ON intent.document_set = prepared.id),
             'seals', (SELECT coalesce(jsonb_agg(to_jsonb(used)), '[]') FROM issuing.seal AS used
                       WHERE digest IN (SELECT seal FROM prepared) AND digest <> ALL($2)),
             'validation', (SELECT coalesce(jsonb_agg(to_jsonb(used)), '[]') FROM issuing.validation_data AS used
                            WHERE digest IN (SELECT validation_data FROM prepared) AND digest <> ALL($2))) AS "rows!""#,
        sets,
        known,
    );
    Ok(rows.fetch_one(tx.conn()).await?)
}

/// Seals and validation data that sets refer to.
pub(crate) async fn referred(tx: &mut Tx, rows: &Value) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.seal SELECT * FROM jsonb_populate_recordset(NULL::issuing.seal, $1::jsonb -> 'seals')
         ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO issuing.validation_data
         SELECT * FROM jsonb_populate_recordset(NULL::issuing.validation_data, $1::jsonb -> 'validation')
         ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A set with its intent, as it was before anybody was asked to sign it. False where version, copy or seal is not there.
pub(crate) async fn intent(tx: &mut Tx, rows: &Value) -> Result<bool, Error> {
    query!(
        "INSERT INTO issuing.document_set
         SELECT again.* FROM jsonb_populate_record(NULL::issuing.document_set, $1::jsonb -> 'set') AS again
         WHERE EXISTS (SELECT FROM issuing.certificate_version WHERE id = again.version)
           AND (again.copy IS NULL OR EXISTS (SELECT FROM issuing.use_copy WHERE id = again.copy))
           AND EXISTS (SELECT FROM issuing.seal WHERE digest = again.seal)
           AND (again.validation_data IS NULL
               OR EXISTS (SELECT FROM issuing.validation_data WHERE digest = again.validation_data))
         ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO issuing.intent
         SELECT again.* FROM jsonb_populate_record(NULL::issuing.intent, $1::jsonb -> 'intent') AS again
         WHERE EXISTS (SELECT FROM issuing.document_set WHERE id = again.document_set)
         ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    let there = query_scalar!(
        r#"SELECT EXISTS (SELECT FROM issuing.intent WHERE document_set = ($1::jsonb -> 'set' ->> 'id')::uuid) AS "there!""#,
        rows,
    );
    Ok(there.fetch_one(tx.conn()).await?)
}

/// A file that was issued, with its set; its bytes are in the object store. False where what it refers to is not there.
pub(crate) async fn document(tx: &mut Tx, rows: &Value) -> Result<bool, Error> {
    if !intent(tx, rows).await? {
        return Ok(false);
    }
    query!(
        "INSERT INTO issuing.document SELECT * FROM jsonb_populate_record(NULL::issuing.document, $1::jsonb -> 'document')
         ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    job(tx, &rows["job"]).await?;
    query!(
        "UPDATE issuing.job SET state = 'issued', holder = NULL, expires_at = NULL, reason = NULL,
             updated_by = shared.transaction_name()
         FROM jsonb_populate_record(NULL::issuing.job, nullif($1::jsonb -> 'job', 'null')) AS told
         WHERE told.state = 'issued' AND job.version = told.version AND job.copy IS NOT DISTINCT FROM told.copy
           AND job.generation = told.generation",
        rows,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "UPDATE issuing.certificate_version SET state = 'issued', issued_at = ($1::jsonb ->> 'issued_at')::timestamptz,
             updated_by = shared.transaction_name()
         WHERE id = ($1::jsonb -> 'set' ->> 'version')::uuid AND state = 'issuing' AND ($1::jsonb ->> 'issued_at') IS NOT NULL",
        rows,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "UPDATE issuing.use_copy SET ready_at = ($1::jsonb ->> 'ready_at')::timestamptz, updated_by = shared.transaction_name()
         WHERE id = ($1::jsonb -> 'set' ->> 'copy')::uuid AND ready_at IS NULL",
        rows,
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// How far the log grew with one counterfoil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grown {
    /// There was nothing more.
    Whole,
    /// As far as the counterfoil says.
    Further,
    /// The tree is another, or smaller: leaves of this span.
    Differs { first: u64, through: u64 },
}

/// Lets the log grow leaf by leaf to where the next counterfoil ends. The caller undoes the transaction where it differs.
pub(crate) async fn grow(tx: &mut Tx) -> Result<Grown, Error> {
    let head = query!("SELECT position, size FROM log.head FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    let next = query!(
        "SELECT position, size, root FROM restoration.root WHERE position > $1 ORDER BY position LIMIT 1",
        head.position,
    );
    let Some(next) = next.fetch_optional(tx.conn()).await? else {
        return Ok(Grown::Whole);
    };
    let rows = query!(
        r#"SELECT position AS "position!", leaf FROM log.change WHERE position > $1 AND position <= $2 ORDER BY position"#,
        head.position,
        next.position,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let whole = i64::try_from(rows.len()).is_ok_and(|count| count == next.position - head.position);
    let entries = rows
        .into_iter()
        .filter_map(|row| Some((row.position, row.leaf?)))
        .collect();
    let before = natural(head.size, "log.head", "size")?;
    let size = leaf::append(tx, before, entries, false).await?;
    let root = leaf::edge(tx.conn(), size).await?.root();
    if !whole || signed(size) != next.size || root.as_bytes().as_slice() != next.root {
        return Ok(Grown::Differs {
            first: before,
            through: natural(next.size, "restoration.root", "size")?.saturating_sub(1),
        });
    }
    let moved = query!(
        "UPDATE log.head SET position = $1, size = $2, updated_by = shared.transaction_name()",
        next.position,
        next.size,
    );
    ensure_affected("move the head of the log", 1, &moved.execute(tx.conn()).await?)?;
    Ok(Grown::Further)
}

/// The size of the log, and the largest size that cosigned checkpoints of the database vouch for.
pub(crate) async fn sizes(tx: &mut Tx) -> Result<(u64, u64), Error> {
    let row = query!(
        r#"SELECT size, (SELECT coalesce(max(size), 0) FROM log.cosignature) AS "vouched!" FROM log.head"#
    );
    let row = row.fetch_one(tx.conn()).await?;
    Ok((
        natural(row.size, "log.head", "size")?,
        natural(row.vouched, "log.cosignature", "size")?,
    ))
}

/// The root of the log when it had a size that it has now or had before.
pub(crate) async fn root_at(tx: &mut Tx, size: u64) -> Result<Hash, Error> {
    Ok(leaf::edge(tx.conn(), size).await?.root())
}
