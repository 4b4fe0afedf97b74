//! What a certificate and a use copy cost does not grow with the register: rows read by all statements are counted, not time.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::AssertSqlSafe;

use crate::world::{Proof, World};

/// Certificates in each half, each with a use copy.
const HALF: usize = 10;
/// Tables that grow with every certificate. The log's leaves are read by the tile, up to 255 of them.
const GROWING: &str = "('person', 'registration_number', 'act', 'certificate_version', 'use_copy', 'job', 'document_set', 'intent',
    'document', 'status_index', 'change')";
/// Rows of a table that a half may read more than the one before: what jobs look at while nothing is to do.
const IDLE: i64 = 150;

/// Rows read so far, by table. Whoever reads tells of it when it leaves.
async fn rows_read(world: &World) -> BTreeMap<String, i64> {
    let (mut owner, mut left) = (world.database.owner_connection().await, 1_i64);
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while left > 0 {
        left = sqlx::query_scalar(others)
            .fetch_one(&mut owner)
            .await
            .expect("counted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let read = format!(
        "SELECT one.relname::text, (one.seq_tup_read + coalesce(sum(own.idx_tup_read), 0))::bigint
         FROM pg_stat_user_tables AS one LEFT JOIN pg_stat_user_indexes AS own USING (relid)
         WHERE one.relname IN {GROWING} GROUP BY one.relid, one.relname, one.seq_tup_read"
    );
    let rows: Vec<(String, i64)> = sqlx::query_as(AssertSqlSafe(read))
        .fetch_all(&mut owner)
        .await
        .expect("counted");
    rows.into_iter().collect()
}

#[tokio::test]
async fn what_a_certificate_costs_does_not_grow_with_the_register() {
    let mut world = World::new().await;
    world.life.drain(Duration::from_secs(5)).await;
    // A table of a few rows is read whole, whatever indexes it has.
    let mut owner = world.database.owner_connection().await;
    let name: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(&mut owner)
        .await
        .expect("it has a name");
    let by_index = format!("ALTER DATABASE {name} SET enable_seqscan = off");
    sqlx::query(AssertSqlSafe(by_index))
        .execute(&mut owner)
        .await
        .expect("it is ours");
    drop(owner);
    let mut before = rows_read(&world).await;
    let mut halves = Vec::new();
    for half in 0..2 {
        world.restart(None).await;
        for nth in 0..HALF {
            let holder = world.registered("张伟民").await;
            world.issued(&holder).await;
            let door = world.holder(&holder, Proof::SteppedUp);
            let reference = format!("JS-2026-{half}{nth:03}");
            let copy = door.copy(&holder, &reference, "无锡市公共资源交易中心").await;
            copy.expect("it is made");
        }
        world.life.drain(Duration::from_secs(5)).await;
        let after = rows_read(&world).await;
        let read = after.iter().map(|(table, rows)| {
            (
                table.clone(),
                rows - before.get(table).copied().unwrap_or_default(),
            )
        });
        halves.push(read.collect::<BTreeMap<_, _>>());
        before = after;
    }
    let [first, second] = halves.as_slice() else {
        panic!("two halves")
    };
    assert_eq!(first.len(), 11, "every table is counted: {first:?}");
    for (table, rows) in second {
        let once = first.get(table).copied().unwrap_or_default();
        assert!(
            *rows <= once + once / 2 + IDLE,
            "{table}: {once} rows for the first {HALF}, {rows} for the next"
        );
    }
}
