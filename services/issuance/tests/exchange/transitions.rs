//! What time alone does to registrations: told once when the day begins, in the order of the days, whatever crashes.

use std::time::Duration;

use api::exchange::v1 as exchange;
use api::issuance::v1 as wire;
use api::issuance::v1::watch_changes_response::Change as Told;
use api::types::v1::ApplicationType::Initial;
use api::types::v1::{Date, Specialty, StatusCode};
use exchange::pull_changes_response::Event as News;
use jiff::civil::date;
use service_runtime::Lifecycle;
use wire::TimeCause;

use crate::moves::news;
use crate::national_acts::{Ministry, revoking_for_fraud};
use crate::province::Province;
use crate::world::{Person, World};

const DAY: Duration = Duration::from_secs(24 * 3_600);

const fn may(day: i32) -> Date {
    Date {
        year: 2026,
        month: 5,
        day,
    }
}

/// Somebody whose only term begins on 4 May and ends on a day of the same month.
async fn registered_to(world: &World, province: &mut Province, last: i8) -> Person {
    let person = world.person();
    let mut initial = province.application(&person, &world.employer(province.code), Initial);
    let (from, to) = (date(2026, 5, 4), date(2026, 5, last));
    initial.specialties = vec![(Specialty::WaterAndHydropower, from, to)];
    province.announce(world, &initial).await;
    person
}

