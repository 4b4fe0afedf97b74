//! The time of signing is proved by a time-stamping authority, in the OFD's seal and in the PDF (PAdES B-T), or the set
//! waits.

use api::issuance::v1::DocumentFormat;
use document_verification::trust::{BundleFiles, TrustBundle, file};
use document_verification::{Outcome, Policy, Report, RevocationRule, TimeEvidence, check, verify};
use gm::{Certificate, PrivateKey};
use issuance::Step;
use jiff::Timestamp;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use testkit::time_stamping::{Manner, TestTimeStamper, authority_until};

use crate::world::{Holder, Proof, World};

/// An authority below the PDF root of the world, by the world's clock.
pub(crate) async fn stamper(world: &World) -> TestTimeStamper {
    let (issuer, key) = certifier(world);
    let until = issuer.not_after();
    stamper_of(world, (&issuer, &key), until).await
}

/// As [`stamper`], whose certificate ends at `until`.
pub(crate) async fn stamper_until(world: &World, until: Timestamp) -> TestTimeStamper {
    let (issuer, key) = certifier(world);
    stamper_of(world, (&issuer, &key), until).await
}

async fn stamper_of(
    world: &World,
    (issuer, key): (&Certificate, &PrivateKey),
    until: Timestamp,
) -> TestTimeStamper {
    let authority = authority_until(issuer, key, until, &mut UnwrapErr(OsRandom));
    TestTimeStamper::start(authority, world.present()).await
}

/// Who certifies authorities: certificate and key that the ceremony left.
fn certifier(world: &World) -> (Certificate, PrivateKey) {
    let read = |name: &str| {
        std::fs::read_to_string(world.realm.folder().join("offline").join(name))
            .expect("the ceremony left it")
    };
    let issuer = Certificate::from_pem(&read("pdf-ca.pem")).expect("a certificate");
    let key = PrivateKey::from_pkcs8_pem(&read("pdf-ca-key.pem")).expect("a key");
    (issuer, key)
}

/// What anybody finds about a file of the holder.
pub(crate) async fn report(world: &World, holder: &Holder, format: DocumentFormat) -> Report {
    let door = world.holder(holder, Proof::SteppedUp);
    let downloaded = door.download(&holder.certificate(), format).await;
    let (.., bytes) = downloaded.expect("it is theirs");
    let read = |name: &str| std::fs::read(world.realm.folder().join("trust").join(name)).expect("a bundle");
    let bundle = TrustBundle::open(&BundleFiles {
        statement: &read(file::STATEMENT),
        signature: &read(file::SIGNATURE),
        key: &read(file::KEY),
        seal_root: &read(file::SEAL_ROOT),
        pdf_root: &read(file::PDF_ROOT),
        timestamp_anchors: None,
        revocation_lists: None,
    });
    let policy = Policy {
        revocation: RevocationRule::Optional,
        ..Policy::default()
    };
    verify(&bytes, &bundle.expect("a bundle"), world.now(), &policy)
}

#[tokio::test]
async fn an_authority_proves_the_time_and_the_document_brings_its_chain_along() {
    let mut world = World::new().await;
    let (away, stamper) = (stamper(&world).await, stamper(&world).await);
    away.behave(Manner::OtherNonce);
    world.stampers = vec![away.url(), stamper.url()];
    world.restart(None).await;
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    for format in [DocumentFormat::Ofd, DocumentFormat::Pdf] {
        let report = report(&world, &holder, format).await;
        assert_eq!(
            report.time_evidence,
            TimeEvidence::TimeStamp,
            "{:?}",
            report.findings
        );
        assert!(report.is_fit_to_issue(), "{:?}", report.findings);
        let brought = (format == DocumentFormat::Pdf).then_some(Outcome::Pass);
        assert_eq!(report.outcome_of(check::VALIDATION_DATA), brought);
    }
    assert_eq!(
        (away.questions(), stamper.questions()),
        (1, 2),
        "one for each document, of the authority that answered last"
    );
}

#[tokio::test]
async fn without_authorities_the_time_is_only_claimed() {
    let world = World::new().await;
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    let report = report(&world, &holder, DocumentFormat::Pdf).await;
    assert_eq!(report.time_evidence, TimeEvidence::Claimed);
    assert!(
        report
            .of(check::TIME_EVIDENCE)
            .any(|one| one.reason == "claimed_only")
    );
}

#[tokio::test]
async fn sets_wait_while_no_authority_answers_and_keep_their_signature() {
    let mut world = World::new().await;
    let stamper = stamper(&world).await;
    stamper.behave(Manner::Overloaded);
    world.stampers = vec![stamper.url()];
    world.restart(None).await;
    let holder = world.registered("张伟民").await;
    world.until("SELECT FROM issuing.job WHERE attempts > 1").await;
    assert_eq!(world.count("SELECT count(*) FROM issuing.document").await, 0);
    let signed = "SELECT count(*) FROM seal.signature";
    assert_eq!(world.seal_count(signed).await, 2);
    stamper.behave(Manner::Honest);
    world.issued(&holder).await;
    assert_eq!(
        world.seal_count(signed).await,
        2,
        "the journalled signature is stamped"
    );
    assert_eq!(
        report(&world, &holder, DocumentFormat::Pdf).await.time_evidence,
        TimeEvidence::TimeStamp
    );
}

#[tokio::test]
async fn a_crash_after_the_stamp_leads_to_the_same_signature_with_another_stamp() {
    let mut world = World::new().await;
    let stamper = stamper(&world).await;
    world.stampers = vec![stamper.url()];
    world.restart(Some(Step::Stamp)).await;
    let holder = world.registered("张伟民").await;
    world.until("SELECT FROM issuing.intent").await;
    let before = world.digests(&holder).await;
    world.restart(None).await;
    world.issued(&holder).await;
    assert_eq!(world.digests(&holder).await, before);
    assert_eq!(world.seal_count("SELECT count(*) FROM seal.signature").await, 2);
    assert_eq!(
        report(&world, &holder, DocumentFormat::Pdf).await.time_evidence,
        TimeEvidence::TimeStamp
    );
}
