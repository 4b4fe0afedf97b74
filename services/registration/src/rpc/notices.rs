//! `registration.v1.NoticeService`

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::notice_service_server::NoticeService;
use api::types;
use bytes::Bytes;
use domain::notice::NoticeFact;
use service_runtime::{Caller, Scope};
use tonic::{Request, Response, Status};

use super::{Rpc, encode, status};
use crate::query;
use crate::query::notice::View;

#[tonic::async_trait]
impl NoticeService for Rpc {
    async fn get_notice(
        &self,
        request: Request<wire::GetNoticeRequest>,
    ) -> Result<Response<wire::GetNoticeResponse>, Status> {
        let (scope, reader) = (Scope::of(&request)?, Caller::of(&request)?.name());
        let id = self.own_id("name", &request.get_ref().name, "notices")?;
        let found = query::notice::find(&self.deps, &scope, &reader, id).await;
        Ok(Response::new(wire::GetNoticeResponse {
            notice: Some(self.encoded_notice(found.map_err(status)?)),
        }))
    }

    async fn list_notices(
        &self,
        request: Request<wire::ListNoticesRequest>,
    ) -> Result<Response<wire::ListNoticesResponse>, Status> {
        let (scope, reader) = (Scope::of(&request)?, Caller::of(&request)?.name());
        let id = self.application("application", &request.get_ref().application)?;
        let found = query::notice::list(&self.deps, &scope, &reader, id).await;
        let notices = found.map_err(status)?.into_iter();
        Ok(Response::new(wire::ListNoticesResponse {
            notices: notices.map(|view| self.encoded_notice(view)).collect(),
        }))
    }
}

impl Rpc {
    fn encoded_notice(&self, view: View) -> wire::Notice {
        let View {
            stored,
            notice,
            content,
        } = view;
        wire::Notice {
            name: self.deps.notice_name(stored.id),
            kind: wire::NoticeKind::from(notice.kind).into(),
            authority: notice.authority.to_string(),
            issued_at: Some(instant(stored.issued_at)),
            r#type: types::v1::ApplicationType::from(notice.application_type).into(),
            specialties: encode::specialties(&notice.specialties),
            due_on: notice.due_on.map(Into::into),
            text_zh: notice.text(),
            digest: hex::encode(&stored.digest),
            content: Bytes::from(content),
            facts: notice.facts.into_iter().map(fact).collect(),
            number: notice.number,
            application: notice.application,
            applicant: notice.applicant,
            document_number: notice.document,
            employer_title: notice.employer,
            points: notice.points,
            grounds: notice.grounds,
            articles: notice.articles,
            remedies: notice.remedies,
        }
    }
}

fn fact(fact: NoticeFact) -> wire::NoticeFact {
    wire::NoticeFact {
        rule: fact.rule,
        article: fact.article,
        text_zh: fact.text,
        evidence: fact.evidence,
    }
}
