//! One open application per person nationwide.

use api::exchange::v1 as wire;
use api::types::v1::ApplicationType::{Correction, Initial};

use crate::world::{World, reason};

#[tokio::test]
async fn a_second_application_of_a_person_is_told_that_another_is_open_and_not_which() {
    let (world, jiangsu, shanghai) = World::new().await;
    let person = world.person();
    let first = jiangsu.application(&person, &world.employer("32"), Initial);
    let second = shanghai.application(&person, &world.employer("31"), Initial);
    assert!(jiangsu.claim(&first).await.expect("answered").held);
    assert!(
        jiangsu.claim(&first).await.expect("answered").held,
        "asking again changes nothing"
    );

    let answer = shanghai.claim(&second).await.expect("a conflict is an answer");
    assert!(!answer.held && answer.held_since.is_some());
    assert_eq!(answer.reason, "OTHER_APPLICATION_OPEN");
    assert_eq!(
        world.refusals("claim_application").await,
        ["OTHER_APPLICATION_OPEN"]
    );

    let release = wire::ReleaseClaimRequest {
        application: first.name.clone(),
        reason: "WITHDRAWN".to_owned(),
    };
    for _ in 0..2 {
        jiangsu
            .client
            .clone()
            .release_claim(release.clone())
            .await
            .expect("releasing twice is harmless");
    }
    assert!(shanghai.claim(&second).await.expect("answered").held);
    assert!(
        !jiangsu.claim(&first).await.expect("answered").held,
        "what was released is no privilege"
    );
}

#[tokio::test]
async fn a_correction_stands_beside_another_application() {
    let (world, jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    for kind in [Initial, Correction] {
        assert!(
            jiangsu
                .claim(&jiangsu.application(&person, &employer, kind))
                .await
                .expect("answered")
                .held
        );
    }
}

/// A refusal gives the claim back; a reconsideration or a judgment takes the file up again (ReopenCase in the province).
#[tokio::test]
async fn an_application_that_is_taken_up_again_gets_its_claim_back_and_goes_on_to_the_announcement() {
    let (world, mut jiangsu, shanghai) = World::new().await;
    let person = world.person();
    let refused = jiangsu.application(&person, &world.employer("32"), Initial);
    assert!(jiangsu.claim(&refused).await.expect("answered").held);
    let release = wire::ReleaseClaimRequest {
        application: refused.name.clone(),
        reason: "REFUSED".to_owned(),
    };
    jiangsu
        .client
        .clone()
        .release_claim(release)
        .await
        .expect("released");
    let early = jiangsu.clear(&refused).await;
    assert!(!early.cleared, "nothing is cleared without a claim");
    assert!(
        jiangsu.claim(&refused).await.expect("answered").held,
        "taken up again"
    );
    let other = shanghai.application(&person, &world.employer("31"), Initial);
    let answer = shanghai.claim(&other).await.expect("answered");
    assert_eq!(
        (answer.held, answer.reason.as_str()),
        (false, "OTHER_APPLICATION_OPEN"),
        "it holds against others as before"
    );
    jiangsu.announce(&world, &refused).await;
    let entry = world.entry(None, &person, crate::world::told("32", 1)).await;
    assert_eq!(entry.expect("registered").registration_number, refused.proposed);
}

#[tokio::test]
async fn two_provinces_that_claim_at_once_do_not_both_get_it() {
    let (world, jiangsu, shanghai) = World::new().await;
    let person = world.person();
    let first = jiangsu.application(&person, &world.employer("32"), Initial);
    let second = shanghai.application(&person, &world.employer("31"), Initial);
    let (first, second) = tokio::join!(jiangsu.claim(&first), shanghai.claim(&second));
    assert!(first.expect("answered").held ^ second.expect("answered").held);
}

#[tokio::test]
async fn a_province_speaks_for_itself_alone() {
    let (world, jiangsu, shanghai) = World::new().await;
    let theirs = shanghai.application(&world.person(), &world.employer("31"), Initial);
    let status = jiangsu
        .claim(&theirs)
        .await
        .expect_err("another province's application");
    assert_eq!(reason(&status), "EXCHANGE_MALFORMED");
    let release = wire::ReleaseClaimRequest {
        application: theirs.name,
        reason: String::new(),
    };
    assert_eq!(
        reason(
            &jiangsu
                .client
                .clone()
                .release_claim(release)
                .await
                .expect_err("refused")
        ),
        "EXCHANGE_MALFORMED"
    );

    let stranger = world.exchange("province/33/registration");
    let status = stranger
        .clone()
        .pull_changes(wire::PullChangesRequest::default())
        .await
        .expect_err("refused");
    assert_eq!(reason(&status), "PROVINCE_NOT_ENROLLED");
    let other = world.exchange("province/32/portal");
    let status = other
        .clone()
        .pull_changes(wire::PullChangesRequest::default())
        .await
        .expect_err("refused");
    assert_eq!(reason(&status), "CALLER_NOT_ALLOWED");
}
