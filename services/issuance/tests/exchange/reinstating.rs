//! A reconsideration or a judgment undid a cancellation: the registration stands again in a new version, unless somebody
//! else has spoken meanwhile.

use api::exchange::v1 as wire;
use api::types::v1::ApplicationType::{Cancellation, Initial, Reregistration};
use api::types::v1::StatusCode;
use wire::provincial_event::Event;
use wire::pull_changes_response::Event as News;

use crate::business_types::{facts, versions};
use crate::moves::{acts, news};
use crate::national_acts::{Ministry, revoking_for_fraud};
use crate::province::{Application, Province};
use crate::world::{Person, World, told};

const JUDGMENT: &str = "（2026）苏01行终12号";

fn reinstated(world: &World, cancellation: &Application) -> Event {
    Event::RegistrationReinstated(wire::RegistrationReinstated {
        application: cancellation.name.clone(),
        person: cancellation.person.clone(),
        document_number: JUDGMENT.to_owned(),
        reinstated_at: Some(api::convert::instant(world.now())),
        announced_by: "provinces/32".to_owned(),
        decided_by: "provinces/32".to_owned(),
    })
}

/// Registered, and cancelled as a whole.
pub(crate) async fn cancelled(world: &World, jiangsu: &mut Province) -> (Person, Application) {
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(world, &initial).await;
    let cancellation = jiangsu.application(&person, &employer, Cancellation);
    jiangsu.announce(world, &cancellation).await;
    (person, cancellation)
}

/// Pushes what the province restored; the stream goes on, whatever becomes of it.
pub(crate) async fn restore(
    world: &World,
    jiangsu: &mut Province,
    cancellation: &Application,
) -> wire::Envelope {
    let event = reinstated(world, cancellation);
    let envelope = jiangsu.seal(world, event);
    taken(jiangsu, envelope.clone()).await;
    envelope
}

/// Pushes an envelope; the nation has the whole chain afterwards.
pub(crate) async fn taken(jiangsu: &Province, envelope: wire::Envelope) {
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(
        (receipt.stopped_reason.as_str(), receipt.applied_through),
        ("", jiangsu.place().0.cast_unsigned())
    );
}

#[tokio::test]
async fn what_was_wrongly_cancelled_stands_again_in_a_new_version_with_the_terms_it_had_once() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, cancellation) = cancelled(&world, &mut jiangsu).await;
    let before = world.entry(None, &person, told("32", 2)).await.expect("shown");
    assert_eq!(before.status_code(), StatusCode::Cancelled);
    let envelope = restore(&world, &mut jiangsu, &cancellation).await;

    let after = world
        .entry(None, &person, told("32", 3))
        .await
        .expect("registered");
    assert_eq!(
        (
            after.status_code(),
            &after.registration_number,
            &after.specialties
        ),
        (
            StatusCode::Valid,
            &before.registration_number,
            &before.specialties
        )
    );
    assert_eq!(
        acts(&world).await,
        ["REGISTER", "CANCEL", "REINSTATE"],
        "all stay"
    );
    let told_of = versions(&world).await;
    let [first, second] = told_of.as_slice() else {
        panic!("two versions: {}", told_of.len())
    };
    assert_eq!((first.version, second.version), (1, 2));
    assert!(
        first.superseded_at.is_some() && second.superseded_at.is_none(),
        "what the cancellation ended stays ended"
    );
    assert_eq!(
        format!("certificates/{}", second.licence_identifier),
        after.current_certificate
    );
    let (old, new) = (facts(first), facts(second));
    assert_eq!(
        (&new.number, &new.specialties, new.valid_to),
        (&old.number, &old.specialties, old.valid_to)
    );

    // The same envelope again, as after a lost receipt; then the same wish in another.
    taken(&jiangsu, envelope).await;
    assert_eq!(acts(&world).await.len(), 3, "applied once");
    assert_eq!(world.refusals("reinstate").await, [""; 0]);
    restore(&world, &mut jiangsu, &cancellation).await;
    assert_eq!(world.refusals("reinstate").await, ["NOTHING_TO_UNDO"]);
    let current = "SELECT count(*) FROM issuing.certificate_version WHERE current AND superseded_at IS NULL";
    assert_eq!(world.count(current).await, 1);
    let in_force = "SELECT count(*) FROM register.active_registration";
    assert_eq!(world.count(in_force).await, 1);
}

#[tokio::test]
async fn what_the_nation_revoked_meanwhile_stays_revoked_and_the_stream_goes_on() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, cancellation) = cancelled(&world, &mut jiangsu).await;
    let ministry = Ministry::new(&world).await;
    let proposed = ministry
        .revoke(&ministry.one, revoking_for_fraud(&person))
        .await
        .expect("a revocation may follow a cancellation");
    ministry.confirmed(&proposed.name).await;
    restore(&world, &mut jiangsu, &cancellation).await;
    assert_eq!(world.refusals("reinstate").await, ["REGISTRATION_ENDED"]);
    let entry = world.entry(None, &person, told("32", 3)).await.expect("shown");
    assert_eq!(
        (entry.status_code(), entry.current_certificate.as_str()),
        (StatusCode::Revoked, "")
    );
    assert_eq!(acts(&world).await, ["REGISTER", "CANCEL", "END"]);
    let other = jiangsu.application(&world.person(), &world.employer("32"), Initial);
    jiangsu.announce(&world, &other).await;
}

#[tokio::test]
async fn whoever_is_registered_in_another_province_by_now_stays_there_and_the_province_is_told() {
    let (world, mut jiangsu, mut shanghai) = World::new().await;
    let (person, cancellation) = cancelled(&world, &mut jiangsu).await;
    let anew = shanghai.application(&person, &world.employer("31"), Reregistration);
    shanghai.announce(&world, &anew).await;
    restore(&world, &mut jiangsu, &cancellation).await;
    assert_eq!(world.refusals("reinstate").await, ["NOT_REGISTERED_HERE"]);
    let entry = world
        .entry(None, &person, told("32", 3))
        .await
        .expect("registered");
    assert_eq!(entry.status_code(), StatusCode::Valid);
    assert!(entry.registration_number.starts_with('沪'), "{entry:?}");
    assert_eq!(acts(&world).await, ["REGISTER", "CANCEL", "REGISTER"]);
    let heard = news(&jiangsu, 1).await;
    assert!(
        matches!(&heard[..], [News::MovedAway(moved)] if moved.person == person.name()),
        "{heard:?}"
    );
}
