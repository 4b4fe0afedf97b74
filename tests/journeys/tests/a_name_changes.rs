//! A constructor takes another name, and the certificate follows by a correction.
//!
//! ```text
//!  real-name authority ── new name ─▶ identity ◀─ taken over by the person, with a fresh second factor
//!                                        │ says now what the register does not
//!  信息更正 (依法变更) ── claims exactly what differs ─▶ 受理 … 公告 ─▶ version 2 in the new name
//! ```
//!
//! Proves: nobody types a new name into the register, it comes from the real-name record by way of the account; a
//! correction cannot be submitted before; the qualification on record in the old name still counts; the paper from before
//! was right until the change, and says which fact is another now; number and digits stay.

use api::registration::v1 as registration;
use api::registration::v1::MaterialKind;
use api::registration::v1::create_application_request::Details;
use api::types::v1::{ApplicationType, CorrectedFact, CorrectionNature, SupersessionReason};
use api::verification::v1::verify_certificate_request::Subject;
use api::verification::v1::{NameMatch, Verdict};
use harness::World;
use jiff::ToSpan as _;
use journeys::certificates::issued;
use journeys::refusal;
use testkit::actors::{Answer, Draft, Holder};
use testkit::materials::attach_scans;
use testkit::people::Person;
use testkit::stage::Stage;
use testkit::story::{Silent, wire_day};

const NEW_NAME: &str = "欧阳慕白";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_constructor_takes_another_name_and_the_certificate_follows_by_a_correction() {
    let world = World::start_back(1.years()).await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let announced = stage
        .register_initially(&mut holder, &mut Silent)
        .await
        .expect("registered");
    let first = issued(&holder, Some(announced.position.clone())).await;
    let name = draft(&stage, &holder).await.expect("a draft").name;
    let scans = [MaterialKind::ApplicationForm, MaterialKind::CorrectionProof];
    attach_scans(&holder, &name, &scans).await.expect("attached");
    holder.request_employment(&name).await.expect("handed over");
    stage
        .employer_a
        .confirm_employment(&name)
        .await
        .expect("confirmed");
    assert_eq!(
        refusal(holder.submit(&name).await),
        "CORRECTION_UNFOUNDED",
        "identity says what the register does"
    );

    let old = holder.citizen.person.clone();
    let renamed = Person {
        full_name: NEW_NAME.to_owned(),
        ..old.clone()
    };
    assert_eq!(
        refusal(holder.citizen.update_identity(renamed.clone()).await),
        "REAL_NAME_MISMATCH",
        "the person's own word is not enough"
    );
    stage.real_names.record(&[&renamed]).await.expect("recorded");
    let account = holder.citizen.update_identity(renamed).await.expect("taken over");
    assert_eq!(account.family_name, "欧阳");

    holder.submit(&name).await.expect("submitted");
    let corrected = stage
        .through_the_authorities(&mut holder, name, &[], &mut Silent)
        .await
        .expect("announced");
    assert_eq!(corrected.registration_number, announced.registration_number);
    let second = issued(&holder, Some(corrected.position.clone())).await;
    assert_eq!((second.version, &second.specialties), (2, &first.specialties));

    let seen = Some(corrected.position.clone());
    for (name, expected) in [
        (NEW_NAME, NameMatch::Match),
        (old.full_name.as_str(), NameMatch::NoMatch),
    ] {
        let subject = Subject::RegistrationNumber(corrected.registration_number.clone());
        let answer = stage
            .checker
            .verify(subject, name, seen.clone())
            .await
            .expect("answered");
        assert_eq!(answer.name_match(), expected, "{name}");
    }
    let subject = Subject::LicenceIdentifier(first.licence_identifier.clone());
    let answer = stage.checker.verify(subject, "", seen).await.expect("answered");
    assert_eq!(answer.verdict(), Verdict::Superseded);
    let version = answer.version.expect("a version");
    let why = version.supersession.expect("the register says why");
    assert_eq!(why.reason(), SupersessionReason::Correction);
    assert_eq!(version.changed_facts, ["holder.name"]);
    world.stop().await;
}

/// A correction of the name: a legal change from today on.
async fn draft(stage: &Stage, holder: &Holder) -> Answer<registration::Application> {
    let today = holder.citizen.door.clock.today();
    let draft = Draft {
        kind: ApplicationType::Correction,
        specialties: &[],
        employer: &stage.employer_a.employer.name,
        contract_from: wire_day(today.saturating_sub(30.days())),
    };
    let details = Details::Correction(registration::CorrectionDetails {
        facts: vec![CorrectedFact::Name.into()],
        nature: CorrectionNature::LegalChange.into(),
        changed_on: Some(wire_day(today)),
        statement: "经公安机关批准变更姓名".to_owned(),
    });
    holder.draft_saying(&draft, Some(details)).await
}
