//! Stopping: what has begun is finished, nothing new is taken.

use std::time::Duration;

use service_runtime::{lifecycle::Ending, tls::Gate};
use tokio_stream::StreamExt;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    echo::{Ask, FEED, HOLD, WHO, reason},
    world::World,
};

const GRACE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn draining_finishes_the_call_in_flight_and_takes_no_new_connection() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.portal(&node);
    let held = Ask::to(HOLD).of(&portal);
    let drained = async {
        node.echo.entered.notified().await;
        let (ending, ()) = tokio::join!(node.life.drain(GRACE), async {
            node.life.soft().cancelled().await;
            node.echo.release.notify_one();
        });
        ending
    };
    let (held, ending) = tokio::join!(held, drained);
    assert_eq!(held.expect("answered"), "held");
    assert_eq!(ending, Ending::Drained);
    assert_eq!(node.life.crash(), None);
    let late = world.channel(&node, Gate::Services, &world.issue("nation/portal"));
    assert!(Ask::to(WHO).of(&late).await.is_err());
}

#[tokio::test]
async fn subscribers_are_sent_elsewhere_at_once() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.portal(&node);
    let mut feed = Ask::to(FEED)
        .saying("endless")
        .stream(&portal)
        .await
        .expect("a feed");
    assert_eq!(feed.next().await.expect("a message").expect("a message"), "first");
    let watch = HealthCheckRequest {
        service: String::new(),
    };
    let mut health = HealthClient::new(portal)
        .watch(watch)
        .await
        .expect("a watch")
        .into_inner();
    assert_eq!(
        health.next().await.expect("a status").expect("a status").status,
        1
    );

    let (ending, last) = tokio::join!(node.life.drain(GRACE), feed.next());
    assert_eq!(
        ending,
        Ending::Drained,
        "neither feed nor watch holds the process"
    );
    assert_eq!(reason(last.expect("a farewell")), "jianzheng/DRAINING");
}

#[tokio::test]
async fn what_outlives_its_grace_is_told_so() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.portal(&node);
    let mut rude = Ask::to(FEED)
        .saying("rude")
        .stream(&portal)
        .await
        .expect("a feed");
    assert!(rude.next().await.expect("a message").is_ok());
    let held = Ask::to(HOLD).of(&portal);
    let drained = async {
        node.echo.entered.notified().await;
        node.life.drain(Duration::from_millis(10)).await
    };
    let (held, ending, last) = tokio::join!(held, drained, rude.next());
    assert_eq!(ending, Ending::Aborted);
    assert_eq!(reason(held), "jianzheng/DRAINING");
    assert_eq!(reason(last.expect("a farewell")), "jianzheng/DRAINING");
}
