//! What addition, re-registration, cancellation, correction and a new seal make of register and certificate.

use api::exchange::v1 as wire;
use api::issuance::v1 as issuance;
use api::issuance::v1::watch_changes_response::Change;
use api::types::v1 as types;
use api::types::v1::ApplicationType::{
    Addition, Cancellation, Correction, Initial, Renewal, Reregistration, SealReissue,
};
use api::types::v1::{CorrectedFact, CorrectionNature, Specialty, StatusCode, SupersessionReason};
use domain::certificate::FactsRecord;
use jiff::civil::{Date, date};
use wire::provincial_event::Event;

use crate::province::{Application, Province, item, whole_cancellation};
use crate::world::{Person, World, told};

const MINE: (Specialty, Date, Date) = (Specialty::Mining, date(2026, 5, 4), date(2029, 5, 3));

async fn registered(world: &World, jiangsu: &mut Province) -> (Person, String, Application) {
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(world, &initial).await;
    (person, employer, initial)
}

async fn entry(world: &World, person: &Person, sequence: u64) -> issuance::RegisterEntry {
    let entry = world.entry(None, person, told("32", sequence)).await;
    entry.expect("national officers may")
}

/// Versions as the feed last told them, in the order of their making.
pub(crate) async fn versions(world: &World) -> Vec<issuance::VersionChanged> {
    let last = world.count("SELECT count(*) FROM log.change").await;
    let (changes, _) = world.changes(0, last.cast_unsigned()).await;
    let mut versions: Vec<issuance::VersionChanged> = Vec::new();
    for change in changes {
        if let Some(Change::VersionChanged(told)) = change.change {
            versions.retain(|known| known.licence_identifier != told.licence_identifier);
            versions.push(told);
        }
    }
    versions.sort_by_key(|version| version.version);
    versions
}

pub(crate) fn facts(version: &issuance::VersionChanged) -> FactsRecord {
    FactsRecord::parse(&version.facts).expect("canonical")
}

pub(crate) fn correcting(
    facts: &[CorrectedFact],
    changed_on: Option<Date>,
) -> Option<types::CorrectionTerms> {
    let nature = match changed_on {
        Some(_) => CorrectionNature::LegalChange,
        None => CorrectionNature::RegisterError,
    };
    Some(types::CorrectionTerms {
        facts: facts.iter().map(|fact| (*fact).into()).collect(),
        nature: nature.into(),
        changed_on: changed_on.map(Into::into),
    })
}

#[tokio::test]
async fn an_addition_keeps_the_other_ends_and_cannot_touch_them() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer, initial) = registered(&world, &mut jiangsu).await;
    let mut addition = jiangsu.application(&person, &employer, Addition);
    assert!(jiangsu.claim(&addition).await.expect("answered").held);
    // Nothing new; the old one with another end; the old one left out.
    assert_eq!(jiangsu.clear(&addition).await.reason, "ADDITION_CHANGES_OTHERS");
    addition.specialties.push(MINE);
    let listed = addition.specialties.clone();
    addition.specialties[0].2 = date(2032, 5, 3);
    assert_eq!(jiangsu.clear(&addition).await.reason, "SPECIALTY_REGISTERED");
    addition.specialties.remove(0);
    assert_eq!(jiangsu.clear(&addition).await.reason, "ADDITION_CHANGES_OTHERS");
    // Only the new one brings its qualification.
    addition.specialties = listed;
    let mut asked = item(&addition);
    asked.qualifications.remove(0);
    let clearance = jiangsu.clear_all(vec![asked]).await.expect("answered").remove(0);
    assert!(clearance.cleared, "{}", clearance.reason);
    let event = jiangsu.announced(&world, &addition, &clearance);
    let envelope = jiangsu.seal(&world, event);
    assert_eq!(
        jiangsu
            .push(vec![envelope])
            .await
            .expect("a receipt")
            .stopped_reason,
        ""
    );

    let after = entry(&world, &person, 2).await;
    assert_eq!(after.registration_number, initial.proposed);
    let ends: Vec<_> = after
        .specialties
        .iter()
        .map(|one| (one.specialty(), one.valid_to))
        .collect();
    let end = Some(date(2029, 5, 3).into());
    assert_eq!(
        ends,
        [(Specialty::WaterAndHydropower, end), (Specialty::Mining, end)]
    );
    let versions = versions(&world).await;
    let why = versions[0].supersession.expect("told");
    assert_eq!(why.reason(), SupersessionReason::SpecialtyAdded);
    assert_eq!(versions[0].changed_facts, ["specialties"]);
}

