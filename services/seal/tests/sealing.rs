//! What `issuance` is promised by the keeper of the seals. Real keys, real PostgreSQL, real mTLS.

use std::net::SocketAddr;

use api::audit::v1 as audit;
use api::audit::v1::audit_service_client::AuditServiceClient;
use api::seal::v1 as wire;
use gm::chain::Trust;
use gm::{Certificate, Finding, Outcome};
use jiff::Timestamp;
use personal_data::OsRandom;
use postgres::audit as shared;
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan};
use seal::{App, Config};
use seal_format::SignedSeal;
use seal_format::verify::Evidence;
use service_runtime::Lifecycle;
use service_runtime::tls::{Gate, PeerChannel};
use testkit::realm::Realm;
use wire::seal_service_client::SealServiceClient;
use wire::signing_outcome::Outcome as Signing;

const PATH: &str = "/Doc_0/Signs/Sign_0/Signature.xml";

struct World {
    realm: Realm,
    database: TestDatabase,
    address: SocketAddr,
    life: Lifecycle,
}

impl World {
    async fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test starts at the machine's present")]
        let now = Timestamp::now();
        let realm = Realm::new(now);
        let places = Places {
            keystore: realm.folder().join("keystore"),
            offline: realm.folder().join("offline"),
            trust: realm.folder().join("trust"),
        };
        let plan = Plan {
            seal: "specimen".to_owned(),
            es_id: "JZ-SPECIMEN-0001".to_owned(),
            title: "样本机关行政许可专用章".to_owned(),
            authority: "样本机关".to_owned(),
            picture: b"\x89PNG of a stamp".to_vec(),
            diameter_mm: 45,
            from: now - jiff::SignedDuration::from_hours(1),
        };
        seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom)).expect("the ceremony succeeds");
        let database = postgres::test_support::database("seal", &seal::MIGRATIONS).await;
        let mut world = Self {
            realm,
            database,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            life: Lifecycle::new(),
        };
        world.restart("").await;
        world
    }

    /// Starts the service (again); what it knows is in keystore and database only.
    async fn restart(&mut self, more: &str) {
        let settings = self.database.app();
        let database = format!(
            "[database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n",
            settings.socket.expect("tests use a socket"),
            settings.port,
            settings.database,
            settings.role,
            settings.password_file.expect("roles have passwords"),
        );
        let text = format!(
            "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\n[keystore]\nfolder = \"keystore\"\n\
             {database}{}{more}",
            self.realm.tls_section("nation/seal")
        );
        let config = service_runtime::config::parse(&text, self.realm.folder(), Config::read);
        let config = config.unwrap_or_else(|faults| panic!("{faults}"));
        self.life = Lifecycle::new();
        let app = App::build(config).await.expect("keystore and database are there");
        let running = app.serve(&self.life).await.expect("it listens");
        self.address = running.address(Gate::Services).expect("the gate is open");
    }

    fn client(&self, caller: &str) -> SealServiceClient<PeerChannel> {
        SealServiceClient::new(self.realm.channel(caller, "nation/seal", self.address))
    }

    fn audits(&self, caller: &str) -> AuditServiceClient<PeerChannel> {
        AuditServiceClient::new(self.realm.channel(caller, "nation/seal", self.address))
    }

    /// Chains what is committed; the service's own job does it too, and they take turns.
    async fn link_audit(&self) {
        let database = self.database.database().await;
        let link = async |tx: &mut postgres::Tx| shared::link(tx, 10_000).await;
        database.run_tx("link audit", link).await.expect("linked");
    }

    async fn verify_audit(&self) -> audit::VerifiedAudit {
        self.link_audit().await;
        let request = audit::VerifyAuditRequest::default();
        let answer = self.audits("nation/issuance").verify_audit(request).await;
        let mut told = answer.expect("issuance may").into_inner();
        let mut last = None;
        while let Some(answer) = told.message().await.expect("no fault") {
            last = answer.done;
        }
        last.expect("the last message says what was found")
    }

    async fn sign(&self, requests: Vec<wire::SigningRequest>) -> Vec<Signing> {
        let answer = self
            .client("nation/issuance")
            .sign_documents(wire::SignDocumentsRequest { requests })
            .await;
        let outcomes = answer.expect("the call is answered").into_inner().outcomes;
        outcomes
            .into_iter()
            .map(|outcome| outcome.outcome.expect("every outcome says something"))
            .collect()
    }

    async fn seal(&self) -> wire::Seal {
        let request = wire::GetSealRequest {
            name: "seals/specimen".into(),
        };
        let answer = self.client("nation/issuance").get_seal(request).await;
        answer
            .expect("the seal is there")
            .into_inner()
            .seal
            .expect("with its content")
    }
}

fn intent() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn ofd(intent: &str, hash: [u8; 32]) -> wire::SigningRequest {
    let document = wire::OfdSealing {
        data_hash: hash.to_vec().into(),
        property_info: PATH.to_owned(),
    };
    wire::SigningRequest {
        intent_id: intent.to_owned(),
        profile: wire::DocumentProfile::Original.into(),
        seal: "seals/specimen".to_owned(),
        specimen: true,
        document: Some(wire::signing_request::Document::Ofd(document)),
        inclusion_proof: Default::default(),
    }
}

fn pdf(intent: &str, hash: [u8; 32]) -> wire::SigningRequest {
    let document = wire::PdfSigning {
        byte_range_sha256: hash.to_vec().into(),
    };
    wire::SigningRequest {
        document: Some(wire::signing_request::Document::Pdf(document)),
        ..ofd(intent, hash)
    }
}

