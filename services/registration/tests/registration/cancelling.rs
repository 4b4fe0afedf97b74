//! Cancellation (153号 art 17): by the person, the employer, the authority, forced; and the re-registration after it.

use api::registration::v1 as wire;
use api::registration::v1::create_application_request::Details;
use api::types::v1::{ApplicationType, CancellationGround, CancellationInitiator};
use wire::application::State;

use crate::filing::{on_ground, registered, rules};
use crate::story::{Officers, WATER};
use crate::world::{Actor, Employment, Holder, World, officer, reason, wire as day};

#[tokio::test]
async fn the_person_s_cancellation_ends_it_and_a_reregistration_keeps_the_number() {
    let (world, holder, firm) = registered().await;
    let before = world.registration(&holder).await.expect("registered");
    let kind = ApplicationType::Cancellation;
    assert_eq!(
        reason(world.say(&holder, &firm, kind, (&[], None)).await),
        "PARTICULARS"
    );
    let stripped = Details::Cancellation(on_ground(CancellationGround::CertificateStripped));
    let refused = world.say(&holder, &firm, kind, (&[], Some(stripped))).await;
    assert_eq!(reason(refused), "CANCELLATION_GROUND_OF_ANOTHER");
    let wish = || Some(Details::Cancellation(on_ground(CancellationGround::OwnWish)));
    let name = world
        .filed(&holder, &firm, kind, (&[], wish()))
        .await
        .expect("filed");
    let second = world.say(&holder, &firm, kind, (&[], wish())).await;
    assert_eq!(reason(second), "OPEN_APPLICATION");
    // The nation is asked at once and may have answered by now.
    let granted = world.granted(&name).await.state();
    assert!(matches!(granted, State::Decided | State::Cleared), "{granted:?}");
    let told = world.announced(&holder, &name).await;
    let terms = told.cancellation.expect("it says what it cancels");
    assert!(terms.whole && told.specialties.is_empty());
    assert_eq!(
        (terms.initiator(), terms.ground()),
        (CancellationInitiator::Holder, CancellationGround::OwnWish)
    );
    assert_eq!(world.asked(&name).cancellation, Some(terms));

    let after = world.registration(&holder).await.expect("remembered");
    assert!(after.ended_at.is_some() && after.licence_identifier.is_empty());
    assert_eq!(
        (after.end_cause.as_str(), after.specialties),
        ("注销注册", before.specialties)
    );
    assert_eq!(
        world.explain(&holder).await.step(),
        wire::AvailabilityStep::Cancelled
    );
    let listed = wire::ListRegistrationsRequest {
        employer: firm.name.clone(),
        ..Default::default()
    };
    let listed = world
        .registrations()
        .list_registrations(world.signed(&firm.registrar, listed))
        .await;
    assert!(listed.expect("listed").into_inner().registrations.is_empty());
    let seal = world
        .say(&holder, &firm, ApplicationType::SealReissue, (&[], None))
        .await;
    assert_eq!(rules(&seal.expect_err("refused")), ["NOT_REGISTERED"]);

    let initial = world
        .confirmed(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    let refused = world
        .submit_application(&holder.actor, &initial, true)
        .await
        .expect_err("refused");
    assert_eq!(rules(&refused), ["REGISTERED_BEFORE"]);
    world
        .withdraw_application(&holder.actor, &initial, "改办重新注册")
        .await
        .expect("withdrawn");
    let anew = world
        .submitted(&holder, &firm, ApplicationType::Reregistration, &[WATER])
        .await;
    world.granted(&anew).await;
    world.publicised(&anew).await;
    let told = world.announced(&holder, &anew).await;
    assert_eq!(told.registration_number, before.registration_number);
    let again = world.registration(&holder).await.expect("registered");
    assert!(again.ended_at.is_none() && again.registration_number == before.registration_number);
}

#[tokio::test]
async fn the_employer_opens_a_cancellation_which_the_person_sees_and_cannot_touch() {
    let (world, holder, firm) = registered().await;
    let rival = world.firm("江苏路桥有限公司", "32", 2);
    let details = wire::CancellationDetails {
        employment_ended_on: Some(day(world.today())),
        ..on_ground(CancellationGround::EmploymentEnded)
    };
    let open = async |actor: &Actor, details| world.open_cancellation(actor, &holder, details).await;
    assert_eq!(
        reason(open(&holder.actor, details.clone()).await),
        "CALLER_NOT_ALLOWED"
    );
    assert_eq!(reason(open(&rival.registrar, details.clone()).await), "NOT_FOUND");
    let wish = on_ground(CancellationGround::OwnWish);
    assert_eq!(
        reason(open(&firm.registrar, wish).await),
        "CANCELLATION_GROUND_OF_ANOTHER"
    );
    let undated = on_ground(CancellationGround::EmploymentEnded);
    assert_eq!(
        reason(open(&firm.registrar, undated).await),
        "CANCELLATION_EMPLOYMENT_END"
    );
    let opened = open(&firm.registrar, details).await.expect("a draft");
    assert_eq!(opened.missing_materials, ["注册申请表", "注销事由证明"]);
    let name = opened.name;
    assert_eq!(
        world.application(&holder.actor, &name).await.expect("seen").name,
        name
    );
    for tried in [
        world.submit_application(&holder.actor, &name, true).await,
        world.withdraw_application(&holder.actor, &name, "不同意").await,
        world.request_employment(&holder.actor, &name).await,
    ] {
        assert_eq!(reason(tried), "NOT_INITIATOR");
    }
    let kind = wire::MaterialKind::CancellationProof;
    let foreign = world
        .attach(
            &holder.actor,
            &name,
            kind,
            "application/pdf",
            &crate::story::scan(""),
        )
        .await;
    assert_eq!(reason(foreign), "NOT_INITIATOR");
    let bare = world.submit_application(&firm.registrar, &name, true).await;
    assert_eq!(reason(bare), "MATERIALS_MISSING");
    world.attach_missing_as(&firm.registrar, &name).await;
    let filed = world
        .submit_application(&firm.registrar, &name, true)
        .await
        .expect("filed");
    assert_eq!(filed.state(), State::Submitted);
    world.granted(&name).await;
    let told = world.announced(&holder, &name).await;
    let terms = told.cancellation.expect("it says what it cancels");
    assert_eq!(terms.initiator(), CancellationInitiator::Employer);
    assert!(
        world
            .registration(&holder)
            .await
            .expect("remembered")
            .ended_at
            .is_some()
    );
}

#[tokio::test]
async fn the_authority_s_own_case_needs_ground_evidence_and_two_pairs_of_eyes() {
    let (world, holder, firm) = registered().await;
    let (opener, ministry) = (officer("provinces/32"), officer("ministry"));
    let details = wire::CancellationDetails {
        statement: "吊销决定书 苏建罚〔2023〕7号".to_owned(),
        ..on_ground(CancellationGround::CertificateStripped)
    };
    let silent = on_ground(CancellationGround::CertificateStripped);
    let open = async |actor: &Actor, details| world.open_cancellation(actor, &holder, details).await;
    assert_eq!(reason(open(&ministry, details.clone()).await), "WRONG_AUTHORITY");
    assert_eq!(
        reason(open(&opener, silent).await),
        "CANCELLATION_STATEMENT_MISSING"
    );
    let early = on_ground(CancellationGround::TermExpired);
    assert_eq!(reason(open(&opener, early).await), "CANCELLATION_TERM_NOT_OVER");
    let name = open(&opener, details).await.expect("a draft").name;
    assert_eq!(
        reason(world.submit_application(&opener, &name, true).await),
        "MATERIALS_MISSING"
    );
    assert_eq!(
        reason(world.submit_application(&firm.registrar, &name, true).await),
        "NOT_INITIATOR"
    );
    world.attach_missing_as(&opener, &name).await;
    let filed = world
        .submit_application(&opener, &name, true)
        .await
        .expect("filed");
    assert_eq!(filed.state(), State::Accepted, "filed is accepted");
    let own = world
        .record_review(&opener, &name, wire::Opinion::Favourable, "")
        .await;
    assert_eq!(reason(own), "SAME_OFFICER");
    let officers = Officers::new();
    world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    world
        .decide_application(&officers.ministry, &name, true, "")
        .await
        .expect("granted");
    let told = world.announced(&holder, &name).await;
    let terms = told.cancellation.expect("it says what it cancels");
    assert_eq!(
        (terms.initiator(), terms.ground()),
        (
            CancellationInitiator::Authority,
            CancellationGround::CertificateStripped
        )
    );
}

/// Whatever the employer does, the person is not stuck (强制注销; domain §1.3).
#[tokio::test]
async fn each_of_three_papers_forces_a_cancellation_against_an_employer_who_is_silent_or_refuses() {
    use wire::TerminationEvidence::{ArbitralAward, DismissalProof, Judgment};
    let world = World::start().await;
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let ended_on = world.today();
    for (ordinal, paper, employer) in [
        (1, Judgment, Employer::NeverAsked),
        (2, ArbitralAward, Employer::Refuses),
        (3, DismissalProof, Employer::Silent),
    ] {
        let holder = world.person(ordinal);
        world.registered(&holder, &firm).await;
        let name = ending_employment(&world, &holder, &firm, paper).await;
        let early = world.submit_application(&holder.actor, &name, true).await;
        assert_eq!(
            reason(early),
            "APPLICATION_STATE",
            "neither the employer's word nor a paper"
        );
        if employer != Employer::NeverAsked {
            world
                .request_employment(&holder.actor, &name)
                .await
                .expect("handed over");
        }
        if employer == Employer::Refuses {
            world
                .confirm_employment(&firm.registrar, &name, false, "合同尚未解除")
                .await
                .expect("refused");
        }
        let silence = (wire::TerminationEvidence::Unopposed, ended_on);
        let stated = world.show_termination(&holder.actor, &name, silence).await;
        assert_eq!(
            reason(stated),
            "INVALID_ARGUMENT",
            "nobody states another's silence"
        );
        world
            .show_termination(&holder.actor, &name, (paper, ended_on))
            .await
            .expect("attached");
        world.attach_missing(&holder, &name).await;
        let shown = world
            .submit_application(&holder.actor, &name, true)
            .await
            .expect("submitted");
        assert_eq!(
            (shown.termination(), shown.employment_ended_on),
            (paper, Some(day(ended_on)))
        );
        world.granted(&name).await;
        let told = world.announced(&holder, &name).await;
        assert!(told.cancellation.is_some_and(|terms| terms.whole));
        let after = world.registration(&holder).await.expect("remembered");
        assert_eq!(after.end_cause, "注销注册");
    }
}

/// What the employer does when asked to confirm.
#[derive(PartialEq, Eq)]
enum Employer {
    NeverAsked,
    Refuses,
    Silent,
}

/// A draft on the ground that the employment has ended. Only who never asks the employer says so by which paper.
async fn ending_employment(
    world: &World,
    holder: &Holder,
    firm: &Employment,
    paper: wire::TerminationEvidence,
) -> String {
    let details = wire::CancellationDetails {
        employment_ended_on: Some(day(world.today())),
        ..on_ground(CancellationGround::EmploymentEnded)
    };
    let named = paper == wire::TerminationEvidence::Judgment;
    let message = wire::CreateApplicationRequest {
        termination: if named { paper.into() } else { 0 },
        details: Some(Details::Cancellation(details)),
        ..world.drafting(ApplicationType::Cancellation, &[], &firm.name)
    };
    let created = world
        .applications()
        .create_application(world.signed(&holder.actor, message))
        .await;
    let draft = created
        .expect("a draft")
        .into_inner()
        .application
        .expect("an application");
    assert_eq!(
        draft.missing_materials.contains(&"工作调动证明".to_owned()),
        named
    );
    draft.name
}

#[tokio::test]
async fn what_a_paper_forces_is_announced_even_where_the_employer_s_confirmation_would_complete_it() {
    let world = World::start_under("ministry-direct").await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let (accepting, deciding) = (officer("ministry"), officer("ministry"));
    world
        .qualify(&holder, crate::filing::BUILDING, jiff::civil::date(2022, 3, 1))
        .await;
    let initial = ApplicationType::Initial;
    let initial = world
        .submitted(&holder, &firm, initial, &[crate::filing::BUILDING])
        .await;
    let decided = async |name: &str| {
        world
            .accept_application(&accepting, name, "")
            .await
            .expect("accepted");
        world
            .decide_application(&deciding, name, true, "")
            .await
            .expect("granted");
        world.stands(&holder, name, State::Cleared).await;
        world.publish_as(&deciding, &[name]).await.expect("announced");
    };
    decided(&initial).await;
    let award = wire::TerminationEvidence::ArbitralAward;
    let name = ending_employment(&world, &holder, &firm, award).await;
    world
        .hand_over(&holder.actor, &name, true)
        .await
        .expect("handed over");
    world
        .show_termination(&holder.actor, &name, (award, world.today()))
        .await
        .expect("attached");
    world.attach_missing(&holder, &name).await;
    let filed = world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
    assert_eq!(filed.state(), State::Submitted);
    let late = world.confirm_employment(&firm.registrar, &name, true, "").await;
    assert_eq!(reason(late), "APPLICATION_STATE", "the paper stands in its place");
    decided(&name).await;
    let after = world.registration(&holder).await.expect("remembered");
    assert!(after.ended_at.is_some());
}
