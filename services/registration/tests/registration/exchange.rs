//! The province's half of the exchange.

use api::types::v1::ApplicationType;
use jiff::civil::date;
use postgres::sqlx::{self, Row as _};

use crate::story::WATER;
use crate::world::World;

#[tokio::test]
async fn the_outbox_is_dense_chained_and_receipted() {
    let world = World::start().await;
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    for ordinal in 1..=3 {
        let holder = world.person(ordinal);
        world.registered(&holder, &firm).await;
    }
    assert_eq!(world.nation.register().events.len(), 3);
    let mut owner = world.database.owner_connection().await;
    let rows =
        sqlx::query("SELECT sequence FROM shared.outbox WHERE stream = 'provinces/32' ORDER BY sequence");
    let rows = rows.fetch_all(&mut owner).await.expect("read");
    let sequences: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(sequences, [1, 2, 3]);
    // The receipt of the last one is on its way or here.
    let receipted = "SELECT coalesce(max(sequence), 0) FROM shared.outbox_receipt";
    while sqlx::query(receipted)
        .fetch_one(&mut owner)
        .await
        .expect("read")
        .get::<i64, _>(0)
        < 3
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stopped_stream_is_kept_with_its_reason_and_not_tried_again_at_once() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    world.granted(&name).await;
    world.publicised(&name).await;
    world.nation.register().stop = Some("UNKNOWN_SCHEMA".to_owned());
    world.publish(&[&name]).await.expect("announced all the same");
    let mut owner = world.database.owner_connection().await;
    let stopped = loop {
        let row = sqlx::query("SELECT stopped FROM registration.exchange_state")
            .fetch_one(&mut owner)
            .await;
        if let Some(reason) = row.expect("read").get::<Option<String>, _>(0) {
            break reason;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(stopped, "UNKNOWN_SCHEMA");
    let explained = world.explain(&holder).await;
    assert_eq!(
        explained.step(),
        api::registration::v1::AvailabilityStep::ExchangeStopped
    );
    assert_eq!(world.nation.register().pushes, 1);
}

#[tokio::test]
async fn draining_waits_for_no_feed_and_no_stopped_stream() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    assert_eq!(world.drain().await, service_runtime::lifecycle::Ending::Drained);
}
