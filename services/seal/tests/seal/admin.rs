//! Seals made and managed by officers: two where it matters, once however often asked, and every move recorded.

use std::path::Path;

use api::seal::v1 as wire;
use gm::certificate::{Authority, Marking, Profile, Request, Subject, Validity};
use gm::{Certificate, PrivateKey, PublicKey};
use jiff::Timestamp;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal_format::SignedSeal;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use wire::seal::State;
use wire::seal_admin_service_client::SealAdminServiceClient;

use crate::world::{World, intent, ofd, pdf, reason, signature};

const NAME: &str = "seals/second";
const GROUND: &str = "机构更名";
const SECTIONS: &str = "[officers]\nclients = [\"seal-officer-a\", \"seal-officer-b\"]\n\
    [maker]\ncertificate = \"offline/seal-maker.pem\"\nkey = \"offline/seal-maker-key.pem\"\n";

type Officer = SealAdminServiceClient<PeerChannel>;

fn officer(world: &World, name: &str) -> Officer {
    let channel = world
        .realm
        .channel(&format!("client/{name}"), "nation/seal", world.officers);
    SealAdminServiceClient::new(channel)
}

fn refusal(status: &Status) -> String {
    tonic_types::StatusExt::get_details_error_info(status)
        .expect("a reason")
        .reason
}

fn state(seal: Option<wire::Seal>) -> State {
    seal.expect("with its seal").state()
}

fn asked() -> wire::RequestSealRequest {
    wire::RequestSealRequest {
        request_id: intent(),
        seal_id: "second".to_owned(),
        es_id: "JZ-SPECIMEN-0002".to_owned(),
        title: "样本机关证照专用章".to_owned(),
        kind: 1,
        picture: b"\x89PNG of another stamp".to_vec().into(),
        width_mm: 42,
        height_mm: 42,
    }
}

/// What the certification authority does with the keys: the ceremony's intermediates certify them.
fn certified(world: &World, keys: &[wire::SealKey]) -> wire::SealMaking {
    let offline = world.realm.folder().join("offline");
    let chain = |kind: &str, ca: &str, profile| {
        let key = keys
            .iter()
            .find(|key| key.kind == kind)
            .expect("both keys were made");
        let (own, issuer) = certify(&offline, ca, profile, &key.public_key);
        vec![own.der().to_vec().into(), issuer.der().to_vec().into()]
    };
    let (from, until) = span(world);
    wire::SealMaking {
        seal_chain: chain("ofd", "seal-ca", Profile::SealSigner),
        pdf_chain: chain("pdf", "pdf-ca", Profile::PdfSigner),
        valid_from: Some(api::convert::instant(from)),
        valid_to: Some(api::convert::instant(until)),
        seal: Default::default(),
    }
}

fn span(world: &World) -> (Timestamp, Timestamp) {
    let root = &world.anchors("seal-root.pem")[0];
    (
        root.not_before(),
        root.not_before() + jiff::SignedDuration::from_hours(24 * 365),
    )
}

