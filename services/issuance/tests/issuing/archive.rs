//! Archival renewal: a stored PDF gets another time stamp before the proof of its time ends, and stays what it was.

use api::issuance::v1::DocumentFormat;
use document_verification::{DocumentStanding, Outcome, check};
use issuance::{RenewError, Renewed};
use jiff::SignedDuration;

use crate::stamping::{report, stamper};
use crate::world::{Proof, World};

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
    let issued = pdf(&world).await;
    let soon = world.now() + SignedDuration::from_hours(24 * 30);
    let nobody = world.app().await.renew_archive("operators/test", soon).await;
    assert!(matches!(nobody, Err(RenewError::NoAuthority)), "{nobody:?}");

    let stamper = stamper(&world).await;
    world.stampers = vec![stamper.url()];
    let renewed = world.app().await.renew_archive("operators/test", soon).await;
    let one = Renewed {
        renewed: 1,
        ..Renewed::default()
    };
    assert_eq!(
        renewed.expect("it ran"),
        one,
        "the only PDF, whose time was only claimed"
    );
    let again = world.app().await.renew_archive("operators/test", soon).await;
    assert_eq!(again.expect("it ran"), Renewed::default(), "its proof lasts");

    let kept = pdf(&world).await;
    assert!(
        kept.starts_with(&issued) && kept.len() > issued.len(),
        "the old bytes stay"
    );
    let found = report(&world, &holder, DocumentFormat::Pdf).await;
    assert_eq!(
        found.document,
        DocumentStanding::Authentic,
        "{:?}",
        found.findings
    );
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
}