#[tokio::test]
async fn one_specialty_is_cancelled_by_a_new_version_and_the_whole_by_the_end_of_it() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let mut initial = jiangsu.application(&person, &employer, Initial);
    initial.specialties.push(MINE);
    jiangsu.announce(&world, &initial).await;

    let mut partial = jiangsu.application(&person, &employer, Cancellation);
    let cancelling = |specialties: &[Specialty]| {
        Some(types::CancellationTerms {
            whole: false,
            specialties: specialties.iter().map(|one| (*one).into()).collect(),
            ..whole_cancellation()
        })
    };
    for (specialties, reason) in [
        (&[Specialty::Building][..], "SPECIALTY_NOT_REGISTERED"),
        (
            &[Specialty::Mining, Specialty::WaterAndHydropower][..],
            "CANCELLATION_LEAVES_NOTHING",
        ),
    ] {
        partial.cancellation = cancelling(specialties);
        assert_eq!(jiangsu.clear(&partial).await.reason, reason);
    }
    partial.cancellation = cancelling(&[Specialty::Mining]);
    jiangsu.announce(&world, &partial).await;
    let after = entry(&world, &person, 2).await;
    assert_eq!(
        (after.status_code(), after.specialties.len()),
        (StatusCode::Valid, 1)
    );
    assert!(
        after.current_certificate.contains(".002."),
        "{}",
        after.current_certificate
    );
    let told_of = versions(&world).await;
    assert_eq!(told_of[0].changed_facts, ["specialties"]);
    let why = told_of[0].supersession.expect("told");
    assert_eq!(why.reason(), SupersessionReason::SpecialtyCancelled);
    assert_eq!(facts(&told_of[1]).operation.code(), "09");

    let whole = jiangsu.application(&person, &employer, Cancellation);
    jiangsu.announce(&world, &whole).await;
    let after = entry(&world, &person, 3).await;
    assert_eq!(
        (after.status_code(), after.current_certificate.as_str()),
        (StatusCode::Cancelled, "")
    );
    let ended = versions(&world).await.remove(1);
    assert!(ended.superseded_at.is_some() && ended.superseded_by.is_empty() && ended.supersession.is_none());
    let again = jiangsu.application(&person, &employer, Cancellation);
    assert_eq!(jiangsu.clear(&again).await.reason, "REGISTRATION_ENDED");
}

#[tokio::test]
async fn what_was_cleared_of_a_cancellation_is_what_may_be_announced() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer, _) = registered(&world, &mut jiangsu).await;
    let mut cancellation = jiangsu.application(&person, &employer, Cancellation);
    let mut silent = item(&cancellation);
    silent.cancellation = None;
    let status = jiangsu
        .clear_all(vec![silent])
        .await
        .expect_err("it says nothing");
    assert_eq!(crate::world::reason(&status), "EXCHANGE_MALFORMED");
    let clearance = jiangsu.cleared(&cancellation).await;
    // Nothing else of the person is cleared beside it, or an announced registration could be refused.
    let seal = jiangsu.application(&person, &employer, SealReissue);
    assert!(jiangsu.claim(&seal).await.expect("answered").held);
    assert_eq!(jiangsu.clear(&seal).await.reason, "OTHER_CLEARANCE_OPEN");
    let terms = cancellation.cancellation.as_mut().expect("a cancellation");
    terms.set_ground(types::CancellationGround::OverAge);
    let event = jiangsu.announced(&world, &cancellation, &clearance);
    let envelope = jiangsu.seal(&world, event);
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "CLEARANCE_DIFFERS");
}

