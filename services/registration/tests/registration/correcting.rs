//! Addition, cancellation of one specialty, correction, and a new seal, each with what stands against it.

use api::registration::v1 as wire;
use api::registration::v1::create_application_request::Details;
use api::types::v1 as types;
use api::types::v1::{ApplicationType, CancellationGround, CorrectedFact, CorrectionNature};
use jiff::civil::date;

use crate::filing::{BUILDING, correcting, on_ground, registered, rules};
use crate::story::WATER;
use crate::world::reason;

#[tokio::test]
async fn one_specialty_is_added_and_cancelled_and_the_other_keeps_its_end() {
    let (world, holder, firm) = registered().await;
    let before = world.registration(&holder).await.expect("registered").specialties;
    world.advance(40);
    let lacking = world
        .draft(&holder, ApplicationType::Addition, &[BUILDING], &firm.name)
        .await;
    assert_eq!(rules(&lacking.expect_err("refused")), ["NO_QUALIFICATION"]);
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let twice = world
        .confirmed(&holder, &firm, ApplicationType::Addition, &[WATER])
        .await;
    let refused = world
        .submit_application(&holder.actor, &twice, true)
        .await
        .expect_err("refused");
    assert_eq!(rules(&refused), ["SPECIALTY_REGISTRATION"]);
    world
        .withdraw_application(&holder.actor, &twice, "已注册")
        .await
        .expect("withdrawn");
    let addition = world
        .submitted(&holder, &firm, ApplicationType::Addition, &[BUILDING])
        .await;
    world.granted(&addition).await;
    world.publicised(&addition).await;
    let told = world.announced(&holder, &addition).await;
    assert_eq!(told.specialties.len(), 2);
    assert!(told.specialties.contains(&before[0]), "the old one keeps its end");
    assert_eq!(world.asked(&addition).qualifications.len(), 1, "of the new one");

    let ended = Details::Cancellation(on_ground(CancellationGround::EmployerBankrupt));
    let kind = ApplicationType::Cancellation;
    let refused = world.say(&holder, &firm, kind, (&[BUILDING], Some(ended))).await;
    assert_eq!(reason(refused), "CANCELLATION_GROUND_ENDS_ALL");
    let wish = Some(Details::Cancellation(on_ground(CancellationGround::OwnWish)));
    let partial = world
        .filed(&holder, &firm, kind, (&[BUILDING], wish))
        .await
        .expect("filed");
    world.granted(&partial).await;
    let told = world.announced(&holder, &partial).await;
    let terms = told.cancellation.expect("it says what it cancels");
    assert_eq!(
        (terms.whole, terms.specialties),
        (false, vec![i32::from(BUILDING)])
    );
    assert_eq!(told.specialties, before, "what is left");
    let after = world.registration(&holder).await.expect("registered");
    assert!(after.ended_at.is_none() && after.specialties == before);
}

