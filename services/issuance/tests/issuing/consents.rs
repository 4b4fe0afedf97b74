//! Standing consents (长期授权), and requests that a holder answers one by one.

use std::time::Duration;

use api::issuance::v1 as wire;
use api::types::v1::Date;
use uuid::Uuid;
use wire::standing_consent::State;

use crate::door::{Door, reason};
use crate::world::{Proof, World};

/// The last day that is possible: 365 days after 4 May 2026.
const LATEST: Date = Date {
    year: 2027,
    month: 5,
    day: 4,
};

async fn consents(door: &Door) -> Vec<wire::StandingConsent> {
    let request = wire::ListStandingConsentsRequest::default();
    let listed = door
        .consents()
        .list_standing_consents(door.request(request))
        .await;
    listed.expect("their own").into_inner().consents
}

async fn revoke(door: &Door, name: &str) -> Result<wire::StandingConsent, tonic::Status> {
    let request = wire::RevokeStandingConsentRequest {
        request_id: Uuid::new_v4().to_string(),
        name: name.to_owned(),
    };
    let revoked = door
        .consents()
        .revoke_standing_consent(door.request(request))
        .await?;
    Ok(revoked.into_inner().consent.expect("it is answered"))
}

#[tokio::test]
async fn a_consent_is_given_after_step_up_to_the_present_employer_and_not_for_too_long() {
    let world = World::new().await;
    let employer = Uuid::new_v4();
    let holder = world.employed("张伟民", employer).await;
    let stale = world.holder(&holder, Proof::SecondFactor);
    let refused = stale
        .consent_to_tenders(employer, LATEST)
        .await
        .expect_err("no step-up");
    assert_eq!(reason(&refused), "STEP_UP_REQUIRED");

    let door = world.holder(&holder, Proof::SteppedUp);
    let other = door
        .consent_to_tenders(Uuid::new_v4(), LATEST)
        .await
        .expect_err("not theirs");
    assert_eq!(reason(&other), "CONSENT_NOT_TO_EMPLOYER");
    let info = tonic_types::StatusExt::get_details_error_info(&other).expect("a reason");
    assert!(info.metadata["text_zh"].contains("聘用单位"));
    let later = Date { day: 5, ..LATEST };
    let refused = door
        .consent_to_tenders(employer, later)
        .await
        .expect_err("too long");
    assert_eq!(reason(&refused), "CONSENT_TOO_LONG");
    let before = Date {
        year: 2026,
        month: 5,
        day: 3,
    };
    let refused = door
        .consent_to_tenders(employer, before)
        .await
        .expect_err("it has been");
    assert_eq!(reason(&refused), "CONSENT_ENDS_IN_THE_PAST");

    let given = door
        .consent_to_tenders(employer, LATEST)
        .await
        .expect("a consent");
    assert_eq!((given.state(), given.uses), (State::Standing, 0));
    assert_eq!(consents(&door).await, [given]);
    let told = "SELECT count(*) FROM shared.notification WHERE kind = 'CONSENT_GRANTED'";
    assert_eq!(world.count(told).await, 2, "person and employer");
    let refusals: Vec<_> = world
        .refusals()
        .await
        .into_iter()
        .map(|(_, reason)| reason)
        .collect();
    let expected = [
        "CONSENT_NOT_TO_EMPLOYER",
        "CONSENT_TOO_LONG",
        "CONSENT_ENDS_IN_THE_PAST",
    ];
    assert_eq!(refusals, expected);
}

#[tokio::test]
async fn a_repeated_grant_is_one_consent_and_a_revoked_one_stays_revoked() {
    let world = World::new().await;
    let employer = Uuid::new_v4();
    let holder = world.employed("张伟民", employer).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let request = wire::GrantStandingConsentRequest {
        request_id: Uuid::new_v4().to_string(),
        employer: format!("employers/{employer}"),
        purposes: vec![wire::Purpose::Tender.into(), wire::Purpose::Inspection.into()],
        ends_on: Some(LATEST),
    };
    for _ in 0..2 {
        let granted = door
            .consents()
            .grant_standing_consent(door.request(request.clone()))
            .await;
        granted.expect("a consent");
    }
    let given = consents(&door).await;
    assert_eq!(given.len(), 1);
    assert_eq!(given[0].purposes.len(), 2);

    let revoked = revoke(&door, &given[0].name).await.expect("it is theirs");
    assert_eq!(revoked.state(), State::Revoked);
    world.advance(Duration::from_secs(60));
    let door = world.holder(&holder, Proof::SteppedUp);
    let again = revoke(&door, &given[0].name).await.expect("it is theirs");
    assert_eq!(again.ended_at, revoked.ended_at, "since then");
}

#[tokio::test]
async fn past_its_last_day_a_consent_has_expired_by_the_calendar_alone() {
    let world = World::new().await;
    let employer = Uuid::new_v4();
    let holder = world.employed("张伟民", employer).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let today = Date {
        year: 2026,
        month: 5,
        day: 4,
    };
    door.consent_to_tenders(employer, today)
        .await
        .expect("a consent of one day");
    assert_eq!(consents(&door).await[0].state(), State::Standing);
    world.advance(Duration::from_secs(86_400));
    let door = world.holder(&holder, Proof::SecondFactor);
    assert_eq!(consents(&door).await[0].state(), State::Expired);
}
