//! `registration.v1.ObjectionService`

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::objection_service_server::ObjectionService;
use bytes::Bytes;
use domain::ids::{ObjectionId, OfficerId};
use service_runtime::error::PERMISSION_DENIED;
use service_runtime::{Caller, Refusal, Scope};
use tonic::{Request, Response, Status};

use super::{Rpc, status};
use crate::query;
use crate::query::case_file::{Paper, Sealed};
use zeroize::Zeroizing;

#[tonic::async_trait]
impl ObjectionService for Rpc {
    async fn list_objections(
        &self,
        request: Request<wire::ListObjectionsRequest>,
    ) -> Result<Response<wire::ListObjectionsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.application("application", &request.get_ref().application)?;
        let found = query::objection::list(&self.deps, &scope, id)
            .await
            .map_err(status)?;
        let entry = |one: query::objection::Shown| wire::ObjectionEntry {
            name: self.deps.objection_name(one.id),
            raised_at: Some(instant(one.raised_at)),
            papers: i32::try_from(one.papers).unwrap_or(i32::MAX),
            resolved_at: one.resolved_at.map(instant),
            upheld: one.upheld,
            grounds: one.grounds,
        };
        Ok(Response::new(wire::ListObjectionsResponse {
            objections: found.into_iter().map(entry).collect(),
        }))
    }

    async fn read_objection(
        &self,
        request: Request<wire::ReadObjectionRequest>,
    ) -> Result<Response<wire::ReadObjectionResponse>, Status> {
        let (scope, reader) = (Scope::of(&request)?, reader(&request)?);
        let id = self.own_id("name", &request.get_ref().name, "objections")?;
        let by = (reader.0.as_str(), reader.1);
        let found = query::objection::read(&self.deps, &scope, by, ObjectionId::from_uuid(id)).await;
        let Sealed { text, papers } = found.map_err(status)?;
        Ok(Response::new(wire::ReadObjectionResponse {
            statement: text.statement,
            objector: text.objector,
            contact: text.contact,
            evidence: evidence(papers),
        }))
    }
}

/// The officer who reads, for the audit and for the rule.
pub(super) fn reader<T>(request: &Request<T>) -> Result<(String, OfficerId), Refusal> {
    let caller = Caller::of(request)?;
    let account = caller.account().ok_or_else(|| Refusal::new(PERMISSION_DENIED))?;
    Ok((caller.name(), OfficerId::from_uuid(account)))
}

pub(super) fn evidence(papers: Vec<(Paper, Zeroizing<Vec<u8>>)>) -> Vec<wire::EvidencePaper> {
    let paper = |(stored, content): (Paper, Zeroizing<Vec<u8>>)| wire::EvidencePaper {
        digest: hex::encode(&stored.digest),
        content: Bytes::copy_from_slice(&content),
        media_type: stored.media_type,
    };
    papers.into_iter().map(paper).collect()
}
