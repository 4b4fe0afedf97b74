//! Tables `exchange.register_*`: the tree over a province's registrations, its rows written with their entries, its nodes
//! computed when somebody asks (decision 0028).

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::PersonId;
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx, column};
use register_tree::{Digest, Key, Nodes, Pair, Path, Row, bucket_digest};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::store::{natural, signed};

const ROW: &str = "exchange.register_row";
const NODE: &str = "exchange.register_node";

/// Where a tree stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stands {
    pub(crate) pair: Pair,
    pub(crate) root: Digest,
}

/// Notes what registrations are now, each person's once, in the transaction that made them so. Of a registration that moved,
/// both trees are told; `passed` are those through which it went on its way here.
pub(crate) async fn note_all(
    tx: &mut Tx,
    noted: &[(Province, Row)],
    passed: &[(Province, Key)],
) -> Result<(), Error> {
    if noted.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = column(noted, |(_, row)| row.key());
    let people: Vec<Uuid> = column(noted, |(_, row)| row.person.as_uuid());
    let provinces: Vec<String> = column(noted, |(province, _)| province.code().to_owned());
    let buckets: Vec<i32> = column(&keys, |key| key.bucket().place().into());
    let digests: Vec<Vec<u8>> = column(noted, |(_, row)| row.digest().to_vec());
    query!(
        "WITH noted AS (
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bytea[], $5::bytea[])
                 AS new (person, province, bucket, key, digest)),
         before AS (
             SELECT row.province, row.bucket FROM exchange.register_row AS row
             WHERE row.person = ANY($1)),
         saved AS (
             INSERT INTO exchange.register_row (person, province, bucket, key, digest)
             SELECT person, province, bucket, key, digest FROM noted
             ON CONFLICT (person) DO UPDATE SET province = excluded.province, bucket = excluded.bucket, key = excluded.key,
                 digest = excluded.digest, updated_by = shared.transaction_name()
             RETURNING province, bucket)
         INSERT INTO exchange.register_touched (province, bucket)
         SELECT province, bucket FROM before UNION SELECT province, bucket FROM saved
         UNION SELECT province, bucket FROM unnest($6::text[], $7::integer[]) AS passed (province, bucket)",
        &people,
        &provinces,
        &buckets,
        &column(&keys, |key| key.as_bytes().to_vec()),
        &digests,
        &column(passed, |(province, _)| province.code().to_owned()),
        &column(passed, |(_, key)| i32::from(key.bucket().place())),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets the nodes follow the rows and says where the tree stands then: exactly at the pair that one snapshot shows, so the
