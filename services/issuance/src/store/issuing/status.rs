//! Tables `issuing.status_shard`, `status_index` and `status_head`: who has which place, and what it says.

mod published;

use domain::ids::PersonId;
use domain::standing::CopyRecord;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, ReadDatabase, SqlDate, SqlTimestamp, ToSql as _, Tx, column, ensure_affected};
pub(crate) use published::{Published, list, lists, publish, reached};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use crate::status::SealedShard;
use crate::store::{natural, signed};

const SHARD: &str = "issuing.status_shard";
const INDEX: &str = "issuing.status_index";

/// The number of a row's shard, or an index.
fn small(number: i32, table: &'static str, column: &'static str) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| Error::inconsistent(table, column, number))
}

fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

struct ShardRow {
    number: i32,
    id: Uuid,
    wrapped_key: Vec<u8>,
    decoy_key: Vec<u8>,
    opened_at: SqlTimestamp,
}

impl TryFrom<ShardRow> for SealedShard {
    type Error = Error;

    fn try_from(row: ShardRow) -> Result<Self, Error> {
        Ok(Self {
            number: small(row.number, SHARD, "number")?,
            id: row.id,
            wrapped_key: row.wrapped_key,
            decoy_key: row.decoy_key,
            opened_at: row.opened_at.to_jiff(),
        })
    }
}

/// The shard whose places are given away now.
pub(crate) async fn open_shard(tx: &mut Tx) -> Result<Option<SealedShard>, Error> {
    let row = query_as!(
        ShardRow,
        "SELECT number, id, wrapped_key, decoy_key, opened_at FROM issuing.status_shard ORDER BY number DESC LIMIT 1",
    );
    let row = row.fetch_optional(tx.conn()).await?;
    row.map(SealedShard::try_from).transpose()
}

/// Every shard, in order, with the time of its last real change.
pub(crate) async fn shards(tx: &mut Tx) -> Result<Vec<(SealedShard, Timestamp)>, Error> {
    let rows = query!(
        "SELECT number, id, wrapped_key, decoy_key, opened_at, changed_at FROM issuing.status_shard ORDER BY number"
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let shard = ShardRow {
                number: row.number,
                id: row.id,
                wrapped_key: row.wrapped_key,
                decoy_key: row.decoy_key,
                opened_at: row.opened_at,
            };
            Ok((shard.try_into()?, row.changed_at.to_jiff()))
        })
        .collect()
}

