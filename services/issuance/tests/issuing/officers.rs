//! What national officers see of the making of documents.

use api::issuance::v1 as wire;
use wire::issuance::State;

use crate::door::reason;
use crate::world::{Proof, World};

#[tokio::test]
async fn national_officers_see_what_was_stopped_and_why() {
    let world = World::new().await;
    let [unlucky, _] = world.one_stopped_one_issued().await;

    let officer = world.officer(None);
    let request = wire::ListIssuancesRequest {
        state: State::Stopped.into(),
        ..Default::default()
    };
    let stopped = officer
        .issuances()
        .list_issuances(officer.request(request))
        .await
        .expect("they may");
    let stopped = stopped.into_inner().issuances;
    let [one] = stopped.as_slice() else {
        panic!("one is stopped: {stopped:?}")
    };
    assert_eq!(one.licence_identifier, unlucky.identifier);
    assert_eq!(one.reason, "CHARACTER_NOT_DRAWABLE");
    let request = wire::GetIssuanceRequest {
        name: one.name.clone(),
    };
    let found = officer
        .issuances()
        .get_issuance(officer.request(request))
        .await
        .expect("they may");
    assert_eq!(found.into_inner().issuance.as_ref(), Some(one));
    let all = officer
        .issuances()
        .list_issuances(officer.request(Default::default()))
        .await
        .expect("they may");
    assert_eq!(all.into_inner().issuances.len(), 2);
}

#[tokio::test]
async fn officers_of_a_province_and_holders_see_none_of_it() {
    let world = World::new().await;
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    let provincial = world.officer(Some("32"));
    let request = provincial.request(wire::ListIssuancesRequest::default());
    let seen = provincial
        .issuances()
        .list_issuances(request)
        .await
        .expect("they may ask");
    assert!(
        seen.into_inner().issuances.is_empty(),
        "the nation's documents are not a province's"
    );
    let own = world.holder(&holder, Proof::SteppedUp);
    let refused = own
        .issuances()
        .list_issuances(own.request(Default::default()))
        .await
        .expect_err("no officer");
    assert_eq!(reason(&refused), "CALLER_NOT_ALLOWED");
}
