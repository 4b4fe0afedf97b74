//! Every crash point of steps 3 to 7: what a crash leaves is taken up again, with the same bytes, one signature for each
//! document and one row for each.

use api::issuance::v1::DocumentFormat;
use issuance::Step;

use crate::world::{Proof, World};

/// What shows that the job has come as far as the step: nothing is left of steps 3 and 4.
fn trace(step: Step) -> &'static str {
    match step {
        Step::Prepare | Step::Lint => "SELECT FROM issuing.document_set",
        Step::Intent | Step::Seal | Step::Stamp | Step::Store => "SELECT FROM issuing.intent",
        Step::Issue => "SELECT FROM issuing.document",
    }
}

async fn a_crash_after(step: Step) {
    let mut world = World::stopping_after(Some(step)).await;
    let holder = world.registered("张伟民").await;
    world.until(trace(step)).await;
    let before = world.digests(&holder).await;
    world.restart(None).await;
    world.issued(&holder).await;

    let after = world.digests(&holder).await;
    assert!(before.is_empty() || before == after, "the intent stands");
    assert_eq!(world.count("SELECT count(*) FROM issuing.document_set").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM issuing.document").await, 2);
    assert_eq!(
        world
            .count("SELECT count(*) FROM log.change WHERE kind = 'document'")
            .await,
        2
    );
    assert_eq!(world.count("SELECT count(*) FROM exchange.downstream").await, 1);
    assert_eq!(world.seal_count("SELECT count(*) FROM seal.signature").await, 2);
    let door = world.holder(&holder, Proof::SteppedUp);
    for format in [DocumentFormat::Ofd, DocumentFormat::Pdf] {
        door.download(&holder.certificate(), format)
            .await
            .expect("it can be had");
    }
}

#[tokio::test]
async fn a_crash_once_the_set_is_prepared_changes_nothing() {
    a_crash_after(Step::Prepare).await;
}

#[tokio::test]
async fn a_crash_after_the_lint_changes_nothing() {
    a_crash_after(Step::Lint).await;
}

#[tokio::test]
async fn a_crash_after_the_intent_leads_to_the_same_documents() {
    a_crash_after(Step::Intent).await;
}

#[tokio::test]
async fn a_crash_after_sealing_leads_to_the_same_signatures() {
    a_crash_after(Step::Seal).await;
}

#[tokio::test]
async fn a_crash_after_storing_bytes_leaves_one_row_for_each_document() {
    a_crash_after(Step::Store).await;
}

#[tokio::test]
async fn a_crash_after_the_marks_issues_nothing_twice() {
    a_crash_after(Step::Issue).await;
}
