//! New keys and a new process: nobody is locked out, nothing is told twice.

use api::identity::v1 as wire;
use personal_data::{KeyKind, OsRandom, create_key_file};
use testkit::people::Person;

use crate::world::{Citizen, ISSUANCE, PORTAL, World, enrolment, reason, write_token_key};

#[tokio::test]
async fn people_enrolled_before_new_keys_came_are_found_and_known_after() {
    let (mut world, [mut citizen]) = World::with([1]).await;
    let (recorded, enrolled) = (Person::synthetic(2), enrolment(&Person::synthetic(3)));
    world.record(&recorded).await;
    world.record(&Person::synthetic(3)).await;
    world
        .door(PORTAL)
        .accounts()
        .enroll_account(enrolled.clone())
        .await
        .expect("enrolled");
    let folder = world.folder.path().join("personal-data");
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&folder, kind, 2, &mut OsRandom).expect("a new version");
    }
    world.restart().await;
    citizen.sign_in(&world, &["nation"]).await;
    let again = world
        .door(PORTAL)
        .accounts()
        .enroll_account(enrolment(&citizen.person))
        .await;
    assert_eq!(reason(again), "ACCOUNT_EXISTS");
    Citizen::enrolled(&world, recorded).await;
    let request = wire::GetPersonRequest {
        name: citizen.account.person.clone(),
        purpose: "clearance".to_owned(),
    };
    let told = world
        .door(ISSUANCE)
        .directory()
        .get_person(request)
        .await
        .expect("told")
        .into_inner();
    assert_eq!(told.person.expect("a person").full_name, citizen.person.full_name);
    // A request sent before the restart may be repeated after it.
    let repeated = world
        .door(PORTAL)
        .accounts()
        .enroll_account(enrolled)
        .await
        .expect("repeated")
        .into_inner();
    assert!(repeated.second_factor_uri.is_empty());
}

#[tokio::test]
async fn tokens_signed_before_a_rotation_live_on_and_new_ones_name_the_new_key() {
    let (mut world, [mut citizen]) = World::with([1]).await;
    let folder = world.folder.path().join("token-keys");
    write_token_key(&folder, "2026-02");
    world.restart().await;
    let own = || wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    world
        .door(PORTAL)
        .accounts()
        .get_account(citizen.says(own()))
        .await
        .expect("the former key is published");
    citizen.sign_in(&world, &["nation"]).await;
    world
        .door(PORTAL)
        .accounts()
        .get_account(citizen.says(own()))
        .await
        .expect("the new key is published");
    let answer = world
        .door(PORTAL)
        .access()
        .get_key_set(wire::GetKeySetRequest {})
        .await
        .expect("public");
    let jwks: serde_json::Value = serde_json::from_str(&answer.into_inner().jwks).expect("JSON");
    assert_eq!(jwks["keys"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_session_revoked_before_a_restart_stays_revoked() {
    let (mut world, [citizen]) = World::with([1]).await;
    let request = wire::RevokeSessionRequest {
        request_id: crate::world::id(),
        name: citizen.session.clone(),
    };
    world
        .door(PORTAL)
        .sessions()
        .revoke_session(citizen.says(request))
        .await
        .expect("revoked");
    world.restart().await;
    let own = wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    // The feed is read before the first answer or within moments of it; the refresh token is dead at once.
    let renewal = wire::RefreshSessionRequest {
        request_id: crate::world::id(),
        refresh_token: citizen.refresh_token.clone(),
    };
    assert_eq!(
        reason(world.door(PORTAL).sessions().refresh_session(renewal).await),
        "SESSION_ENDED"
    );
    let refused = world.door(PORTAL).accounts().get_account(citizen.says(own)).await;
    assert_eq!(reason(refused), "TOKEN_INVALID");
}
