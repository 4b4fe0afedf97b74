//! `FetchCheckpoint` and `Cosign` of the nation's `exchange.v1.ExchangeService`.

use api::exchange::v1 as wire;
use tlog::{NoteSignature, Remembered};

use super::{Issuance, relay};
use crate::error::Error;

impl Issuance {
    /// What the witness is asked to cosign next, as it came; none where nothing is new.
    pub(crate) async fn fetch_checkpoint(
        &self,
        remembered: Option<&Remembered>,
    ) -> Result<Option<String>, Error> {
        let request = wire::FetchCheckpointRequest {
            remembered_size: remembered.map_or(0, |known| known.size),
            remembered_checkpoint: remembered.map(|known| known.note.to_string()).unwrap_or_default(),
        };
        let answer = self.client().fetch_checkpoint(request).await.map_err(relay)?;
        let asked = answer.into_inner().add_checkpoint;
        Ok(Some(asked).filter(|asked| !asked.is_empty()))
    }

    /// Hands in a cosignature.
    pub(crate) async fn cosign(&self, size: u64, cosignature: &NoteSignature) -> Result<(), Error> {
        let request = wire::CosignRequest {
            size,
            cosignature: cosignature.to_string(),
        };
        self.client().cosign(request).await.map_err(relay)?;
        Ok(())
    }
}
