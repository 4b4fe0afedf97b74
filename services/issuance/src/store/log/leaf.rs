//! Tables `log.leaf` and `log.tile`: the transparency log, which only grows.

use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};

use postgres::{Error, ReadDatabase, Tx, column};
use sqlx::postgres::PgConnection;
use sqlx::{query, query_scalar};
use tlog::{Append, Edge, Hash, TILE_WIDTH, TileId, leaf_hash};
use uuid::Uuid;

use crate::store::{natural, signed};

/// An entry that waits for its index: the position of its change, and its bytes.
pub(crate) type Entry = (i64, Vec<u8>);

/// Appends entries in order to the tree of a size; returns its size afterwards. The caller holds the head. `late` ones are of files
/// from before the log, and stand at a position that is not theirs.
pub(crate) async fn append(tx: &mut Tx, size: u64, entries: Vec<Entry>, late: bool) -> Result<u64, Error> {
    if entries.is_empty() {
        return Ok(size);
    }
    let edge = edge(tx.conn(), size).await?;
    let hashes: Vec<Hash> = entries.iter().map(|(_, entry)| leaf_hash(entry)).collect();
    let append = edge.append(hashes.iter().copied());
    insert_leaves(tx, append.first, (entries, late), &hashes).await?;
    insert_tiles(tx, &append).await?;
    Ok(append.edge.size())
}

