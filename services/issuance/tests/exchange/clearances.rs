//! What the nation checks before an announcement, and the number it gives.

use api::types::v1::ApplicationType::{Change, Initial, Renewal};
use jiff::civil::date;

use crate::province::item;
use crate::world::{World, reason};

#[tokio::test]
async fn somebody_new_gets_the_proposed_number_and_thirty_days() {
    let (world, jiangsu, _) = World::new().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    let first = jiangsu.cleared(&application).await;
    assert_eq!(first.registration_number, application.proposed);
    let by = first.announce_by.as_ref().expect("an instant").seconds - world.now().as_second();
    assert!((29 * 86_400..=30 * 86_400).contains(&by));

    let again = jiangsu.clear(&application).await;
    assert_eq!(
        (again.clearance_id, again.registration_number),
        (first.clearance_id, first.registration_number)
    );
    assert_eq!(world.count("SELECT count(*) FROM exchange.clearance").await, 1);

    let mut other = application.clone();
    other.hash = [0xEE; 32];
    assert_eq!(jiangsu.clear(&other).await.reason, "CLEARED_DIFFERENTLY");
}

#[tokio::test]
async fn two_who_ask_at_once_for_one_application_get_one_clearance() {
    let (world, jiangsu, _) = World::new().await;
    let employer = world.employer("32");
    for _ in 0..4 {
        let application = jiangsu.application(&world.person(), &employer, Initial);
        assert!(jiangsu.claim(&application).await.expect("answered").held);
        let (one, other) = tokio::join!(jiangsu.clear(&application), jiangsu.clear(&application));
        assert!(one.cleared && other.cleared, "{one:?} {other:?}");
        assert_eq!(one.clearance_id, other.clearance_id);
    }
    assert_eq!(world.count("SELECT count(*) FROM exchange.clearance").await, 4);
}

#[tokio::test]
async fn a_number_belongs_to_one_person() {
    let (world, jiangsu, _) = World::new().await;
    let employer = world.employer("32");
    let first = jiangsu.application(&world.person(), &employer, Initial);
    let mut second = jiangsu.application(&world.person(), &employer, Initial);
    second.proposed.clone_from(&first.proposed);
    jiangsu.cleared(&first).await;
    assert!(jiangsu.claim(&second).await.expect("answered").held);
    assert_eq!(jiangsu.clear(&second).await.reason, "NUMBER_TAKEN");
    second.proposed = second.proposed.replace('苏', "沪");
    assert_eq!(jiangsu.clear(&second).await.reason, "NUMBER_INVALID");
    second.proposed.clear();
    assert_eq!(jiangsu.clear(&second).await.reason, "NUMBER_MISSING");
}

#[tokio::test]
async fn without_claim_person_employer_or_pictures_nothing_is_cleared() {
    let (world, jiangsu, _) = World::new().await;
    let person = world.person();
    let application = jiangsu.application(&person, &world.employer("32"), Initial);
    assert_eq!(jiangsu.clear(&application).await.reason, "CLAIM_NOT_HELD");
    assert!(jiangsu.claim(&application).await.expect("answered").held);

    let mut elsewhere = application.clone();
    elsewhere.employer = world.employer("31");
    assert_eq!(
        jiangsu.clear(&elsewhere).await.reason,
        "EMPLOYER_OUTSIDE_PROVINCE"
    );
    elsewhere.employer = format!("employers/{}", uuid::Uuid::new_v4());
    assert_eq!(jiangsu.clear(&elsewhere).await.reason, "EMPLOYER_UNKNOWN");
    let mut nobody = application.clone();
    nobody.person = format!("persons/{}", uuid::Uuid::new_v4());
    assert_eq!(jiangsu.clear(&nobody).await.reason, "PERSON_UNKNOWN");

    let mut bare = item(&application);
    bare.photo = None;
    let answer = jiangsu.clear_all(vec![bare]).await.expect("answered");
    assert_eq!(answer[0].reason, "PICTURE_MISSING");
    let mut forged = item(&application);
    forged.photo.as_mut().expect("a photo").content = b"GIF89a".to_vec().into();
    let status = jiangsu.clear_all(vec![forged]).await.expect_err("no picture");
    assert_eq!(reason(&status), "EXCHANGE_MALFORMED");
    assert_eq!(world.count("SELECT count(*) FROM exchange.clearance").await, 0);
    assert_eq!(
        world
            .count("SELECT count(*) FROM register.registration_number")
            .await,
        0,
        "nothing stays reserved"
    );
}

#[tokio::test]
async fn while_identity_is_away_nothing_is_answered_and_asking_later_succeeds() {
    let (world, jiangsu, _) = World::new().await;
    let application = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    assert!(jiangsu.claim(&application).await.expect("answered").held);
    world.stop_identity().await;
    let status = jiangsu
        .clear_all(vec![item(&application)])
        .await
        .expect_err("not answered");
    assert_eq!(reason(&status), "PEER_UNAVAILABLE");
    assert_eq!(world.count("SELECT count(*) FROM exchange.clearance").await, 0);
}

#[tokio::test]
async fn only_the_registered_change_or_renew_and_only_the_unregistered_register() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let mut renewal = jiangsu.application(&person, &employer, Renewal);
    assert!(jiangsu.claim(&renewal).await.expect("answered").held);
    assert_eq!(jiangsu.clear(&renewal).await.reason, "NOT_REGISTERED");
    let release = api::exchange::v1::ReleaseClaimRequest {
        application: renewal.name.clone(),
        ..Default::default()
    };
    jiangsu
        .client
        .clone()
        .release_claim(release)
        .await
        .expect("released");

    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let second = shanghai.application(&person, &world.employer("31"), Initial);
    assert!(shanghai.claim(&second).await.expect("answered").held);
    assert_eq!(shanghai.clear(&second).await.reason, "ALREADY_REGISTERED");
    let release = api::exchange::v1::ReleaseClaimRequest {
        application: second.name.clone(),
        ..Default::default()
    };
    shanghai
        .client
        .clone()
        .release_claim(release)
        .await
        .expect("released");

    renewal = jiangsu.application(&person, &employer, Renewal);
    renewal.specialties[0].1 = date(2029, 5, 5);
    renewal.specialties[0].2 = date(2032, 5, 4);
    assert!(jiangsu.claim(&renewal).await.expect("answered").held);
    assert_eq!(
        jiangsu.clear(&renewal).await.reason,
        "REGISTER_TERM",
        "a gap between the terms"
    );
    let foreign = shanghai.application(&person, &world.employer("31"), Change);
    assert!(!shanghai.claim(&foreign).await.expect("answered").held);
}
