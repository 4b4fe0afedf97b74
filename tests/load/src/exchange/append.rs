//! `log.append`: from a change that is about to be stored to the signed checkpoint of a tree that holds its leaf.
//!
//! Changes with their leaves are committed by batches, as announcements are; meanwhile the sequencer numbers them, appends the
//! leaves, completes tiles and signs. The reference is the insert of the leaves' rows alone.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use postgres::sqlx::{self, Connection as _, PgConnection};
use tlog::Leaf;
use uuid::Uuid;

use crate::accounts::Accounts;
use crate::nation::Nation;
use crate::row::Row;
use crate::server::Server;

/// Leaves of a run, and changes of one transaction.
const LEAVES: usize = 40_000;
const BATCH: usize = 500;
/// Leaves of one transaction of the reference: as many as the sequencer takes.
const BARE: usize = 1_000;
/// Leaves a second to be reached.
const GOAL: f64 = 5_000.0;
/// A sealed change of usual size.
const SEALED: usize = 600;

/// Measures the row.
pub(super) async fn measure(server: &Server) -> Result<Row> {
    let nation = Nation::start(server, "append", super::WITHOUT_DOCUMENTS).await?;
    let mut owner = nation.database.owner().await?;
    let person = Uuid::new_v4();
    sqlx::query(
        "INSERT INTO register.person (person, wrapped_key, created_at) VALUES ($1, '\\x00', '2026-05-04')",
    )
    .bind(person)
    .execute(&mut owner)
    .await?;
    let entries: Vec<Vec<u8>> = (0..LEAVES).map(entry).collect();
    // The first ones make connections and plans.
    store(&mut owner, person, entries.get(..BATCH).context("some")?).await?;
    logged(&nation).await?;
    server.settle().await?;
    let (before, begun) = (Accounts::read(server.pid()?)?, Instant::now());
    for some in entries.chunks(BATCH) {
        store(&mut owner, person, some).await?;
    }
    let stored = begun.elapsed().as_secs_f64();
    logged(&nation).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let spent = Accounts::read(server.pid()?)?.since(&before);
    let size = nation.database.count("SELECT size FROM log.head").await?;
    ensure!(usize::try_from(size)? == LEAVES + BATCH, "{size} leaves");
    let checkpoints = nation
        .database
        .count("SELECT count(*) FROM log.checkpoint")
        .await?;
    let bare = bare(&mut owner).await?;
    nation.end().await;
    let each = |spent: f64| spent * 1e6 / LEAVES as f64;
    let how = format!(
        "{LEAVES} changes with leaves committed by {BATCH} ({:.0}/s by themselves), numbered, in the tree and under one of {checkpoints} signed \
         checkpoints; of a core each: issuance {:.0} µs, PostgreSQL {:.0} µs; the reference is an insert of the leaves' rows by {BARE}; \
         the goal is {GOAL:.0}/s; recorded elsewhere: TesseraCT 600/s, Tessera POSIX 1500/s; fsync on",
        LEAVES as f64 / stored,
        each(spent.own),
        each(spent.postgres),
    );
    let rate = LEAVES as f64 / seconds;
    Ok(Row::at_least(
        ("log.append", "leaves/s"),
        rate,
        bare,
        GOAL / bare,
        how,
    ))
}

fn entry(nth: usize) -> Vec<u8> {
    let mut commitment = [0x5a; 32];
    commitment[..8].copy_from_slice(&(nth as u64).to_be_bytes());
    Leaf::Facts(commitment).encode()
}

async fn store(owner: &mut PgConnection, person: Uuid, entries: &[Vec<u8>]) -> Result<()> {
    sqlx::query(
        "INSERT INTO log.change (kind, person, sealed, recorded_at, leaf)
         SELECT 'document', $1, $2, '2026-05-04', leaf FROM unnest($3::bytea[]) AS new (leaf)",
    )
    .bind(person)
    .bind(vec![0x7c_u8; SEALED])
    .bind(entries)
    .execute(owner)
    .await?;
    Ok(())
}

/// Waits until every change stands under a checkpoint.
async fn logged(nation: &Nation) -> Result<()> {
    nation
        .database
        .until_none(
            "SELECT (SELECT count(*) FROM log.change WHERE position IS NULL)
                 + (SELECT head.size - (SELECT coalesce(max(size), 0) FROM log.checkpoint) FROM log.head AS head)",
        )
        .await
}

/// Leaves a second that PostgreSQL inserts with the same constraints and indexes, and nothing else.
async fn bare(owner: &mut PgConnection) -> Result<f64> {
    sqlx::raw_sql(
        "CREATE TABLE log.bare_leaf (LIKE log.leaf INCLUDING ALL);
         ALTER TABLE log.bare_leaf ADD FOREIGN KEY (position) REFERENCES log.change (position)",
    )
    .execute(&mut *owner)
    .await?;
    let rows: Vec<(i64, i64, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT index, position, entry, hash FROM log.leaf ORDER BY index")
            .fetch_all(&mut *owner)
            .await?;
    let begun = Instant::now();
    for some in rows.chunks(BARE) {
        let mut tx = owner.begin().await?;
        let indices: Vec<i64> = some.iter().map(|row| row.0).collect();
        let positions: Vec<i64> = some.iter().map(|row| row.1).collect();
        let entries: Vec<&[u8]> = some.iter().map(|row| row.2.as_slice()).collect();
        let hashes: Vec<&[u8]> = some.iter().map(|row| row.3.as_slice()).collect();
        sqlx::query(
            "INSERT INTO log.bare_leaf (index, position, entry, hash)
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])",
        )
        .bind(indices)
        .bind(positions)
        .bind(entries)
        .bind(hashes)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(rows.len() as f64 / begun.elapsed().as_secs_f64())
}
