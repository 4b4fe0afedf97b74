//! 撤销, 吊销, 暂扣, 暂扣发还: by two officers of the ministry, at once in the register and told to the province.

use api::exchange::v1 as exchange;
use api::issuance::v1 as wire;
use api::issuance::v1::national_act_service_client::NationalActServiceClient;
use api::types::v1::ApplicationType::{Change, Initial};
use api::types::v1::{Date, EndCause, StatusCode};
use exchange::pull_changes_response::Event as News;
use service_runtime::auth::Claims;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use uuid::Uuid;
use wire::national_act::State;

use crate::moves::{acts, news};
use crate::world::{Person, World, reason, told};

type Client = NationalActServiceClient<PeerChannel>;

pub(crate) fn decision(content: &[u8]) -> Option<wire::DecisionPaper> {
    Some(wire::DecisionPaper {
        media_type: "application/pdf".to_owned(),
        content: content.to_vec().into(),
        digest: hex::encode(gm::sm3::digest(content)),
    })
}

fn revoking(person: &Person, ground: wire::RevocationGround) -> wire::RevokeRegistrationRequest {
    wire::RevokeRegistrationRequest {
        request_id: Uuid::new_v4().to_string(),
        person: person.name(),
        ground: ground.into(),
        reference: "建市撤〔2026〕3号".to_owned(),
        statement: "以虚假材料取得注册".to_owned(),
        evidence: decision(b"%PDF-1.7 decision"),
    }
}

/// 撤销 of what was obtained by fraud.
pub(crate) fn revoking_for_fraud(person: &Person) -> wire::RevokeRegistrationRequest {
    revoking(person, wire::RevocationGround::Fraud)
}

fn suspending(person: &Person, until: Option<Date>) -> wire::SuspendRegistrationRequest {
    wire::SuspendRegistrationRequest {
        request_id: Uuid::new_v4().to_string(),
        person: person.name(),
        until,
        reference: "建市罚〔2026〕4号".to_owned(),
        statement: "项目发生质量事故，暂扣证书".to_owned(),
        evidence: decision(b"%PDF-1.7 penalty"),
    }
}

/// Two officers of the ministry.
pub(crate) struct Ministry<'a> {
    world: &'a World,
    pub(crate) client: Client,
    pub(crate) one: Claims,
    pub(crate) two: Claims,
}

impl<'a> Ministry<'a> {
    pub(crate) async fn new(world: &'a World) -> Self {
        Self {
            world,
            client: NationalActServiceClient::new(world.portal().await),
            one: world.officer(None),
            two: world.officer(None),
        }
    }

    pub(crate) async fn revoke(
        &self,
        by: &Claims,
        message: wire::RevokeRegistrationRequest,
    ) -> Result<wire::NationalAct, Status> {
        let request = self.world.signed(by, message);
        let answer = self.client.clone().revoke_registration(request).await?;
        Ok(answer.into_inner().act.expect("the act comes back"))
    }

    async fn suspend(&self, message: wire::SuspendRegistrationRequest) -> Result<wire::NationalAct, Status> {
        let request = self.world.signed(&self.one, message);
        let answer = self.client.clone().suspend_registration(request).await?;
        Ok(answer.into_inner().act.expect("the act comes back"))
    }

    async fn restore(&self, person: &Person) -> Result<wire::NationalAct, Status> {
        let message = wire::RestoreRegistrationRequest {
            request_id: Uuid::new_v4().to_string(),
            person: person.name(),
            reference: "建市复〔2026〕5号".to_owned(),
            statement: "整改合格".to_owned(),
            evidence: decision(b"%PDF-1.7 return"),
        };
        let request = self.world.signed(&self.one, message);
        let answer = self.client.clone().restore_registration(request).await?;
        Ok(answer.into_inner().act.expect("the act comes back"))
    }

    pub(crate) async fn confirm(
        &self,
        by: &Claims,
        name: &str,
        request_id: &str,
    ) -> Result<wire::ConfirmNationalActResponse, Status> {
        let message = wire::ConfirmNationalActRequest {
            request_id: request_id.to_owned(),
            name: name.to_owned(),
        };
        let request = self.world.signed(by, message);
        Ok(self
            .client
            .clone()
            .confirm_national_act(request)
            .await?
            .into_inner())
    }

