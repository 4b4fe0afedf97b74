//! `exchange.reconcile`: a province compares its tree with the nation's over mutual TLS and PostgreSQL, at three sizes.
//!
//! The nation's half is what runs: `CompareRegister` as it is, its tree in tables. The province holds its tree in memory; its own
//! tables would take the same statements once more. Registrations are arranged as rows of the tree alone.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use api::exchange::v1 as wire;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use postgres::sqlx::{self, PgConnection};
use register_tree::{Digest, Key, Path, Tree, differing};
use service_runtime::tls::PeerChannel;
use tonic::Code;
use wire::compare_register_response::Outcome;

use super::trees::{self, SIZES};
use crate::median;
use crate::nation::directory::id;
use crate::nation::{Nation, PROVINCES};
use crate::row::Row;
use crate::server::Server;

/// Seconds that equal registers may take to be told so, the largest of them.
const GOAL: f64 = 1.0;
/// Finding one row may take so many times as long among a hundred times as many: log n, and fuller buckets.
const GROWTH: f64 = 2.0;
const REPEATS: u32 = 15;
const PIECE: usize = 20_000;

/// What one size took, in seconds.
struct Taken {
    size: u32,
    first: f64,
    equal: f64,
    find: f64,
    all: f64,
}

/// Measures both rows.
pub(super) async fn measure(server: &Server) -> Result<Vec<Row>> {
    let nation = Nation::start(server, "reconcile", super::WITHOUT_DOCUMENTS).await?;
    let mut owner = nation.database.owner().await?;
    // Nobody is registered here: what is compared are the rows of the trees.
    sqlx::raw_sql("ALTER TABLE exchange.register_row DROP CONSTRAINT register_row_of_person")
        .execute(&mut owner)
        .await?;
    let mut taken = Vec::new();
    for (nth, (size, code)) in (0..).zip(SIZES.into_iter().zip(PROVINCES)) {
        let leaves = arrange(&mut owner, code, nth, size).await?;
        server.settle().await?;
        let one = measure_size(&nation, &mut owner, code, leaves).await?;
        println!(
            "exchange.reconcile: {} rows: tree made in {:.2} s; told equal after a change in {:.1} ms, one different row found in {:.1} ms, every row read and compared {:.0} ms",
            one.size,
            one.first,
            one.equal * 1e3,
            one.find * 1e3,
            one.all * 1e3,
        );
        taken.push(one);
    }
    nation.end().await;
    let (small, large) = (taken.first().context("a size")?, taken.last().context("a size")?);
    let equal = format!(
        "one of {} rows changed, the nodes follow, roots are compared, the receipt signed: call to answer, median of {REPEATS} ({:.1} ms at {}); \
         the reference is the goal; reading every row takes {:.2} s; fsync on",
        large.size,
        small.equal * 1e3,
        small.size,
        large.all,
    );
    let find = format!(
        "one different row among {} found by five calls, median of {REPEATS}; the reference is the same among {}",
        large.size, small.size
    );
    Ok(vec![
        Row::at_most(("exchange.reconcile", "s"), large.equal, GOAL, 1.0, equal),
        Row::at_most(
            ("exchange.reconcile_find", "s"),
            large.find,
            small.find,
            GROWTH,
            find,
        ),
    ])
}

/// Rows of a province's tree, every bucket of which has changed.
async fn arrange(owner: &mut PgConnection, code: &str, nth: u32, size: u32) -> Result<Vec<(Key, Digest)>> {
    let mut leaves = (0..size).map(trees::leaf).collect::<Result<Vec<_>>>()?;
    leaves.sort_unstable_by_key(|(key, _)| *key.as_bytes());
    for (piece, some) in (0_u32..).zip(leaves.chunks(PIECE)) {
        let first = nth * 2_000_000 + piece * u32::try_from(PIECE)?;
        let people: Vec<_> = (first..).take(some.len()).map(id).collect();
        let buckets: Vec<i32> = some.iter().map(|(key, _)| key.bucket().place().into()).collect();
        let keys: Vec<Vec<u8>> = some.iter().map(|(key, _)| key.as_bytes().to_vec()).collect();
        let digests: Vec<Vec<u8>> = some.iter().map(|(_, digest)| digest.to_vec()).collect();
        sqlx::query(
            "INSERT INTO exchange.register_row (person, province, bucket, key, digest)
             SELECT person, $1, bucket, key, digest
             FROM unnest($2::uuid[], $3::integer[], $4::bytea[], $5::bytea[]) AS new (person, bucket, key, digest)",
        )
        .bind(code)
        .bind(people)
        .bind(buckets)
        .bind(keys)
        .bind(digests)
        .execute(&mut *owner)
        .await?;
    }
    sqlx::raw_sql("ANALYZE exchange.register_row")
        .execute(&mut *owner)
        .await?;
    sqlx::query(
        "INSERT INTO exchange.register_touched (province, bucket) SELECT $1, generate_series(0, 65535)",
    )
    .bind(code)
    .execute(owner)
    .await?;
    Ok(leaves)
}

