//! `issuance.v1.LogService`, asked as anybody may ask it.

use api::issuance::v1 as wire;
use bytes::Bytes;
use service_runtime::config::Peer;
use service_runtime::tls::{Outbound, PeerChannel};
use tonic::Status;
use wire::log_service_client::LogServiceClient;

use super::verification::{Unanswered, unanswered};

/// The transparency log.
#[derive(Clone)]
pub(crate) struct Log(LogServiceClient<PeerChannel>);

impl Log {
    /// A channel with the portal's certificate; nothing is opened yet.
    pub(crate) fn new(outbound: &Outbound, issuance: &Peer) -> Self {
        Self(LogServiceClient::new(outbound.channel(issuance)))
    }

    /// The latest checkpoint that a quorum of witnesses has cosigned; before there is one, the latest.
    pub(crate) async fn checkpoint(&self) -> Result<String, Unanswered> {
        let asked = |witnessed| wire::GetCheckpointRequest { size: 0, witnessed };
        let witnessed = self.0.clone().get_checkpoint(asked(true)).await;
        let answer = match witnessed {
            Err(status) if status.code() == tonic::Code::NotFound => {
                self.0.clone().get_checkpoint(asked(false)).await
            }
            answer => answer,
        };
        Ok(told(answer)?.checkpoint)
    }

    /// Checkpoints of larger trees, from the smallest on.
    pub(crate) async fn checkpoints(&self, after_size: u64) -> Result<Vec<String>, Unanswered> {
        let request = wire::ListCheckpointsRequest {
            after_size,
            page_size: 0,
        };
        Ok(told(self.0.clone().list_checkpoints(request).await)?.checkpoints)
    }

    /// A tile or a bundle of entries, by its path.
    pub(crate) async fn tile(&self, path: String) -> Result<Bytes, Unanswered> {
        let request = wire::GetTilesRequest { paths: vec![path] };
        let answer = told(self.0.clone().get_tiles(request).await)?;
        let tile = answer.tiles.into_iter().next().ok_or(Unanswered::Failed)?;
        Ok(tile.content)
    }
}

fn told<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Unanswered> {
    answer
        .map(tonic::Response::into_inner)
        .map_err(|status| unanswered(&status))
}