    /// 暂扣, proposed and confirmed.
    pub(crate) async fn suspended(&self, person: &Person, until: Option<Date>) {
        let proposed = self.suspend(suspending(person, until)).await.expect("proposed");
        self.confirmed(&proposed.name).await;
    }

    /// 暂扣发还, proposed and confirmed.
    pub(crate) async fn restored(&self, person: &Person) {
        let proposed = self.restore(person).await.expect("proposed");
        self.confirmed(&proposed.name).await;
    }

    pub(crate) async fn confirmed(&self, name: &str) -> wire::NationalAct {
        let id = Uuid::new_v4().to_string();
        let answer = self.confirm(&self.two, name, &id).await.expect("confirmed");
        assert!(answer.position.is_some_and(|position| position.value > 0));
        answer.act.expect("the act comes back")
    }
}

#[tokio::test]
async fn a_suspension_and_its_return_take_two_officers_each_and_the_province_hears_of_them() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let ministry = Ministry::new(&world).await;
    let until = Date {
        year: 2026,
        month: 8,
        day: 1,
    };
    let early = suspending(
        &person,
        Some(Date {
            year: 2026,
            month: 5,
            day: 3,
        }),
    );
    assert_eq!(
        reason(&ministry.suspend(early).await.expect_err("past")),
        "NATIONAL_ACT_UNTIL"
    );
    let message = suspending(&person, Some(until));
    let proposed = ministry.suspend(message.clone()).await.expect("proposed");
    let again = ministry.suspend(message).await.expect("repeated");
    assert_eq!((proposed.state(), &again.name), (State::Proposed, &proposed.name));
    let entry = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    assert_eq!(entry.status_code(), StatusCode::Valid, "no effect yet");
    let id = Uuid::new_v4().to_string();
    let same = ministry.confirm(&ministry.one, &proposed.name, &id).await;
    assert_eq!(
        reason(&same.expect_err("the same officer")),
        "FOUR_EYES_SAME_OFFICER"
    );
    assert_eq!(
        world.refusals("confirm_national_act").await,
        ["FOUR_EYES_SAME_OFFICER"]
    );
    let first = ministry
        .confirm(&ministry.two, &proposed.name, &id)
        .await
        .expect("confirmed");
    let again = ministry
        .confirm(&ministry.two, &proposed.name, &id)
        .await
        .expect("repeated");
    assert_eq!(first.position, again.position);
    let entry = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    assert_eq!(entry.status_code(), StatusCode::Suspended);
    let twice = ministry.suspend(suspending(&person, None)).await;
    assert_eq!(reason(&twice.expect_err("once")), "REGISTRATION_SUSPENDED");

    let restored = ministry.restore(&person).await.expect("proposed");
    ministry.confirmed(&restored.name).await;
    let entry = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    assert_eq!(entry.status_code(), StatusCode::Valid);
    assert_eq!(acts(&world).await, ["REGISTER", "SUSPEND", "RESTORE"]);
    let heard = news(&jiangsu, 2).await;
    let heard: Vec<_> = heard
        .iter()
        .map(|one| match one {
            News::NationalActTaken(act) => (act.status_code(), act.until),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        heard,
        [(StatusCode::Suspended, Some(until)), (StatusCode::Valid, None)]
    );
    let told = "SELECT count(*) FROM shared.notification WHERE kind IN ('SUSPENDED', 'RESTORED')";
    assert_eq!(world.count(told).await, 4, "the person and the employer, of both");
}

