//! An open nation whose object store says nothing of what was lost is shown its own word beyond what it has: it closes by itself, and by
//! nothing that it did not sign.

use api::issuance::v1::restoration::Step;
use api::types::v1::ApplicationType::Initial;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use tlog::{LogSigner, Memory};

use super::story::{
    HOUR, Outbox, everything_else_is_closed, identities, opens_as_it_was, restoration, say, settled, until,
};
use crate::backup::{Backup, Keeper};
use crate::streams::released;
use crate::witnesses::{ORIGIN, Observer};
use crate::world::{World, reason};

async fn is_open(world: &World) -> bool {
    restoration(world)
        .await
        .is_err_and(|status| reason(&status) == "NOT_FOUND")
}

/// What was lost is an event that changed no entry, so that no counterfoil of the log tells of it; somebody else was cleared after it.
#[tokio::test]
async fn it_closes_by_its_own_receipt_for_what_is_not_applied_and_by_no_other() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let (mut jiangsu, mut shanghai) = (Outbox::new(jiangsu), Outbox::new(shanghai));
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    world.advance(HOUR);
    let person = world.person();
    let theirs = jiangsu
        .province
        .application(&person, &world.employer("32"), Initial);
    let cleared = jiangsu.province.cleared(&theirs).await;
    jiangsu.publish(&world, released(&theirs, &cleared)).await;
    world.advance(HOUR);
    let ours = shanghai
        .province
        .application(&person, &world.employer("31"), Initial);
    let clearance = shanghai.province.cleared(&ours).await;
    let told = identities(&world).await;

    backup.restore(&mut world).await;
    assert!(is_open(&world).await, "the object store tells nothing");
    let mut altered = jiangsu.receipt.clone();
    altered.applied_through += 1;
    let mut unsigned = jiangsu.receipt.clone();
    let mut signature = unsigned.receipt_signature.to_vec();
    signature[5] ^= 1;
    unsigned.receipt_signature = signature.into();
    for forged in [&altered, &unsigned] {
        assert_eq!(jiangsu.report(forged).await.applied_through, 1);
        assert!(is_open(&world).await, "that is not its word");
    }
    shanghai.report(&jiangsu.receipt).await;
    assert!(is_open(&world).await, "it was given to another province");

    assert_eq!(jiangsu.report(&jiangsu.receipt).await.applied_through, 1);
    let found = until(&world, "replaying", |one| one.step() == Step::Replay).await;
    assert_eq!(
        (found.cause.as_str(), found.begun_by.as_str()),
        ("RECEIPT_BEYOND", "provinces/32")
    );
    assert_eq!(found.waiting_for, ["provinces/32"], "it has a receipt");
    everything_else_is_closed(&world, &shanghai).await;
    jiangsu.tell_again().await;
    let (nanjing, pudong) = (jiangsu.province.again(), shanghai.province.again());
    let witnesses = [&Observer::new(&world, &nanjing), &Observer::new(&world, &pudong)];
    opens_as_it_was(&world, &witnesses, &told).await;
    shanghai.tell(&world, &ours, &clearance).await;
}

#[tokio::test]
async fn it_closes_by_a_larger_checkpoint_of_its_own_log_and_by_no_other() {
    let (mut world, jiangsu, shanghai) = World::new().await;
    let _keeper = Keeper::start(&mut world).await;
    let mut jiangsu = Outbox::new(jiangsu);
    jiangsu.registered(&world).await;
    settled(&world, 1).await;
    let backup = Backup::take(&mut world).await;
    let before = world.count("SELECT size FROM log.head").await;
    jiangsu.registered(&world).await;
    settled(&world, 2).await;
    let told = identities(&world).await;
    let nanjing = jiangsu.province.again();
    let (mut one, mut other) = (Observer::new(&world, &nanjing), Observer::new(&world, &shanghai));
    let size = one.cosign(&world).await.expect("it goes on");
    assert_eq!(other.cosign(&world).await, Some(size));

    // The object store has lost what tells of it.
    world.stop().await;
    let [kept, away] = ["objects/counterfoils", "away"].map(|name| world.realm.folder().join(name));
    std::fs::rename(&kept, &away).expect("ours");
    backup.restore_kept(&mut world).await;
    assert!(is_open(&world).await, "nothing tells");
    let Memory::Remembered(known) = one.memory.clone() else {
        panic!("it has cosigned")
    };
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    let stranger = LogSigner::from_pkcs8(ORIGIN, pkcs8.as_ref()).expect("a key");
    let mut forged = known.clone();
    forged.note = stranger.sign(size, known.root);
    let mut larger = known.clone();
    larger.size += 1;
    for forged in [forged, larger] {
        one.memory = Memory::Remembered(forged);
        let asked = one.asked().await.expect("it is asked as ever");
        assert_eq!(asked.old_size, one_size(&one));
        assert!(is_open(&world).await, "the log did not sign that");
    }

    one.memory = Memory::Remembered(known);
    assert!(one.asked().await.is_none(), "nothing is cosigned now");
    let found = until(&world, "shorter", |one| !one.findings.is_empty()).await;
    assert_eq!(
        (found.cause.as_str(), found.begun_by.as_str()),
        ("WITNESS_BEYOND", "provinces/32/witness")
    );
    let shorter = &found.findings[0];
    assert_eq!(
        (shorter.finding.as_str(), shorter.bars_opening),
        ("LOG_SHORTER", true)
    );
    assert_eq!(
        shorter.subject,
        format!(
            "provinces/32/checkpoints/{size}, log/leaves/{before}-{}",
            size - 1
        )
    );
    let portal = world.portal().await;
    let refused = say(&world, &portal, &world.officer(None), &found.name).await;
    assert_eq!(reason(&refused.expect_err("barred")), "RESTORATION_CONTRADICTED");

    // The counterfoils are found again, and the database is restored once more.
    std::fs::rename(&away, &kept).expect("ours");
    backup.restore(&mut world).await;
    jiangsu.tell_again().await;
    opens_as_it_was(&world, &[&one, &other], &told).await;
}

fn one_size(observer: &Observer<'_>) -> u64 {
    match &observer.memory {
        Memory::Remembered(known) => known.size,
        Memory::Enrolled | Memory::Lost => 0,
    }
}
