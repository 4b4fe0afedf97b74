//! Signing in: what locks, what is used once, and what a token is good for.

use std::time::Duration;

use api::identity::v1 as wire;
use testkit::people::Person;
use tonic_types::StatusExt as _;

use crate::world::{PLATFORM, PORTAL, World, id, reason, sign_in_request, with_token};

fn own_account() -> wire::GetAccountRequest {
    wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    }
}

fn verification(session: &str, code: String) -> wire::VerifySecondFactorRequest {
    wire::VerifySecondFactorRequest {
        request_id: id(),
        name: session.to_owned(),
        code,
        audiences: Vec::new(),
    }
}

#[tokio::test]
async fn wrong_passwords_lock_with_growing_delay_alike_for_known_and_unknown_documents() {
    let (world, [citizen]) = World::with([1]).await;
    let unknown = Person::synthetic(2);
    let mut portal = world.door(PORTAL).sessions();
    for number in [&citizen.person.document_number, &unknown.document_number] {
        for _ in 0..5 {
            let refused = portal
                .create_session(sign_in_request(number, "wrong password"))
                .await;
            assert_eq!(reason(refused), "SIGN_IN_FAILED");
        }
        let locked = portal
            .create_session(sign_in_request(number, "wrong password"))
            .await
            .expect_err("locked");
        let delay = locked
            .get_details_retry_info()
            .and_then(|info| info.retry_delay)
            .expect("a delay");
        assert!(delay <= Duration::from_secs(30), "{delay:?}");
        assert_eq!(reason::<()>(Err(locked)), "ATTEMPTS_LOCKED");
    }
    let right = citizen.person.password.clone();
    assert_eq!(reason(citizen.password(&world, &right).await), "ATTEMPTS_LOCKED");
    let locked = portal_account(&world, &citizen).await;
    assert_eq!(locked.state(), wire::account::State::Locked);
    world.advance(Duration::from_secs(31));
    assert_eq!(
        reason(citizen.password(&world, "wrong password").await),
        "SIGN_IN_FAILED"
    );
    let again = citizen
        .password(&world, &right)
        .await
        .expect_err("locked for longer");
    let delay = again
        .get_details_retry_info()
        .and_then(|info| info.retry_delay)
        .expect("a delay");
    assert!(delay > Duration::from_secs(30), "{delay:?}");
    world.advance(Duration::from_secs(61));
    citizen
        .password(&world, &right)
        .await
        .expect("the right password clears the failures");
    for _ in 0..4 {
        assert_eq!(
            reason(citizen.password(&world, "wrong password").await),
            "SIGN_IN_FAILED"
        );
    }
    citizen
        .password(&world, &right)
        .await
        .expect("four failures lock nothing");
}

async fn portal_account(world: &World, citizen: &crate::world::Citizen) -> wire::Account {
    let answer = world
        .door(PORTAL)
        .accounts()
        .get_account(citizen.says(own_account()))
        .await;
    answer
        .expect("one's own")
        .into_inner()
        .account
        .expect("an account")
}

#[tokio::test]
async fn a_code_is_accepted_once_and_only_for_its_session() {
    let (world, [mut citizen]) = World::with([1]).await;
    let password = citizen.person.password.clone();
    let (one, two) = (
        citizen.password(&world, &password).await.expect("a session"),
        citizen
            .password(&world, &password)
            .await
            .expect("another session"),
    );
    let mut portal = world.door(PORTAL).sessions();
    let code = citizen.code(&world);
    let first = verification(&one.name, code.clone());
    portal
        .verify_second_factor(first.clone())
        .await
        .expect("signed in");
    assert_eq!(
        reason(portal.verify_second_factor(verification(&two.name, code)).await),
        "SECOND_FACTOR_USED"
    );
    assert_eq!(
        reason(portal.verify_second_factor(first).await),
        "ANSWER_NOT_REPEATED"
    );
    let wrong = verification(&two.name, "12345".to_owned());
    assert_eq!(
        reason(portal.verify_second_factor(wrong).await),
        "SECOND_FACTOR_INVALID"
    );
    let nobody = verification(&format!("sessions/{}", id()), "123456".to_owned());
    assert_eq!(reason(portal.verify_second_factor(nobody).await), "NOT_FOUND");
    let code = citizen.code(&world);
    let elsewhere = wire::VerifySecondFactorRequest {
        audiences: vec!["provinces/98".to_owned()],
        ..verification(&two.name, code)
    };
    assert_eq!(
        reason(portal.verify_second_factor(elsewhere).await),
        "AUDIENCE_UNKNOWN"
    );
    world.advance(Duration::from_secs(601));
    let code = citizen.code(&world);
    assert_eq!(
        reason(portal.verify_second_factor(verification(&two.name, code)).await),
        "SESSION_ENDED"
    );
}