async fn insert_leaves(
    tx: &mut Tx,
    first: u64,
    (entries, late): (Vec<Entry>, bool),
    hashes: &[Hash],
) -> Result<(), Error> {
    let indices: Vec<i64> = (signed(first)..).take(entries.len()).collect();
    let (positions, entries): (Vec<i64>, Vec<Vec<u8>>) = entries.into_iter().unzip();
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect();
    query!(
        "INSERT INTO log.leaf (index, position, entry, hash, late)
         SELECT *, $5 FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])",
        &indices,
        &positions,
        &entries,
        &hashes,
        late,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_tiles(tx: &mut Tx, append: &Append) -> Result<(), Error> {
    if append.full.is_empty() {
        return Ok(());
    }
    query!(
        "INSERT INTO log.tile (level, index, hashes, root)
         SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[], $4::bytea[])",
        &column(&append.full, |tile| i16::from(tile.id.level)),
        &column(&append.full, |tile| signed(tile.id.index)),
        &column(&append.full, |tile| Hash::concat(&tile.hashes)),
        &column(&append.full, |tile| tile.root.as_bytes().to_vec()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The edge of the tree of a size, made of what is stored.
pub(crate) async fn edge(connection: &mut PgConnection, size: u64) -> Result<Edge, Error> {
    let mut tiles = BTreeMap::new();
    for (id, width) in Edge::tiles(size) {
        tiles.insert(id, partial(&mut *connection, id, width).await?);
    }
    Edge::read(&tiles, size).map_err(|_| Error::inconsistent("log.leaf", "index", size))
}

/// The first hashes of a tile that is not full, or was not at a size that is asked for: leaves, or roots of tiles below.
async fn partial(connection: &mut PgConnection, id: TileId, width: u64) -> Result<Vec<Hash>, Error> {
    let first = signed(id.index.saturating_mul(TILE_WIDTH));
    let rows = match id.level.checked_sub(1) {
        None => {
            query_scalar!(
                "SELECT hash FROM log.leaf WHERE index >= $1 AND index < $1 + $2 ORDER BY index",
                first,
                signed(width),
            )
            .fetch_all(connection)
            .await?
        }
        Some(below) => query_scalar!(
            "SELECT root FROM log.tile WHERE level = $1 AND index >= $2 AND index < $2 + $3 ORDER BY index",
            i16::from(below),
            first,
            signed(width),
        )
        .fetch_all(connection)
        .await?,
    };
    rows.into_iter().map(|row| hash(&row, id)).collect()
}

/// Tiles of the tree of a size, full or partial, as proofs read them.
pub(crate) async fn tiles(
    read: &ReadDatabase,
    ids: impl IntoIterator<Item = TileId>,
    size: u64,
) -> Result<BTreeMap<TileId, Vec<Hash>>, Error> {
    let mut connection = read.pool().acquire().await?;
    let ids: BTreeSet<TileId> = ids.into_iter().collect();
    let mut tiles = full(&mut connection, &ids).await?;
    for id in ids {
        if let Place::Vacant(place) = tiles.entry(id) {
            place.insert(partial(&mut connection, id, id.width_in(size)).await?);
        }
    }
    Ok(tiles)
}

/// Those of some tiles that are full.
async fn full(
    connection: &mut PgConnection,
    ids: &BTreeSet<TileId>,
) -> Result<BTreeMap<TileId, Vec<Hash>>, Error> {
    let levels: Vec<i16> = ids.iter().map(|id| id.level.into()).collect();
    let indices: Vec<i64> = ids.iter().map(|id| signed(id.index)).collect();
    let rows = query!(
        "SELECT tile.level, tile.index, tile.hashes FROM unnest($1::smallint[], $2::bigint[]) AS asked (level, index)
         JOIN log.tile AS tile ON tile.level = asked.level AND tile.index = asked.index",
        &levels,
        &indices,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let fault = |column| Error::inconsistent("log.tile", column, row.index);
            let id = TileId {
                level: u8::try_from(row.level).map_err(|_| fault("level"))?,
                index: natural(row.index, "log.tile", "index")?,
            };
            let hashes = Hash::split(&row.hashes).ok_or_else(|| fault("hashes"))?;
            Ok((id, hashes))
        })
        .collect()
}

/// The bytes of at most `count` entries from an index on, in order.
pub(crate) async fn entries(read: &ReadDatabase, first: u64, count: u64) -> Result<Vec<Vec<u8>>, Error> {
    let entries = query_scalar!(
        "SELECT entry FROM log.leaf WHERE index >= $1 AND index < $1 + $2 ORDER BY index",
        signed(first),
        signed(count),
    );
    Ok(entries.fetch_all(read.pool()).await?)
}

/// The bytes of the entry at an index.
pub(crate) async fn entry(read: &ReadDatabase, index: u64) -> Result<Option<Vec<u8>>, Error> {
    let entry = query_scalar!("SELECT entry FROM log.leaf WHERE index = $1", signed(index));
    Ok(entry.fetch_optional(read.pool()).await?)
}

/// Where an entry of this hash is; the first, if it was appended more than once.
pub(crate) async fn index_of(read: &ReadDatabase, hash: Hash) -> Result<Option<u64>, Error> {
    let index = query_scalar!(
        "SELECT index FROM log.leaf WHERE hash = $1 ORDER BY index LIMIT 1",
        hash.as_bytes().as_slice(),
    );
    let index = index.fetch_optional(read.pool()).await?;
    index.map(|index| natural(index, "log.leaf", "index")).transpose()
}

/// The leaf of the change that made a version, once it has its index.
pub(crate) async fn of_version(read: &ReadDatabase, version: Uuid) -> Result<Option<(u64, Vec<u8>)>, Error> {
    let row = query!(
        "SELECT leaf.index, leaf.entry FROM log.change JOIN log.leaf ON leaf.position = change.position AND NOT leaf.late
         WHERE change.version = $1 AND change.leaf IS NOT NULL ORDER BY leaf.index LIMIT 1",
        version,
    );
    let row = row.fetch_optional(read.pool()).await?;
    row.map(|row| Ok((natural(row.index, "log.leaf", "index")?, row.entry)))
        .transpose()
}

/// The leaves of versions: of each the one that commits to its facts or, of one from before the log, that of its original's OFD.
pub(crate) async fn of_versions(
    read: &ReadDatabase,
    versions: &[Uuid],
) -> Result<Vec<(Uuid, u64, Vec<u8>)>, Error> {
    let rows = query!(
        r#"SELECT change.version AS "version!", leaf.index AS "index!", leaf.entry AS "entry!"
           FROM log.change JOIN log.leaf ON leaf.position = change.position AND NOT leaf.late
           WHERE change.version = ANY($1) AND change.leaf IS NOT NULL
           UNION ALL
           SELECT document_set.version, leaf.index, leaf.entry
           FROM issuing.document_set JOIN issuing.document ON document.document_set = document_set.id
           JOIN log.leaf ON leaf.late AND leaf.hash = sha256('\x00'::bytea
               || convert_to(E'jianzheng.log/documents/v1\n', 'UTF8') || '\x01'::bytea || document.sha256)
           WHERE document_set.version = ANY($1) AND document_set.copy IS NULL AND document.format = 'ofd'"#,
        versions,
    );
    let rows = rows.fetch_all(read.pool()).await?;
    rows.into_iter()
        .map(|row| Ok((row.version, natural(row.index, "log.leaf", "index")?, row.entry)))
        .collect()
}

/// Takes entries of files from before the log, to be appended in the same transaction; at most `limit`.
pub(crate) async fn take_late(tx: &mut Tx, position: i64, limit: i64) -> Result<Vec<Entry>, Error> {
    let taken = query!(
        "WITH few AS (SELECT id FROM log.late_leaf ORDER BY id LIMIT $1)
         DELETE FROM log.late_leaf USING few WHERE late_leaf.id = few.id RETURNING late_leaf.id, late_leaf.entry",
        limit,
    );
    let mut taken = taken.fetch_all(tx.conn()).await?;
    taken.sort_unstable_by_key(|row| row.id);
    Ok(taken.into_iter().map(|row| (position, row.entry)).collect())
}

fn hash(row: &[u8], id: TileId) -> Result<Hash, Error> {
    let bytes: Result<[u8; 32], _> = row.try_into();
    bytes
        .map(Hash::new)
        .map_err(|_| Error::inconsistent("log.tile", "hashes", id.index))
}