async fn measure_size(
    nation: &Nation,
    owner: &mut PgConnection,
    code: &'static str,
    leaves: Vec<(Key, Digest)>,
) -> Result<Taken> {
    let mut client = nation.exchange(code)?;
    let mut tree = Tree::new(leaves.iter().copied());
    // The nation's own job lets the nodes follow the rows; a comparison beside it would do the same work, and one of both twice.
    let begun = Instant::now();
    nation
        .database
        .until_none("SELECT count(*) FROM exchange.register_touched")
        .await?;
    let first = begun.elapsed().as_secs_f64();
    compare(&mut client, &tree, &[], Outcome::Equal).await?;
    let changed = leaves.get(leaves.len() / 3).context("rows")?.0;
    let (mut equal, mut found) = (Vec::new(), Vec::new());
    for nth in 0..REPEATS {
        let digest = [u8::try_from(nth + 1)?; 32];
        change(owner, code, changed, &digest).await?;
        let wrong = tree.clone();
        tree.set(changed, Some(digest));
        let begun = Instant::now();
        compare(&mut client, &tree, &[], Outcome::Equal).await?;
        equal.push(begun.elapsed().as_secs_f64());
        // The province that has not changed its row finds it.
        let begun = Instant::now();
        let buckets = find(&mut client, &wrong).await?;
        found.push(begun.elapsed().as_secs_f64());
        ensure!(buckets == [changed.bucket()], "the changed row is found");
    }
    let begun = Instant::now();
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT key, digest FROM exchange.register_row WHERE province = $1")
            .bind(code)
            .fetch_all(owner)
            .await?;
    let held = rows.iter().filter(|(key, digest)| {
        leaves
            .binary_search_by(|(known, _)| known.as_bytes().as_slice().cmp(key))
            .is_ok_and(|at| {
                leaves
                    .get(at)
                    .is_some_and(|(_, known)| known == digest.as_slice())
            })
    });
    black_box(held.count());
    Ok(Taken {
        size: u32::try_from(leaves.len())?,
        first,
        equal: median(equal),
        find: median(found),
        all: begun.elapsed().as_secs_f64(),
    })
}

/// A row has another digest now, and its bucket was touched, as an act leaves them.
async fn change(owner: &mut PgConnection, code: &str, key: Key, digest: &Digest) -> Result<()> {
    let bucket = i32::from(key.bucket().place());
    let done = sqlx::query(
        "WITH changed AS (
             UPDATE exchange.register_row SET digest = $4 WHERE province = $1 AND bucket = $2 AND key = $3 RETURNING bucket)
         INSERT INTO exchange.register_touched (province, bucket) SELECT $1, bucket FROM changed",
    )
    .bind(code)
    .bind(bucket)
    .bind(key.as_bytes().to_vec())
    .bind(digest.to_vec())
    .execute(owner)
    .await?;
    ensure!(done.rows_affected() == 1, "the row is there");
    Ok(())
}

async fn compare(
    client: &mut ExchangeServiceClient<PeerChannel>,
    tree: &Tree,
    nodes: &[Path],
    expected: Outcome,
) -> Result<wire::CompareRegisterResponse> {
    let request = wire::CompareRegisterRequest {
        pair: Some(wire::RegisterPair::default()),
        root: tree.nodes().root().to_vec().into(),
        nodes: nodes.iter().map(Path::to_string).collect(),
    };
    loop {
        match client.compare_register(request.clone()).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                ensure!(answer.outcome() == expected, "{:?}", answer.outcome());
                return Ok(answer);
            }
            // The job follows the same row at this moment; a province asks again, too.
            Err(status) if status.code() == Code::ResourceExhausted => {}
            Err(status) => return Err(status.into()),
        }
    }
}

/// From the root to the buckets that differ, and to their rows.
async fn find(client: &mut ExchangeServiceClient<PeerChannel>, here: &Tree) -> Result<Vec<Path>> {
    let mut nodes = vec![Path::ROOT];
    loop {
        let answer = compare(client, here, &nodes, Outcome::Different).await?;
        if nodes.iter().all(|node| node.is_bucket()) {
            return Ok(nodes);
        }
        let there = |path: Path| {
            let name = path.to_string();
            let found = answer.children.iter().find(|node| node.path == name)?;
            Digest::try_from(found.digest.as_ref()).ok()
        };
        nodes = differing(&nodes, |path| here.nodes().get(path), there);
    }
}
