//! Signing, as `issuance` asks for it.

use api::seal::v1 as wire;
use gm::chain::Trust;
use gm::{Certificate, Finding, Outcome};
use seal_format::SignedSeal;
use seal_format::verify::Evidence;
use wire::signing_outcome::Outcome as Signing;

use crate::world::{PATH, World, intent, ofd, pdf, pdf_sm2, reason, signature};

#[tokio::test]
async fn both_documents_of_an_intent_are_signed_and_the_signatures_hold() {
    let world = World::new().await;
    assert_eq!(both_hold(&world).await, [true; 2], "the mark follows the key");
}

/// Has one OFD and one PDF signed and verifies them with the certificates that the ceremony made; whether each is marked
/// as a specimen.
pub(crate) async fn both_hold(world: &World) -> [bool; 2] {
    let (signature_xml, byte_range) = (b"<Signature/>".as_slice(), b"%PDF-1.7 ...".as_slice());
    let intent = intent();
    let outcomes = world
        .sign(vec![
            ofd(&intent, gm::sm3::digest(signature_xml)),
            pdf(&intent, gm::Algorithm::EcdsaP256Sha256.digest(byte_range)),
        ])
        .await;
    let seal = world.seal().await;
    let signed = SignedSeal::parse(&signature(&outcomes[0]).signature).expect("a signed seal");
    let evidence = Evidence {
        signature_xml,
        signature_path: PATH,
        seal_file: Some(&seal.seal),
        time_stamping: None,
    };
    let roots = world.anchors("seal-root.pem");
    let ofd = seal_format::verify::signature(&signed, &evidence, &trust(&roots));
    assert!(!failed(&ofd.findings), "{:?}", ofd.findings);
    let roots = world.anchors("pdf-root.pem");
    let at = signed.signing_time().expect("a GeneralizedTime");
    let pdf = &signature(&outcomes[1]).signature;
    let pdf = gm::cades::verify(pdf, &[byte_range], &trust(&roots), at);
    assert!(!failed(&pdf.findings), "{:?}", pdf.findings);
    [ofd.specimen(), pdf.chain.expect("a path").specimen]
}

#[tokio::test]
async fn the_signer_of_the_seal_signs_the_pdf_with_sm2_too_once_for_each_intent() {
    let world = World::new().await;
    let (intent, byte_range) = (intent(), b"%PDF-1.7 ...".as_slice());
    let request = pdf_sm2(&intent, gm::sm3::digest(byte_range));
    let outcomes = world
        .sign(vec![
            ofd(&intent, [1; 32]),
            pdf(&intent, [2; 32]),
            request.clone(),
        ])
        .await;
    let signed = signature(&outcomes[2]);
    assert!(gm::cades::is_gm(&signed.signature), "in the dress of GB/T 35275");
    let roots = world.anchors("seal-root.pem");
    let beside = SignedSeal::parse(&signature(&outcomes[0]).signature).expect("a signed seal");
    let at = beside.signing_time().expect("a GeneralizedTime");
    let report = gm::cades::verify(&signed.signature, &[byte_range], &trust(&roots), at);
    assert!(!failed(&report.findings), "{:?}", report.findings);
    let own = &world.seal().await.seal_chain[0];
    assert_eq!(report.signer.expect("inside").der(), &own[..]);

    let again = world.sign(vec![request]).await;
    assert!(signature(&again[0]).replayed, "one signature for each kind");
    assert_eq!(signature(&again[0]).signature, signed.signature);
    assert_eq!(
        reason(&world.sign(vec![pdf_sm2(&intent, [3; 32])]).await[0]),
        "INTENT_DIGEST_DIFFERS"
    );
}

fn trust(certificates: &[Certificate]) -> Trust<'_> {
    let (roots, intermediates) = certificates.split_at(1);
    Trust {
        roots,
        intermediates,
        revocation_lists: &[],
        ..Trust::default()
    }
}

pub(crate) fn failed(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.outcome == Outcome::Fail)
}

#[tokio::test]
async fn a_retry_returns_the_stored_signature_even_after_a_restart() {
    let mut world = World::new().await;
    let intent = intent();
    let first = world.sign(vec![ofd(&intent, [1; 32])]).await;
    world.restart("").await;
    let second = world.sign(vec![ofd(&intent, [1; 32])]).await;
    assert_eq!(signature(&first[0]).signature, signature(&second[0]).signature);
    assert!(!signature(&first[0]).replayed && signature(&second[0]).replayed);
}