fn certify(offline: &Path, ca: &str, profile: Profile, spki: &[u8]) -> (Certificate, Certificate) {
    let read = |name: String| std::fs::read_to_string(offline.join(name)).expect("the ceremony left it");
    let issuer = Certificate::from_pem(&read(format!("{ca}.pem"))).expect("a certificate");
    let key = PrivateKey::from_pkcs8_pem(&read(format!("{ca}-key.pem"))).expect("a key");
    let request = Request {
        profile,
        subject: Subject {
            common_name: "样本机关证照专用章".to_owned(),
            organization: "样本机关".to_owned(),
        },
        public_key: PublicKey::from_spki(spki).expect("a key"),
        validity: Validity {
            from: issuer.not_before(),
            until: issuer.not_before() + jiff::SignedDuration::from_hours(24 * 365),
        },
        serial: uuid::Uuid::new_v4().as_bytes()[..8]
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
    (own, issuer)
}

async fn rotate(officer: &mut Officer, name: &str) -> Vec<wire::SealKey> {
    let request = wire::RotateKeyRequest {
        request_id: intent(),
        name: name.to_owned(),
    };
    officer
        .rotate_key(request)
        .await
        .expect("keys are made")
        .into_inner()
        .keys
}

fn filing() -> wire::SealFiling {
    wire::SealFiling {
        number: "样备〔2026〕2号".to_owned(),
        authority: "样本公安机关".to_owned(),
        filed_on: Some(jiff::civil::date(2026, 3, 2).into()),
    }
}

/// Asked for by A, made by B, filed by A.
async fn second_seal(world: &World) -> (Officer, Officer) {
    let (mut a, mut b) = (officer(world, "seal-officer-a"), officer(world, "seal-officer-b"));
    a.request_seal(asked()).await.expect("asked for");
    let keys = rotate(&mut a, NAME).await;
    let making = Some(certified(world, &keys));
    let request = wire::MakeSealRequest {
        request_id: intent(),
        name: NAME.to_owned(),
        making,
    };
    b.make_seal(request).await.expect("made");
    let request = wire::FileSealRequest {
        request_id: intent(),
        name: NAME.to_owned(),
        filing: Some(filing()),
    };
    a.file_seal(request).await.expect("filed");
    (a, b)
}

fn with(request: wire::SigningRequest) -> wire::SigningRequest {
    wire::SigningRequest {
        seal: NAME.to_owned(),
        ..request
    }
}

fn destroy(id: &str) -> wire::DestroySealRequest {
    wire::DestroySealRequest {
        request_id: id.to_owned(),
        name: NAME.to_owned(),
        ground: GROUND.to_owned(),
    }
}

#[tokio::test]
async fn a_seal_is_asked_for_made_by_another_officer_filed_and_then_signs() {
    let mut world = World::new().await;
    world.restart(SECTIONS).await;
    let (mut a, mut b) = (
        officer(&world, "seal-officer-a"),
        officer(&world, "seal-officer-b"),
    );
    let request = asked();
    let first = a
        .request_seal(request.clone())
        .await
        .expect("asked for")
        .into_inner();
    let again = a
        .request_seal(request.clone())
        .await
        .expect("the same")
        .into_inner();
    assert_eq!(first, again, "asked once");
    assert_eq!(state(first.seal), State::Requested);
    let taken = wire::RequestSealRequest {
        request_id: intent(),
        ..request
    };
    assert_eq!(
        refusal(&a.request_seal(taken).await.expect_err("taken")),
        "SEAL_CONTENT_INVALID"
    );

    let keys = rotate(&mut a, NAME).await;
    assert_eq!(keys.len(), 2);
    let making = certified(&world, &keys);
    let make = |making: wire::SealMaking| wire::MakeSealRequest {
        request_id: intent(),
        name: NAME.to_owned(),
        making: Some(making),
    };
    let own = a.make_seal(make(making.clone())).await.expect_err("asked for it");
    assert_eq!(refusal(&own), "SEAL_SAME_OFFICER");
    let swapped = wire::SealMaking {
        seal_chain: making.pdf_chain.clone(),
        ..making.clone()
    };
    let swapped = b.make_seal(make(swapped)).await.expect_err("another key's");
    assert_eq!(refusal(&swapped), "SEAL_CONTENT_INVALID");
    let made = b.make_seal(make(making)).await.expect("made").into_inner();
    assert_eq!(state(made.seal), State::Made);
    let early = world.sign(vec![with(ofd(&intent(), [1; 32]))]).await;
    assert_eq!(reason(&early[0]), "SEAL_NOT_ACTIVE", "not filed yet");

    let request = wire::FileSealRequest {
        request_id: intent(),
        name: NAME.to_owned(),
        filing: Some(filing()),
    };
    let filed = a.file_seal(request).await.expect("filed").into_inner().seal;
    assert_eq!(
        filed.as_ref().and_then(|seal| seal.filing.clone()),
        Some(filing())
    );
    assert_eq!(state(filed), State::Active);
    world.restart(SECTIONS).await;
    let intent = intent();
    let outcomes = world
        .sign(vec![with(ofd(&intent, [1; 32])), with(pdf(&intent, [2; 32]))])
        .await;
    let signed = SignedSeal::parse(&signature(&outcomes[0]).signature).expect("a signed seal");
    assert_eq!(signed.seal().es_id(), "JZ-SPECIMEN-0002");
    signature(&outcomes[1]);
}

#[tokio::test]
async fn a_suspended_seal_signs_nothing_until_two_officers_resume_it() {
    let mut world = World::new().await;
    world.restart(SECTIONS).await;
    let (mut a, mut b) = second_seal(&world).await;
    let request = wire::SuspendSealRequest {
        request_id: intent(),
        name: NAME.to_owned(),
        ground: "证书私钥疑似泄露".to_owned(),
    };
    let suspended = a
        .suspend_seal(request)
        .await
        .expect("by one officer")
        .into_inner()
        .seal;
    assert_eq!(state(suspended), State::Suspended);
    let held = intent();
    assert_eq!(
        reason(&world.sign(vec![with(ofd(&held, [1; 32]))]).await[0]),
        "SEAL_NOT_ACTIVE"
    );

    let resume = |ground: &str| wire::ResumeSealRequest {
        request_id: intent(),
        name: NAME.to_owned(),
        ground: ground.to_owned(),
    };
    let proposed = a
        .resume_seal(resume("查明未泄露"))
        .await
        .expect("proposed")
        .into_inner()
        .seal;
    let waiting = proposed
        .as_ref()
        .and_then(|seal| seal.proposal.clone())
        .expect("it waits");
    assert_eq!(
        (waiting.act.as_str(), waiting.proposed_by.as_str()),
        ("RESUME", "client/seal-officer-a")
    );
    assert_eq!(state(proposed), State::Suspended);
    let same = a
        .resume_seal(resume("查明未泄露"))
        .await
        .expect_err("one officer");
    assert_eq!(refusal(&same), "SEAL_SAME_OFFICER");
    let other = b
        .resume_seal(resume("另有原因"))
        .await
        .expect_err("another content");
    assert_eq!(refusal(&other), "SEAL_OTHER_ACT_PROPOSED");
    let resumed = b
        .resume_seal(resume("查明未泄露"))
        .await
        .expect("the second")
        .into_inner()
        .seal;
    assert_eq!(state(resumed), State::Active);
    signature(&world.sign(vec![with(ofd(&held, [1; 32]))]).await[0]);
}

#[tokio::test]
async fn a_destroyed_seal_has_no_key_and_stays_to_be_verified() {
    let mut world = World::new().await;
    world.restart(SECTIONS).await;
    let (mut a, mut b) = second_seal(&world).await;
    let before = intent();
    let signed = world.sign(vec![with(ofd(&before, [1; 32]))]).await;
    let keys = world.realm.folder().join("keystore/second/1");
    assert!(keys.join("seal-signer-key.pem").exists() && keys.join("pdf-signer-key.pem").exists());

    let proposal = intent();
    a.destroy_seal(destroy(&proposal)).await.expect("proposed");
    let again = a
        .destroy_seal(destroy(&proposal))
        .await
        .expect("a retry is the same call");
    assert_eq!(state(again.into_inner().seal), State::Active);
    let withdraw = wire::WithdrawProposalRequest {
        request_id: intent(),
        name: NAME.to_owned(),
    };
    b.withdraw_proposal(withdraw.clone()).await.expect("taken back");
    let nothing = wire::WithdrawProposalRequest {
        request_id: intent(),
        ..withdraw
    };
    let nothing = b.withdraw_proposal(nothing).await.expect_err("nothing waits");
    assert_eq!(refusal(&nothing), "SEAL_NOTHING_PROPOSED");
    b.destroy_seal(destroy(&intent())).await.expect("proposed");
    let gone = a
        .destroy_seal(destroy(&intent()))
        .await
        .expect("the second")
        .into_inner()
        .seal;
    let gone = gone.expect("it stays");
    assert_eq!(gone.state(), State::Destroyed);
    assert!(
        !gone.seal.is_empty() && !gone.seal_chain.is_empty(),
        "for whoever verifies"
    );
    assert!(!keys.join("seal-signer-key.pem").exists() && !keys.join("pdf-signer-key.pem").exists());

    let refused = world.sign(vec![with(ofd(&intent(), [1; 32]))]).await;
    assert_eq!(reason(&refused[0]), "SEAL_NOT_ACTIVE");
    let kept = world.sign(vec![with(ofd(&before, [1; 32]))]).await;
    assert_eq!(
        signature(&kept[0]).signature,
        signature(&signed[0]).signature,
        "given out before"
    );
    let dead = b.suspend_seal(wire::SuspendSealRequest {
        request_id: intent(),
        name: NAME.to_owned(),
        ground: GROUND.to_owned(),
    });
    assert_eq!(refusal(&dead.await.expect_err("it is gone")), "SEAL_ILLEGAL_MOVE");
    assert_eq!(
        events(&world).await,
        ["request", "rotate_key", "make", "file", "destroy"],
        "every move, and no other"
    );
}

async fn events(world: &World) -> Vec<String> {
    let mut owner = world.database.owner_connection().await;
    sqlx::query_scalar("SELECT act FROM seal.event WHERE seal = $1 ORDER BY number")
        .bind(NAME)
        .fetch_all(&mut owner)
        .await
        .expect("read")
}

#[tokio::test]
async fn a_renewed_seal_signs_anew_and_what_carries_the_former_is_finished_while_its_key_lives() {
    let mut world = World::new().await;
    world.restart(SECTIONS).await;
    let (mut a, mut b) = (
        officer(&world, "seal-officer-a"),
        officer(&world, "seal-officer-b"),
    );
    let name = "seals/specimen";
    let former = gm::sm3::digest(&world.seal().await.seal);
    let carrying = |digest: [u8; 32]| wire::SigningRequest {
        seal_digest: digest.to_vec().into(),
        ..ofd(&intent(), [1; 32])
    };
    for destroy_former_keys in [false, true] {
        let keys = rotate(&mut a, name).await;
        let renew = wire::RenewSealRequest {
            request_id: intent(),
            name: name.to_owned(),
            making: Some(certified(&world, &keys)),
            ground: "证书到期换发".to_owned(),
            destroy_former_keys,
        };
        a.renew_seal(renew.clone()).await.expect("proposed");
        let second = wire::RenewSealRequest {
            request_id: intent(),
            ..renew
        };
        b.renew_seal(second).await.expect("renewed");
        let present = gm::sm3::digest(&world.seal().await.seal);
        assert_ne!(present, former);
        let outcomes = world.sign(vec![carrying(present), carrying(former)]).await;
        let seal = |index: usize| {
            let signed = SignedSeal::parse(&signature(&outcomes[index]).signature).expect("a signed seal");
            gm::sm3::digest(signed.seal().der())
        };
        assert_eq!(seal(0), present);
        if destroy_former_keys {
            assert_eq!(reason(&outcomes[1]), "SEAL_REMADE");
        } else {
            assert_eq!(seal(1), former, "with the making that the document carries");
        }
    }
}

#[tokio::test]
async fn nobody_manages_seals_who_is_not_listed() {
    let mut world = World::new().await;
    world.restart(SECTIONS).await;
    let mut other = officer(&world, "bidding-platform");
    let refused = other.request_seal(asked()).await.expect_err("not listed");
    assert_eq!(refusal(&refused), "CALLER_NOT_ALLOWED");
    let mut reader = wire::seal_service_client::SealServiceClient::new(world.realm.channel(
        "client/bidding-platform",
        "nation/seal",
        world.officers,
    ));
    let refused = reader
        .list_seals(wire::ListSealsRequest {})
        .await
        .expect_err("not listed");
    assert_eq!(refusal(&refused), "CALLER_NOT_ALLOWED");
}

#[tokio::test]
async fn the_journal_is_exported_whole() {
    let mut world = World::new().await;
    world.restart(SECTIONS).await;
    let intents: Vec<String> = (0..3).map(|_| intent()).collect();
    let requests = intents
        .iter()
        .flat_map(|intent| [ofd(intent, [1; 32]), pdf(intent, [2; 32])]);
    let outcomes = world.sign(requests.collect()).await;
    let mut officer = officer(&world, "seal-officer-b");
    let (from, to) = span(&world);
    let request = wire::ExportJournalRequest {
        from: Some(api::convert::instant(from)),
        to: Some(api::convert::instant(to)),
    };
    let mut stream = officer
        .export_journal(request)
        .await
        .expect("answered")
        .into_inner();
    let mut lines = Vec::new();
    while let Some(line) = stream.message().await.expect("a line") {
        lines.push(line);
    }
    let mut exported: Vec<&[u8]> = lines.iter().map(|line| &*line.signature).collect();
    let mut given: Vec<&[u8]> = outcomes
        .iter()
        .map(|outcome| &*signature(outcome).signature)
        .collect();
    exported.sort_unstable();
    given.sort_unstable();
    assert_eq!(exported, given);
    assert!(
        lines
            .iter()
            .all(|line| line.requested_by == "spiffe://jianzheng/nation/issuance")
    );
}
