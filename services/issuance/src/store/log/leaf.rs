//! Tables `log.leaf` and `log.tile`: the transparency log, which only grows.

use std::collections::BTreeMap;

use postgres::{Error, ReadDatabase, Tx};
use sqlx::postgres::PgConnection;
use sqlx::{query, query_scalar};
use tlog::{Append, Edge, Hash, TILE_WIDTH, TileId, leaf_hash};

use crate::store::signed;

/// An entry that waits for its index: the position of its change, and its bytes.
pub(crate) type Entry = (i64, Vec<u8>);

/// Appends entries in order to the tree of a size; returns its size afterwards. The caller holds the head.
pub(crate) async fn append(tx: &mut Tx, size: u64, entries: Vec<Entry>) -> Result<u64, Error> {
    if entries.is_empty() {
        return Ok(size);
    }
    let edge = edge(tx.conn(), size).await?;
    let hashes: Vec<Hash> = entries.iter().map(|(_, entry)| leaf_hash(entry)).collect();
    let append = edge.append(hashes.iter().copied());
    insert_leaves(tx, append.first, entries, &hashes).await?;
    insert_tiles(tx, &append).await?;
    Ok(append.edge.size())
}

async fn insert_leaves(tx: &mut Tx, first: u64, entries: Vec<Entry>, hashes: &[Hash]) -> Result<(), Error> {
    let indices: Vec<i64> = (signed(first)..).take(entries.len()).collect();
    let (positions, entries): (Vec<i64>, Vec<Vec<u8>>) = entries.into_iter().unzip();
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect();
    query!(
        "INSERT INTO log.leaf (index, position, entry, hash)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])",
        &indices,
        &positions,
        &entries,
        &hashes,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_tiles(tx: &mut Tx, append: &Append) -> Result<(), Error> {
    for tile in &append.full {
        query!(
            "INSERT INTO log.tile (level, index, hashes, root) VALUES ($1, $2, $3, $4)",
            i16::from(tile.id.level),
            signed(tile.id.index),
            Hash::concat(&tile.hashes),
            tile.root.as_bytes().as_slice(),
        )
        .execute(tx.conn())
        .await?;
    }
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
    let mut tiles = BTreeMap::new();
    for id in ids {
        let full = query_scalar!(
            "SELECT hashes FROM log.tile WHERE level = $1 AND index = $2",
            i16::from(id.level),
            signed(id.index),
        )
        .fetch_optional(&mut *connection)
        .await?;
        let hashes = match full {
            Some(bytes) => {
                Hash::split(&bytes).ok_or_else(|| Error::inconsistent("log.tile", "hashes", id.index))?
            }
            None => partial(&mut connection, id, id.width_in(size)).await?,
        };
        tiles.insert(id, hashes);
    }
    Ok(tiles)
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

fn hash(row: &[u8], id: TileId) -> Result<Hash, Error> {
    let bytes: Result<[u8; 32], _> = row.try_into();
    bytes
        .map(Hash::new)
        .map_err(|_| Error::inconsistent("log.tile", "hashes", id.index))
}
