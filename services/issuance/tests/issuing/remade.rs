//! A seal that is made anew while sets carry its former making, and the former key is destroyed: what was intended can
//! never be signed, so it is voided with a record and made anew.

use api::seal::v1 as wire;
use gm::certificate::{Authority, Marking, Profile, Request, Subject, Validity};
use gm::{Certificate, PrivateKey, PublicKey};
use issuance::Step;
use jiff::SignedDuration;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use uuid::Uuid;
use wire::seal_admin_service_client::SealAdminServiceClient;

use crate::stamping::report;
use crate::world::{MORNING, SEAL, World};

/// Officers and seal maker of the keeper.
pub(crate) const SECTIONS: &str = "[officers]\nclients = [\"seal-officer-a\", \"seal-officer-b\"]\n\
    [maker]\ncertificate = \"offline/seal-maker.pem\"\nkey = \"offline/seal-maker-key.pem\"\n";

/// What the certification authority does with a new key: the ceremony's intermediates certify it.
fn certified(world: &World, ca: &str, profile: Profile, spki: &[u8]) -> [Vec<u8>; 2] {
    let offline = world.realm.folder().join("offline");
    let read = |name: String| std::fs::read_to_string(offline.join(name)).expect("the ceremony left it");
    let issuer = Certificate::from_pem(&read(format!("{ca}.pem"))).expect("a certificate");
    let key = PrivateKey::from_pkcs8_pem(&read(format!("{ca}-key.pem"))).expect("a key");
    let request = Request {
        profile,
        subject: Subject {
            common_name: "行政许可专用章（样本）".to_owned(),
            organization: certificate_face::specimen::ISSUER.to_owned(),
        },
        public_key: PublicKey::from_spki(spki).expect("a key"),
        validity: Validity {
            from: issuer.not_before(),
            until: issuer.not_before() + SignedDuration::from_hours(24 * 365),
        },
        serial: Uuid::new_v4().as_bytes()[..8]
            .iter()
            .map(|byte| byte & 0x3f | 1)
            .collect(),
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    };
    let authority = Authority::new(issuer.clone(), key).expect("an authority");
    let own = authority
        .issue(&request, &mut UnwrapErr(OsRandom))
        .expect("issued");
    [own.der().to_vec(), issuer.der().to_vec()]
}

/// Two officers make the seal anew and destroy the former keys.
pub(crate) async fn remake(world: &World) {
    let officer = |name: &str| {
        let channel = world
            .realm
            .channel(&format!("client/{name}"), "nation/seal", world.seal_officers);
        SealAdminServiceClient::new(channel)
    };
    let (mut a, mut b) = (officer("seal-officer-a"), officer("seal-officer-b"));
    let name = format!("seals/{SEAL}");
    let request = wire::RotateKeyRequest {
        request_id: Uuid::new_v4().to_string(),
        name: name.clone(),
    };
    let keys = a
        .rotate_key(request)
        .await
        .expect("keys are made")
        .into_inner()
        .keys;
    let chain = |kind: &str, ca: &str, profile| {
        let key = keys.iter().find(|key| key.kind == kind).expect("it was made");
        certified(world, ca, profile, &key.public_key)
            .map(Into::into)
            .to_vec()
    };
    let until = MORNING + SignedDuration::from_hours(24 * 300);
    let renewal = wire::RenewSealRequest {
        request_id: Uuid::new_v4().to_string(),
        name,
        making: Some(wire::SealMaking {
            seal_chain: chain("ofd", "seal-ca", Profile::SealSigner),
            pdf_chain: chain("pdf", "pdf-ca", Profile::PdfSigner),
            valid_from: Some(api::convert::instant(MORNING)),
            valid_to: Some(api::convert::instant(until)),
            seal: Default::default(),
        }),
        ground: "证书私钥疑似泄露".to_owned(),
        destroy_former_keys: true,
    };
    a.renew_seal(renewal.clone()).await.expect("proposed");
    let second = wire::RenewSealRequest {
        request_id: Uuid::new_v4().to_string(),
        ..renewal
    };
    b.renew_seal(second).await.expect("renewed");
}

#[tokio::test]
async fn what_carries_a_former_making_is_voided_and_issued_with_the_new_one() {
    let mut world = World::stopping_after(Some(Step::Intent)).await;
    let first = world.registered("张伟民").await;
    world.until("SELECT FROM issuing.intent").await;
    remake(&world).await;
    world.restart(None).await;
    world.issued(&first).await;
    let voided = "SELECT count(*) FROM issuing.voided_set JOIN issuing.intent USING (document_set)
                  WHERE reason = 'SEAL_REMADE'";
    assert_eq!(
        world.count(voided).await,
        1,
        "the former intent stays, with why it is void"
    );
    let found = report(&world, &first, api::issuance::v1::DocumentFormat::Ofd).await;
    assert!(found.is_fit_to_issue(), "{:?}", found.findings);

    // The making that issuance knows is refused now: it asks for the present one.
    remake(&world).await;
    let second = world.registered("李建国").await;
    world.issued(&second).await;
    assert_eq!(world.count(voided).await, 2);
    let sets = "SELECT count(DISTINCT (seal, preparation)) FROM issuing.document_set";
    assert_eq!(
        world.count(sets).await,
        4,
        "one more preparation for each that was voided"
    );
    let documents = "SELECT count(*) FROM issuing.document JOIN issuing.voided_set USING (document_set)";
    assert_eq!(
        world.count(documents).await,
        0,
        "nothing of a voided set is handed out"
    );
    assert_eq!(world.count("SELECT count(*) FROM issuing.document").await, 4);
    assert_eq!(world.seal_count("SELECT count(*) FROM seal.signature").await, 4);
    let told = "SELECT count(*) FROM shared.audit WHERE verb = 'void_document_set'";
    assert_eq!(world.count(told).await, 2);
}
