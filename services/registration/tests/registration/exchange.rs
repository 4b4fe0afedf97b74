//! The province's half of the exchange.

use api::types::v1::ApplicationType;
use jiff::civil::date;
use postgres::sqlx::{self, Row as _};

use crate::story::WATER;
use crate::world::{World, reason};

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

/// An application that waits for its announcement.
async fn to_be_announced(world: &World, ordinal: u32) -> String {
    let holder = world.person(ordinal);
    let firm = world.firm("江苏水利建设有限公司", "32", ordinal);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    world.granted(&name).await;
    world.publicised(&name).await;
    name
}

#[tokio::test]
async fn a_restored_database_gets_its_events_back_and_announces_nothing_twice() {
    let mut world = World::start().await;
    let lost = to_be_announced(&world, 1).await;
    // Whatever runs may push an event of its own meanwhile, and be told FORK.
    world.stop().await;
    world.nation.has_from_before(&lost);
    world.start_again().await;
    world.serving().await;
    assert_eq!(reason(world.publish(&[&lost]).await), "ANNOUNCED_BEFORE_RESTORE");
    let next = to_be_announced(&world, 2).await;
    world.publish(&[&next]).await.expect("announced");
    let mut owner = world.database.owner_connection().await;
    let restored =
        "SELECT count(*) FROM registration.restored_event WHERE sequence = 1 AND application_id IS NOT NULL";
    for (statement, expected) in [
        (restored, 1_i64),
        (
            "SELECT count(*) FROM shared.audit WHERE verb = 'check_head' AND reason = 'PROVINCE_BEHIND'",
            1,
        ),
        // The clearance of the one that was lost runs out meanwhile, and its release is an event too.
        ("SELECT count(*) FROM registration.announcement_row", 1),
        (
            "SELECT count(*) FROM shared.outbox JOIN registration.announcement ON position = sequence WHERE sequence > 1",
            1,
        ),
    ] {
        let found: i64 = sqlx::query_scalar(statement)
            .fetch_one(&mut owner)
            .await
            .expect("read");
        assert_eq!(found, expected, "{statement}");
    }
}

#[tokio::test]
async fn a_database_on_another_chain_announces_nothing() {
    let mut world = World::start().await;
    let first = to_be_announced(&world, 1).await;
    world.publish(&[&first]).await.expect("announced");
    world.nation.applied(1).await;
    let second = to_be_announced(&world, 2).await;
    world.stop().await;
    world.nation.parts();
    world.start_again().await;
    world.serving().await;
    assert_eq!(reason(world.publish(&[&second]).await), "FORK");
    let mut owner = world.database.owner_connection().await;
    let sent: i64 = sqlx::query_scalar("SELECT sequence FROM shared.outbox_head")
        .fetch_one(&mut owner)
        .await
        .expect("read");
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn an_event_that_the_nation_left_out_is_kept_and_told() {
    use api::exchange::v1::EnvelopeSkipped;
    use api::exchange::v1::pull_changes_response::Event;
    let world = World::start().await;
    world.nation.tell(Event::EnvelopeSkipped(EnvelopeSkipped {
        sequence: 7,
        hash: vec![9; 32].into(),
        reason: "NO_CLEARANCE".to_owned(),
        repair: "streamRepairs/1".to_owned(),
    }));
    let mut owner = world.database.owner_connection().await;
    let told = "SELECT count(*) FROM registration.skipped_event JOIN shared.notification
         ON kind = 'ENVELOPE_SKIPPED' AND addressee = 'provinces/32' AND subject = 'provinces/32/envelopes/7'
         WHERE sequence = 7 AND reason = 'NO_CLEARANCE'";
    while sqlx::query_scalar::<_, i64>(told)
        .fetch_one(&mut owner)
        .await
        .expect("read")
        == 0
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_merge_of_two_persons_is_kept_and_told_to_the_officers() {
    use api::exchange::v1::PersonsLinked;
    use api::exchange::v1::pull_changes_response::Event;
    let world = World::start().await;
    let (away, stays) = (world.person(1), world.person(2));
    for survivor in [format!("persons/{}", stays.id), String::new()] {
        world.nation.tell(Event::PersonsLinked(PersonsLinked {
            person: format!("persons/{}", away.id),
            survivor,
            at: Some(api::convert::instant(
                "2026-05-04T02:00:00Z".parse().expect("an instant"),
            )),
        }));
    }
    let mut owner = world.database.owner_connection().await;
    let told = "SELECT count(*) FROM shared.notification WHERE addressee = 'provinces/32'
         AND kind IN ('PERSONS_MERGED', 'PERSON_SPLIT')";
    while sqlx::query_scalar::<_, i64>(told)
        .fetch_one(&mut owner)
        .await
        .expect("read")
        < 2
    {
        tokio::task::yield_now().await;
    }
    let kept = "SELECT count(*) FROM shared.audit WHERE verb = 'note_persons_linked' AND subject = $1";
    let kept: i64 = sqlx::query_scalar(kept)
        .bind(format!("persons/{}", away.id))
        .fetch_one(&mut owner)
        .await
        .expect("read");
    assert_eq!(kept, 2);
}