#[tokio::test]
async fn a_cancellation_completes_without_an_announcement_and_nothing_else_does() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer, initial) = registered(&world, &mut jiangsu).await;
    let accepted = Event::RenewalAccepted(wire::RenewalAccepted {
        application: jiangsu.application(&person, &employer, Renewal).name,
        person: person.name(),
    });
    let closed = Event::RenewalClosed(wire::RenewalClosed {
        person: person.name(),
        application: jiangsu.application(&person, &employer, Renewal).name,
        outcome: "WITHDRAWN".to_owned(),
    });
    let cancellation = jiangsu.application(&person, &employer, Cancellation);
    let clearance = jiangsu.cleared(&cancellation).await;
    let Event::Announced(mut completed) = jiangsu.announced(&world, &cancellation, &clearance) else {
        panic!("an announcement")
    };
    completed.announcement_number.clear();
    // The renewal that was open is closed after the end: that must not stop the stream.
    let envelopes = [accepted, Event::Completed(completed), closed].map(|event| jiangsu.seal(&world, event));
    assert_eq!(
        jiangsu
            .push(envelopes.into())
            .await
            .expect("a receipt")
            .stopped_reason,
        ""
    );
    let after = entry(&world, &person, 4).await;
    assert_eq!(after.status_code(), StatusCode::Cancelled);
    let unannounced =
        "SELECT count(*) FROM register.act WHERE kind = 'CANCEL' AND announcement_number IS NULL";
    assert_eq!(world.count(unannounced).await, 1);

    // Digits stay through the end; serial and version begin anew (domain §2.7, §1.8).
    let elsewhere = jiangsu.application(&person, &employer, Initial);
    assert!(jiangsu.claim(&elsewhere).await.expect("answered").held);
    assert_eq!(jiangsu.clear(&elsewhere).await.reason, "REGISTERED_BEFORE");
    let release = wire::ReleaseClaimRequest {
        application: elsewhere.name,
        ..Default::default()
    };
    jiangsu
        .client
        .clone()
        .release_claim(release)
        .await
        .expect("released");
    let anew = jiangsu.application(&person, &employer, Reregistration);
    let clearance = jiangsu.cleared(&anew).await;
    assert_eq!(clearance.registration_number, initial.proposed);
    let Event::Announced(unannounced) = jiangsu.announced(&world, &anew, &clearance) else {
        panic!("an announcement")
    };
    let place = jiangsu.place();
    let envelope = jiangsu.seal(&world, Event::Completed(unannounced.clone()));
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(receipt.stopped_reason, "MALFORMED_EVENT");
    jiangsu.rewind(place.0, place.1);
    assert_eq!(
        world
            .count("SELECT count(DISTINCT serial) FROM issuing.certificate_version")
            .await,
        1
    );
}

#[tokio::test]
async fn a_reregistration_keeps_the_digits_under_a_new_serial() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer, initial) = registered(&world, &mut jiangsu).await;
    let seal = jiangsu.application(&person, &employer, SealReissue);
    jiangsu.announce(&world, &seal).await;
    let cancellation = jiangsu.application(&person, &employer, Cancellation);
    jiangsu.announce(&world, &cancellation).await;
    let anew = jiangsu.application(&person, &employer, Reregistration);
    jiangsu.announce(&world, &anew).await;
    let after = entry(&world, &person, 4).await;
    assert_eq!(
        (after.status_code(), &after.registration_number),
        (StatusCode::Valid, &initial.proposed)
    );
    assert!(
        after.current_certificate.contains(".001."),
        "{}",
        after.current_certificate
    );
    assert_eq!(
        world
            .count("SELECT count(DISTINCT serial) FROM issuing.certificate_version")
            .await,
        2
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM register.registration_number")
            .await,
        1
    );
    let current = versions(&world)
        .await
        .into_iter()
        .find(|one| one.superseded_at.is_none());
    let facts = facts(&current.expect("one is current"));
    assert_eq!(facts.practice_seal.check_code, 1, "the count of seals goes on");
    assert_eq!((facts.operation.code(), facts.supersedes), ("01", None));
}