/// Opens a shard, unless another has opened one of this number.
pub(crate) async fn add_shard(tx: &mut Tx, shard: &SealedShard) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.status_shard (number, id, wrapped_key, decoy_key, opened_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (number) DO NOTHING",
        stored(shard.number),
        shard.id,
        shard.wrapped_key,
        shard.decoy_key,
        shard.opened_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many places of a shard are somebody's.
pub(crate) async fn given_away(tx: &mut Tx, shard: u32) -> Result<u32, Error> {
    let count = query_scalar!(
        r#"SELECT count(*)::integer AS "count!" FROM issuing.status_index WHERE shard = $1"#,
        stored(shard),
    );
    small(count.fetch_one(tx.conn()).await?, INDEX, "shard")
}

/// Gives a place to a version, or to a copy of it; false if it is taken.
pub(crate) async fn give(
    tx: &mut Tx,
    (shard, index): (u32, u32),
    version: Uuid,
    copy: Option<Uuid>,
) -> Result<bool, Error> {
    let given = query!(
        "INSERT INTO issuing.status_index (shard, index, version, copy) VALUES ($1, $2, $3, $4)
         ON CONFLICT (shard, index) DO NOTHING",
        stored(shard),
        stored(index),
        version,
        copy,
    )
    .execute(tx.conn())
    .await?;
    Ok(given.rows_affected() == 1)
}

/// Holds the first of these parts of a shard that nobody holds until the transaction ends; none if all are held.
pub(crate) async fn hold_part(tx: &mut Tx, shard: u32, parts: Vec<u8>) -> Result<Option<u8>, Error> {
    let parts: Vec<i32> = parts.into_iter().map(i32::from).collect();
    let held = query_scalar!(
        r#"SELECT part AS "part!" FROM unnest($2::integer[]) AS part
         WHERE pg_try_advisory_xact_lock(hashtext('issuing.status_shard/' || $1::integer), part) LIMIT 1"#,
        stored(shard),
        &parts,
    );
    let held = held.fetch_optional(tx.conn()).await?;
    Ok(held.and_then(|part| u8::try_from(part).ok()))
}

/// Which of these places of a shard are somebody's.
pub(crate) async fn taken(tx: &mut Tx, shard: u32, indices: &[u32]) -> Result<Vec<u32>, Error> {
    let indices: Vec<i32> = column(indices, |index| stored(*index));
    let taken = query_scalar!(
        "SELECT index FROM issuing.status_index WHERE shard = $1 AND index = ANY($2)",
        stored(shard),
        &indices,
    );
    let taken = taken.fetch_all(tx.conn()).await?;
    taken
        .into_iter()
        .map(|index| small(index, INDEX, "index"))
        .collect()
}

/// Gives places to new versions; [`Error::Contended`] if one was given away meanwhile.
pub(crate) async fn give_all(tx: &mut Tx, given: &[((u32, u32), Uuid)]) -> Result<(), Error> {
    if given.is_empty() {
        return Ok(());
    }
    let shards: Vec<i32> = column(given, |((shard, _), _)| stored(*shard));
    let indices: Vec<i32> = column(given, |((_, index), _)| stored(*index));
    let versions: Vec<Uuid> = column(given, |(_, version)| *version);
    let result = query!(
        "INSERT INTO issuing.status_index (shard, index, version)
         SELECT * FROM unnest($1::integer[], $2::integer[], $3::uuid[]) ON CONFLICT (shard, index) DO NOTHING",
        &shards,
        &indices,
        &versions,
    )
    .execute(tx.conn())
    .await?;
    if result.rows_affected() == given.len() as u64 {
        return Ok(());
    }
    Err(Error::Contended {
        transaction: tx.name(),
        attempts: 1,
    })
}

/// Versions and copies from before the lists, which have no place.
pub(crate) async fn without_place(
    tx: &mut Tx,
    limit: i64,
) -> Result<Vec<(Uuid, Option<Uuid>, PersonId)>, Error> {
    let rows = query!(
        r#"SELECT version.id AS "version!", NULL::uuid AS copy, version.person AS "person!"
         FROM issuing.certificate_version AS version
         WHERE NOT EXISTS (SELECT 1 FROM issuing.status_index AS place WHERE place.version = version.id AND place.copy IS NULL)
         UNION ALL
         SELECT use_copy.version, use_copy.id, use_copy.person FROM issuing.use_copy
         WHERE NOT EXISTS (SELECT 1 FROM issuing.status_index AS place
                           WHERE place.version = use_copy.version AND place.copy = use_copy.id)
         LIMIT $1"#,
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.version, row.copy, row.person.into()))
        .collect())
}

/// Whether a change is not yet in the statuses, or something turns by the day.
pub(crate) async fn has_work(read: &ReadDatabase, today: Date) -> Result<bool, Error> {
    let work = query_scalar!(
        r#"SELECT ((SELECT position FROM issuing.status_head) < (SELECT position FROM log.head)
             OR EXISTS (SELECT 1 FROM issuing.status_index WHERE turns_on <= $1)) AS "work!""#,
        today.to_sql(),
    );
    Ok(work.fetch_one(read.pool()).await?)
}

/// The position up to which the statuses hold every change.
pub(crate) async fn head(tx: &mut Tx) -> Result<u64, Error> {
    let position = query_scalar!("SELECT position FROM issuing.status_head");
    natural(
        position.fetch_one(tx.conn()).await?,
        "issuing.status_head",
        "position",
    )
}

/// Moves that position.
pub(crate) async fn set_head(tx: &mut Tx, position: u64) -> Result<(), Error> {
    let moved = query!(
        "UPDATE issuing.status_head SET position = $1, updated_by = shared.transaction_name()",
        signed(position)
    );
    ensure_affected("move the head of statuses", 1, &moved.execute(tx.conn()).await?)
}

