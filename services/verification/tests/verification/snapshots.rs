//! What a replica keeps from one start to the next, and when it counts.

use std::path::PathBuf;

use api::types::v1::StatusCode;
use wire::Verdict;

use crate::story::{self, DOCUMENT, NAME, NUMBER};
use crate::world::{World, by_document, by_number};
use api::verification::v1 as wire;

const KEPT: &str = "[snapshot]\nfolder = \"snapshot\"\n";

fn file(world: &World) -> PathBuf {
    world.realm.folder().join("snapshot/register.snapshot")
}

/// Waits until a snapshot is there.
async fn written(world: &World) {
    while !file(world).exists() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn verdict(world: &World) -> Verdict {
    world.ask(by_number(NUMBER)).await.expect("answered").verdict()
}

#[tokio::test]
async fn a_replica_that_was_stopped_goes_on_where_it_was() {
    let mut world = World::with(KEPT, story::whole()).await;
    written(&world).await;
    world.tell(story::entry_with(StatusCode::Suspended)).await;
    world.stop().await;
    world.start_again().await;
    assert_eq!(
        world.script.resumed(),
        [0, 6],
        "an orderly stop leaves everything behind"
    );
    assert_eq!(verdict(&world).await, Verdict::RegistrationSuspended);
    let named = world.ask(by_document(DOCUMENT, NAME)).await.expect("answered");
    assert_eq!(
        named.verdict(),
        Verdict::RegistrationSuspended,
        "marks mean the same"
    );
    world.tell(story::entry_with(StatusCode::Valid)).await;
    assert_eq!(verdict(&world).await, Verdict::Valid);
}

#[tokio::test]
async fn a_replica_that_was_killed_goes_on_from_its_last_snapshot() {
    let mut world = World::with(KEPT, story::whole()).await;
    written(&world).await;
    world.tell(story::entry_with(StatusCode::Suspended)).await;
    world.kill();
    world.start_again().await;
    assert_eq!(world.script.resumed(), [0, 5], "what came after is read again");
    assert_eq!(verdict(&world).await, Verdict::RegistrationSuspended);
}

#[tokio::test]
async fn a_snapshot_that_was_altered_or_torn_is_passed_over() {
    let mut world = World::with(KEPT, story::whole()).await;
    for damage in [
        (|bytes: &mut Vec<u8>| bytes[100] ^= 1) as fn(&mut Vec<u8>),
        |bytes| bytes.truncate(bytes.len() / 2),
        Vec::clear,
    ] {
        world.stop().await;
        let mut bytes = std::fs::read(file(&world)).expect("it is there");
        damage(&mut bytes);
        std::fs::write(file(&world), bytes).expect("the folder is writable");
        world.start_again().await;
        assert_eq!(world.script.resumed().last(), Some(&0), "from the beginning");
        assert_eq!(verdict(&world).await, Verdict::Valid);
    }
}

#[tokio::test]
async fn a_restored_register_is_never_answered_from_its_lost_future() {
    let mut world = World::with(KEPT, story::whole()).await;
    world.tell(story::entry_with(StatusCode::Suspended)).await;
    written(&world).await;
    world.stop().await;
    // Restored to what it was before the suspension, and gone on since to the same position.
    world.script.restore(5);
    world
        .script
        .tell(&world.clock, story::entry_with(StatusCode::Valid));
    world.start_again().await;
    let resumed = world.script.resumed();
    assert!(resumed.contains(&6) && resumed.ends_with(&[0]), "{resumed:?}");
    assert_eq!(verdict(&world).await, Verdict::Valid);

    // While it runs.
    world.tell(story::entry_with(StatusCode::Suspended)).await;
    world.script.restore(5);
    while world.script.resumed().len() == resumed.len() || world.script.resumed().last() != Some(&0) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    loop {
        match world.ask(by_number(NUMBER)).await {
            Ok(answer) => break assert_eq!(answer.verdict(), Verdict::Valid),
            Err(status) => assert_eq!(status.code(), tonic::Code::Unavailable),
        }
    }
}