#[tokio::test]
async fn codes_cannot_be_tried_out() {
    let (world, [mut citizen]) = World::with([1]).await;
    let password = citizen.person.password.clone();
    let session = citizen.password(&world, &password).await.expect("a session");
    let mut portal = world.door(PORTAL).sessions();
    let code = citizen.code(&world);
    for _ in 0..5 {
        let refused = portal
            .verify_second_factor(verification(&session.name, "000000".to_owned()))
            .await;
        assert_eq!(reason(refused), "SECOND_FACTOR_INVALID");
    }
    let right = verification(&session.name, code);
    assert_eq!(
        reason(portal.verify_second_factor(right).await),
        "ATTEMPTS_LOCKED"
    );
}

#[tokio::test]
async fn a_session_begun_by_one_backend_is_continued_by_no_other() {
    let (world, [mut citizen]) = World::with([1]).await;
    let session = citizen
        .password(&world, &citizen.person.password.clone())
        .await
        .expect("a session");
    let mut platform = world.door(PLATFORM).sessions();
    let stolen = verification(&session.name, citizen.code(&world));
    assert_eq!(
        reason(platform.verify_second_factor(stolen).await),
        "CALLER_NOT_ALLOWED"
    );
    let stolen = wire::RefreshSessionRequest {
        request_id: id(),
        refresh_token: citizen.refresh_token.clone(),
    };
    assert_eq!(
        reason(platform.refresh_session(stolen).await),
        "CALLER_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn a_token_is_good_for_five_minutes_over_its_own_certificate_and_for_its_audience() {
    let (world, [mut citizen]) = World::with([1]).await;
    let mut portal = world.door(PORTAL).accounts();
    portal
        .get_account(citizen.says(own_account()))
        .await
        .expect("a living token");
    for foreign in [world.door(PLATFORM), world.renewed_door(PORTAL)] {
        let unbound = foreign.accounts().get_account(citizen.says(own_account())).await;
        assert_eq!(reason(unbound), "TOKEN_UNBOUND");
    }
    let mut tampered = citizen.token.clone();
    let last = if tampered.ends_with('A') { 'B' } else { 'A' };
    tampered.replace_range(tampered.len() - 8..tampered.len() - 7, &last.to_string());
    let forged = portal.get_account(with_token(own_account(), &tampered)).await;
    assert!(["TOKEN_FOREIGN", "TOKEN_INVALID"].contains(&reason(forged).as_str()));
    world.advance(Duration::from_secs(301));
    assert_eq!(
        reason(portal.get_account(citizen.says(own_account())).await),
        "TOKEN_EXPIRED"
    );
    citizen.sign_in(&world, &["provinces/32"]).await;
    assert_eq!(
        reason(portal.get_account(citizen.says(own_account())).await),
        "TOKEN_FOREIGN"
    );
}

#[tokio::test]
async fn a_revoked_session_ends_at_once_and_only_its_owner_can_end_it() {
    let (world, [one, other]) = World::with([1, 2]).await;
    let mut portal = world.door(PORTAL).sessions();
    let revocation = |name: &str| wire::RevokeSessionRequest {
        request_id: id(),
        name: name.to_owned(),
    };
    let foreign = portal.revoke_session(one.says(revocation(&other.session))).await;
    assert_eq!(reason(foreign), "NOT_FOUND");
    let listed = wire::ListSessionsRequest::default();
    let listed = portal
        .list_sessions(one.says(listed))
        .await
        .expect("one's own")
        .into_inner();
    assert_eq!(
        listed
            .sessions
            .iter()
            .map(|it| it.name.as_str())
            .collect::<Vec<_>>(),
        [one.session.as_str()]
    );
    let request = revocation(&one.session);
    let ended = portal
        .revoke_session(one.says(request))
        .await
        .expect("revoked")
        .into_inner();
    assert_eq!(
        ended.session.expect("a session").state(),
        wire::session::State::Revoked
    );
    let mut accounts = world.door(PORTAL).accounts();
    assert_eq!(
        reason(accounts.get_account(one.says(own_account())).await),
        "TOKEN_INVALID"
    );
    let renewal = wire::RefreshSessionRequest {
        request_id: id(),
        refresh_token: one.refresh_token.clone(),
    };
    assert_eq!(reason(portal.refresh_session(renewal).await), "SESSION_ENDED");
    accounts
        .get_account(other.says(own_account()))
        .await
        .expect("the other's session lives");
}

#[tokio::test]
async fn sessions_are_listed_by_page_newest_first() {
    let (world, [mut citizen]) = World::with([1]).await;
    let mut names = vec![citizen.session.clone()];
    for _ in 0..2 {
        citizen.sign_in(&world, &["nation"]).await;
        names.insert(0, citizen.session.clone());
    }
    let mut portal = world.door(PORTAL).sessions();
    let mut listed = Vec::new();
    let mut token = String::new();
    loop {
        let request = wire::ListSessionsRequest {
            page_size: 2,
            page_token: token,
        };
        let page = portal
            .list_sessions(citizen.says(request))
            .await
            .expect("a page")
            .into_inner();
        listed.extend(page.sessions.into_iter().map(|session| session.name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, names);
    let foreign = wire::ListSessionsRequest {
        page_size: 2,
        page_token: "AAAA".to_owned(),
    };
    assert_eq!(
        reason(portal.list_sessions(citizen.says(foreign)).await),
        "PAGE_TOKEN_INVALID"
    );
}
