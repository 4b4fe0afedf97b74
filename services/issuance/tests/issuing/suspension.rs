//! 暂扣: while it lasts, nothing of a certificate is handed out; what was handed out stays.

use std::time::Duration;

use api::issuance::v1::national_act_service_client::NationalActServiceClient;
use api::issuance::v1::{self as wire, DocumentFormat};
use api::types::v1::Date;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::door::{Door, reason};
use crate::world::{Holder, Proof, World};

const RECIPIENT: &str = "无锡市公共资源交易中心";

fn acts(door: &Door) -> NationalActServiceClient<PeerChannel> {
    NationalActServiceClient::new(door.channel.clone())
}

fn decision() -> Option<wire::DecisionPaper> {
    let content = b"%PDF-1.7 decision".as_slice();
    Some(wire::DecisionPaper {
        media_type: "application/pdf".to_owned(),
        content: content.to_vec().into(),
        digest: hex::encode(gm::sm3::digest(content)),
    })
}

/// Two officers of the ministry suspend.
async fn suspend(world: &World, holder: &Holder, until: Option<Date>) {
    let message = wire::SuspendRegistrationRequest {
        request_id: Uuid::new_v4().to_string(),
        person: format!("persons/{}", holder.person),
        until,
        reference: "建市罚〔2026〕4号".to_owned(),
        statement: "项目发生质量事故，暂扣证书".to_owned(),
        evidence: decision(),
    };
    let one = world.officer(None);
    let proposed = acts(&one).suspend_registration(one.request(message)).await;
    let act = proposed.expect("proposed").into_inner().act;
    confirm(world, act.expect("the act comes back").name).await;
}

/// Two officers of the ministry return it (暂扣发还).
async fn restore(world: &World, holder: &Holder) {
    let message = wire::RestoreRegistrationRequest {
        request_id: Uuid::new_v4().to_string(),
        person: format!("persons/{}", holder.person),
        reference: "建市复〔2026〕5号".to_owned(),
        statement: "整改合格".to_owned(),
        evidence: decision(),
    };
    let one = world.officer(None);
    let proposed = acts(&one).restore_registration(one.request(message)).await;
    let act = proposed.expect("proposed").into_inner().act;
    confirm(world, act.expect("the act comes back").name).await;
}

async fn confirm(world: &World, name: String) {
    let message = wire::ConfirmNationalActRequest {
        request_id: Uuid::new_v4().to_string(),
        name,
    };
    let two = world.officer(None);
    let confirmed = acts(&two).confirm_national_act(two.request(message)).await;
    confirmed.expect("confirmed");
}

/// A holder whose certificate is issued, with a use copy.
async fn with_a_copy(world: &World) -> (Holder, String) {
    let holder = world.registered("张伟民").await;
    world.issued(&holder).await;
    world.enter(&holder).await;
    let door = world.holder(&holder, Proof::SteppedUp);
    let made = door.copy(&holder, "标段一", RECIPIENT).await.expect("a copy");
    (holder, made.copy.expect("it is answered").name)
}

/// What is refused to the holder: a new copy, the same copy again, the original and the copy.
async fn refused(world: &World, holder: &Holder, copy: &str) -> Vec<Status> {
    let door = world.holder(holder, Proof::SteppedUp);
    let mut refused = Vec::new();
    for reference in ["标段一", "标段二"] {
        let answer = door.copy(holder, reference, RECIPIENT).await;
        refused.push(answer.expect_err("no copy"));
    }
    for name in [&holder.certificate(), copy] {
        for format in [DocumentFormat::Ofd, DocumentFormat::Pdf] {
            refused.push(door.download(name, format).await.expect_err("no file"));
        }
    }
    refused
}

/// Everything can be had, and the copy is the one made before.
async fn open(world: &World, holder: &Holder, copy: &str) {
    let door = world.holder(holder, Proof::SteppedUp);
    for name in [&holder.certificate(), copy] {
        let (_, _, bytes) = door
            .download(name, DocumentFormat::Ofd)
            .await
            .expect("it is theirs");
        assert!(!bytes.is_empty());
    }
    let new = door.copy(holder, "标段二", RECIPIENT).await.expect("a copy");
    assert_ne!(new.copy.expect("it is answered").name, copy);
}

#[tokio::test]
async fn while_it_is_suspended_a_certificate_is_neither_copied_nor_downloaded_until_it_is_returned() {
    let world = World::new().await;
    let (holder, copy) = with_a_copy(&world).await;
    suspend(&world, &holder, None).await;
    for status in refused(&world, &holder, &copy).await {
        assert_eq!(reason(&status), "CERTIFICATE_SUSPENDED");
        let told = status.get_details_error_info().expect("a reason").metadata;
        assert!(told["text_zh"].contains("申请发还"), "{told:?}");
        assert!(!told.contains_key("suspended_until"));
    }
    let audited = world.refusals().await;
    assert_eq!(audited.len(), 6, "every refusal is recorded: {audited:?}");
    assert!(
        audited
            .iter()
            .all(|(_, reason)| reason == "CERTIFICATE_SUSPENDED")
    );
    let shown = world.issued(&holder).await;
    assert_eq!(
        shown.state(),
        wire::certificate::State::Issued,
        "it stays the holder's"
    );
    let living = "SELECT count(*) FROM issuing.use_copy WHERE revoked_at IS NULL";
    assert_eq!(
        world.count(living).await,
        1,
        "what was made before is not destroyed"
    );
    restore(&world, &holder).await;
    open(&world, &holder, &copy).await;
}

#[tokio::test]
async fn past_the_last_day_of_a_suspension_the_certificate_can_be_had_again_by_the_clock_alone() {
    let world = World::new().await;
    let (holder, copy) = with_a_copy(&world).await;
    let last = Date {
        year: 2026,
        month: 5,
        day: 6,
    };
    suspend(&world, &holder, Some(last)).await;
    // 4 May, the day of the suspension, and 6 May, its last day.
    for days in [0, 2] {
        world.advance(Duration::from_secs(days * 86_400));
        for status in refused(&world, &holder, &copy).await {
            assert_eq!(reason(&status), "CERTIFICATE_SUSPENDED");
            let told = status.get_details_error_info().expect("a reason").metadata;
            assert_eq!(told["suspended_until"], "2026-05-06");
            assert!(told["text_zh"].contains("至2026-05-06（含当日）止"));
        }
    }
    world.advance(Duration::from_secs(86_400));
    open(&world, &holder, &copy).await;
}
