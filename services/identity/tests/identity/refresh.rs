//! Renewing tokens: each refresh token once; a thief and a lost answer are told apart.

use std::time::Duration;

use api::identity::v1 as wire;
use futures_util::StreamExt as _;

use crate::world::{PORTAL, VERIFICATION, World, id, reason};

fn renewal(token: &str) -> wire::RefreshSessionRequest {
    wire::RefreshSessionRequest {
        request_id: id(),
        refresh_token: token.to_owned(),
    }
}

#[tokio::test]
async fn tokens_are_renewed_after_they_expired_and_each_refresh_token_works_once() {
    let (world, [mut citizen]) = World::with([1]).await;
    let mut portal = world.door(PORTAL).sessions();
    for _ in 0..3 {
        world.advance(Duration::from_secs(400));
        let renewed = portal
            .refresh_session(renewal(&citizen.refresh_token))
            .await
            .expect("renewed");
        let spent = citizen.refresh_token.clone();
        citizen.keep(renewed.into_inner().tokens);
        assert_ne!(spent, citizen.refresh_token);
    }
    let own = wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    world
        .door(PORTAL)
        .accounts()
        .get_account(citizen.says(own))
        .await
        .expect("a living token");
    world.advance(Duration::from_secs(31 * 60));
    assert_eq!(
        reason(portal.refresh_session(renewal(&citizen.refresh_token)).await),
        "SESSION_ENDED"
    );
    assert_eq!(
        reason(portal.refresh_session(renewal("not a token")).await),
        "SESSION_ENDED"
    );
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_session_for_thief_and_owner_and_everybody_is_told() {
    let (world, [mut citizen]) = World::with([1]).await;
    let mut portal = world.door(PORTAL).sessions();
    let stolen = citizen.refresh_token.clone();
    let renewed = portal
        .refresh_session(renewal(&stolen))
        .await
        .expect("renewed")
        .into_inner();
    citizen.keep(renewed.tokens);
    let feed = wire::WatchRevocationsRequest { after: 0 };
    let feed = world
        .door(VERIFICATION)
        .access()
        .watch_revocations(feed)
        .await
        .expect("watching");
    let mut feed = feed.into_inner();
    let caught_up = feed.next().await.expect("open").expect("caught up");
    assert!(caught_up.subject.is_empty());
    assert_eq!(
        reason(portal.refresh_session(renewal(&stolen)).await),
        "SESSION_ENDED"
    );
    let told = feed.next().await.expect("open").expect("a revocation");
    assert_eq!(
        (told.subject.as_str(), told.number),
        (citizen.session.as_str(), caught_up.number + 1)
    );
    assert_eq!(
        reason(portal.refresh_session(renewal(&citizen.refresh_token)).await),
        "SESSION_ENDED"
    );
    let own = wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    let refused = world.door(PORTAL).accounts().get_account(citizen.says(own)).await;
    assert_eq!(reason(refused), "TOKEN_INVALID");
    // Who comes back later resumes where they were and misses nothing.
    let resumed = wire::WatchRevocationsRequest {
        after: caught_up.number,
    };
    let resumed = world
        .door(VERIFICATION)
        .access()
        .watch_revocations(resumed)
        .await
        .expect("watching");
    let resumed = resumed
        .into_inner()
        .next()
        .await
        .expect("open")
        .expect("a revocation");
    assert_eq!(resumed.subject, citizen.session);
}

#[tokio::test]
async fn a_lost_answer_is_made_good_for_the_same_request_as_long_as_its_token_was_not_used() {
    let (world, [mut citizen]) = World::with([1]).await;
    let mut portal = world.door(PORTAL).sessions();
    let request = renewal(&citizen.refresh_token);
    let lost = portal
        .refresh_session(request.clone())
        .await
        .expect("renewed")
        .into_inner()
        .tokens
        .expect("tokens");
    let again = portal
        .refresh_session(request.clone())
        .await
        .expect("made good")
        .into_inner();
    citizen.keep(again.tokens);
    assert_ne!(
        lost.refresh_token, citizen.refresh_token,
        "secrets are not stored"
    );
    let next = portal
        .refresh_session(renewal(&citizen.refresh_token))
        .await
        .expect("renewed");
    citizen.keep(next.into_inner().tokens);
    // Now the chain has moved on: the same request again is a replay.
    assert_eq!(reason(portal.refresh_session(request).await), "SESSION_ENDED");
    assert_eq!(
        reason(portal.refresh_session(renewal(&citizen.refresh_token)).await),
        "SESSION_ENDED"
    );
}

#[tokio::test]
async fn stepping_up_replaces_the_refresh_token_and_shows_in_the_claims() {
    let (world, [mut citizen]) = World::with([1]).await;
    assert_eq!(citizen.claims()["auth_level"], "second_factor");
    let former = citizen.refresh_token.clone();
    citizen.step_up(&world).await;
    let claims = citizen.claims();
    assert_eq!(claims["auth_level"], "step_up");
    assert_eq!(claims["step_up_at"], claims["iat"]);
    let mut portal = world.door(PORTAL).sessions();
    let renewed = portal
        .refresh_session(renewal(&citizen.refresh_token))
        .await
        .expect("renewed");
    citizen.keep(renewed.into_inner().tokens);
    assert_eq!(citizen.claims()["auth_level"], "step_up");
    assert_eq!(
        reason(portal.refresh_session(renewal(&former)).await),
        "SESSION_ENDED"
    );
}