#[tokio::test]
async fn a_correction_takes_what_identity_holds_and_nothing_that_is_not_claimed() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer, _) = registered(&world, &mut jiangsu).await;
    let mut correction = jiangsu.application(&person, &employer, Correction);
    correction.correction = correcting(&[CorrectedFact::Name], None);
    assert_eq!(jiangsu.clear(&correction).await.reason, "CORRECTION_UNFOUNDED");
    world.rename(&person, "王更名");
    correction.correction = correcting(&[CorrectedFact::Photo], None);
    assert_eq!(jiangsu.clear(&correction).await.reason, "CORRECTION_INCOMPLETE");
    correction.correction = correcting(&[CorrectedFact::Name], Some(date(2026, 5, 5)));
    assert_eq!(jiangsu.clear(&correction).await.reason, "CORRECTION_CHANGE_AHEAD");
    correction.correction = correcting(&[CorrectedFact::Name, CorrectedFact::Photo], None);
    let mut bare = item(&correction);
    bare.photo = None;
    let answer = jiangsu.clear_all(vec![bare]).await.expect("answered").remove(0);
    assert_eq!(answer.reason, "CORRECTION_PICTURE_MISSING");

    // A seal does not rename anybody, though identity does.
    let mut seal = jiangsu.application(&person, &employer, SealReissue);
    seal.pictures = person.ordinal.into();
    jiangsu.announce(&world, &seal).await;
    let second = versions(&world).await.remove(1);
    assert_eq!(facts(&second).holder.name.expose(), person.full_name);

    correction.correction = correcting(&[CorrectedFact::Name], Some(date(2026, 5, 1)));
    correction.pictures = 77;
    jiangsu.announce(&world, &correction).await;
    let told_of = versions(&world).await;
    let (before, after) = (&told_of[1], &told_of[2]);
    assert_eq!(
        before.changed_facts,
        ["holder.name"],
        "pictures that are not named are not taken"
    );
    let why = before.supersession.expect("told");
    assert_eq!(
        (why.reason(), why.nature()),
        (SupersessionReason::Correction, CorrectionNature::LegalChange)
    );
    assert_eq!(why.changed_on, Some(date(2026, 5, 1).into()));
    assert_eq!(facts(after).holder.name.expose(), "王更名");
    assert_eq!(
        facts(after).specialties,
        facts(before).specialties,
        "same validity"
    );
    assert_eq!(entry(&world, &person, 3).await.status_code(), StatusCode::Valid);

    let mut photo = jiangsu.application(&person, &employer, Correction);
    photo.correction = correcting(&[CorrectedFact::Photo], None);
    photo.pictures = 78;
    jiangsu.announce(&world, &photo).await;
    let told_of = versions(&world).await;
    assert_eq!(told_of[2].changed_facts, ["photo"]);
    let why = told_of[2].supersession.expect("told");
    assert_eq!(
        (why.nature(), why.changed_on),
        (CorrectionNature::RegisterError, None)
    );
    assert_eq!(
        world
            .count("SELECT count(DISTINCT serial) FROM issuing.certificate_version")
            .await,
        1
    );
}

#[tokio::test]
async fn a_new_seal_counts_one_up_and_changes_nothing_else() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer, _) = registered(&world, &mut jiangsu).await;
    for count in 1..=2_u8 {
        let seal = jiangsu.application(&person, &employer, SealReissue);
        jiangsu.announce(&world, &seal).await;
        let versions = versions(&world).await;
        let (before, after) = (&versions[usize::from(count) - 1], &versions[usize::from(count)]);
        assert_eq!(before.changed_facts, ["practice_seal"]);
        let why = before.supersession.expect("told");
        assert_eq!(why.reason(), SupersessionReason::SealReissued);
        let (before, after) = (facts(before), facts(after));
        assert_eq!(after.practice_seal.check_code, count);
        assert_eq!(
            (after.practice_seal.valid_to, after.valid_to, after.specialties),
            (before.practice_seal.valid_to, before.valid_to, before.specialties)
        );
        assert_eq!(after.operation.code(), "07");
    }
}
