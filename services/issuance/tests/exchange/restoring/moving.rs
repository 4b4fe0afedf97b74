//! A move between provinces in the lost hours: whoever tells first waits for what the other has to tell before it.

use api::issuance::v1::restoration::Step;
use api::types::v1::ApplicationType::{Change, Initial};

use super::cleared::renamed;
use super::story::{HOUR, Outbox, identities, opens_as_it_was, settled, until};
use crate::backup::{Backup, Keeper};
use crate::moves;
use crate::streams::Officers;
use crate::witnesses::Observer;
use crate::world::{World, reason};

#[tokio::test]
async fn whoever_tells_first_the_move_waits_for_the_registration() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let (mut jiangsu, mut shanghai) = (Outbox::new(jiangsu), Outbox::new(shanghai));
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    let person = jiangsu.registered(&world).await;
    world.advance(HOUR);
    let away = shanghai
        .province
        .application(&person, &world.employer("31"), Change);
    shanghai.announce(&world, &away).await;
    settled(&world, 2).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    until(&world, "replaying", |one| one.step() == Step::Replay).await;
    for _ in 0..2 {
        let waits = shanghai.tell_once().await.expect("it has something to tell");
        assert_eq!(reason(&waits.expect_err("not yet")), "RESTORING");
    }
    let officers = Officers::new(&world).await;
    let stream = officers.stream("31").await;
    let stands = stream.stopped.expect("officers see where it is");
    assert_eq!(
        (
            stands.sequence,
            stands.reason.as_str(),
            stream.stands_for.as_str()
        ),
        (1, "NO_CLEARANCE", "")
    );
    jiangsu.tell_again().await;
    shanghai.tell_again().await;
    assert_eq!(officers.stream("31").await.stopped, None);
    let (nanjing, pudong) = (jiangsu.province.again(), shanghai.province.again());
    let witnesses = [&Observer::new(&world, &nanjing), &Observer::new(&world, &pudong)];
    opens_as_it_was(&world, &witnesses, &told).await;
}

/// The move is lawful without what came before it, but it would make another certificate.
#[tokio::test]
async fn a_move_waits_for_the_certificate_that_was_made_before_it() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let (mut jiangsu, mut shanghai) = (Outbox::new(jiangsu), Outbox::new(shanghai));
    let employer = world.employer("32");
    let person = world.person();
    let application = jiangsu.province.application(&person, &employer, Initial);
    jiangsu.announce(&world, &application).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    let succession = renamed(&world, &employer).await;
    let event = moves::row(&world, &succession, &person, &employer);
    jiangsu.publish(&world, event).await;
    world.advance(HOUR);
    let away = shanghai
        .province
        .application(&person, &world.employer("31"), Change);
    shanghai.announce(&world, &away).await;
    settled(&world, 3).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    until(&world, "replaying", |one| one.step() == Step::Replay).await;
    let waits = shanghai.tell_once().await.expect("it has something to tell");
    assert_eq!(reason(&waits.expect_err("not yet")), "RESTORING");
    let stream = Officers::new(&world).await.stream("31").await;
    assert_eq!(
        stream.stopped.expect("officers see where it is").reason,
        "NO_CLEARANCE"
    );
    jiangsu.tell_again().await;
    shanghai.tell_again().await;
    let (nanjing, pudong) = (jiangsu.province.again(), shanghai.province.again());
    let witnesses = [&Observer::new(&world, &nanjing), &Observer::new(&world, &pudong)];
    opens_as_it_was(&world, &witnesses, &told).await;
}