/// transaction must have one (SERIALIZABLE).
pub(crate) async fn fold(
    tx: &mut Tx,
    province: Province,
    stream: &str,
    at: Timestamp,
) -> Result<Stands, Error> {
    query!(
        "INSERT INTO exchange.register_tree (province) VALUES ($1) ON CONFLICT DO NOTHING",
        province.code(),
    )
    .execute(tx.conn())
    .await?;
    query!(
        "SELECT sequence FROM exchange.register_tree WHERE province = $1 FOR UPDATE",
        province.code(),
    )
    .fetch_one(tx.conn())
    .await?;
    let pair = pair(tx, province, stream).await?;
    let touched = query_scalar!(
        "DELETE FROM exchange.register_touched WHERE province = $1 RETURNING bucket",
        province.code(),
    )
    .fetch_all(tx.conn())
    .await?;
    let touched: BTreeSet<i32> = touched.into_iter().collect();
    let root = if touched.is_empty() {
        nodes(tx, province, &[Path::ROOT].into()).await?.root()
    } else {
        climb(tx, province, touched).await?
    };
    query!(
        "UPDATE exchange.register_tree SET sequence = $2, number = $3, updated_by = shared.transaction_name()
         WHERE province = $1 AND (sequence, number) IS DISTINCT FROM ($2, $3)",
        province.code(),
        signed(pair.sequence),
        signed(pair.number),
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO exchange.register_root (province, sequence, number, root, computed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (province, sequence, number) DO UPDATE SET root = excluded.root, computed_at = excluded.computed_at,
             updated_by = shared.transaction_name()
         WHERE register_root.root IS DISTINCT FROM excluded.root",
        province.code(),
        signed(pair.sequence),
        signed(pair.number),
        &root[..],
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(Stands { pair, root })
}

async fn pair(tx: &mut Tx, province: Province, stream: &str) -> Result<Pair, Error> {
    let row = query!(
        r#"SELECT coalesce((SELECT sequence FROM shared.inbox_head WHERE source = $1), 0) AS "sequence!",
                  coalesce((SELECT number FROM exchange.downstream_head WHERE province = $2), 0) AS "number!""#,
        stream,
        province.code(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Pair {
        sequence: natural(row.sequence, "shared.inbox_head", "sequence")?,
        number: natural(row.number, "exchange.downstream_head", "number")?,
    })
}

/// The root after some buckets have changed.
async fn climb(tx: &mut Tx, province: Province, touched: BTreeSet<i32>) -> Result<Digest, Error> {
    let places: Vec<i32> = touched.into_iter().collect();
    let rows = query!(
        "SELECT bucket, key, digest FROM exchange.register_row WHERE province = $1 AND bucket = ANY($2)",
        province.code(),
        &places,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut leaves: BTreeMap<Path, Vec<(Key, Digest)>> = BTreeMap::new();
    for place in &places {
        leaves.insert(bucket(*place)?, Vec::new());
    }
    for row in rows {
        let leaf = (Key::from_bytes(digest(&row.key, ROW)?), digest(&row.digest, ROW)?);
        leaves.entry(bucket(row.bucket)?).or_default().push(leaf);
    }
    let buckets: BTreeMap<_, _> = leaves
        .into_iter()
        .map(|(path, rows)| (path, bucket_digest(rows)))
        .collect();
    let needed = Nodes::needed(&buckets.keys().copied().collect());
    let mut known = nodes(tx, province, &needed).await?;
    let changed = known.climb(&buckets);
    store(tx, province, &changed).await?;
    match changed.is_empty() {
        true => Ok(nodes(tx, province, &[Path::ROOT].into()).await?.root()),
        false => Ok(known.root()),
    }
}

/// The digests of some places.
pub(crate) async fn nodes(tx: &mut Tx, province: Province, paths: &BTreeSet<Path>) -> Result<Nodes, Error> {
    let levels: Vec<i16> = paths.iter().map(|path| path.level().into()).collect();
    let places: Vec<i32> = paths.iter().map(|path| path.place().into()).collect();
    let rows = query!(
        "SELECT node.level, node.place, node.digest
         FROM unnest($2::smallint[], $3::integer[]) AS asked (level, place)
         JOIN exchange.register_node AS node ON node.province = $1 AND node.level = asked.level AND node.place = asked.place",
        province.code(),
        &levels,
        &places,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found = Nodes::default();
    for row in rows {
        found.insert(path(row.level, row.place)?, digest(&row.digest, NODE)?);
    }
    Ok(found)
}

async fn store(
    tx: &mut Tx,
    province: Province,
    changed: &BTreeMap<Path, Option<Digest>>,
) -> Result<(), Error> {
    let of = |kept: bool| changed.iter().filter(move |(_, digest)| digest.is_some() == kept);
    let levels = |kept| {
        of(kept)
            .map(|(path, _)| path.level().into())
            .collect::<Vec<i16>>()
    };
    let places = |kept| {
        of(kept)
            .map(|(path, _)| path.place().into())
            .collect::<Vec<i32>>()
    };
    let digests: Vec<Vec<u8>> = changed.values().flatten().map(|digest| digest.to_vec()).collect();
    query!(
        "INSERT INTO exchange.register_node (province, level, place, digest)
         SELECT $1, level, place, digest FROM unnest($2::smallint[], $3::integer[], $4::bytea[]) AS new (level, place, digest)
         ON CONFLICT (province, level, place) DO UPDATE SET digest = excluded.digest, updated_by = shared.transaction_name()",
        province.code(),
        &levels(true),
        &places(true),
        &digests,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "DELETE FROM exchange.register_node AS node USING unnest($2::smallint[], $3::integer[]) AS gone (level, place)
         WHERE node.province = $1 AND node.level = gone.level AND node.place = gone.place",
        province.code(),
        &levels(false),
        &places(false),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The root at a past pair, while it is kept.
pub(crate) async fn root_at(tx: &mut Tx, province: Province, pair: Pair) -> Result<Option<Digest>, Error> {
    let found = query_scalar!(
        "SELECT root FROM exchange.register_root WHERE province = $1 AND sequence = $2 AND number = $3",
        province.code(),
        signed(pair.sequence),
        signed(pair.number),
    )
    .fetch_optional(tx.conn())
    .await?;
    found
        .map(|root| digest(&root, "exchange.register_root"))
        .transpose()
}

/// Whose registrations stand in some buckets.
pub(crate) async fn people(
    tx: &mut Tx,
    province: Province,
    buckets: &[Path],
) -> Result<Vec<PersonId>, Error> {
    let places: Vec<i32> = buckets.iter().map(|path| path.place().into()).collect();
    let people: Vec<Uuid> = query_scalar!(
        "SELECT person FROM exchange.register_row WHERE province = $1 AND bucket = ANY($2) ORDER BY key",
        province.code(),
        &places,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(people.into_iter().map(PersonId::from_uuid).collect())
}

/// Some people whose registration no tree has, after a person, in the order of their ids.
pub(crate) async fn missing(
    read: &ReadDatabase,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<PersonId>, Error> {
    let people = query_scalar!(
        "SELECT entry.person FROM register.entry LEFT JOIN exchange.register_row AS row ON row.person = entry.person
         WHERE row.person IS NULL AND ($1::uuid IS NULL OR entry.person > $1) ORDER BY entry.person LIMIT $2",
        after,
        limit,
    )
    .fetch_all(read.pool())
    .await?;
    Ok(people.into_iter().map(PersonId::from_uuid).collect())
}

/// The provinces whose nodes have something to follow.
pub(crate) async fn touched(read: &ReadDatabase) -> Result<Vec<Province>, Error> {
    let codes = query_scalar!("SELECT DISTINCT province FROM exchange.register_touched")
        .fetch_all(read.pool())
        .await?;
    let known = |code: &String| crate::store::province(code, "exchange.register_touched", code);
    codes.iter().map(known).collect()
}

/// Forgets roots of before an instant.
pub(crate) async fn forget_roots(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let gone = query!(
        "DELETE FROM exchange.register_root WHERE (province, sequence, number) IN
             (SELECT province, sequence, number FROM exchange.register_root WHERE computed_at < $1 LIMIT $2)",
        before.to_sql(),
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}

fn bucket(place: i32) -> Result<Path, Error> {
    let fault = |_| Error::inconsistent(ROW, "bucket", place);
    u16::try_from(place).map(Path::bucket).map_err(fault)
}

fn path(level: i16, place: i32) -> Result<Path, Error> {
    let found = || Path::new(u8::try_from(level).ok()?, u16::try_from(place).ok()?);
    found().ok_or_else(|| Error::inconsistent(NODE, "place", place))
}

fn digest(bytes: &[u8], table: &'static str) -> Result<Digest, Error> {
    bytes
        .try_into()
        .map_err(|_| Error::inconsistent(table, "digest", hex::encode(bytes)))
}
