//! The feed of the register.

mod read;

use api::issuance::v1 as wire;
use api::issuance::v1::register_service_client::RegisterServiceClient;
use service_runtime::Refusal;
use service_runtime::tls::PeerChannel;
use tokio_stream::{Stream, StreamExt as _};

use crate::change::Message;
use crate::error::Error;

/// Facts records with long names, and room to spare.
const LARGEST_MESSAGE: usize = 1 << 20;

/// The national register.
#[derive(Debug, Clone)]
pub(crate) struct Issuance(PeerChannel);

impl Issuance {
    pub(crate) fn new(channel: PeerChannel) -> Self {
        Self(channel)
    }

    /// Every change after a position, as they come, with heartbeats between.
    pub(crate) async fn watch_changes(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Message, Error>> + use<>, Error> {
        let mut client =
            RegisterServiceClient::new(self.0.clone()).max_decoding_message_size(LARGEST_MESSAGE);
        let answer = client.watch_changes(wire::WatchChangesRequest { after }).await;
        let read = |message: Result<wire::WatchChangesResponse, tonic::Status>| {
            let message = message.map_err(relay)?;
            let position = message.position;
            read::message(message).map_err(|malformed| {
                Error::internal(format!(
                    "position {position} of the feed: {} is not {}",
                    malformed.field, malformed.expected
                ))
            })
        };
        Ok(answer.map_err(relay)?.into_inner().map(read))
    }
}

fn relay(status: tonic::Status) -> Error {
    Refusal::relay("issuance", status).into()
}
