//! Positions: dense, resumable, and never behind a watermark.

use std::time::Duration;

use api::issuance::v1 as wire;
use api::types::v1::ApplicationType::Initial;
use api::types::v1::Position;
use postgres::notification;
use service_runtime::Lifecycle;

use crate::province::Province;
use crate::world::{World, reason, told};

const EACH: u64 = 8;

/// Announces several people one by one.
async fn announce_several(world: &World, province: &mut Province) {
    let employer = world.employer(province.code);
    for _ in 0..EACH {
        let application = province.application(&world.person(), &employer, Initial);
        province.announce(world, &application).await;
    }
}

#[tokio::test]
async fn concurrent_commits_get_dense_positions_that_cover_the_watermarks() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let second = Lifecycle::new();
    world.second_process(&second).await;
    tokio::join!(
        announce_several(&world, &mut jiangsu),
        announce_several(&world, &mut shanghai)
    );
    let (changes, heartbeat) = world.changes(0, 4 * EACH).await;
    // A version and an entry for each.
    let positions: Vec<u64> = changes.iter().map(|change| change.position).collect();
    assert_eq!(positions, (1..=4 * EACH).collect::<Vec<_>>());
    assert_eq!(heartbeat.position, 4 * EACH);
    let marks: Vec<_> = heartbeat
        .watermarks
        .iter()
        .map(|mark| (mark.province.as_str(), mark.sequence))
        .collect();
    assert_eq!(marks, [("provinces/31", EACH), ("provinces/32", EACH)]);
    assert_eq!(
        world
            .count("SELECT count(*) FROM log.change WHERE position IS NULL")
            .await,
        0
    );
    second.drain(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_watcher_resumes_by_position_and_the_sequencer_after_a_restart() {
    let (mut world, mut jiangsu, _) = World::new().await;
    announce_several(&world, &mut jiangsu).await;
    let (all, _) = world.changes(0, 2 * EACH).await;
    let (rest, _) = world.changes(5, 2 * EACH).await;
    assert_eq!(
        rest.iter().map(|one| one.position).collect::<Vec<_>>(),
        (6..=2 * EACH).collect::<Vec<_>>()
    );
    let same = rest
        .iter()
        .zip(&all[5..])
        .all(|(one, before)| one.change == before.change);
    assert!(same, "the same changes, word for word");
    what_a_position_is_known_by(&world, &all).await;

    world.restart().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    jiangsu.announce(&world, &application).await;
    let (after, _) = world.changes(2 * EACH, 2 * EACH + 2).await;
    assert_eq!(
        after.iter().map(|one| one.position).collect::<Vec<_>>(),
        [2 * EACH + 1, 2 * EACH + 2]
    );
}

/// Each position has an anchor of its own, by which it is resumed; one of another history is refused.
async fn what_a_position_is_known_by(world: &World, all: &[wire::WatchChangesResponse]) {
    let anchors: std::collections::BTreeSet<_> = all.iter().map(|change| change.anchor.clone()).collect();
    assert!(anchors.len() == all.len() && anchors.iter().all(|anchor| anchor.len() == 32));
    let resume = async |anchor: &bytes::Bytes| {
        let request = wire::WatchChangesRequest {
            after: 5,
            anchor: anchor.clone(),
        };
        let watcher = world.watcher("nation/verification", world.services);
        let feed = watcher.clone().watch_changes(request).await;
        feed.expect("it may ask").into_inner().message().await
    };
    let message = resume(&all[4].anchor).await.expect("the same history");
    let message = message.expect("it has no end");
    assert_eq!((message.position, &message.anchor), (6, &all[5].anchor));
    let refused = resume(&all[3].anchor).await.expect_err("another history");
    assert_eq!(reason(&refused), "ILLEGAL_STATE");
}

#[tokio::test]
async fn another_process_takes_the_sequencer_over_and_leaves_no_gap() {
    let (mut world, mut jiangsu, _) = World::new().await;
    let second = Lifecycle::new();
    let address = world.second_process(&second).await;
    announce_several(&world, &mut jiangsu).await;
    world.restart().await;
    announce_several(&world, &mut jiangsu).await;
    let watcher = world.watcher("nation/verification", address);
    let mut feed = watcher
        .clone()
        .watch_changes(wire::WatchChangesRequest::default())
        .await
        .expect("it may")
        .into_inner();
    for expected in 1..=4 * EACH {
        let mut message = feed
            .message()
            .await
            .expect("the feed goes on")
            .expect("it has no end");
        while matches!(
            message.change,
            Some(wire::watch_changes_response::Change::Heartbeat(_))
        ) {
            message = feed
                .message()
                .await
                .expect("the feed goes on")
                .expect("it has no end");
        }
        assert_eq!(message.position, expected);
    }
    second.drain(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn heartbeats_come_while_nothing_happens_and_a_future_position_is_refused() {
    let (world, _, _) = World::new().await;
    let watcher = world.watcher("nation/verification", world.services);
    let mut feed = watcher
        .clone()
        .watch_changes(wire::WatchChangesRequest::default())
        .await
        .expect("it may")
        .into_inner();
    let mut before = None;
    for _ in 0..3 {
        let message = feed
            .message()
            .await
            .expect("the feed goes on")
            .expect("it has no end");
        assert!(matches!(
            message.change,
            Some(wire::watch_changes_response::Change::Heartbeat(_))
        ));
        let at = message.recorded_at.map(|at| (at.seconds, at.nanos));
        assert!(message.position == 0 && at > before);
        before = at;
    }
    let ahead = wire::WatchChangesRequest {
        after: 7,
        ..Default::default()
    };
    let mut feed = watcher
        .clone()
        .watch_changes(ahead)
        .await
        .expect("it may ask")
        .into_inner();
    assert_eq!(
        reason(&feed.message().await.expect_err("refused")),
        "ILLEGAL_STATE"
    );
}

/// A replica that hears no heartbeat for a second refuses to answer: a bulk must not make it mute.
#[tokio::test]
async fn the_heart_beats_while_changes_never_cease() {
    let (world, mut jiangsu, _) = World::new().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    jiangsu.announce(&world, &application).await;
    let watcher = world.watcher("nation/verification", world.services);
    let feed = watcher
        .clone()
        .watch_changes(wire::WatchChangesRequest::default())
        .await;
    let mut feed = feed.expect("it may").into_inner();
    let mut owner = world.database.owner_connection().await;
    let mut beats = 0;
    // Whenever a change is told the next is there.
    for position in 1..CEASELESS {
        sqlx::query(
            "INSERT INTO log.change (kind, person, version, sealed, recorded_at)
             SELECT kind, person, version, sealed, recorded_at FROM log.change WHERE position = 1",
        )
        .execute(&mut owner)
        .await
        .expect("stored");
        loop {
            let message = feed
                .message()
                .await
                .expect("the feed goes on")
                .expect("it has no end");
            if matches!(
                message.change,
                Some(wire::watch_changes_response::Change::Heartbeat(_))
            ) {
                beats += 1;
            } else if message.position >= position {
                break;
            }
        }
        // The first may have come before there was much to tell.
        if beats == 2 {
            return;
        }
    }
    panic!("{beats} heartbeats among {CEASELESS} changes");
}

/// Far more changes than are told, one by one, between two heartbeats.
const CEASELESS: u64 = 400;

#[tokio::test]
async fn only_verification_watches_and_only_national_officers_read_entries() {
    let (world, mut jiangsu, _) = World::new().await;
    for caller in ["nation/seal", "nation/identity"] {
        let watcher = world.watcher(caller, world.services);
        let status = watcher
            .clone()
            .watch_changes(wire::WatchChangesRequest::default())
            .await
            .expect_err("refused");
        assert_eq!(reason(&status), "CALLER_NOT_ALLOWED");
    }
    let person = world.person();
    let application = jiangsu.application(&person, &world.employer("32"), Initial);
    jiangsu.announce(&world, &application).await;
    let status = world
        .entry(Some("32"), &person, told("32", 1))
        .await
        .expect_err("a province's officer");
    assert_eq!(reason(&status), "NOT_FOUND");
    world
        .entry(
            None,
            &person,
            Position {
                stream: "register".to_owned(),
                value: 2,
            },
        )
        .await
        .expect("both positions");
    let nonsense = Position {
        stream: "elsewhere".to_owned(),
        value: 1,
    };
    assert_eq!(
        reason(&world.entry(None, &person, nonsense).await.expect_err("no stream")),
        "INVALID_ARGUMENT"
    );
}

/// A nation that told people before notifications moved to schema `shared`.
#[tokio::test]
async fn who_followed_the_notifications_before_they_moved_goes_on_where_they_stood() {
    let test = postgres::test_support::database("issuance", &issuance::MIGRATIONS).await;
    let mut owner = test.owner_connection().await;
    let (then, _) = include_str!("../../migrations/0013_notifications.sql")
        .split_once("-- How far the reminders")
        .expect("notifications come first");
    let told = "INSERT INTO issuing.notification (id, position, kind, addressee, person, subject, recorded_at, once)
            SELECT gen_random_uuid(), nullif(n, 3), 'LAPSED', 'persons/1', gen_random_uuid(), 'a', to_timestamp(n),
                'once ' || n
            FROM generate_series(1, 3) AS n;
        UPDATE issuing.notification_head SET position = 2";
    let moved = include_str!("../../migrations/0018_notifications_shared.sql");
    for statements in [then, told, moved] {
        sqlx::raw_sql(statements)
            .execute(&mut owner)
            .await
            .expect("applied");
    }
    let database = test.database().await;
    let follow = async |tx: &mut postgres::Tx| {
        let numbered = notification::number(tx, 100).await?;
        let rest = notification::after(tx, 1, 100).await?;
        Ok::<_, postgres::Error>((numbered, rest))
    };
    let (numbered, rest) = database.run_tx("follow", follow).await.expect("followed");
    assert_eq!(numbered, 1, "what waited for its position");
    let rest: Vec<_> = rest.into_iter().map(|one| (one.position, one.once)).collect();
    let once = |n: i64| (Some(n), Some(format!("once {n}")));
    assert_eq!(rest, [once(2), once(3)], "nothing lost, nothing twice");
}
