//! `issuance.v1.LogService`

use api::issuance::v1 as wire;
use api::issuance::v1::log_service_server::LogService;
use service_runtime::Refusal;
use tonic::{Request, Response, Status, async_trait};

use super::{Rpc, status};
use crate::query::read_log::{
    Which, get_checkpoint, get_consistency_proof, get_inclusion_proof, get_tiles, list_checkpoints,
};

/// 0 asks for the latest, or the latest witnessed.
fn which(size: u64, witnessed: bool) -> Result<Which, Status> {
    match (size, witnessed) {
        (0, true) => Ok(Which::Witnessed),
        (0, false) => Ok(Which::Latest),
        (size, false) => Ok(Which::Size(size)),
        (_, true) => Err(Refusal::invalid("witnessed", "goes without a size").into()),
    }
}

#[async_trait]
impl LogService for Rpc {
    async fn get_checkpoint(
        &self,
        request: Request<wire::GetCheckpointRequest>,
    ) -> Result<Response<wire::GetCheckpointResponse>, Status> {
        let asked = which(request.get_ref().size, request.get_ref().witnessed)?;
        let signed = get_checkpoint(&self.deps, asked).await.map_err(status)?;
        Ok(Response::new(wire::GetCheckpointResponse {
            checkpoint: signed.note,
        }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<wire::GetInclusionProofRequest>,
    ) -> Result<Response<wire::GetInclusionProofResponse>, Status> {
        let request = request.into_inner();
        let asked = which(request.size, request.witnessed)?;
        let found = get_inclusion_proof(&self.deps, request.index, asked).await;
        let (entry, proof) = found.map_err(status)?;
        Ok(Response::new(wire::GetInclusionProofResponse {
            entry: entry.into(),
            proof: proof.to_string(),
        }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<wire::GetConsistencyProofRequest>,
    ) -> Result<Response<wire::GetConsistencyProofResponse>, Status> {
        let request = request.into_inner();
        let asked = which(request.size, false)?;
        let found = get_consistency_proof(&self.deps, request.old_size, asked).await;
        let (hashes, signed) = found.map_err(status)?;
        Ok(Response::new(wire::GetConsistencyProofResponse {
            hashes: hashes
                .iter()
                .map(|hash| hash.as_bytes().to_vec().into())
                .collect(),
            checkpoint: signed.note,
        }))
    }

    async fn get_tiles(
        &self,
        request: Request<wire::GetTilesRequest>,
    ) -> Result<Response<wire::GetTilesResponse>, Status> {
        let found = get_tiles(&self.deps, request.into_inner().paths).await;
        let tiles = found.map_err(status)?.into_iter();
        let tiles = tiles.map(|(path, content)| wire::Tile {
            path,
            content: content.into(),
        });
        Ok(Response::new(wire::GetTilesResponse {
            tiles: tiles.collect(),
        }))
    }

    async fn list_checkpoints(
        &self,
        request: Request<wire::ListCheckpointsRequest>,
    ) -> Result<Response<wire::ListCheckpointsResponse>, Status> {
        let request = request.into_inner();
        let found = list_checkpoints(&self.deps, request.after_size, request.page_size).await;
        Ok(Response::new(wire::ListCheckpointsResponse {
            checkpoints: found.map_err(status)?,
        }))
    }
}
