//! The original of a version.

use api::issuance::v1::{self as wire, DocumentFormat};
use sha2::{Digest as _, Sha256};

use crate::door::reason;
use crate::world::{Proof, World};

#[tokio::test]
async fn an_applied_announcement_becomes_two_sealed_documents() {
    let world = World::new().await;
    let holder = world.registered("张伟民").await;
    let certificate = world.issued(&holder).await;
    assert_eq!(certificate.licence_identifier, holder.identifier);
    assert!(certificate.specimen && certificate.issued_at.is_some());
    assert_eq!(certificate.specialties.len(), 2);

    let door = world.holder(&holder, Proof::SteppedUp);
    for (format, ending) in [(DocumentFormat::Ofd, "ofd"), (DocumentFormat::Pdf, "pdf")] {
        let (file_name, sha256, bytes) = door
            .download(&holder.certificate(), format)
            .await
            .expect("it is theirs");
        assert_eq!(file_name, format!("{}.{ending}", holder.identifier));
        assert_eq!(hex::encode(Sha256::digest(&bytes)), sha256);
    }
    assert_eq!(world.count("SELECT count(*) FROM issuing.document").await, 2);
    assert_eq!(
        world
            .count("SELECT count(*) FROM log.change WHERE kind = 'document'")
            .await,
        2
    );
    let told =
        "SELECT count(*) FROM exchange.downstream WHERE kind = 'certificate_issued' AND province = '32'";
    assert_eq!(world.count(told).await, 1);
    assert_eq!(world.seal_count("SELECT count(*) FROM seal.signature").await, 2);
}

#[tokio::test]
async fn what_is_stored_shows_nothing_personal() {
    let world = World::new().await;
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    let mut files = Vec::new();
    for folder in
        std::fs::read_dir(world.realm.folder().join("objects/documents")).expect("documents are stored")
    {
        for file in std::fs::read_dir(folder.expect("a folder").path()).expect("a folder") {
            files.push(std::fs::read(file.expect("a file").path()).expect("it can be read"));
        }
    }
    assert_eq!(files.len(), 2);
    for file in files {
        assert!(
            !file.starts_with(b"PK") && !file.starts_with(b"%PDF"),
            "only sealed bytes are stored"
        );
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_drawn_stops_its_own_job_only() {
    let world = World::new().await;
    let [unlucky, _] = world.one_stopped_one_issued().await;
    assert_eq!(
        world.digests(&unlucky).await.len(),
        0,
        "nothing was intended, so nothing was signed"
    );
    assert_eq!(world.seal_count("SELECT count(*) FROM seal.act").await, 2);
}

#[tokio::test]
async fn another_picture_than_the_facts_name_is_never_put_on_a_document() {
    let world = World::stopping_after(Some(issuance::Step::Prepare)).await;
    let mut world = world;
    let holder = world.registered("张伟民").await;
    world.until("SELECT FROM issuing.document_set").await;
    world.exchange_photo(&holder);
    world.restart(None).await;
    world
        .until("SELECT FROM issuing.job WHERE state = 'stopped' AND reason = 'PICTURE_DIFFERS'")
        .await;
    assert_eq!(world.seal_count("SELECT count(*) FROM seal.act").await, 0);
}

#[tokio::test]
async fn while_the_keeper_of_the_seals_is_away_documents_wait_and_nothing_is_lost() {
    let mut world = World::new().await;
    let first = world.registered("张伟民").await;
    world.issued(&first).await;
    world.stop_seal().await;
    let second = world.registered("李秀英").await;
    world
        .until("SELECT FROM issuing.job WHERE state = 'intended' AND attempts > 1")
        .await;
    world.start_seal().await;
    let certificate = world.issued(&second).await;
    assert_eq!(certificate.state(), wire::certificate::State::Issued);
}

#[tokio::test]
async fn nobody_but_the_holder_sees_a_certificate_or_has_its_files() {
    let world = World::new().await;
    let (holder, other) = (world.registered("张伟民").await, world.registered("李秀英").await);
    world.issued(&holder).await;
    world.issued(&other).await;
    let door = world.holder(&other, Proof::SteppedUp);
    let request = wire::GetCertificateRequest {
        name: holder.certificate(),
        ..Default::default()
    };
    let refused = door
        .client()
        .get_certificate(door.request(request))
        .await
        .expect_err("not theirs");
    assert_eq!(reason(&refused), "NOT_FOUND");
    let refused = door
        .download(&holder.certificate(), DocumentFormat::Ofd)
        .await
        .expect_err("not theirs");
    assert_eq!(reason(&refused), "NOT_FOUND");
    assert_eq!(
        world.refusals().await,
        [("download_document".to_owned(), "NOT_FOUND".to_owned())]
    );
    let list = door
        .client()
        .list_my_certificates(door.request(Default::default()))
        .await
        .expect("their own");
    let own: Vec<String> = list
        .into_inner()
        .certificates
        .into_iter()
        .map(|one| one.licence_identifier)
        .collect();
    assert_eq!(own, [other.identifier]);
}

#[tokio::test]
async fn a_download_needs_a_fresh_second_factor() {
    let world = World::new().await;
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    let door = world.holder(&holder, Proof::SecondFactor);
    let refused = door
        .download(&holder.certificate(), DocumentFormat::Pdf)
        .await
        .expect_err("no step-up");
    assert_eq!(reason(&refused), "STEP_UP_REQUIRED");
}
