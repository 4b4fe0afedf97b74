//! Calls at the same instant: one of them wins, whatever their order.

use api::identity::v1 as wire;
use testkit::people::Person;

use crate::world::{PORTAL, World, enrolment, id, reason};

#[tokio::test]
async fn of_two_enrolments_at_once_one_opens_the_account() {
    let world = World::start().await;
    let person = Person::synthetic(1);
    world.record(&person).await;
    let portal = world.door(PORTAL);
    let enrol = async || portal.accounts().enroll_account(enrolment(&person)).await;
    let (one, other) = tokio::join!(enrol(), enrol());
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    won.expect("one account");
    assert_eq!(reason(lost), "ACCOUNT_EXISTS");
}

#[tokio::test]
async fn the_same_request_twice_at_once_is_carried_out_once() {
    let world = World::start().await;
    let person = Person::synthetic(1);
    world.record(&person).await;
    let portal = world.door(PORTAL);
    let request = enrolment(&person);
    let enrol = async || {
        portal
            .accounts()
            .enroll_account(request.clone())
            .await
            .expect("an account")
            .into_inner()
    };
    let (one, other) = tokio::join!(enrol(), enrol());
    assert_eq!(one.account, other.account);
    assert_ne!(
        one.second_factor_uri.is_empty(),
        other.second_factor_uri.is_empty(),
        "the secret is told once"
    );
}

#[tokio::test]
async fn one_code_signs_one_session_in() {
    let (world, [mut citizen]) = World::with([1]).await;
    let password = citizen.person.password.clone();
    let sessions = [
        citizen.password(&world, &password).await.expect("a session").name,
        citizen.password(&world, &password).await.expect("another").name,
    ];
    let code = citizen.code(&world);
    let portal = world.door(PORTAL);
    let verify = async |name: &str| {
        let request = wire::VerifySecondFactorRequest {
            request_id: id(),
            name: name.to_owned(),
            code: code.clone(),
            audiences: Vec::new(),
        };
        portal.sessions().verify_second_factor(request).await
    };
    let (one, other) = tokio::join!(verify(&sessions[0]), verify(&sessions[1]));
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    won.expect("signed in");
    assert_eq!(reason(lost), "SECOND_FACTOR_USED");
}

#[tokio::test]
async fn guesses_at_once_cannot_outrun_the_lock() {
    let (world, [citizen]) = World::with([1]).await;
    let guesses = (0..12).map(|_| citizen.password(&world, "a wrong password"));
    let answers = futures_util::future::join_all(guesses).await;
    let checked = answers.into_iter().filter(|answer| {
        let status = answer.as_ref().expect_err("a wrong password");
        reason::<()>(Err(status.clone())) == "SIGN_IN_FAILED"
    });
    assert_eq!(checked.count(), 5);
}

#[tokio::test]
async fn of_two_redemptions_of_one_refresh_token_one_is_a_theft() {
    let (world, [citizen]) = World::with([1]).await;
    let portal = world.door(PORTAL);
    let redeem = async || {
        let request = wire::RefreshSessionRequest {
            request_id: id(),
            refresh_token: citizen.refresh_token.clone(),
        };
        portal.sessions().refresh_session(request).await
    };
    let (one, other) = tokio::join!(redeem(), redeem());
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(reason(lost), "SESSION_ENDED");
    let successor = won
        .expect("renewed")
        .into_inner()
        .tokens
        .expect("tokens")
        .refresh_token;
    let request = wire::RefreshSessionRequest {
        request_id: id(),
        refresh_token: successor,
    };
    assert_eq!(
        reason(portal.sessions().refresh_session(request).await),
        "SESSION_ENDED"
    );
}
