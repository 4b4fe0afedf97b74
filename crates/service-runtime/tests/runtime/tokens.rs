//! Tokens over the wire.

use service_runtime::{
    auth::{AuthLevel, Claims, Confirmation, TokenKind},
    clock::{Clock, SystemClock},
    tls::{Gate, Leaf},
};
use tokio_stream::StreamExt;
use uuid::Uuid;

use crate::{
    echo::{Ask, FEED, OWN, WHO, reason},
    world::World,
};

const PERSON: Uuid = Uuid::from_u128(2);

fn token(world: &World, bound_to: &Leaf, begun: i64) -> String {
    let now = SystemClock::new().now().as_second() + begun;
    let claims = Claims {
        iss: "spiffe://jianzheng/nation/identity".to_owned(),
        aud: vec!["jianzheng".to_owned()],
        sub: "account".to_owned(),
        iat: now,
        exp: now + 300,
        sid: Uuid::from_u128(7),
        kind: TokenKind::Holder,
        account: Some(Uuid::from_u128(1)),
        person: Some(PERSON),
        roles: Vec::new(),
        employers: Vec::new(),
        scopes: Vec::new(),
        auth_level: AuthLevel::SecondFactor,
        step_up_at: None,
        act: None,
        cnf: Some(Confirmation::to(bound_to.thumbprint().expect("a certificate"))),
    };
    world.signer.sign(&claims).expect("signed")
}

#[tokio::test]
async fn a_holder_s_token_opens_their_rows_over_the_connection_it_is_bound_to() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.issue("nation/portal");
    let thief = world.issue("client/thief");
    let token = token(&world, &portal, 0);

    let channel = world.channel(&node, Gate::Services, &portal);
    let person = Ask::to(OWN)
        .with_token(&token)
        .of(&channel)
        .await
        .expect("answered");
    assert_eq!(person, PERSON.to_string());
    assert_eq!(
        reason(Ask::to(OWN).of(&channel).await),
        "jianzheng/CALLER_NOT_ALLOWED"
    );

    for (gate, leaf) in [
        (Gate::Clients, &thief),
        (Gate::Public, &thief),
        (Gate::Public, &portal),
    ] {
        let stolen = Ask::to(OWN)
            .with_token(&token)
            .of(&world.channel(&node, gate, leaf))
            .await;
        assert_eq!(reason(stolen), "jianzheng/TOKEN_UNBOUND", "at {}", gate.name());
    }
}

#[tokio::test]
async fn expired_revoked_and_unreadable_tokens_are_told_apart() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.issue("nation/portal");
    let channel = world.channel(&node, Gate::Services, &portal);
    let expired = token(&world, &portal, -301);
    assert_eq!(
        reason(Ask::to(OWN).with_token(&expired).of(&channel).await),
        "jianzheng/TOKEN_EXPIRED"
    );
    assert_eq!(
        reason(Ask::to(WHO).with_token("rubbish").of(&channel).await),
        "jianzheng/TOKEN_INVALID"
    );
    let good = token(&world, &portal, 0);
    assert!(Ask::to(OWN).with_token(&good).of(&channel).await.is_ok());
    node.revocations
        .revoke_session(Uuid::from_u128(7), SystemClock::new().now());
    assert_eq!(
        reason(Ask::to(OWN).with_token(&good).of(&channel).await),
        "jianzheng/TOKEN_INVALID"
    );
}

#[tokio::test]
async fn a_feed_ends_when_its_session_is_revoked() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.issue("nation/portal");
    let channel = world.channel(&node, Gate::Services, &portal);
    let token = token(&world, &portal, 0);
    let mut feed = Ask::to(FEED)
        .saying("paced")
        .with_token(&token)
        .stream(&channel)
        .await
        .expect("a feed");
    assert_eq!(feed.next().await.expect("a message").expect("a message"), "first");
    node.echo.release.notify_one();
    assert_eq!(feed.next().await.expect("a message").expect("a message"), "next");
    node.revocations
        .revoke_session(Uuid::from_u128(7), SystemClock::new().now());
    node.echo.release.notify_one();
    assert_eq!(
        reason(feed.next().await.expect("an end")),
        "jianzheng/TOKEN_INVALID"
    );
}

#[tokio::test]
async fn after_its_certificate_rotated_a_client_needs_a_new_token() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.issue("nation/portal");
    let old = token(&world, &portal, 0);
    world.issue("nation/portal");
    let channel = world.channel(&node, Gate::Services, &portal);
    assert_eq!(
        reason(Ask::to(OWN).with_token(&old).of(&channel).await),
        "jianzheng/TOKEN_UNBOUND"
    );
    let new = token(&world, &portal, 0);
    assert!(Ask::to(OWN).with_token(&new).of(&channel).await.is_ok());
}