/// At most `limit` positions after one, of the changes that are numbered: the last of them, and whom they are about.
pub(crate) async fn changed(tx: &mut Tx, after: u64, limit: i64) -> Result<(u64, Vec<PersonId>), Error> {
    let rows = query!(
        r#"SELECT person, max(position) AS "position!" FROM log.change
         WHERE position > $1 AND position <= least($1 + $2, (SELECT position FROM log.head)) GROUP BY person"#,
        signed(after),
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let last = rows
        .iter()
        .map(|row| row.position)
        .max()
        .unwrap_or_else(|| signed(after));
    let people = rows.into_iter().map(|row| row.person.into()).collect();
    Ok((natural(last, "log.change", "position")?, people))
}

/// People of whom something turns by the day alone.
pub(crate) async fn turning(tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<PersonId>, Error> {
    let people = query_scalar!(
        r#"SELECT DISTINCT version.person FROM issuing.status_index AS place
         JOIN issuing.certificate_version AS version ON version.id = place.version
         WHERE place.turns_on <= $1 LIMIT $2"#,
        today.to_sql(),
        limit,
    );
    Ok(people
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(Into::into)
        .collect())
}

/// A place with what decides its status, beside the register's entry.
pub(crate) struct Place {
    pub(crate) shard: u32,
    pub(crate) index: u32,
    pub(crate) current: bool,
    pub(crate) copy: Option<CopyRecord>,
    pub(crate) status: u8,
    pub(crate) turns_on: Option<Date>,
}

/// The places of people, each with whose it is.
pub(crate) async fn places(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<(PersonId, Place)>, Error> {
    let rows = query!(
        r#"SELECT version.person, place.shard, place.index, place.status, place.turns_on, version.current,
             use_copy.use_until AS "use_until?", use_copy.revoked_at
         FROM issuing.certificate_version AS version
         JOIN issuing.status_index AS place ON place.version = version.id
         LEFT JOIN issuing.use_copy AS use_copy ON use_copy.id = place.copy
         WHERE version.person = ANY($1)"#,
        people,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let copy = row.use_until.map(|use_until| CopyRecord {
                use_until: use_until.to_jiff(),
                revoked_at: row.revoked_at.map(SqlTimestamp::to_jiff),
            });
            let place = Place {
                shard: small(row.shard, INDEX, "shard")?,
                index: small(row.index, INDEX, "index")?,
                current: row.current,
                copy,
                status: u8::try_from(row.status)
                    .map_err(|_| Error::inconsistent(INDEX, "status", row.index))?,
                turns_on: row.turns_on.map(SqlDate::to_jiff),
            };
            Ok((row.person.into(), place))
        })
        .collect()
}

/// Stores what places say from now on, each with the day on which that turns.
pub(crate) async fn set_all(tx: &mut Tx, said: &[(Place, u8, Option<Date>)]) -> Result<(), Error> {
    if said.is_empty() {
        return Ok(());
    }
    let days: Vec<Option<SqlDate>> = column(said, |(.., day)| day.map(|day| day.to_sql()));
    let done = query!(
        "UPDATE issuing.status_index AS place
         SET status = new.status, turns_on = new.turns_on, updated_by = shared.transaction_name()
         FROM unnest($1::integer[], $2::integer[], $3::smallint[], $4::date[]) AS new (shard, index, status, turns_on)
         WHERE place.shard = new.shard AND place.index = new.index",
        &column(said, |(place, ..)| stored(place.shard)),
        &column(said, |(place, ..)| stored(place.index)),
        &column(said, |(_, status, _)| i16::from(*status)),
        &days as _,
    );
    ensure_affected("set statuses", said.len() as u64, &done.execute(tx.conn()).await?)
}

/// Notes that places of a shard changed.
pub(crate) async fn touch(tx: &mut Tx, shard: u32, at: Timestamp) -> Result<(), Error> {
    let done = query!(
        "UPDATE issuing.status_shard SET changed_at = $2, updated_by = shared.transaction_name()
         WHERE number = $1",
        stored(shard),
        at.to_sql(),
    );
    ensure_affected("touch a status shard", 1, &done.execute(tx.conn()).await?)
}

/// Index and status of every place of a shard that is not valid.
pub(crate) async fn not_valid(tx: &mut Tx, shard: u32) -> Result<Vec<(u32, u8)>, Error> {
    let rows = query!(
        "SELECT index, status FROM issuing.status_index WHERE shard = $1 AND status <> 0",
        stored(shard),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let status = u8::try_from(row.status);
            Ok((
                small(row.index, INDEX, "index")?,
                status.map_err(|_| Error::inconsistent(INDEX, "status", row.index))?,
            ))
        })
        .collect()
}