#[tokio::test]
async fn with_a_log_nothing_is_signed_that_is_not_logged_and_what_was_signed_is_given_out_again() {
    use tlog::{DetachedProof, Leaf, LogSigner, MemoryTiles, inclusion};
    let mut world = World::new().await;
    let before = intent();
    let first = world.sign(vec![ofd(&before, [1; 32])]).await;
    let log = LogSigner::from_seed("log.example/jianzheng", &[3; 32]).expect("a name");
    let keys = world.realm.folder().join("log.vkey");
    std::fs::write(keys, format!("{}\n", log.verifier())).expect("written");
    world.restart("[log]\nkeys = \"log.vkey\"\n").await;
    let again = world.sign(vec![ofd(&before, [1; 32])]).await;
    assert_eq!(signature(&again[0]).signature, signature(&first[0]).signature);

    let entries: Vec<Leaf> = (0..5).map(|number| Leaf::Facts([number; 32])).collect();
    let mut tiles = MemoryTiles::default();
    let append = tiles.edge().append(entries.iter().map(Leaf::hash));
    assert!(tiles.apply(append));
    let proof = |index: u64, entry: &Leaf, by: &LogSigner| DetachedProof {
        extra: Some(entry.encode()),
        index,
        path: inclusion(&tiles, index, 5).expect("all tiles are there"),
        checkpoint: by.sign(5, tiles.edge().root()),
    };
    let stranger = LogSigner::from_seed("log.example/jianzheng", &[4; 32]).expect("a name");
    let with = |intent: &str, proof: &[u8]| wire::SigningRequest {
        inclusion_proof: proof.to_vec().into(),
        ..ofd(intent, [2; 32])
    };
    let fresh = intent();
    let mut bare = proof(3, &entries[3], &log);
    bare.extra = None;
    for untrue in [
        String::new(),
        "c2sp.org/tlog-proof@v1\n".to_owned(),
        bare.to_string(),
        proof(3, &entries[2], &log).to_string(),
        proof(3, &entries[3], &stranger).to_string(),
    ] {
        let refused = world.sign(vec![with(&fresh, untrue.as_bytes())]).await;
        assert_eq!(reason(&refused[0]), "LEAF_NOT_LOGGED", "{untrue}");
    }
    let holds = proof(3, &entries[3], &log).to_string();
    let signed = world
        .sign(vec![with(&fresh, holds.as_bytes()), pdf(&fresh, [2; 32])])
        .await;
    assert!(!signature(&signed[0]).replayed);
    assert_eq!(
        reason(&signed[1]),
        "LEAF_NOT_LOGGED",
        "each request proves its own"
    );
    let mut owner = world.database.owner_connection().await;
    let leaves: Vec<Option<i64>> = sqlx::query_scalar("SELECT leaf FROM seal.act ORDER BY requested_at")
        .fetch_all(&mut owner)
        .await
        .expect("readable");
    assert_eq!(leaves, [None, Some(3)], "the journal keeps which");
}

#[tokio::test]
async fn another_digest_for_the_same_intent_is_refused_and_recorded() {
    let world = World::new().await;
    let intent = intent();
    signature(&world.sign(vec![ofd(&intent, [1; 32])]).await[0]);
    assert_eq!(
        reason(&world.sign(vec![ofd(&intent, [2; 32])]).await[0]),
        "INTENT_DIGEST_DIFFERS"
    );
    let refused = refusals(&world).await;
    assert_eq!(
        refused,
        [("sign_documents".to_owned(), "INTENT_DIGEST_DIFFERS".to_owned())]
    );
}

pub(crate) async fn refusals(world: &World) -> Vec<(String, String)> {
    let mut owner = world.database.owner_connection().await;
    let rows = sqlx::query_as("SELECT verb, reason FROM shared.audit WHERE outcome = 'refused' ORDER BY id");
    rows.fetch_all(&mut owner).await.expect("the audit can be read")
}

#[tokio::test]
async fn a_document_without_the_specimen_mark_is_not_signed_by_a_development_key() {
    let world = World::new().await;
    let unmarked = wire::SigningRequest {
        specimen: false,
        ..ofd(&intent(), [1; 32])
    };
    assert_eq!(reason(&world.sign(vec![unmarked]).await[0]), "SPECIMEN_MISMATCH");
}

#[tokio::test]
async fn the_ceiling_of_a_profile_is_kept_and_says_so() {
    let mut world = World::new().await;
    world.restart("[ceilings]\noriginal = 2\n").await;
    let outcomes = world
        .sign((0..4).map(|_| ofd(&intent(), [1; 32])).collect())
        .await;
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Signing::Refused(_)))
        .count();
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn nobody_but_issuance_is_let_in() {
    let world = World::new().await;
    let request = wire::SignDocumentsRequest {
        requests: vec![ofd(&intent(), [1; 32])],
    };
    let status = world
        .client("nation/verification")
        .sign_documents(request)
        .await
        .expect_err("refused");
    let info = tonic_types::StatusExt::get_details_error_info(&status).expect("a reason");
    assert_eq!(info.reason, "CALLER_NOT_ALLOWED");
    // Nor does anybody else read what was signed.
    let whole = || wire::ReadJournalRequest {
        after_intent_id: uuid::Uuid::nil().to_string(),
        through_intent_id: uuid::Uuid::max().to_string(),
    };
    for stranger in ["nation/verification", "nation/identity"] {
        let refused = world.client(stranger).read_journal(whole()).await;
        let status = refused.expect_err("refused");
        let info = tonic_types::StatusExt::get_details_error_info(&status).expect("a reason");
        assert_eq!(info.reason, "CALLER_NOT_ALLOWED", "{stranger}");
    }
    let own = world.client("nation/issuance").read_journal(whole()).await;
    assert!(own.is_ok(), "issuance compares it");
}

#[tokio::test]
async fn a_tbs_for_another_place_in_the_package_is_not_made() {
    let world = World::new().await;
    let mut request = ofd(&intent(), [1; 32]);
    if let Some(wire::signing_request::Document::Ofd(ofd)) = &mut request.document {
        "/elsewhere.xml".clone_into(&mut ofd.property_info);
    }
    let request = wire::SignDocumentsRequest {
        requests: vec![request],
    };
    let status = world
        .client("nation/issuance")
        .sign_documents(request)
        .await
        .expect_err("refused");
    let info = tonic_types::StatusExt::get_details_error_info(&status).expect("a reason");
    assert_eq!(info.reason, "SIGNING_REQUEST_MALFORMED");
}

#[tokio::test]
async fn two_calls_at_once_for_one_intent_get_one_signature() {
    let world = World::new().await;
    let intent = intent();
    let (first, second) = tokio::join!(
        world.sign(vec![ofd(&intent, [1; 32])]),
        world.sign(vec![ofd(&intent, [1; 32])])
    );
    assert_eq!(signature(&first[0]).signature, signature(&second[0]).signature);
}
