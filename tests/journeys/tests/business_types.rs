//! A new seal, a correction, an addition, a cancellation of one specialty and of all, and a re-registration: one person,
//! from the draft to what a checker is told.
//!
//! ```text
//!  version 1 ──▶ 2 ──▶ 3 ──▶ 4 ──▶ 5 ──▶ 注销 ──▶ version 1 of a new serial      one registration number all the way
//!        seal 01  photo  +建筑  −建筑   employer,        重新注册
//!                                      four eyes
//! ```
//!
//! Proves: the check code counts up and nothing else changes; after the correction of a register error the paper from
//! before says that it was wrong from its beginning, and about what; an addition and the cancellation of one specialty
//! leave the other's end alone; what the employer opened the person sees and cannot submit, and it ends certificate and
//! copies at once; a re-registration keeps the digits under a new licence identifier.

use api::issuance::v1::Certificate;
use api::registration::v1 as registration;
use api::registration::v1::MaterialKind;
use api::registration::v1::create_application_request::Details;
use api::types::v1::{
    ApplicationType, CancellationGround, CorrectedFact, CorrectionNature, SealReissueReason, Specialty,
    SpecialtyValidity, StatusCode, SupersessionReason,
};
use api::verification::v1::verify_certificate_request::Subject;
use api::verification::v1::{Verdict, Verification};
use harness::World;
use jiff::ToSpan as _;
use journeys::certificates::{issued, tender_copy};
use journeys::{qr, refusal};
use testkit::actors::{Draft, Holder, QualificationRecord, request_id};
use testkit::materials::{attach_for_initial, attach_scans};
use testkit::picture::photo_jpeg;
use testkit::stage::Stage;
use testkit::story::{Announced, Silent, wire_day};

const WATER: Specialty = Specialty::WaterAndHydropower;
const BUILDING: Specialty = Specialty::Building;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_business_type_does_to_the_certificate_what_its_article_says() {
    let world = World::start_back(1.years()).await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let announced = stage
        .register_initially(&mut holder, &mut Silent)
        .await
        .expect("registered");
    let first = issued(&holder, Some(announced.position.clone())).await;

    let second = a_lost_seal(&mut stage, &mut holder, &first).await;
    let third = a_wrong_photo(&mut stage, &mut holder, &second).await;
    let fourth = a_specialty_more(&mut stage, &mut holder, &third).await;
    let fifth = a_specialty_less(&mut stage, &mut holder, &fourth).await;
    let token = the_employer_ends_it(&mut stage, &mut holder, &fifth).await;
    registered_anew(&mut stage, &mut holder, &fifth, &token).await;
    world.stop().await;
}

/// What is asked for without a contract, from the draft to the employer's confirmation and the submission.
async fn file(
    stage: &Stage,
    holder: &Holder,
    (kind, specialties): (ApplicationType, &[Specialty]),
    details: Option<Details>,
    scans: &[MaterialKind],
) -> String {
    let draft = Draft {
        kind,
        specialties,
        employer: &stage.employer_a.employer.name,
        contract_from: wire_day(holder.citizen.door.clock.today().saturating_sub(30.days())),
    };
    let name = holder.draft_saying(&draft, details).await.expect("a draft").name;
    attach_scans(holder, &name, scans).await.expect("attached");
    if kind == ApplicationType::Correction {
        holder
            .attach(&name, MaterialKind::Photo, "image/jpeg", &photo_jpeg(2))
            .await
            .expect("attached");
    }
    holder.request_employment(&name).await.expect("handed over");
    stage
        .employer_a
        .confirm_employment(&name)
        .await
        .expect("confirmed");
    holder.submit(&name).await.expect("submitted");
    name
}

async fn announce(
    stage: &mut Stage,
    holder: &mut Holder,
    application: String,
    co_reviewed: &[Specialty],
) -> (Announced, Certificate) {
    let announced = stage
        .through_the_authorities(holder, application, co_reviewed, &mut Silent)
        .await
        .expect("announced");
    let current = issued(holder, Some(announced.position.clone())).await;
    assert_eq!(current.registration_number, announced.registration_number);
    (announced, current)
}

/// What a checker is told of a version that was superseded.
async fn of_version(stage: &Stage, old: &Certificate, seen: &Announced) -> Verification {
    let subject = Subject::LicenceIdentifier(old.licence_identifier.clone());
    let seen = Some(seen.position.clone());
    let answer = stage.checker.verify(subject, "", seen).await.expect("answered");
    assert_eq!(answer.verdict(), Verdict::Superseded, "{:?}", answer.text);
    answer
}

