//! Lookalikes: documents of the same face that the register did not issue.

use std::path::Path;

use api::issuance::v1::GetInclusionProofRequest;
use api::issuance::v1::log_service_client::LogServiceClient;
use api::seal::v1::seal_service_client::SealServiceClient;
use api::seal::v1::{
    DocumentProfile, GetSealRequest, OfdSealing, PdfSigning, SignDocumentsRequest, SigningRequest,
    signing_outcome, signing_request,
};
use certificate_face::face::Kind;
use certificate_face::layout::{DocumentNumberPolicy, Layout};
use certificate_face::lint::{Linted, Sealed, lint};
use certificate_face::metadata::Sealing;
use certificate_face::render::render;
use certificate_face::specimen;
use certificate_face::template::{Producer, Template, TemplateSpec};
use gm::{PrivateKey, cades};
use harness::{Role, World};
use jianzheng::clients::{Caller, channel};
use jianzheng::deployment::Deployment;
use jiff::Timestamp;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan, hold};
use seal::keystore::{Keystore, file};
use service_runtime::tls::Gate;

const SEAL: &str = "specimen";

/// A lookalike that somebody else sealed: same face, same name of authority, keys of a hierarchy of their own.
///
/// # Panics
/// If the folder cannot be written.
pub fn by_another_hierarchy(folder: &Path, since: Timestamp, at: Timestamp) -> Sealed {
    let plan = Plan {
        seal: SEAL.to_owned(),
        es_id: "LOOKALIKE-0001".to_owned(),
        title: format!("{}行政许可专用章", specimen::ISSUER),
        authority: specimen::ISSUER.to_owned(),
        picture: specimen::seal_picture(),
        diameter_mm: 42,
        from: since,
    };
    let places = Places {
        keystore: folder.join("keystore"),
        offline: folder.join("offline"),
        trust: folder.join("trust"),
    };
    hold(&plan, &places, &mut UnwrapErr(OsRandom)).expect("a ceremony");
    let home = places.keystore.join(SEAL);
    let der = std::fs::read(home.join(file::SEAL)).expect("the seal");
    let linted = unsigned(der, &plan.picture, at);

    let keystore = Keystore::open(&places.keystore).expect("what the ceremony left");
    let kept = keystore.iter().next().expect("one seal");
    let key = |name: &str| {
        let pem = std::fs::read_to_string(home.join(name)).expect("a key");
        PrivateKey::from_pkcs8_pem(&pem).expect("a key")
    };
    let tbs = kept
        .stamp
        .tbs(at, &linted.ofd_data_hash())
        .expect("within the validity");
    let signature = gm::Signer::sign_digest(
        &key(file::SEAL_SIGNER_KEY),
        &tbs.digest(),
        &mut UnwrapErr(OsRandom),
    );
    let value = tbs.finish(&signature.expect("signed")).expect("a seal");
    let digest = linted.pdf_digest();
    let cms = cades::sign(
        &digest,
        &key(file::PDF_SIGNER_KEY),
        &kept.pdf_chain,
        &mut UnwrapErr(OsRandom),
    );
    linted.seal(&value, &cms.expect("signed")).expect("it fits")
}

/// A document that the register's own seal was put on, but which the register never issued: what somebody could do who
/// held issuance's certificate.
///
/// # Panics
/// If the keeper of the seals refuses.
pub async fn behind_the_register(world: &World, at: Timestamp) -> Sealed {
    let deployment = world.fleet.deployment();
    let channel = channel(
        deployment,
        &Caller::Service("issuance"),
        &Role::Seal,
        Gate::Services,
    )
    .expect("a channel");
    let mut keeper = SealServiceClient::new(channel);
    // The log is public: a leaf of somebody's version is at hand, and the keeper does not know whose it is.
    let proof = proof_of_a_leaf(deployment).await;
    let name = format!("seals/{SEAL}");
    let seal = keeper
        .get_seal(GetSealRequest { name: name.clone() })
        .await
        .expect("answered")
        .into_inner()
        .seal;
    let seal = seal.expect("the seal");
    let linted = unsigned(seal.seal.into(), &seal.picture, at);
    let intent = uuid::Uuid::new_v4().to_string();
    let request = |document: signing_request::Document| SigningRequest {
        intent_id: intent.clone(),
        profile: DocumentProfile::Original.into(),
        seal: name.clone(),
        specimen: true,
        document: Some(document),
        inclusion_proof: proof.clone().into_bytes().into(),
        seal_digest: Default::default(),
    };
    let requests = vec![
        request(signing_request::Document::Ofd(OfdSealing {
            data_hash: linted.ofd_data_hash().to_vec().into(),
            property_info: linted.ofd_property_info().to_owned(),
        })),
        request(signing_request::Document::Pdf(PdfSigning {
            byte_range_sha256: linted.pdf_digest().to_vec().into(),
        })),
    ];
    let answer = keeper
        .sign_documents(SignDocumentsRequest { requests })
        .await
        .expect("answered")
        .into_inner();
    let signed = answer.outcomes.into_iter().map(|outcome| match outcome.outcome {
        Some(signing_outcome::Outcome::Signed(signed)) => signed.signature,
        other => panic!("not signed: {other:?}"),
    });
    let signed: Vec<_> = signed.collect();
    linted.seal(&signed[0], &signed[1]).expect("it fits")
}

async fn proof_of_a_leaf(deployment: &Deployment) -> String {
    let channel = channel(
        deployment,
        &Caller::Client("portal"),
        &Role::Issuance,
        Gate::Clients,
    );
    let request = GetInclusionProofRequest {
        index: 0,
        ..Default::default()
    };
    let answer = LogServiceClient::new(channel.expect("a channel"))
        .get_inclusion_proof(request)
        .await;
    let answer = answer.expect("public").into_inner();
    let mut proof = tlog::DetachedProof::parse(&answer.proof).expect("a proof");
    proof.extra = Some(answer.entry.to_vec());
    proof.to_string()
}

/// The face of a synthetic original, linted.
fn unsigned(seal: Vec<u8>, picture: &[u8], at: Timestamp) -> Linted {
    let layout = Layout::of(Layout::CURRENT, DocumentNumberPolicy::Shown).expect("the current layout");
    let template = Template::compile(&TemplateSpec {
        layout,
        kind: Kind::Original,
        specimen: true,
        issuer: specimen::ISSUER,
        seal,
        seal_picture: picture,
        contents_reserve: 6144,
        producer: Producer {
            name: "jianzheng",
            version: "0.1.0",
            company: specimen::ISSUER,
        },
    })
    .expect("a template");
    let (printed, pictures) = (specimen::original(1), specimen::pictures(specimen::SEED));
    let sealing = Sealing {
        signer: specimen::ISSUER,
        time: at,
    };
    let facts = printed.facts();
    let drafts = render(&template, &facts, &pictures, &sealing).expect("a face");
    lint(&template, &facts, &pictures, drafts).expect("without faults")
}
