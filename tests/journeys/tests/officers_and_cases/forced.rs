//! 强制注销: the employer refuses to confirm that the employment has ended, and an award says that it has.

use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, CancellationGround, Position, StatusCode};
use api::verification::v1::Verdict;
use journeys::certificates::{both, issued, tender_copy};
use journeys::{qr, refusal};
use registration::create_application_request::Details;
use registration::{MaterialKind, TerminationEvidence};
use testkit::actors::{Draft, Holder, request_id, sm3_hex};
use testkit::materials::{SCAN, attach_scans};
use testkit::stage::Stage;
use testkit::story::{Silent, wire_day};

use crate::asked;

/// Returns where the province told the nation of the end.
pub(crate) async fn against_the_employer(
    stage: &mut Stage,
    holder: &mut Holder,
    number: &str,
    seen: Option<Position>,
) -> Position {
    let current = issued(holder, seen).await;
    let copy = tender_copy(holder, &current.name, "JS-2026-0731")
        .await
        .expect("a copy");
    let (ofd, _) = both(holder, &copy.name).await;
    let today = wire_day(holder.citizen.door.clock.today());
    let draft = Draft {
        kind: ApplicationType::Cancellation,
        specialties: &[],
        employer: &stage.employer_a.employer.name,
        contract_from: today,
    };
    let details = registration::CancellationDetails {
        ground: CancellationGround::EmploymentEnded.into(),
        employment_ended_on: Some(today),
        ..Default::default()
    };
    let drafted = holder.draft_saying(&draft, Some(Details::Cancellation(details)));
    let name = drafted.await.expect("a draft").name;
    attach_scans(holder, &name, &[MaterialKind::ApplicationForm])
        .await
        .expect("attached");
    holder.request_employment(&name).await.expect("handed over");
    stage
        .employer_a
        .reject_employment(&name, "双方劳动争议未了")
        .await
        .expect("refused");
    assert_eq!(refusal(holder.submit(&name).await), "APPLICATION_STATE");

    let award = registration::MaterialHeader {
        request_id: request_id(),
        application: name.clone(),
        kind: MaterialKind::TerminationProof.into(),
        media_type: "application/pdf".to_owned(),
        digest: sm3_hex(SCAN),
        employment_ended_on: Some(today),
        termination: TerminationEvidence::ArbitralAward.into(),
    };
    holder.upload(award, SCAN).await.expect("attached");
    let filed = holder.submit(&name).await.expect("submitted");
    assert_eq!(filed.termination(), TerminationEvidence::ArbitralAward);
    let announced = stage
        .through_the_authorities(holder, name, &[], &mut Silent)
        .await
        .expect("announced");
    let seen = Some(announced.position.clone());
    let copy = stage
        .checker
        .by_qr(&qr::token(&ofd), seen.clone())
        .await
        .expect("answered");
    for answer in [asked(stage, number, seen).await, copy] {
        assert_eq!(
            (answer.verdict(), answer.status_code()),
            (Verdict::RegistrationEnded, StatusCode::Cancelled)
        );
    }
    announced.position
}