fn why(answer: &Verification) -> (SupersessionReason, Vec<String>) {
    let version = answer.version.clone().expect("a version");
    let why = version.supersession.expect("the register says why");
    (why.reason(), version.changed_facts)
}

fn of(certificate: &Certificate, specialty: Specialty) -> SpecialtyValidity {
    let found = certificate
        .specialties
        .iter()
        .find(|one| one.specialty() == specialty);
    *found.expect("registered")
}

async fn a_lost_seal(stage: &mut Stage, holder: &mut Holder, first: &Certificate) -> Certificate {
    let details = Details::SealReissue(registration::SealReissueDetails {
        reason: SealReissueReason::Lost.into(),
        statement: "印章遗失，已登报声明".to_owned(),
    });
    let scans = [MaterialKind::ApplicationForm, MaterialKind::LossNotice];
    let kind = (ApplicationType::SealReissue, &[][..]);
    let name = file(stage, holder, kind, Some(details), &scans).await;
    let (announced, second) = announce(stage, holder, name, &[]).await;
    assert_eq!((second.version, &second.specialties), (2, &first.specialties));
    let answer = of_version(stage, first, &announced).await;
    assert_eq!(
        why(&answer),
        (SupersessionReason::SealReissued, vec!["practice_seal".to_owned()])
    );
    second
}

async fn a_wrong_photo(stage: &mut Stage, holder: &mut Holder, second: &Certificate) -> Certificate {
    let correcting = |facts: &[CorrectedFact]| {
        Some(Details::Correction(registration::CorrectionDetails {
            facts: facts.iter().map(|fact| (*fact).into()).collect(),
            nature: CorrectionNature::RegisterError.into(),
            statement: "制证时误用他人照片".to_owned(),
            ..Default::default()
        }))
    };
    let kind = (ApplicationType::Correction, &[][..]);
    let scans = [MaterialKind::ApplicationForm];
    let name = file(stage, holder, kind, correcting(&[CorrectedFact::Photo]), &scans).await;
    let (announced, third) = announce(stage, holder, name, &[]).await;
    assert_eq!((third.version, &third.specialties), (3, &second.specialties));
    let answer = of_version(stage, second, &announced).await;
    assert_eq!(
        why(&answer),
        (SupersessionReason::Correction, vec!["photo".to_owned()])
    );
    let text = answer.text.expect("a text").zh;
    assert!(text.contains("自始") && text.contains("照片"), "{text}");
    third
}

async fn a_specialty_more(stage: &mut Stage, holder: &mut Holder, third: &Certificate) -> Certificate {
    let today = holder.citizen.door.clock.today();
    let record = QualificationRecord {
        person: &holder.citizen.person,
        number: "3200009931",
        specialty: BUILDING,
        issued_on: wire_day(today.saturating_sub(1.year())),
    };
    let province = stage.province.clone();
    stage
        .accepting
        .import_qualification(&province, &record)
        .await
        .expect("on record");
    let scans = [
        MaterialKind::ApplicationForm,
        MaterialKind::QualificationCertificate,
    ];
    let kind = (ApplicationType::Addition, &[BUILDING][..]);
    let name = file(stage, holder, kind, None, &scans).await;
    let (announced, fourth) = announce(stage, holder, name, &[]).await;
    assert_eq!((fourth.version, fourth.specialties.len()), (4, 2));
    assert_eq!(
        of(&fourth, WATER),
        of(third, WATER),
        "the other end stays (101号 art 10)"
    );
    assert_ne!(of(&fourth, BUILDING).valid_to, of(&fourth, WATER).valid_to);
    let answer = of_version(stage, third, &announced).await;
    assert_eq!(
        why(&answer),
        (SupersessionReason::SpecialtyAdded, vec!["specialties".to_owned()])
    );
    fourth
}

async fn a_specialty_less(stage: &mut Stage, holder: &mut Holder, fourth: &Certificate) -> Certificate {
    let details = Details::Cancellation(registration::CancellationDetails {
        ground: CancellationGround::OwnWish.into(),
        ..Default::default()
    });
    let kind = (ApplicationType::Cancellation, &[BUILDING][..]);
    let name = file(
        stage,
        holder,
        kind,
        Some(details),
        &[MaterialKind::ApplicationForm],
    )
    .await;
    let (announced, fifth) = announce(stage, holder, name, &[]).await;
    assert_eq!((fifth.version, &fifth.specialties), (5, &vec![of(fourth, WATER)]));
    let answer = of_version(stage, fourth, &announced).await;
    assert_eq!(
        why(&answer),
        (
            SupersessionReason::SpecialtyCancelled,
            vec!["specialties".to_owned()]
        )
    );
    fifth
}

