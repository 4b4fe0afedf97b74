//! `issuance.v1.LogService`

use api::issuance::v1 as wire;
use api::issuance::v1::log_service_server::LogService;
use tonic::{Request, Response, Status, async_trait};

use super::{Rpc, status};
use crate::query::read_log::{
    get_checkpoint, get_consistency_proof, get_inclusion_proof, get_tiles, list_checkpoints,
};

/// 0 asks for the latest.
const fn size(asked: u64) -> Option<u64> {
    if asked == 0 { None } else { Some(asked) }
}

#[async_trait]
impl LogService for Rpc {
    async fn get_checkpoint(
        &self,
        request: Request<wire::GetCheckpointRequest>,
    ) -> Result<Response<wire::GetCheckpointResponse>, Status> {
        let asked = size(request.get_ref().size);
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
        let found = get_inclusion_proof(&self.deps, request.index, size(request.size)).await;
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
        let found = get_consistency_proof(&self.deps, request.old_size, size(request.size)).await;
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
