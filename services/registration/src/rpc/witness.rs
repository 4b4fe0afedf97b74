//! `registration.v1.WitnessService`

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::witness_service_server::WitnessService;
use service_runtime::{Scope, page};
use tonic::{Request, Response, Status};

use super::{PAGE, Rpc, status};
use crate::query;
use crate::store::witness::Kept;

/// Pages are of one list.
const LIST: &str = "witnessEvidence";

#[tonic::async_trait]
impl WitnessService for Rpc {
    async fn list_witness_evidence(
        &self,
        request: Request<wire::ListWitnessEvidenceRequest>,
    ) -> Result<Response<wire::ListWitnessEvidenceResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let before: Option<i64> = page::cursor(&LIST, &message.page_token)?;
        let found = query::witness_evidence::list(&self.deps, &scope, before, size).await;
        let found = found.map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|one| page::token(&LIST, &one.number)).transpose()?;
        Ok(Response::new(wire::ListWitnessEvidenceResponse {
            evidence: found.into_iter().map(|one| self.evidence(one)).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }
}

impl Rpc {
    fn evidence(&self, kept: Kept) -> wire::WitnessEvidence {
        wire::WitnessEvidence {
            name: self.deps.witness_evidence_name(kept.number),
            reason: kept.reason,
            origin: kept.origin,
            remembered: kept.remembered.unwrap_or_default(),
            offered: kept.offered,
            digest: kept.digest.into(),
            found_at: Some(instant(kept.found_at)),
        }
    }
}