/// Returns the code of a copy that was good until then.
async fn the_employer_ends_it(stage: &mut Stage, holder: &mut Holder, fifth: &Certificate) -> String {
    let copy = tender_copy(holder, &fifth.name, "JS-2026-0412")
        .await
        .expect("a copy");
    let (ofd, _) = journeys::certificates::both(holder, &copy.name).await;
    let token = qr::token(&ofd);
    let message = registration::OpenCancellationRequest {
        request_id: request_id(),
        person: holder.citizen.person_name.clone(),
        specialties: Vec::new(),
        details: Some(registration::CancellationDetails {
            ground: CancellationGround::EmploymentEnded.into(),
            employment_ended_on: Some(wire_day(holder.citizen.door.clock.today())),
            ..Default::default()
        }),
    };
    let registrar = Holder {
        citizen: stage.employer_a.citizen.clone(),
        province: stage.province.clone(),
    };
    let mut cancellations = registrar.citizen.door.cancellations(&registrar.province);
    let opened = cancellations
        .open_cancellation(registrar.citizen.request(message))
        .await;
    let name = opened
        .expect("opened")
        .into_inner()
        .application
        .expect("a draft")
        .name;
    assert_eq!(
        holder.application(&name).await.expect("the person sees it").name,
        name
    );
    assert_eq!(refusal(holder.submit(&name).await), "NOT_INITIATOR");
    let scans = [MaterialKind::ApplicationForm, MaterialKind::CancellationProof];
    attach_scans(&registrar, &name, &scans).await.expect("attached");
    registrar.submit(&name).await.expect("submitted");
    let announced = stage
        .through_the_authorities(holder, name, &[], &mut Silent)
        .await
        .expect("announced");
    let seen = Some(announced.position.clone());
    let number = &fifth.registration_number;
    for answer in [
        stage
            .checker
            .by_number(number, seen.clone())
            .await
            .expect("answered"),
        stage.checker.by_qr(&token, seen.clone()).await.expect("answered"),
    ] {
        assert_eq!(
            (answer.verdict(), answer.status_code()),
            (Verdict::RegistrationEnded, StatusCode::Cancelled)
        );
    }
    let own = holder.certificates(seen).await.expect("the holder's own");
    assert!(
        own.iter().all(|one| one.superseded_at.is_some()),
        "none is current"
    );
    assert!(tender_copy(holder, &fifth.name, "JS-2026-0413").await.is_err());
    token
}

async fn registered_anew(stage: &mut Stage, holder: &mut Holder, fifth: &Certificate, token: &str) {
    let draft = Draft {
        kind: ApplicationType::Reregistration,
        specialties: &[WATER],
        employer: &stage.employer_b.employer.name,
        contract_from: wire_day(holder.citizen.door.clock.today()),
    };
    let name = holder.draft(&draft).await.expect("a draft").name;
    attach_for_initial(holder, &name).await.expect("attached");
    holder.request_employment(&name).await.expect("handed over");
    stage
        .employer_b
        .confirm_employment(&name)
        .await
        .expect("confirmed");
    holder.submit(&name).await.expect("submitted");
    let (announced, current) = announce(stage, holder, name, &[WATER]).await;
    assert_eq!(
        current.registration_number, fifth.registration_number,
        "the digits stay (domain §1.8)"
    );
    assert_eq!(
        current.version, 1,
        "a new serial begins at version 001 (domain §2.7)"
    );
    let serial = |certificate: &Certificate| {
        let parts: Vec<_> = certificate
            .licence_identifier
            .split('.')
            .map(str::to_owned)
            .collect();
        parts[parts.len() - 3].clone()
    };
    assert_ne!(serial(&current), serial(fifth));
    let seen = Some(announced.position.clone());
    let answer = stage
        .checker
        .by_number(&current.registration_number, seen.clone())
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Valid);
    assert_eq!(answer.employer_title, stage.employer_b.employer.title);
    let old_copy = stage.checker.by_qr(token, seen).await.expect("answered");
    assert_eq!(
        old_copy.verdict(),
        Verdict::Superseded,
        "papers from before the end stay dead"
    );
}
