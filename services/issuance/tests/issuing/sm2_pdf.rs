//! The PDF signed with SM2 as a file of its own (GB/T 35275): a third document of the set, where the nation makes it.

use api::issuance::v1::DocumentFormat;
use document_verification::{DocumentStanding, TimeEvidence};
use issuance::Step;

use crate::stamping::{report, stamper};
use crate::world::{Proof, World};

#[tokio::test]
async fn a_set_has_a_third_file_that_anybody_verifies_and_a_crash_adds_none() {
    let mut world = World::new().await;
    let before = world.registered("张伟民").await;
    world.issued(&before).await;
    let missing = world
        .holder(&before, Proof::SteppedUp)
        .download(&before.certificate(), DocumentFormat::PdfSm2)
        .await;
    assert_eq!(missing.expect_err("made without").code(), tonic::Code::NotFound);

    let stamper = stamper(&world).await;
    world.stampers = vec![stamper.url()];
    world.sm2_pdf = true;
    world.restart(Some(Step::Stamp)).await;
    let holder = world.registered("李建国").await;
    world
        .until("SELECT FROM issuing.intent WHERE pdf_sm3 IS NOT NULL")
        .await;
    // What a set is made of was settled when it was prepared.
    world.sm2_pdf = false;
    world.restart(None).await;
    world.issued(&holder).await;

    for format in [DocumentFormat::Ofd, DocumentFormat::Pdf, DocumentFormat::PdfSm2] {
        let report = report(&world, &holder, format).await;
        assert_eq!(
            (report.document, report.time_evidence),
            (DocumentStanding::Authentic, TimeEvidence::TimeStamp),
            "{format:?}: {:?}",
            report.findings
        );
    }
    let (name, ..) = world
        .holder(&holder, Proof::SteppedUp)
        .download(&holder.certificate(), DocumentFormat::PdfSm2)
        .await
        .expect("it is there");
    assert_eq!(name, format!("{}.sm2.pdf", holder.identifier));
    let signed = "SELECT count(*) FROM seal.signature";
    assert_eq!(world.seal_count(signed).await, 2 + 3, "one for each kind");
    let told = "SELECT count(*) FROM log.change WHERE kind = 'document'";
    assert_eq!(world.count(told).await, 2 + 3, "the register knows every file");

    world.sm2_pdf = true;
    world.restart(None).await;
    world.issued(&holder).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let created = door.copy(&holder, "太湖引水工程", "无锡市公共资源交易中心").await;
    let copy = created.expect("a copy").copy.expect("it is answered");
    assert_eq!(
        copy.formats().next_back(),
        Some(DocumentFormat::PdfSm2),
        "its holder is told of it"
    );
    let (.., pdf) = door
        .download(&copy.name, DocumentFormat::PdfSm2)
        .await
        .expect("it is there");
    assert!(pdf.starts_with(b"%PDF"));
}