/// Every change by time alone that the feed has, once at least `count` are there: whose, and what it says.
async fn told(world: &World, count: i64) -> Vec<(String, StatusCode, wire::TimeTransition)> {
    let ends = tokio::time::Instant::now() + Duration::from_secs(60);
    while world.count("SELECT count(*) FROM register.transition").await < count {
        assert!(tokio::time::Instant::now() < ends, "nothing is told");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let through = world.count("SELECT count(*) FROM log.change").await;
    let (changes, _) = world.changes(0, through.cast_unsigned()).await;
    let by_time = changes.into_iter().filter_map(|message| match message.change {
        Some(Told::EntryChanged(changed)) => {
            let transition = changed.transition?;
            let entry = changed.entry.expect("an entry");
            Some((entry.person.clone(), entry.status_code(), transition))
        }
        _ => None,
    });
    by_time.collect()
}

/// Another process has the job and does nothing.
async fn hold_up(world: &World) {
    let held = "INSERT INTO shared.lease (name, holder, fence, expires_at) VALUES ('transitions', 'gone', 1, 'infinity')
                ON CONFLICT (name) DO UPDATE SET holder = 'gone', fence = lease.fence + 1, expires_at = 'infinity'
                RETURNING fence";
    assert!(world.count(held).await > 0);
}

async fn let_go(world: &World) {
    let freed = "UPDATE shared.lease SET expires_at = '-infinity' WHERE name = 'transitions' RETURNING fence";
    assert!(world.count(freed).await > 0);
}

#[tokio::test]
async fn days_that_were_missed_are_told_in_their_order_once_and_to_whom_they_concern() {
    let (mut world, mut jiangsu, mut shanghai) = World::new().await;
    let late = registered_to(&world, &mut jiangsu, 6).await;
    let early = registered_to(&world, &mut shanghai, 5).await;
    let suspended = registered_to(&world, &mut jiangsu, 20).await;
    let ministry = Ministry::new(&world).await;
    ministry.suspended(&suspended, Some(may(5))).await;
    assert!(told(&world, 0).await.is_empty(), "nothing is over yet");

    hold_up(&world).await;
    world.advance(4 * DAY);
    // Two processes come up; each crash of one leaves the rest to the other.
    world.restart().await;
    let second = Lifecycle::new();
    world.second_process(&second).await;
    let_go(&world).await;
    let all = told(&world, 3).await;
    let days: Vec<_> = all
        .iter()
        .map(|(_, _, one)| one.day.expect("a day").day)
        .collect();
    assert_eq!(days, [6, 6, 7], "in the order of the days");
    let of = |person: &Person| {
        let found = all.iter().find(|(whose, ..)| *whose == person.name());
        found
            .map(|(_, status, one)| (*status, one.clone()))
            .expect("told")
    };
    let (status, over) = of(&early);
    assert_eq!(
        (status, over.status_before()),
        (StatusCode::Lapsed, StatusCode::Valid)
    );
    assert_eq!(over.ended().collect::<Vec<_>>(), [Specialty::WaterAndHydropower]);
    assert_eq!(over.causes().collect::<Vec<_>>(), [TimeCause::TermExpired]);
    let (status, over) = of(&suspended);
    assert_eq!(
        (status, over.status_before()),
        (StatusCode::Valid, StatusCode::Suspended)
    );
    assert_eq!(over.begun().collect::<Vec<_>>(), [Specialty::WaterAndHydropower]);
    assert_eq!(of(&late).0, StatusCode::Lapsed);

    // A day brings it once, however often a process begins anew.
    world.restart().await;
    world.advance(DAY);
    let last = registered_to(&world, &mut jiangsu, 9).await;
    world.advance(DAY);
    let again = told(&world, 4).await;
    assert_eq!(again.len(), 4);
    assert_eq!(again[3].0, last.name());
    second.drain(Duration::from_secs(5)).await;

    let heard = news(&jiangsu, 4).await;
    let by_time: Vec<_> = heard
        .iter()
        .filter_map(|one| match one {
            News::StatusChangedByTime(told) => Some((
                told.person.clone(),
                told.status_code(),
                told.day.expect("a day").day,
            )),
            _ => None,
        })
        .collect();
    assert_eq!(
        by_time,
        [
            (suspended.name(), StatusCode::Valid, 6),
            (late.name(), StatusCode::Lapsed, 7),
            (last.name(), StatusCode::Lapsed, 10),
        ],
        "a province hears of its own"
    );
    let notified = |kind: &str| format!("SELECT count(*) FROM shared.notification WHERE kind = '{kind}'");
    assert_eq!(
        world.count(&notified("LAPSED")).await,
        6,
        "person and employer, of three"
    );
    assert_eq!(world.count(&notified("RESTORED")).await, 2);
    assert_eq!(
        world.count("SELECT count(*) FROM register.act").await,
        5,
        "no act is written: four registrations and a suspension"
    );
}

#[tokio::test]
async fn a_day_that_is_over_is_told_before_an_act_that_comes_late_and_not_once_more_after_it() {
    let (world, mut jiangsu, _) = World::new().await;
    let person = registered_to(&world, &mut jiangsu, 20).await;
    Ministry::new(&world).await.suspended(&person, Some(may(5))).await;
    hold_up(&world).await;
    world.advance(3 * DAY);
    // Nobody has told that the suspension is over; the registration is revoked.
    let ministry = Ministry::new(&world).await;
    let proposed = ministry.revoke(&ministry.one, revoking_for_fraud(&person)).await;
    ministry.confirmed(&proposed.expect("proposed").name).await;
    let before = told(&world, 1).await;
    assert_eq!((before.len(), before[0].1), (1, StatusCode::Valid));
    assert_eq!(before[0].2.day, Some(may(6)));
    let last = "SELECT kind = 'entry' AND id > (SELECT max(change) FROM register.transition) FROM log.change
                ORDER BY id DESC LIMIT 1";
    assert_eq!(
        world.count(&format!("SELECT ({last})::int::bigint")).await,
        1,
        "the act comes after"
    );
    let_go(&world).await;
    world.advance(14 * DAY);
    let other = registered_to(&world, &mut jiangsu, 22).await;
    world.advance(2 * DAY);
    let after = told(&world, 2).await;
    assert_eq!(after.len(), 2, "of what an act has ended no term ends any more");
    assert_eq!(after[1].0, other.name());
}