#[tokio::test]
async fn a_correction_is_what_differs_from_identity_and_takes_its_facts_from_there() {
    let (world, holder, firm) = registered().await;
    let kind = ApplicationType::Correction;
    let name_only = || (&[][..], Some(correcting(&[CorrectedFact::Name])));
    let unfounded = world.filed(&holder, &firm, kind, name_only()).await;
    assert_eq!(reason(unfounded), "CORRECTION_UNFOUNDED");
    let open = world
        .applications()
        .list_applications(world.signed(&holder.actor, Default::default()))
        .await;
    let stale = open.expect("listed").into_inner().applications[0].name.clone();
    world
        .withdraw_application(&holder.actor, &stale, "无误")
        .await
        .expect("withdrawn");
    let nothing = world
        .say(&holder, &firm, kind, (&[], Some(correcting(&[]))))
        .await;
    assert_eq!(reason(nothing), "CORRECTION_FACTS");

    let person = format!("persons/{}", holder.id);
    let rename = |full_name: &str| {
        let mut people = world.identity.people.lock().expect("no panic");
        full_name.clone_into(&mut people.get_mut(&person).expect("known").full_name);
    };
    rename("王更名");
    // Another application does not carry the new name into the register.
    let lost = wire::SealReissueDetails {
        reason: types::SealReissueReason::Lost.into(),
        ..Default::default()
    };
    let said = (&[][..], Some(Details::SealReissue(lost)));
    let seal = world
        .filed(&holder, &firm, ApplicationType::SealReissue, said)
        .await
        .expect("filed");
    world.granted(&seal).await;
    world.announced(&holder, &seal).await;
    let row = |announcement: wire::Announcement| announcement.rows[0].full_name.clone();
    let published = async || {
        let message = wire::ListAnnouncementsRequest::default();
        let listed = world
            .announcements()
            .list_announcements(message)
            .await
            .expect("public");
        row(listed.into_inner().announcements.remove(0))
    };
    assert_eq!(published().await, holder.person.full_name);

    let photo_only = (&[][..], Some(correcting(&[CorrectedFact::Photo])));
    let incomplete = world.filed(&holder, &firm, kind, photo_only).await;
    assert_eq!(reason(incomplete), "CORRECTION_INCOMPLETE");
    let open = world
        .applications()
        .list_applications(world.signed(&holder.actor, Default::default()))
        .await;
    let stale = open.expect("listed").into_inner().applications[0].name.clone();
    world
        .withdraw_application(&holder.actor, &stale, "补充")
        .await
        .expect("withdrawn");
    let draft = world
        .say(&holder, &firm, kind, name_only())
        .await
        .expect("a draft");
    assert_eq!(draft.missing_materials, ["注册申请表", "更正事项证明"]);
    world.attach_missing(&holder, &draft.name).await;
    let picture = testkit::picture::photo_jpeg(9);
    let kind = wire::MaterialKind::Photo;
    world
        .attach(&holder.actor, &draft.name, kind, "image/jpeg", &picture)
        .await
        .expect("attached");
    world
        .request_employment(&holder.actor, &draft.name)
        .await
        .expect("handed over");
    world
        .confirm_employment(&firm.registrar, &draft.name, true, "")
        .await
        .expect("confirmed");
    world
        .submit_application(&holder.actor, &draft.name, true)
        .await
        .expect("submitted");
    world.granted(&draft.name).await;
    let told = world.announced(&holder, &draft.name).await;
    let asked = world.asked(&draft.name);
    assert!(asked.photo.is_none(), "a picture that is not named is not sent");
    assert_eq!(asked.correction, told.correction);
    let terms = told.correction.expect("it says what it corrects");
    assert_eq!(
        (terms.nature(), terms.facts),
        (CorrectionNature::RegisterError, vec![CorrectedFact::Name.into()])
    );
    assert_eq!(published().await, "王更名");
}

#[tokio::test]
async fn a_lost_seal_is_published_and_a_damaged_one_is_not() {
    let (world, holder, firm) = registered().await;
    for (why, missing) in [
        (types::SealReissueReason::Lost, &["注册申请表", "遗失声明"][..]),
        (types::SealReissueReason::Damaged, &["注册申请表"][..]),
    ] {
        let details = wire::SealReissueDetails {
            reason: why.into(),
            statement: "随身遗失".to_owned(),
        };
        let said = (&[][..], Some(Details::SealReissue(details)));
        let draft = world
            .say(&holder, &firm, ApplicationType::SealReissue, said)
            .await
            .expect("a draft");
        assert_eq!(draft.missing_materials, missing);
        world
            .withdraw_application(&holder.actor, &draft.name, "已找到")
            .await
            .expect("withdrawn");
    }
    let before = world.registration(&holder).await.expect("registered");
    let details = wire::SealReissueDetails {
        reason: types::SealReissueReason::Damaged.into(),
        ..Default::default()
    };
    let said = (&[][..], Some(Details::SealReissue(details)));
    let name = world
        .filed(&holder, &firm, ApplicationType::SealReissue, said)
        .await
        .expect("filed");
    world.granted(&name).await;
    let told = world.announced(&holder, &name).await;
    assert_eq!(
        (told.r#type(), told.specialties),
        (ApplicationType::SealReissue, before.specialties)
    );
    assert!(told.cancellation.is_none() && told.correction.is_none());
}
