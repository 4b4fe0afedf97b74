//! Archival renewal: a stored PDF gets another time stamp before the proof of its time ends, and stays what it was.

use api::issuance::v1::DocumentFormat;
use document_verification::{DocumentStanding, Outcome, Report, check};
use issuance::{RenewError, Renewed};
use jiff::SignedDuration;

use crate::stamping::{report, stamper, stamper_until};
use crate::world::{Holder, Proof, World};

/// What anybody finds about the stored PDF, which they find authentic.
async fn authentic(world: &World, holder: &Holder) -> Report {
    let found = report(world, holder, DocumentFormat::Pdf).await;
    assert_eq!(
        found.document,
        DocumentStanding::Authentic,
        "{:?}",
        found.findings
    );
    found
}

#[tokio::test]
async fn a_stored_pdf_gets_a_time_stamp_that_everybody_allows_and_the_register_knows() {
    let mut world = World::new().await;
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    let pdf = async |world: &World| {
        let door = world.holder(&holder, Proof::SteppedUp);
        let found = door.download(&holder.certificate(), DocumentFormat::Pdf).await;
        found.expect("it is theirs").2
    };
    let renew = async |world: &World, before| world.app().await.renew_archive("operators/test", before).await;
    let issued = pdf(&world).await;
    let soon = world.now() + SignedDuration::from_hours(24 * 30);
    let nobody = renew(&world, soon).await;
    assert!(matches!(nobody, Err(RenewError::NoAuthority)), "{nobody:?}");

    let short = stamper_until(&world, world.now() + SignedDuration::from_hours(24 * 60)).await;
    world.stampers = vec![short.url()];
    let renewed = renew(&world, soon).await;
    let one = Renewed {
        renewed: 1,
        ..Renewed::default()
    };
    assert_eq!(
        renewed.expect("it ran"),
        one,
        "the only PDF, whose time was only claimed"
    );
    let again = renew(&world, soon).await;
    assert_eq!(again.expect("it ran"), Renewed::default(), "its proof lasts");

    let kept = pdf(&world).await;
    assert!(
        kept.starts_with(&issued) && kept.len() > issued.len(),
        "the old bytes stay"
    );
    let found = authentic(&world, &holder).await;
    let appended = found
        .of(check::COVERAGE)
        .find(|one| one.reason == "long_term_data_appended");
    assert!(
        appended.is_some_and(|one| one.result == Outcome::Warning),
        "told, and allowed: {:?}",
        found.findings
    );
    assert_eq!(found.outcome_of(check::DOCUMENT_TIME_STAMP), Some(Outcome::Pass));
    let told = "SELECT count(*) FROM log.change WHERE kind = 'document'";
    assert_eq!(
        world.count(told).await,
        2 + 1,
        "the new digest is known beside the old one"
    );
    let recorded =
        "SELECT count(*) FROM shared.audit WHERE verb = 'renew_archive' AND actor = 'operators/test'";
    assert_eq!(world.count(recorded).await, 1);

    let later = world.now() + SignedDuration::from_hours(24 * 90);
    let ends_too_early = renew(&world, later).await;
    let failed = Renewed {
        failed: 1,
        ..Renewed::default()
    };
    assert_eq!(
        ends_too_early.expect("it ran"),
        failed,
        "its authority ends before"
    );
    let long = stamper(&world).await;
    world.stampers = vec![long.url()];
    let renewed = renew(&world, later).await;
    assert_eq!(renewed.expect("it ran"), one, "a second stamp over the first");
    let twice = pdf(&world).await;
    assert!(
        twice.starts_with(&kept) && twice.len() > kept.len(),
        "the first stamp stays"
    );
    let found = authentic(&world, &holder).await;
    let stamps = found.of(check::DOCUMENT_TIME_STAMP).map(|one| one.result);
    assert_eq!(stamps.collect::<Vec<_>>(), [Outcome::Pass; 2]);
    assert_eq!(world.count(told).await, 2 + 1 + 1);
    assert_eq!(world.count(recorded).await, 2);
    let again = renew(&world, later).await;
    assert_eq!(again.expect("it ran"), Renewed::default(), "its proof lasts");
}
