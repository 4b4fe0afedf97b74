//! A province that starts again while identity is away.

use tonic_health::pb::health_check_response::ServingStatus;

use crate::world::{World, officer, reason};

fn mirror(world: &World) -> std::path::PathBuf {
    world.realm.folder().join("token-trust.json")
}

/// Waits until the mirror holds what identity has told, and whom it has revoked.
async fn mirrored(world: &World, content: &str) {
    while !std::fs::read_to_string(mirror(world)).is_ok_and(|text| text.contains(content)) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn it_comes_up_with_the_mirror_and_knows_who_was_revoked() {
    let mut world = World::start().await;
    let (good, bad) = (officer("provinces/32"), officer("provinces/32"));
    world.access.revoke(bad.session(), world.now());
    mirrored(&world, &bad.session().to_string()).await;
    world.peers_away().await;
    world.restart().await;
    world.serving().await;
    let list = world.signed(&good, Default::default());
    world.reviews().list_work(list).await.expect("officers go on");
    let list = world.signed(&bad, Default::default());
    assert_eq!(reason(world.reviews().list_work(list).await), "TOKEN_INVALID");
}

#[tokio::test]
async fn without_a_mirror_it_says_that_it_is_not_ready() {
    let mut world = World::start().await;
    mirrored(&world, "k1").await;
    world.peers_away().await;
    std::fs::remove_file(mirror(&world)).expect("it was written");
    world.restart().await;
    let list = world.signed(&officer("provinces/32"), Default::default());
    assert_eq!(
        reason(world.reviews().list_work(list).await),
        "TOKEN_KEYS_MISSING"
    );
    assert_eq!(world.health().await, ServingStatus::NotServing);
    let announcements = world
        .announcements()
        .list_announcements(tonic::Request::new(Default::default()))
        .await;
    assert!(announcements.is_ok(), "what is public is answered all the same");
}