fn signature(outcome: &Signing) -> &wire::SignedDocument {
    match outcome {
        Signing::Signed(signed) => signed,
        Signing::Refused(refusal) => panic!("refused: {}", refusal.reason),
    }
}

fn reason(outcome: &Signing) -> &str {
    match outcome {
        Signing::Signed(_) => panic!("it was signed"),
        Signing::Refused(refusal) => &refusal.reason,
    }
}

#[tokio::test]
async fn both_documents_of_an_intent_are_signed_and_the_signatures_hold() {
    let world = World::new().await;
    let (signature_xml, byte_range) = (b"<Signature/>".as_slice(), b"%PDF-1.7 ...".as_slice());
    let (ofd_hash, pdf_hash) = (
        gm::sm3::digest(signature_xml),
        gm::Algorithm::EcdsaP256Sha256.digest(byte_range),
    );
    let intent = intent();
    let outcomes = world
        .sign(vec![ofd(&intent, ofd_hash), pdf(&intent, pdf_hash)])
        .await;

    let anchors = |name: &str| {
        let pem = std::fs::read_to_string(world.realm.folder().join("trust").join(name)).expect("written");
        Certificate::all_from_pem(&pem).expect("certificates")
    };
    let seal = world.seal().await;
    let signed = SignedSeal::parse(&signature(&outcomes[0]).signature).expect("a signed seal");
    let roots = anchors("seal-root.pem");
    let trust = Trust {
        roots: &roots[..1],
        intermediates: &roots[1..],
        revocation_lists: &[],
    };
    let evidence = Evidence {
        signature_xml,
        signature_path: PATH,
        seal_file: Some(&seal.seal),
    };
    let report = seal_format::verify::signature(&signed, &evidence, &trust);
    assert!(report.specimen(), "the mark follows the key");
    assert!(!failed(&report.findings), "{:?}", report.findings);

    let roots = anchors("pdf-root.pem");
    let trust = Trust {
        roots: &roots[..1],
        intermediates: &roots[1..],
        revocation_lists: &[],
    };
    let at = signed.signing_time().expect("a GeneralizedTime");
    let report = gm::cades::verify(&signature(&outcomes[1]).signature, &[byte_range], &trust, at);
    assert!(!failed(&report.findings), "{:?}", report.findings);
    assert!(report.chain.expect("a path").specimen, "the mark follows the key");
}

fn failed(findings: &[Finding]) -> bool {
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

async fn refusals(world: &World) -> Vec<(String, String)> {
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
async fn a_suspended_seal_signs_nothing_new() {
    let world = World::new().await;
    let mut owner = world.database.owner_connection().await;
    let update = sqlx::query("UPDATE seal.seal SET state = 'suspended'");
    update.execute(&mut owner).await.expect("the owner may");
    assert_eq!(
        reason(&world.sign(vec![ofd(&intent(), [1; 32])]).await[0]),
        "SEAL_NOT_ACTIVE"
    );
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
}

/// `issuance` relays to auditors what `seal`, which verifies no tokens, tells to it alone.
#[tokio::test]
async fn the_audit_is_told_to_issuance_alone_and_a_rewritten_record_is_found() {
    let world = World::new().await;
    let intent = intent();
    signature(&world.sign(vec![ofd(&intent, [1; 32])]).await[0]);
    reason(&world.sign(vec![ofd(&intent, [2; 32])]).await[0]);
    for stranger in ["nation/verification", "nation/identity"] {
        let mut audits = world.audits(stranger);
        let verified = audits.verify_audit(audit::VerifyAuditRequest::default()).await;
        let exported = audits.export_audit(audit::ExportAuditRequest::default()).await;
        for status in [verified.err(), exported.err()] {
            let status = status.expect("refused");
            let info = tonic_types::StatusExt::get_details_error_info(&status).expect("a reason");
            assert_eq!(info.reason, "CALLER_NOT_ALLOWED", "{stranger}");
        }
    }
    let found = world.verify_audit().await;
    assert_eq!((found.fault, found.service.as_str()), (None, "nation/seal"));

    world.link_audit().await;
    let exported = world
        .audits("nation/issuance")
        .export_audit(audit::ExportAuditRequest::default())
        .await;
    let mut told = exported.expect("exported").into_inner();
    let mut text = Vec::new();
    while let Some(answer) = told.message().await.expect("no fault") {
        text.extend_from_slice(&answer.lines);
    }
    let text = String::from_utf8(text).expect("JSON is UTF-8");
    let offline = shared::verify_export(text.lines().map(|line| Ok(line.to_owned()))).expect("an export");
    assert_eq!(offline.faults, vec![]);
    for told in ["\"sign_documents\"", "INTENT_DIGEST_DIFFERS", "\"verify_audit\""] {
        assert!(text.contains(told), "{told} is on record");
    }

    let mut owner = world.database.owner_connection().await;
    let rewriting = "UPDATE shared.audit SET actor = 'service/somebody-else'
        WHERE id = (SELECT audit_id FROM shared.audit_link WHERE sequence = 1)";
    sqlx::query(rewriting)
        .execute(&mut owner)
        .await
        .expect("the owner may");
    let fault = world
        .verify_audit()
        .await
        .fault
        .expect("the record was rewritten");
    assert_eq!(
        (fault.kind(), fault.position),
        (audit::AuditFaultKind::Altered, 1)
    );
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