#[tokio::test]
async fn a_revocation_rests_on_a_decision_of_the_ministry_and_waits_for_what_is_cleared() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let ministry = Ministry::new(&world).await;
    let fraud = || revoking(&person, wire::RevocationGround::Fraud);
    let province = world.officer(Some("32"));
    // A province's officer sees no entry here, and may do nothing.
    let foreign = ministry.revoke(&province, fraud()).await;
    assert_eq!(
        reason(&foreign.expect_err("another authority")),
        "NATIONAL_ACT_AUTHORITY"
    );
    let mut bare = fraud();
    bare.statement = String::new();
    let bare = ministry.revoke(&ministry.one, bare).await;
    assert_eq!(
        reason(&bare.expect_err("no grounds")),
        "NATIONAL_ACT_EVIDENCE_MISSING"
    );
    let mut swapped = fraud();
    swapped.evidence.as_mut().expect("a paper").content = b"%PDF-1.7 other".to_vec().into();
    let swapped = ministry.revoke(&ministry.one, swapped).await;
    assert_eq!(reason(&swapped.expect_err("another paper")), "EVIDENCE_REFUSED");

    let proposed = ministry.revoke(&ministry.one, fraud()).await.expect("proposed");
    let change = jiangsu.application(&person, &world.employer("32"), Change);
    let clearance = jiangsu.cleared(&change).await;
    let id = || Uuid::new_v4().to_string();
    let early = ministry.confirm(&ministry.two, &proposed.name, &id()).await;
    assert_eq!(reason(&early.expect_err("cleared")), "CLEARANCE_OPEN");
    let event = jiangsu.announced(&world, &change, &clearance);
    let envelope = jiangsu.seal(&world, event);
    let receipt = jiangsu.push(vec![envelope]).await.expect("a receipt");
    assert_eq!(
        receipt.stopped_reason, "",
        "an announced registration is never refused"
    );
    let revoked = ministry.confirmed(&proposed.name).await;
    assert_eq!(
        (revoked.state(), revoked.article.as_str()),
        (State::Confirmed, "153号 art 34")
    );
    let entry = world.entry(None, &person, told("32", 2)).await.expect("shown");
    assert_eq!(
        (entry.status_code(), entry.current_certificate.as_str()),
        (StatusCode::Revoked, "")
    );
    let heard = news(&jiangsu, 1).await;
    assert!(
        matches!(&heard[..], [News::NationalActTaken(act)]
            if act.status_code() == StatusCode::Revoked && act.cause() == EndCause::Fraud),
        "{heard:?}"
    );
    let late = ministry.revoke(&ministry.one, fraud()).await;
    assert_eq!(reason(&late.expect_err("ended")), "REGISTRATION_ENDED");
    let message = wire::ReadNationalActEvidenceRequest {
        name: proposed.name.clone(),
    };
    let request = world.signed(&ministry.two, message);
    let read = ministry
        .client
        .clone()
        .read_national_act_evidence(request)
        .await
        .expect("opened");
    let paper = read.into_inner().evidence.expect("a paper");
    assert_eq!(paper.content, b"%PDF-1.7 decision".as_slice());
    let sealed = world.objects();
    assert!(
        sealed
            .iter()
            .all(|file| !file.windows(8).any(|part| part == b"decision")),
        "sealed at rest"
    );
}

#[tokio::test]
async fn what_a_second_officer_declines_has_no_effect() {
    let (world, mut jiangsu, _) = World::new().await;
    let (person, employer) = (world.person(), world.employer("32"));
    let initial = jiangsu.application(&person, &employer, Initial);
    jiangsu.announce(&world, &initial).await;
    let ministry = Ministry::new(&world).await;
    let penalty = revoking(&person, wire::RevocationGround::Penalty);
    let proposed = ministry.revoke(&ministry.one, penalty).await.expect("proposed");
    let list = wire::ListNationalActsRequest::default();
    let request = world.signed(&ministry.two, list);
    let waiting = ministry
        .client
        .clone()
        .list_national_acts(request)
        .await
        .expect("listed");
    assert_eq!(waiting.into_inner().acts.len(), 1);
    let message = wire::DeclineNationalActRequest {
        request_id: Uuid::new_v4().to_string(),
        name: proposed.name.clone(),
        grounds: "处罚决定尚未生效".to_owned(),
    };
    let request = world.signed(&ministry.two, message);
    let declined = ministry
        .client
        .clone()
        .decline_national_act(request)
        .await
        .expect("declined");
    let act = declined.into_inner().act.expect("the act comes back");
    assert_eq!(
        (act.state(), act.grounds.as_str()),
        (State::Declined, "处罚决定尚未生效")
    );
    let id = Uuid::new_v4().to_string();
    let late = ministry.confirm(&ministry.two, &proposed.name, &id).await;
    assert_eq!(reason(&late.expect_err("settled")), "FOUR_EYES_SETTLED");
    let entry = world
        .entry(None, &person, told("32", 1))
        .await
        .expect("registered");
    assert_eq!(entry.status_code(), StatusCode::Valid);
}
