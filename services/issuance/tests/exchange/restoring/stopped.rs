//! Streams while provinces tell again: what was let through is let through, and what two officers had left out two officers leave out
//! again.

use api::exchange::v1 as exchange;
use api::issuance::v1::restoration::Step;
use api::issuance::v1::stream_repair::{Measure, State};
use api::types::v1::ApplicationType::Initial;
use exchange::provincial_event::Event;
use uuid::Uuid;

use super::story::{HOUR, Outbox, identities, opens_as_it_was, settled, until};
use crate::backup::{Backup, Keeper};
use crate::streams::{Officers, proposal, released};
use crate::witnesses::Observer;
use crate::world::{World, reason};

/// More of a kind than the province's ceiling: two officers had released them.
#[tokio::test]
async fn what_was_let_through_the_first_time_is_not_held_again() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let employer = world.employer("32");
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    let mut last = None;
    for _ in 0..3 {
        let application = jiangsu.province.application(&world.person(), &employer, Initial);
        let clearance = jiangsu.province.cleared(&application).await;
        last = Some(released(&application, &clearance));
        if let Some(event) = last.take_if(|_| jiangsu.receipt.applied_through < 2) {
            jiangsu.publish(&world, event).await;
        }
    }
    let held = jiangsu.send(&world, last.expect("the third")).await;
    assert_eq!(held.stopped_reason, "ANOMALY_CEILING");
    let mut release = proposal("32", Measure::Release);
    release.allowance = 1;
    Officers::new(&world).await.carry_out(release).await;
    let receipt = jiangsu.tell_once().await.expect("the third").expect("a receipt");
    assert_eq!(receipt.stopped_reason, "");
    jiangsu.receipt = receipt;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    jiangsu.report(&jiangsu.receipt).await;
    jiangsu.tell_again().await;
    let nanjing = jiangsu.province.again();
    let witnesses = [
        &Observer::new(&world, &nanjing),
        &Observer::new(&world, &shanghai),
    ];
    opens_as_it_was(&world, &witnesses, &told).await;
}

#[tokio::test]
async fn what_two_officers_had_left_out_two_officers_leave_out_again() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    let employer = world.employer("32");
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    let application = jiangsu.province.application(&world.person(), &employer, Initial);
    let clearance = jiangsu.province.cleared(&application).await;
    let mut poisoned = jiangsu.province.announced(&world, &application, &clearance);
    if let Event::Announced(row) = &mut poisoned {
        row.clearance_id = Uuid::new_v4().to_string();
    }
    let stands = jiangsu.send(&world, poisoned).await;
    assert_eq!(stands.stopped_reason, "NO_CLEARANCE");
    Officers::new(&world).await.settle("32", Measure::Skip).await;
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    until(&world, "replaying", |one| one.step() == Step::Replay).await;
    let waits = jiangsu.tell_once().await.expect("it has something to tell");
    assert_eq!(reason(&waits.expect_err("not yet")), "RESTORING");
    let officers = Officers::new(&world).await;
    let mut void = proposal("32", Measure::VoidClearance);
    void.clearance_id = clearance.clearance_id.clone();
    let refused = officers.propose(&officers.one, void).await;
    assert_eq!(reason(&refused.expect_err("events may rest on it")), "RESTORING");
    let skipped = officers.settle("32", Measure::Skip).await;
    assert_eq!((skipped.state(), skipped.sequence), (State::Confirmed, 1));
    jiangsu.tell_again().await;
    let nanjing = jiangsu.province.again();
    let witnesses = [
        &Observer::new(&world, &nanjing),
        &Observer::new(&world, &shanghai),
    ];
    opens_as_it_was(&world, &witnesses, &told).await;
}
