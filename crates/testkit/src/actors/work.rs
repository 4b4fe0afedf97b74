//! What officers do with each other and with many files: 领办, 委托, 批量办理; and the notices (文书) that follow.

use api::registration::v1 as registration;
use registration::batch_act_request::Act;

use super::registrar::province_of;
use super::{Answer, Holder, Officer, request_id};
use crate::story::wire_day;

impl Officer {
    /// `officers/{officer}`
    pub fn name(&self) -> String {
        self.citizen.account.replace("accounts/", "officers/")
    }

    /// 领办
    pub async fn claim_work(&self, application: &str) -> Answer<registration::WorkClaim> {
        let message = registration::ClaimWorkRequest {
            request_id: request_id(),
            application: application.to_owned(),
        };
        let mut client = self.citizen.door.work(province_of(application));
        let answer = client.claim_work(self.citizen.request(message)).await?;
        Ok(answer.into_inner().claim.unwrap_or_default())
    }

    /// 委托 of everything, in one province's system, from today for some days.
    pub async fn delegate_to(
        &self,
        province: &str,
        delegate: &Self,
        days: i64,
    ) -> Answer<registration::Delegation> {
        let today = self.citizen.door.clock.today();
        let message = registration::DelegatePowersRequest {
            request_id: request_id(),
            delegate: delegate.name(),
            from: Some(wire_day(today)),
            to: Some(wire_day(today.saturating_add(jiff::Span::new().days(days)))),
        };
        let mut client = self.citizen.door.work(province);
        let answer = client.delegate_powers(self.citizen.request(message)).await?;
        Ok(answer.into_inner().delegation.unwrap_or_default())
    }

    /// 批量受理
    pub async fn accept_all(&self, applications: &[&str]) -> Answer<Vec<registration::BatchOutcome>> {
        self.batch(applications, Act::Accept(registration::BatchAccept {}))
            .await
    }

    /// 批量初审, favourable.
    pub async fn review_all(&self, applications: &[&str]) -> Answer<Vec<registration::BatchOutcome>> {
        let review = registration::BatchReview {
            opinion: registration::Opinion::Favourable.into(),
            grounds: "材料属实，符合注册条件".to_owned(),
            template: None,
        };
        self.batch(applications, Act::Review(review)).await
    }

    async fn batch(&self, applications: &[&str], act: Act) -> Answer<Vec<registration::BatchOutcome>> {
        let row = |name: &&str| registration::BatchRow {
            name: (*name).to_owned(),
            etag: String::new(),
        };
        let message = registration::BatchActRequest {
            request_id: request_id(),
            rows: applications.iter().map(row).collect(),
            act: Some(act),
        };
        let first = applications.first().copied().unwrap_or_default();
        let mut client = self.citizen.door.work(province_of(first));
        let answer = client.batch_act(self.citizen.request(message)).await?;
        Ok(answer.into_inner().outcomes)
    }

    /// What an objector wrote and who it is.
    pub async fn read_objection(&self, objection: &str) -> Answer<registration::ReadObjectionResponse> {
        let message = registration::ReadObjectionRequest {
            name: objection.to_owned(),
        };
        let mut client = self.citizen.door.objections(province_of(objection));
        let answer = client.read_objection(self.citizen.request(message)).await?;
        Ok(answer.into_inner())
    }

    /// The answer to an objection: the application may go on.
    pub async fn dismiss_objection(&self, objection: &str, grounds: &str) -> Answer<()> {
        let message = registration::ResolveObjectionRequest {
            request_id: request_id(),
            name: objection.to_owned(),
            upheld: false,
            grounds: grounds.to_owned(),
        };
        let mut client = self.citizen.door.announcements(province_of(objection));
        client.resolve_objection(self.citizen.request(message)).await?;
        Ok(())
    }
}

impl Holder {
    /// The notices (文书) of an application, in the order they were given.
    pub async fn notices(&self, application: &str) -> Answer<Vec<registration::Notice>> {
        let message = registration::ListNoticesRequest {
            application: application.to_owned(),
        };
        let mut client = self.citizen.door.notices(province_of(application));
        let answer = client.list_notices(self.citizen.request(message)).await?;
        Ok(answer.into_inner().notices)
    }
}
